//! One connection to the model: its state, and the verbs.

use super::words::{astring, in_set, items, quoted};
use super::{Fate, Mailbox, Server, State, fetch};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

pub struct Session {
    server: Server,
    stream: DuplexStream,
    fate: Option<Fate>,
    sent: usize,
    pending: Vec<u8>,
    signed_in: bool,
    /// The selected mailbox and the UIDs by position, as this client was told.
    selected: Option<(String, Vec<u32>)>,
    over: bool,
}

impl Session {
    pub fn new(server: Server, stream: DuplexStream, fate: Option<Fate>) -> Self {
        Self {
            server,
            stream,
            fate,
            sent: 0,
            pending: Vec::new(),
            signed_in: false,
            selected: None,
            over: false,
        }
    }

    pub async fn run(&mut self) {
        let greeting = {
            let state = self.server.state();
            let usual = format!("* OK [CAPABILITY {}] ready\r\n", state.greets_with);
            state.faults.greeting.clone().unwrap_or(usual)
        };
        self.send(greeting.as_bytes()).await;
        while !self.over {
            let Some(line) = self.command().await else { return };
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            self.answer(tag, command).await;
        }
        let _ = self.stream.shutdown().await;
    }

    async fn send(&mut self, octets: &[u8]) {
        let left = match self.fate {
            Some(Fate::Cut(at) | Fate::Silence(at)) => at.saturating_sub(self.sent),
            None => octets.len(),
        };
        let now = &octets[..octets.len().min(left)];
        self.sent += now.len();
        if self.stream.write_all(now).await.is_err() {
            self.over = true;
        }
        if now.len() < octets.len() {
            if matches!(self.fate, Some(Fate::Silence(_))) {
                // Until the other end goes.
                let mut rest = Vec::new();
                let _ = self.stream.read_to_end(&mut rest).await;
            }
            self.over = true;
        }
    }

    /// The next command, its literals put in as quoted strings.
    async fn command(&mut self) -> Option<String> {
        let mut command = String::new();
        loop {
            let line = self.line().await?;
            let literal = line.strip_suffix('}').and_then(|l| l.rsplit_once('{'));
            let Some((before, length)) = literal else { return Some(command + &line) };
            command += before;
            if !length.ends_with('+') {
                self.send(b"+ go on\r\n").await;
            }
            let length = length.trim_end_matches('+').parse().ok()?;
            let octets = self.exactly(length).await?;
            command += &quoted(&String::from_utf8_lossy(&octets));
        }
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.pending.windows(2).position(|w| w == b"\r\n") {
                let line: Vec<u8> = self.pending.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.more().await?;
        }
    }

    async fn exactly(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.pending.len() < length {
            self.more().await?;
        }
        Some(self.pending.drain(..length).collect())
    }

    async fn more(&mut self) -> Option<()> {
        if self.over {
            return None;
        }
        let mut octets = [0; 4096];
        let read = self.stream.read(&mut octets).await.ok().filter(|read| *read > 0)?;
        self.pending.extend_from_slice(&octets[..read]);
        Some(())
    }

    async fn answer(&mut self, tag: &str, command: &str) {
        let verb = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let secret = verb == "LOGIN" || verb == "AUTHENTICATE";
        let canned = {
            let mut state = self.server.state();
            state.heard.push(if secret { verb.clone() } else { command.to_owned() });
            let State { watcher, mailboxes, .. } = &mut *state;
            if let Some(watcher) = watcher {
                watcher(mailboxes, command);
            }
            let answers = &state.faults.answers;
            answers.iter().find(|(start, _)| command.starts_with(start)).map(|(_, a)| a.clone())
        };
        if let Some(canned) = canned {
            self.send(canned.replace("{tag}", tag).as_bytes()).await;
            self.over |= canned.starts_with("* BYE");
            return;
        }
        let no_flight = self.server.state().faults.no_flight;
        if verb == "LOGIN" && no_flight && !self.pending.is_empty() {
            self.pending.clear();
            self.send(format!("{tag} BAD one command at a time\r\n").as_bytes()).await;
            return;
        }
        let said = match verb.as_str() {
            "AUTHENTICATE" => self.authenticate(tag, command).await,
            _ => self.carry_out(&verb, command),
        };
        let mut octets = Vec::new();
        match said {
            Ok(said) => {
                octets.extend(said);
                // RFC 9051 7.5.1: not in FETCH or SEARCH by position.
                if verb != "FETCH" {
                    octets.extend(self.news());
                }
                let told = self.told(secret);
                octets.extend(format!("{tag} OK {told}{verb} done\r\n").into_bytes());
            }
            Err(refusal) => octets.extend(format!("{tag} {refusal}\r\n").into_bytes()),
        }
        self.send(&octets).await;
        self.over |= verb == "LOGOUT";
    }

