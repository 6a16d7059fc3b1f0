//! A mailbox of three messages that answers as a plain RFC 3501 server would, except where it was told otherwise.

use super::{Command, Peer};
use anyhow::Result;
use std::collections::BTreeMap;

/// What is said to one verb instead of the ordinary answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These octets; `{tag}` becomes the command's tag.
    Raw(Vec<u8>),
    /// These octets before the ordinary answer.
    Before(Vec<u8>),
    /// Nothing, with the connection left open.
    Stall,
    /// These octets, then the connection is closed.
    Cut(Vec<u8>),
    /// This piece over and over, up to so many octets, and never an end.
    Flood(Vec<u8>, u64),
}

pub struct Answers {
    greeting: Reply,
    capabilities: String,
    replies: BTreeMap<String, Reply>,
}

const CAPABILITIES: &str = "IMAP4rev1 SASL-IR AUTH=PLAIN ID UNSELECT CHILDREN NAMESPACE";

/// From, subject and text of its messages.
pub const MESSAGES: [(&str, &str, &str); 3] = [
    ("Ada Brandt", "The quay wall", "The stone is ordered."),
    ("Jonas Falk", "Tide tables", "High water at noon."),
    ("Mirjam Okoro", "Reading list", "Three books, no more."),
];

impl Default for Answers {
    fn default() -> Self {
        let greeting =
            Reply::Raw(format!("* OK [CAPABILITY {CAPABILITIES}] ready\r\n").into_bytes());
        Self { greeting, capabilities: CAPABILITIES.to_owned(), replies: BTreeMap::new() }
    }
}

impl Answers {
    /// `verb` in upper case, `UID FETCH` for that.
    pub fn on(mut self, verb: &str, reply: Reply) -> Self {
        self.replies.insert(verb.to_owned(), reply);
        self
    }

    pub fn greeting(mut self, reply: Reply) -> Self {
        self.greeting = reply;
        self
    }

    pub fn capabilities(mut self, shown: &str) -> Self {
        self.capabilities = shown.to_owned();
        self.greeting = Reply::Raw(format!("* OK [CAPABILITY {shown}] ready\r\n").into_bytes());
        self
    }

    /// One connection, to its end.
    pub async fn serve(&self, peer: &mut Peer) -> Result<()> {
        let hello = Command { tag: "*".into(), verb: String::new(), arguments: String::new() };
        if !say(peer, &hello, &self.greeting, Vec::new()).await? {
            return Ok(());
        }
        loop {
            let command = peer.command().await?;
            let ordinary = self.ordinary(&command);
            let goes_on = match self.replies.get(&command.verb) {
                Some(reply) => say(peer, &command, reply, ordinary).await?,
                None => {
                    peer.send(ordinary).await?;
                    true
                }
            };
            if !goes_on || command.verb == "LOGOUT" {
                return Ok(());
            }
        }
    }

    fn ordinary(&self, command: &Command) -> Vec<u8> {
        let tag = &command.tag;
        let untagged = match command.verb.as_str() {
            "CAPABILITY" => format!("* CAPABILITY {}\r\n", self.capabilities),
            "LOGOUT" => "* BYE so long\r\n".to_owned(),
            "NAMESPACE" => "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n".to_owned(),
            "ID" => "* ID NIL\r\n".to_owned(),
            "LIST" => "* LIST (\\HasNoChildren) \"/\" INBOX\r\n\
                       * LIST (\\HasNoChildren) \"/\" Archive\r\n"
                .to_owned(),
            "LSUB" => "* LSUB () \"/\" INBOX\r\n".to_owned(),
            "STATUS" => format!(
                "* STATUS {} (MESSAGES 3 UNSEEN 3 UIDNEXT 4 UIDVALIDITY 7)\r\n",
                command.arguments.split(" (").next().unwrap_or("INBOX")
            ),
            "SELECT" | "EXAMINE" => "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n\
                 * OK [PERMANENTFLAGS (\\*)] all\r\n* 3 EXISTS\r\n* 0 RECENT\r\n\
                 * OK [UIDVALIDITY 7] as ever\r\n* OK [UIDNEXT 4] next\r\n"
                .to_owned(),
            "FETCH" | "UID FETCH" => fetch(&command.arguments),
            "SEARCH" | "UID SEARCH" => "* SEARCH 1 2 3\r\n".to_owned(),
            "LOGIN" | "AUTHENTICATE" | "NOOP" | "UNSELECT" | "ENABLE" => String::new(),
            _ => return format!("{tag} BAD what is {}?\r\n", command.verb).into_bytes(),
        };
        let code = if command.verb == "SELECT" { "[READ-WRITE] " } else { "" };
        format!("{untagged}{tag} OK {code}done\r\n").into_bytes()
    }
}

