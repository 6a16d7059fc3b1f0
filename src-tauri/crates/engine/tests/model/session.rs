//! One connection to the model: its state, what comes and what goes.

use super::words::{astring, items, quoted, sets};
use super::{Fate, Mailbox, Mutant, Server, State, fetch, search, wire};
use super::{mailbox::Happened, ranks::Ranks};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imap_codec::imap_types::response::{Code, Data};
use imap_codec::imap_types::status::StatusDataItem;
use std::num::{NonZeroU32, NonZeroU64};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

pub struct Session {
    server: Server,
    stream: DuplexStream,
    fate: Option<Fate>,
    sent: usize,
    pending: Vec<u8>,
    signed_in: bool,
    offers: Option<&'static str>,
    /// Counts of changes are told with flags; what left is told by UID.
    condstore: bool,
    qresync: bool,
    selected: Option<Selected>,
    over: bool,
}

/// The selected mailbox, and how far this client was told of it.
struct Selected {
    name: String,
    serial: u64,
    known: Ranks,
    told: usize,
}

const GONE: &str = "BYE the mailbox is another now";

impl Session {
    pub fn new(server: Server, stream: DuplexStream, fate: Option<Fate>) -> Self {
        Self {
            server,
            stream,
            fate,
            sent: 0,
            pending: Vec::new(),
            signed_in: false,
            offers: None,
            condstore: false,
            qresync: false,
            selected: None,
            over: false,
        }
    }

    pub async fn run(&mut self, full: bool) {
        let greeting = {
            let state = self.server.state();
            match &state.faults.greeting {
                Some(greeting) => greeting.clone().into_bytes(),
                None if full => wire::bye("too many connections"),
                None => wire::greeting(state.greets_with),
            }
        };
        self.send(&greeting).await;
        self.over |= full;
        while !self.over {
            let Some(line) = self.command().await else { return };
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            self.answer(tag, command).await;
        }
        let _ = self.stream.shutdown().await;
    }

    async fn send(&mut self, octets: &[u8]) {
        let left = match self.fate {
            Some(Fate::Cut(at) | Fate::Silence(at) | Fate::HalfClosed(at)) => {
                at.saturating_sub(self.sent)
            }
            None => octets.len(),
        };
        let now = &octets[..octets.len().min(left)];
        self.sent += now.len();
        if self.stream.write_all(now).await.is_err() {
            self.over = true;
        }
        if now.len() < octets.len() {
            if matches!(self.fate, Some(Fate::HalfClosed(_))) {
                let _ = self.stream.shutdown().await;
            }
            if !matches!(self.fate, Some(Fate::Cut(_))) {
                self.fall_silent().await;
            }
            self.over = true;
        }
    }