    fn told(&self, signing_in: bool) -> String {
        let state = self.server.state();
        match signing_in && state.tells {
            true => format!("[CAPABILITY {}] ", state.offers),
            false => String::new(),
        }
    }

    async fn authenticate(&mut self, tag: &str, command: &str) -> Result<Vec<u8>, String> {
        let mut words = command.split(' ').skip(2);
        let response = match words.next() {
            Some(initial) => initial.to_owned(),
            None => {
                self.send(b"+ \r\n").await;
                self.line().await.ok_or("BAD nothing came")?
            }
        };
        let _ = tag;
        let octets = STANDARD.decode(response).map_err(|_| "BAD not in base64")?;
        let text = String::from_utf8(octets).map_err(|_| "BAD not in UTF-8")?;
        let mut pieces = text.split('\0').skip(1);
        self.sign_in(pieces.next().unwrap_or(""), pieces.next().unwrap_or(""))
    }

    fn sign_in(&mut self, user: &str, password: &str) -> Result<Vec<u8>, String> {
        let state = self.server.state();
        if (user, password) != (state.user.as_str(), state.password.as_str()) {
            return Err("NO [AUTHENTICATIONFAILED] no such pair".to_owned());
        }
        self.signed_in = true;
        Ok(Vec::new())
    }

    fn carry_out(&mut self, verb: &str, command: &str) -> Result<Vec<u8>, String> {
        let rest = command.get(verb.len()..).unwrap_or_default().trim_start();
        match verb {
            "CAPABILITY" => {
                let state = self.server.state();
                let names = if self.signed_in { state.offers } else { state.greets_with };
                Ok(format!("* CAPABILITY {names}\r\n").into_bytes())
            }
            "NOOP" => Ok(Vec::new()),
            "LOGOUT" => Ok(b"* BYE see you\r\n".to_vec()),
            "LOGIN" => {
                let (user, rest) = astring(rest);
                let (password, _) = astring(rest);
                self.sign_in(&user, &password)
            }
            _ if !self.signed_in => Err("BAD sign in first".to_owned()),
            "SELECT" => self.select(&astring(rest).0),
            "LIST" => Ok(self.list(rest)),
            "LSUB" => Ok(Vec::new()),
            "STATUS" => self.status(&astring(rest).0),
            "FETCH" => self.fetch(rest, false),
            "UID" => match rest.split_once(' ') {
                Some(("FETCH", rest)) => self.fetch(rest, true),
                Some(("SEARCH", rest)) => self.search(rest),
                _ => Err("BAD unknown".to_owned()),
            },
            _ => Err("BAD unknown".to_owned()),
        }
    }

    fn select(&mut self, name: &str) -> Result<Vec<u8>, String> {
        self.selected = None;
        let state = self.server.state();
        let mailbox = find(&state.mailboxes, name).ok_or("NO no such mailbox")?;
        let mut said = format!("* FLAGS (\\Seen)\r\n* {} EXISTS\r\n", mailbox.messages.len());
        if let Some(value) = mailbox.uidvalidity {
            said += &format!("* OK [UIDVALIDITY {value}] numbered\r\n");
        }
        said += &format!("* OK [UIDNEXT {}] next\r\n", mailbox.uidnext);
        if state.offers.contains("CONDSTORE") {
            said += &format!("* OK [HIGHESTMODSEQ {}] counted\r\n", mailbox.modseq);
        }
        let uids = mailbox.messages.iter().map(|m| m.uid).collect();
        self.selected = Some((mailbox.name.clone(), uids));
        Ok(said.into_bytes())
    }

    fn list(&self, rest: &str) -> Vec<u8> {
        let state = self.server.state();
        let mut said = String::new();
        for mailbox in &state.mailboxes {
            let attribute =
                if state.offers.contains("SPECIAL-USE") { mailbox.attribute } else { "" };
            said += &format!("* LIST ({attribute}) \"/\" {}\r\n", quoted(&mailbox.name));
            if rest.contains("STATUS (") {
                said += &status_line(mailbox);
            }
        }
        said.into_bytes()
    }