/// False where the connection has had its end.
async fn say(peer: &mut Peer, command: &Command, reply: &Reply, ordinary: Vec<u8>) -> Result<bool> {
    match reply {
        Reply::Raw(bytes) => peer.send(tagged(bytes, &command.tag)).await.map(|()| true),
        Reply::Before(bytes) => {
            let mut all = tagged(bytes, &command.tag);
            all.extend_from_slice(&ordinary);
            peer.send(all).await.map(|()| true)
        }
        Reply::Stall => peer.stall().await.map(|()| false),
        Reply::Cut(bytes) => peer.send(tagged(bytes, &command.tag)).await.map(|()| false),
        Reply::Flood(piece, octets) => peer.flood(piece, *octets).await.map(|_| false),
    }
}

fn tagged(bytes: &[u8], tag: &str) -> Vec<u8> {
    const MARK: &[u8] = b"{tag}";
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    // Long answers hold no mark beyond their end; the search stays cheap all the same.
    while let Some(at) = rest.windows(MARK.len()).position(|w| w == MARK) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(tag.as_bytes());
        rest = &rest[at + MARK.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Every item that was asked for and that a server without extensions knows, for every message in the set.
fn fetch(arguments: &str) -> String {
    let (set, items) = arguments.split_once(' ').unwrap_or((arguments, ""));
    let upper = items.to_ascii_uppercase();
    let mut out = String::new();
    for number in 1..=MESSAGES.len() {
        if !contains(set, number) {
            continue;
        }
        let (name, subject, text) = MESSAGES[number - 1];
        let body = format!("{text}\r\n");
        let mut said = vec![format!("UID {number}")];
        if upper.contains("FLAGS") {
            said.push("FLAGS ()".into());
        }
        if upper.contains("INTERNALDATE") {
            said.push(format!("INTERNALDATE \"0{number}-Nov-2026 10:00:00 +0000\""));
        }
        if upper.contains("RFC822.SIZE") {
            said.push(format!("RFC822.SIZE {}", 300 + body.len()));
        }
        if upper.contains("ENVELOPE") {
            said.push(format!(
                "ENVELOPE (\"0{number} Nov 2026 10:00:00 +0000\" \"{subject}\" \
                 ((\"{name}\" NIL \"office\" \"kontor.example\")) NIL NIL \
                 ((NIL NIL \"nora\" \"kontor.example\")) NIL NIL NIL \"<{number}@kontor.example>\")"
            ));
        }
        if upper.contains("BODYSTRUCTURE") {
            said.push(format!(
                "BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" {} 1 NIL NIL NIL NIL)",
                body.len()
            ));
        }
        for (section, range) in sections(items) {
            let whole =
                if section.to_ascii_uppercase().contains("HEADER") { "\r\n" } else { &body };
            let (origin, bytes) = match range {
                Some((from, octets)) => {
                    let from_here = whole.get(from..).unwrap_or_default();
                    (format!("<{from}>"), from_here.get(..octets).unwrap_or(from_here))
                }
                None => (String::new(), whole),
            };
            said.push(format!("BODY[{section}]{origin} {{{}}}\r\n{bytes}", bytes.len()));
        }
        out.push_str(&format!("* {number} FETCH ({})\r\n", said.join(" ")));
    }
    out
}

/// The sections asked for, each with the range wanted of it: `BODY.PEEK[1]<0.512>`.
fn sections(items: &str) -> Vec<(String, Option<(usize, usize)>)> {
    let mut found = Vec::new();
    let mut rest = items;
    while let Some(at) = rest.find("BODY.PEEK[") {
        rest = &rest[at + "BODY.PEEK[".len()..];
        let Some((section, after)) = rest.split_once(']') else { break };
        let range = after
            .strip_prefix('<')
            .and_then(|r| r.split_once('>'))
            .and_then(|(r, _)| r.split_once('.'))
            .and_then(|(from, octets)| Some((from.parse().ok()?, octets.parse().ok()?)));
        found.push((section.to_owned(), range));
        rest = after;
    }
    found
}

fn contains(set: &str, number: usize) -> bool {
    set.split(',').any(|range| {
        let (low, high) = range.split_once(':').unwrap_or((range, range));
        let end = |s: &str| if s == "*" { MESSAGES.len() } else { s.parse().unwrap_or(0) };
        let (low, high) = (end(low).min(end(high)), end(low).max(end(high)));
        (low..=high).contains(&number)
    })
}