    /// Until the other end goes.
    async fn fall_silent(&mut self) {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest).await;
        self.over = true;
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
        let (canned, slow) = {
            let mut state = self.server.state();
            state.heard.push(if secret { verb.clone() } else { command.to_owned() });
            let State { watcher, mailboxes, .. } = &mut *state;
            if let Some(watcher) = watcher {
                watcher(mailboxes, command);
            }
            (canned(&mut state, command), state.faults.slow)
        };
        self.server.stir();
        if let Some(slow) = slow {
            tokio::time::sleep(slow).await;
        }
        if let Some(canned) = canned {
            self.send(canned.replace("{tag}", tag).as_bytes()).await;
            self.over |= canned.starts_with("* BYE");
            return;
        }
        let no_flight = self.server.state().faults.no_flight;
        if verb == "LOGIN" && no_flight && !self.pending.is_empty() {
            self.pending.clear();
            self.send(&wire::refused(tag, "BAD one command at a time")).await;
            return;
        }
        let said = match verb.as_str() {
            "AUTHENTICATE" => self.authenticate(command).await,
            "IDLE" => self.idle().await,
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
                let state = self.server.state();
                let told = (secret && state.tells).then_some(state.offers);
                drop(state);
                octets.extend(wire::ok(tag, &verb, told));
            }
            Err(refusal) if refusal.starts_with("BYE") => {
                octets.extend(wire::bye(refusal.trim_start_matches("BYE ")));
                self.over = true;
            }
            Err(refusal) => octets.extend(wire::refused(tag, &refusal)),
        }
        if !self.over || verb == "LOGOUT" || !octets.is_empty() {
            let over = std::mem::take(&mut self.over);
            self.send(&octets).await;
            self.over |= over;
        }
        self.over |= verb == "LOGOUT";
    }

    async fn authenticate(&mut self, command: &str) -> Result<Vec<u8>, String> {
        let mut words = command.split(' ').skip(2);
        let response = match words.next() {
            Some(initial) => initial.to_owned(),
            None => {
                self.send(b"+ \r\n").await;
                self.line().await.ok_or("BAD nothing came")?
            }
        };
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
        // What a session was told it has it keeps, whatever the next one is told.
        self.offers = Some(state.offers);
        Ok(Vec::new())
    }

    /// RFC 2177: whatever happens is said at once.
    async fn idle(&mut self) -> Result<Vec<u8>, String> {
        if !self.offers("IDLE") {
            return Err("BAD unknown".to_owned());
        }
        let mut stirs = self.server.0.stirs.subscribe();
        self.send(b"+ idling\r\n").await;
        loop {
            if self.server.state().faults.deaf {
                self.fall_silent().await;
                return Ok(Vec::new());
            }
            let news = self.news();
            if !news.is_empty() {
                self.send(&news).await;
            }
            if self.over {
                return Ok(Vec::new());
            }
            tokio::select! {
                line = self.line() => return match line.as_deref().map(str::to_ascii_uppercase) {
                    Some(done) if done == "DONE" => Ok(Vec::new()),
                    Some(_) => Err("BAD only DONE ends it".to_owned()),
                    None => {
                        self.over = true;
                        Ok(Vec::new())
                    }
                },
                _ = stirs.changed() => {}
            }
        }
    }

    fn offers(&self, name: &str) -> bool {
        self.offers.is_some_and(|offers| offers.split(' ').any(|offered| offered == name))
    }

    fn carry_out(&mut self, verb: &str, command: &str) -> Result<Vec<u8>, String> {
        let rest = command.get(verb.len()..).unwrap_or_default().trim_start();
        match verb {
            "CAPABILITY" => {
                let state = self.server.state();
                let names = if self.signed_in { state.offers } else { state.greets_with };
                Ok(wire::capability(names))
            }
            "NOOP" => Ok(Vec::new()),
            "LOGOUT" => Ok(wire::bye("see you")),
            "LOGIN" => {
                let (user, rest) = astring(rest);
                let (password, _) = astring(rest);
                self.sign_in(&user, &password)
            }
            _ if !self.signed_in => Err("BAD sign in first".to_owned()),
            "SELECT" => self.select(rest, false),
            "EXAMINE" => self.select(rest, true),
            "UNSELECT" if self.offers("UNSELECT") => {
                self.selected = None;
                Ok(Vec::new())
            }
            "ENABLE" if self.offers("ENABLE") => Ok(self.enable(rest)),
            "NAMESPACE" if self.offers("NAMESPACE") => Ok(wire::namespace()),
            "ID" if self.offers("ID") => Ok(wire::id()),
            "LIST" => Ok(self.list(rest)),
            "LSUB" => Ok(Vec::new()),
            "STATUS" => self.status(rest),
            "FETCH" => self.fetch(rest, false),
            "UID" => match rest.split_once(' ') {
                Some(("FETCH", rest)) => self.fetch(rest, true),
                Some(("SEARCH", rest)) => self.search(rest),
                _ => Err("BAD unknown".to_owned()),
            },
            _ => Err("BAD unknown".to_owned()),
        }
    }

    fn enable(&mut self, rest: &str) -> Vec<u8> {
        let asked = |name: &str| rest.split(' ').any(|asked| asked.eq_ignore_ascii_case(name));
        let mut now = Vec::new();
        if asked("QRESYNC") && self.offers("QRESYNC") {
            self.qresync = true;
            now.push("QRESYNC");
        }
        if asked("CONDSTORE") && self.offers("CONDSTORE") {
            now.push("CONDSTORE");
        }
        self.condstore |= !now.is_empty();
        if self.server.state().faults.no_enabled {
            return Vec::new();
        }
        wire::enabled(&now)
    }

    fn select(&mut self, rest: &str, read_only: bool) -> Result<Vec<u8>, String> {
        let (name, parameters) = astring(rest);
        self.selected = None;
        let counts = self.offers("CONDSTORE");
        self.condstore |= counts && parameters.contains("CONDSTORE");
        let state = self.server.state();
        let mailbox = find(&state.mailboxes, &name).ok_or("NO no such mailbox")?;
        let faults = &state.faults;
        let mut said = wire::flags();
        let mut known = mailbox.uids.clone();
        for uid in hidden(&state, mailbox) {
            known.remove(uid);
        }
        let exists = known.len();
        if faults.wrong_exists {
            said.extend(wire::data(Data::Exists(exists + 3)));
        }
        said.extend(wire::data(Data::Exists(exists)));
        if faults.doubles {
            said.extend(wire::data(Data::Exists(exists)));
        }
        if let Some(value) = mailbox.uidvalidity.and_then(NonZeroU32::new) {
            said.extend(wire::noted(Code::UidValidity(value), "numbered"));
        }
        let next = mailbox.uidnext.saturating_sub(faults.low_uidnext).max(1);
        if !faults.no_uidnext {
            said.extend(wire::noted(Code::UidNext(NonZeroU32::new(next).unwrap()), "next"));
        }
        if counts {
            let modseq = NonZeroU64::new(modseq(&state, mailbox)).unwrap();
            said.extend(wire::noted(Code::HighestModSeq(modseq), "counted"));
        }
        if read_only {
            said.extend(wire::noted(Code::ReadOnly, "to look at"));
        }
        let told = mailbox.log.len();
        self.selected =
            Some(Selected { name: mailbox.name.clone(), serial: mailbox.serial, known, told });
        Ok(said)
    }

    fn list(&self, rest: &str) -> Vec<u8> {
        let state = self.server.state();
        let mut said = Vec::new();
        let wanted = rest.split_once("STATUS (").map(|(_, items)| items);
        for mailbox in &state.mailboxes {
            let attribute = if self.offers("SPECIAL-USE") { mailbox.attribute } else { "" };
            let misnamed = state.faults.mutant == Some(Mutant::Misnames) && mailbox.name != "INBOX";
            let name = if misnamed { format!("{}x", mailbox.name) } else { mailbox.name.clone() };
            said.extend(wire::list(&name, attribute));
            if let Some(wanted) = wanted {
                said.extend(self.status_line(&state, mailbox, &name, wanted));
            }
        }
        said
    }

    fn status(&self, rest: &str) -> Result<Vec<u8>, String> {
        let state = self.server.state();
        let (name, wanted) = astring(rest);
        find(&state.mailboxes, &name)
            .map(|mailbox| self.status_line(&state, mailbox, &name, wanted))
            .ok_or_else(|| "NO no such mailbox".to_owned())
    }

    fn status_line(&self, state: &State, mailbox: &Mailbox, name: &str, wanted: &str) -> Vec<u8> {
        let asked = |name: &str| wanted.split([' ', '(', ')']).any(|word| word == name);
        let next = mailbox.uidnext.saturating_sub(state.faults.low_uidnext).max(1);
        let gone = hidden(state, mailbox);
        let unread = |uid: &u32| mailbox.get(*uid).is_some_and(|m| !m.has("\\Seen"));
        let unseen = mailbox.unseen - gone.iter().filter(|uid| unread(uid)).count() as u32;
        let mut items = vec![StatusDataItem::Messages(mailbox.uids.len() - gone.len() as u32)];
        items.push(StatusDataItem::UidNext(NonZeroU32::new(next).unwrap()));
        let validity = mailbox.uidvalidity.and_then(NonZeroU32::new);
        items.extend(validity.map(StatusDataItem::UidValidity));
        items.push(StatusDataItem::Unseen(unseen));
        if asked("HIGHESTMODSEQ") && self.offers("CONDSTORE") {
            items.push(StatusDataItem::HighestModSeq(modseq(state, mailbox)));
        }
        wire::status_of(name, items)
    }

    fn fetch(&self, rest: &str, by_uid: bool) -> Result<Vec<u8>, String> {
        let selected = self.selected.as_ref().ok_or("BAD nothing is selected")?;
        let (set, wanted) = rest.split_once(' ').ok_or("BAD what of it?")?;
        let (wanted, modifiers) = match wanted.rsplit_once(" (CHANGEDSINCE ") {
            Some((wanted, modifiers)) => (wanted, Some(modifiers.trim_end_matches(')'))),
            None => (wanted, None),
        };
        let mut wanted = items(wanted);
        let state = self.server.state();
        let mailbox = selected.mailbox(&state)?;
        let known = &selected.known;
        let mut uids: Vec<u32> = Vec::new();
        for (low, high) in sets(set, if by_uid { known.last() } else { known.len() }) {
            if by_uid {
                uids.extend(known.within(low, high));
            } else if high > known.len() || low == 0 {
                return Err("BAD there is no such position".to_owned());
            } else {
                uids.extend((low..=high).filter_map(|seq| known.uid(seq)));
            }
        }
        let mut said = Vec::new();
        if let Some(modifiers) = modifiers {
            if !self.offers("CONDSTORE") {
                return Err("BAD changes are not counted".to_owned());
            }
            let mut words = modifiers.split(' ');
            let since: u64 = words.next().and_then(|n| n.parse().ok()).ok_or("BAD since when?")?;
            let changed = mailbox.changed_since(since);
            uids.retain(|uid| changed.binary_search(uid).is_ok());
            if words.next() == Some("VANISHED") && self.qresync {
                said.extend(wire::vanished(true, &mailbox.left_since(since)));
            }
            // RFC 7162 3.1.4.1: the count of changes comes along.
            if !wanted.iter().any(|item| item == "MODSEQ") {
                wanted.push("MODSEQ".to_owned());
            }
        }
        if by_uid && !wanted.iter().any(|item| item == "UID") {
            wanted.push("UID".to_owned());
        }
        let mut expunged = false;
        for uid in uids {
            let (Some(message), Some(seq)) = (mailbox.get(uid), known.seq(uid)) else {
                expunged = true;
                continue;
            };
            let answer = fetch::answer(seq, &message, &wanted, &state.faults);
            if state.faults.doubles {
                said.extend_from_slice(&answer);
            }
            said.extend(answer);
        }
        match expunged && !by_uid {
            true => Err("NO [EXPUNGEISSUED] some are gone".to_owned()),
            false => Ok(said),
        }
    }

    fn search(&self, rest: &str) -> Result<Vec<u8>, String> {
        let selected = self.selected.as_ref().ok_or("BAD nothing is selected")?;
        let state = self.server.state();
        let mailbox = selected.mailbox(&state)?;
        let (wanted, keys) = match rest.strip_prefix("RETURN (").and_then(|r| r.split_once(") ")) {
            Some((wanted, keys)) if self.offers("ESEARCH") => (Some(wanted), keys),
            Some(_) => return Err("BAD unknown".to_owned()),
            None => (None, rest),
        };
        let elsewhere = |message: &super::Message| {
            let id = message.identity();
            let others = state.mailboxes.iter().filter(|other| other.serial != mailbox.serial);
            others.flat_map(Mailbox::all).any(|other| other.identity() == id)
        };
        let mut found = search::find(mailbox, keys, selected.known.last(), &elsewhere)?;
        found.retain(|uid| selected.known.seq(*uid).is_some());
        Ok(match wanted {
            Some("COUNT") => format!("* ESEARCH UID COUNT {}\r\n", found.len()).into_bytes(),
            // RFC 4731 3.1: with nothing found ALL is not there.
            Some(_) if found.is_empty() => b"* ESEARCH UID\r\n".to_vec(),
            Some(_) => format!("* ESEARCH UID ALL {}\r\n", ranges(&found)).into_bytes(),
            None => wire::search(&found),
        })
    }

    /// What others did to the selected mailbox since this client was last told.
    fn news(&mut self) -> Vec<u8> {
        let (condstore, qresync) = (self.condstore, self.qresync);
        let Some(selected) = &mut self.selected else { return Vec::new() };
        let state = self.server.state();
        let Ok(mailbox) = selected.mailbox(&state) else {
            self.over = true;
            return wire::bye(GONE.trim_start_matches("BYE "));
        };
        let silent = state.faults.mutant;
        let (mut said, mut gone, mut flags) = (Vec::new(), Vec::new(), Vec::new());
        let mut grown = false;
        let hidden = hidden(&state, mailbox);
        for happened in mailbox.log.get(selected.told..).unwrap_or_default() {
            match *happened {
                Happened::Came(uid) if hidden.contains(&uid) => {}
                // Came and left before anybody was told.
                Happened::Came(uid) if mailbox.uids.seq(uid).is_some() => {
                    selected.known.push(uid);
                    grown = true;
                }
                Happened::Came(_) => {}
                Happened::Left(_) if silent == Some(Mutant::KeepsGone) => {}
                Happened::Left(uid) => match selected.known.remove(uid) {
                    Some(_) if qresync => gone.push(uid),
                    Some(seq) => said.extend(wire::expunge(seq)),
                    None => {}
                },
                Happened::Flags(_) if silent == Some(Mutant::StaleFlags) => {}
                Happened::Flags(uid) => flags.push(uid),
            }
        }
        selected.told = mailbox.log.len();
        gone.sort_unstable();
        said.extend(wire::vanished(false, &gone));
        let twice = 1 + usize::from(state.faults.doubles);
        if grown {
            let exists = wire::data(Data::Exists(selected.known.len()));
            said.extend(exists.repeat(twice));
        }
        flags.sort_unstable();
        flags.dedup();
        for uid in flags {
            let (Some(seq), Some(message)) = (selected.known.seq(uid), mailbox.get(uid)) else {
                continue;
            };
            let mut items = Vec::new();
            if qresync {
                items.push(wire::uid_item(uid));
            }
            items.push(wire::flags_item(&message.flags));
            if condstore {
                items.push(wire::modseq_item(message.modseq));
            }
            said.extend(wire::fetch(seq, items, &[]).repeat(twice));
        }
        said
    }
}