    fn status(&self, name: &str) -> Result<Vec<u8>, String> {
        let state = self.server.state();
        find(&state.mailboxes, name)
            .map(|mailbox| status_line(mailbox).into_bytes())
            .ok_or_else(|| "NO no such mailbox".to_owned())
    }

    fn fetch(&self, rest: &str, by_uid: bool) -> Result<Vec<u8>, String> {
        let (name, uids) = self.selected.as_ref().ok_or("BAD nothing is selected")?;
        let (set, wanted) = rest.split_once(' ').ok_or("BAD what of it?")?;
        let wanted = items(wanted);
        let state = self.server.state();
        let mailbox = find(&state.mailboxes, name).ok_or("NO it is gone")?;
        let last = if by_uid { uids.last().copied().unwrap_or(0) } else { uids.len() as u32 };
        let (mut said, mut expunged) = (Vec::new(), false);
        if !by_uid
            && set.split([',', ':']).any(|n| n != "*" && n.parse().is_ok_and(|n: u32| n > last))
        {
            return Err("BAD there is no such position".to_owned());
        }
        for (seq, uid) in (1u32..).zip(uids) {
            if !in_set(set, last, if by_uid { *uid } else { seq }) {
                continue;
            }
            let Some(message) = mailbox.messages.iter().find(|m| m.uid == *uid) else {
                expunged = true;
                continue;
            };
            let found: Vec<_> =
                wanted.iter().filter_map(|w| fetch::item(message, w, &state.faults)).collect();
            said.extend(format!("* {seq} FETCH (").into_bytes());
            said.extend(found.join(&b' '));
            said.extend(b")\r\n");
        }
        match expunged && !by_uid {
            true => Err("NO [EXPUNGEISSUED] some are gone".to_owned()),
            false => Ok(said),
        }
    }

    fn search(&self, rest: &str) -> Result<Vec<u8>, String> {
        let (name, uids) = self.selected.as_ref().ok_or("BAD nothing is selected")?;
        let set = rest.rsplit_once("UID ").ok_or("BAD only UID is known")?.1;
        let state = self.server.state();
        let mailbox = find(&state.mailboxes, name).ok_or("NO it is gone")?;
        let last = uids.last().copied().unwrap_or(0);
        let there = |uid: &&u32| mailbox.messages.iter().any(|m| m.uid == **uid);
        let found: Vec<_> =
            uids.iter().filter(|uid| in_set(set, last, **uid)).filter(there).collect();
        Ok(match rest.starts_with("RETURN (COUNT)") {
            true => format!("* ESEARCH UID COUNT {}\r\n", found.len()),
            false => {
                let found: Vec<_> = found.into_iter().map(u32::to_string).collect();
                format!("* SEARCH {}\r\n", found.join(" "))
            }
        }
        .into_bytes())
    }

    /// What others did to the selected mailbox since this client was last told.
    fn news(&mut self) -> Vec<u8> {
        let Some((name, known)) = &mut self.selected else { return Vec::new() };
        let state = self.server.state();
        let Some(mailbox) = find(&state.mailboxes, name) else { return Vec::new() };
        let mut said = String::new();
        let mut at = 0;
        while at < known.len() {
            if mailbox.messages.iter().any(|m| m.uid == known[at]) {
                at += 1;
            } else {
                known.remove(at);
                said += &format!("* {} EXPUNGE\r\n", at + 1);
            }
        }
        let new: Vec<u32> =
            mailbox.messages.iter().map(|m| m.uid).filter(|uid| !known.contains(uid)).collect();
        if !new.is_empty() {
            known.extend(new);
            said += &format!("* {} EXISTS\r\n", known.len());
        }
        said.into_bytes()
    }
}

fn find<'a>(mailboxes: &'a [Mailbox], name: &str) -> Option<&'a Mailbox> {
    mailboxes.iter().find(|m| m.name == name)
}

fn status_line(mailbox: &Mailbox) -> String {
    let unseen = mailbox.messages.iter().filter(|m| !m.flags.iter().any(|f| f == "\\Seen")).count();
    let validity = mailbox.uidvalidity.map(|v| format!(" UIDVALIDITY {v}")).unwrap_or_default();
    format!(
        "* STATUS {} (MESSAGES {} UIDNEXT {}{validity} UNSEEN {unseen})\r\n",
        quoted(&mailbox.name),
        mailbox.messages.len(),
        mailbox.uidnext
    )
}
