//! The window's log: at most 5 MB in the data folder, in two files, and nothing in it that is
//! anybody's business: addresses, secrets and long tokens are struck out before a line is written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// Of each of the two files.
const HALF: u64 = 2_500_000;

/// `SATCHEL_LOG` overrides it.
const USUAL: &str = "warn,satchel_app=info,satchel_api=info,satchel_engine=info";

/// Starts logging. What is returned writes the last lines when it is dropped.
pub fn start(data_dir: &Path) -> anyhow::Result<WorkerGuard> {
    let file = Rolling::open(&data_dir.join("logs"), HALF)?;
    let (writer, guard) = NonBlocking::new(Struck(file));
    let filter = EnvFilter::try_from_env("SATCHEL_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(writer)
        .try_init()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(guard)
}

/// `satchel.log`, and the one before it.
struct Rolling {
    path: PathBuf,
    file: File,
    written: u64,
    most: u64,
}

impl Rolling {
    fn open(folder: &Path, most: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join("satchel.log");
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let written = file.metadata()?.len();
        Ok(Self { path, file, written, most })
    }

    fn turn(&mut self) -> io::Result<()> {
        fs::rename(&self.path, self.path.with_extension("log.1"))?;
        self.file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        self.written = 0;
        Ok(())
    }
}

impl Write for Rolling {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.written > 0 && self.written + line.len() as u64 > self.most {
            self.turn()?;
        }
        let n = self.file.write(line)?;
        self.written += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Strikes out each line on its way. tracing writes whole lines.
struct Struck<W>(W);

impl<W: Write> Write for Struck<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(strike(&String::from_utf8_lossy(line)).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// After these, up to the end of the line.
const REST_IS_SECRET: &[&str] = &["login", "authenticate", "authorization", "bearer"];
/// After these and a `:` or `=`, the value.
const VALUE_IS_SECRET: &[&str] = &["password", "passphrase", "token", "secret", "cookie"];
/// A run of this many characters of base64 or hex says nothing to a reader.
const LONG: usize = 40;

fn strike(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while !rest.is_empty() {
        let gap = take(&mut rest, between);
        out.push_str(gap);
        let word = take(&mut rest, |c| !between(c));
        let name = word.to_ascii_lowercase();
        if REST_IS_SECRET.contains(&name.as_str()) {
            out.push_str(word);
            if !take(&mut rest, |c| c != '\n').is_empty() {
                out.push_str(" …");
            }
        } else if VALUE_IS_SECRET.iter().any(|secret| name.ends_with(secret)) {
            out.push_str(word);
            let sign = take(&mut rest, |c| matches!(c, '"' | ':' | '=' | ' '));
            out.push_str(sign);
            if sign.contains([':', '=']) {
                let quoted = sign.ends_with('"');
                take(&mut rest, |c| if quoted { c != '"' } else { !between(c) });
                out.push('…');
            }
        } else if let Some((_, domain)) = word.rsplit_once('@') {
            out.push_str("…@");
            out.push_str(domain);
        } else if word.len() >= LONG
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b))
        {
            out.push('…');
        } else {
            out.push_str(word);
        }
    }
    out
}

fn between(c: char) -> bool {
    c.is_whitespace() || "\"'<>()[]{},;:=&#".contains(c)
}

/// Takes what fits from the front.
fn take<'a>(rest: &mut &'a str, fits: impl Fn(char) -> bool) -> &'a str {
    let (front, back) = rest.split_at(rest.find(|c| !fits(c)).unwrap_or(rest.len()));
    *rest = back;
    front
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_private_is_written() {
        for (line, kept) in [
            ("signed in as ada.byron@example.org\n", "signed in as …@example.org\n"),
            ("From: \"Ada\" <ada@example.org>\n", "From: \"Ada\" <…@example.org>\n"),
            ("password=hunter2 host=a.example\n", "password=… host=a.example\n"),
            ("{password: \"two words\", host: a}\n", "{password: \"…\", host: a}\n"),
            ("{\"passphrase\":\"x y\",\"id\":1}\n", "{\"passphrase\":\"…\",\"id\":1}\n"),
            ("at http://127.0.0.1:80/#token=abc now\n", "at http://127.0.0.1:80/#token=… now\n"),
            ("a1 LOGIN \"ada\" \"s3cret\"\nnext\n", "a1 LOGIN …\nnext\n"),
            ("Authorization: Bearer abc.def\n", "Authorization …\n"),
            ("wrong password for imap.example.org\n", "wrong password for imap.example.org\n"),
            ("key 0123456789abcdef0123456789abcdef0123456789abcdef\n", "key …\n"),
            ("50 rows in 4 round trips, 58 kB\n", "50 rows in 4 round trips, 58 kB\n"),
        ] {
            assert_eq!(strike(line), kept);
        }
    }

    #[test]
    fn two_files_and_never_more() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rolling::open(folder.path(), 1000).unwrap();
        for n in 0..200 {
            log.write_all(format!("line {n:030}\n").as_bytes()).unwrap();
        }
        drop(log);
        let mut log = Rolling::open(folder.path(), 1000).unwrap();
        log.write_all(b"the last\n").unwrap();
        let sizes: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|e| e.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 2);
        assert!(sizes.iter().all(|s| *s <= 1000), "{sizes:?}");
        assert!(
            fs::read_to_string(folder.path().join("satchel.log")).unwrap().ends_with("the last\n")
        );
    }
}
