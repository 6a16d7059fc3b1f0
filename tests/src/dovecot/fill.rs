//! Mail into Dovecot, fast: messages are laid down as a maildir and imported in batches by its own tool, so that
//! dates and flags arrive as given.

use super::Dovecot;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

/// How much lies on disk twice at most while it is being imported.
const BATCH_MESSAGES: usize = 2000;
const BATCH_OCTETS: usize = 16_000_000;

/// A mailbox being filled. Call `finish`, or the last batch stays out.
pub struct Filled<'a> {
    server: &'a Dovecot,
    user: String,
    mailbox: String,
    batch: PathBuf,
    messages: usize,
    octets: usize,
    total: u64,
}

impl Dovecot {
    /// Starts to fill one mailbox (its name in UTF-8), which is created and subscribed where it is not there yet.
    pub fn fill(&self, user: &str, mailbox: &str) -> Result<Filled<'_>> {
        if mailbox != "INBOX" {
            self.create_mailbox(user, mailbox)?;
        }
        let batch =
            tempfile::Builder::new().prefix("fill-").tempdir_in(self.dir.join("work"))?.keep();
        Ok(Filled {
            server: self,
            user: user.to_owned(),
            mailbox: mailbox.to_owned(),
            batch,
            messages: 0,
            octets: 0,
            total: 0,
        })
    }

    pub fn create_mailbox(&self, user: &str, mailbox: &str) -> Result<()> {
        match self.doveadm(&["mailbox", "create", "-s", "-u", user, mailbox]) {
            Err(error) if !error.to_string().contains("already exists") => Err(error),
            _ => Ok(()),
        }
    }

    /// One message, now.
    pub fn append(&self, user: &str, mailbox: &str, bytes: &[u8]) -> Result<()> {
        let mut fill = self.fill(user, mailbox)?;
        fill.add(bytes, Timestamp::now(), &[])?;
        fill.finish().map(drop)
    }

    /// `count` ordinary messages, the newest of them a minute old, five minutes apart.
    pub fn fill_ordinary(&self, user: &str, mailbox: &str, count: u64) -> Result<()> {
        let now = Timestamp::now().as_second();
        // One file instead of many: creating 100,000 files costs more than importing them.
        let path = self.dir.join("work").join(format!("{}.mbox", mailbox.replace('/', "_")));
        let mut file = std::io::BufWriter::new(fs::File::create(&path)?);
        for number in 0..count {
            let sent = Timestamp::from_second(now - 60 - ((count - 1 - number) as i64) * 300)?;
            let line = jiff::fmt::strtime::format("%a %b %d %H:%M:%S %Y", sent)?;
            writeln!(file, "From rig@office.example {line}")?;
            let mail = crate::mail::ordinary(number, user, sent);
            let unix: Vec<u8> = mail.into_iter().filter(|b| *b != b'\r').collect();
            file.write_all(&unix)?;
            file.write_all(b"\n")?;
        }
        file.into_inner().context("writing the mailbox")?.sync_data().ok();
        if mailbox != "INBOX" {
            self.create_mailbox(user, mailbox)?;
        }
        self.owner.own(&path)?;
        let root = self.dir.join("work").join("mbox-root");
        fs::create_dir_all(&root)?;
        self.owner.own(&root)?;
        let source = format!("mbox:{}:INBOX={}", root.display(), path.display());
        self.import(user, mailbox, &source)?;
        fs::remove_file(&path)?;
        let found = self.count(user, mailbox)?;
        if found < count {
            bail!("{mailbox} holds {found} of {count} messages\n{}", self.log());
        }
        Ok(())
    }

    /// Messages in a mailbox, as the server counts them.
    pub fn count(&self, user: &str, mailbox: &str) -> Result<u64> {
        let said = self.doveadm(&["mailbox", "status", "-u", user, "messages", mailbox])?;
        let number = said.rsplit("messages=").next().unwrap_or_default().trim();
        number.parse().with_context(|| format!("doveadm said {said:?}"))
    }

    fn import(&self, user: &str, mailbox: &str, source: &str) -> Result<()> {
        // `import` puts the source's INBOX at the place named; "" is the user's own INBOX.
        let place = if mailbox == "INBOX" { "" } else { mailbox };
        if place.is_empty() {
            return self.doveadm(&["import", "-u", user, source, "", "all"]).map(drop);
        }
        self.doveadm(&["import", "-u", user, source, "rig-import", "all"])?;
        self.doveadm(&["move", "-u", user, place, "mailbox", "rig-import/INBOX", "all"])?;
        self.doveadm(&["mailbox", "delete", "-u", user, "-r", "-s", "rig-import"]).map(drop)
    }
}

impl Filled<'_> {
    /// `flags` as IMAP writes them; keywords too.
    pub fn add(&mut self, bytes: &[u8], arrived: Timestamp, flags: &[&str]) -> Result<()> {
        if self.messages == 0 {
            for name in ["cur", "new", "tmp"] {
                fs::create_dir_all(self.batch.join(name))?;
            }
        }
        let letters = self.letters(flags)?;
        // Readers of a maildir take the order from the leading number.
        let name =
            format!("{:010}.M{:06}P1.rig:2,{letters}", arrived.as_second().max(0), self.total);
        let path = self.batch.join("cur").join(name);
        fs::write(&path, bytes)?;
        let seconds = Duration::from_secs(arrived.as_second().max(0) as u64);
        fs::File::options().write(true).open(&path)?.set_modified(UNIX_EPOCH + seconds)?;
        self.messages += 1;
        self.octets += bytes.len();
        self.total += 1;
        if self.messages >= BATCH_MESSAGES || self.octets >= BATCH_OCTETS {
            self.flush()?;
        }
        Ok(())
    }

    /// Messages added in all.
    pub fn finish(mut self) -> Result<u64> {
        self.flush()?;
        let _ = fs::remove_dir_all(&self.batch);
        Ok(self.total)
    }

    fn flush(&mut self) -> Result<()> {
        if self.messages == 0 {
            return Ok(());
        }
        self.server.owner.own(&self.batch)?;
        let source = format!("maildir:{}", self.batch.display());
        self.server.import(&self.user, &self.mailbox, &source)?;
        fs::remove_dir_all(&self.batch)?;
        fs::create_dir(&self.batch)?;
        (self.messages, self.octets) = (0, 0);
        Ok(())
    }

    /// A maildir's letters; keywords have letters of their own, named in a file beside.
    fn letters(&self, flags: &[&str]) -> Result<String> {
        let mut letters = Vec::new();
        for flag in flags {
            letters.push(match flag.to_ascii_lowercase().as_str() {
                "\\draft" => 'D',
                "\\flagged" => 'F',
                "\\answered" => 'R',
                "\\seen" => 'S',
                "\\deleted" => 'T',
                _ => keyword(&self.batch, flag)?,
            });
        }
        letters.sort_unstable();
        Ok(letters.into_iter().collect())
    }
}

fn keyword(maildir: &Path, name: &str) -> Result<char> {
    let path = maildir.join("dovecot-keywords");
    let known = fs::read_to_string(&path).unwrap_or_default();
    let at = known.lines().position(|line| line.split_once(' ').is_some_and(|(_, k)| k == name));
    let index = match at {
        Some(index) => index,
        None => {
            let index = known.lines().count();
            fs::write(&path, format!("{known}{index} {name}\n"))?;
            index
        }
    };
    u8::try_from(index)
        .ok()
        .filter(|i| *i < 26)
        .map(|i| char::from(b'a' + i))
        .context("a maildir knows 26 keywords")
}