impl Selected {
    fn mailbox<'a>(&self, state: &'a State) -> Result<&'a Mailbox, String> {
        let found = find(&state.mailboxes, &self.name).filter(|found| found.serial == self.serial);
        found.ok_or_else(|| GONE.to_owned())
    }
}

fn find<'a>(mailboxes: &'a [Mailbox], name: &str) -> Option<&'a Mailbox> {
    mailboxes
        .iter()
        .find(|m| m.name == name || (m.name == "INBOX" && name.eq_ignore_ascii_case("INBOX")))
}

/// The answer that a test put in the way of a command.
fn canned(state: &mut State, command: &str) -> Option<String> {
    let faults = &mut state.faults;
    if let Some((_, answer)) = faults.answers.iter().find(|(start, _)| command.starts_with(start)) {
        return Some(answer.clone());
    }
    let some = &mut faults.some_answers;
    let (_, answer, left) = some
        .iter_mut()
        .find(|(start, _, left)| *left > 0 && command.starts_with(start.as_str()))?;
    *left -= 1;
    Some(answer.clone())
}

/// UIDs of which a mutant never speaks.
fn hidden(state: &State, mailbox: &Mailbox) -> Vec<u32> {
    match state.faults.mutant {
        Some(Mutant::HidesNewest) => {
            Some(mailbox.uids.last()).filter(|uid| *uid > 0).into_iter().collect()
        }
        Some(Mutant::SkipsOne) => mailbox.uids.uid(2).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn modseq(state: &State, mailbox: &Mailbox) -> u64 {
    match state.faults.mutant {
        Some(Mutant::StaleFlags) => 1,
        _ => mailbox.modseq,
    }
}

fn ranges(uids: &[u32]) -> String {
    let mut said: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match said.last_mut() {
            Some((_, high)) if *high + 1 == uid => *high = uid,
            _ => said.push((uid, uid)),
        }
    }
    let said = said.iter().map(|(low, high)| match low == high {
        true => low.to_string(),
        false => format!("{low}:{high}"),
    });
    said.collect::<Vec<_>>().join(",")
}
