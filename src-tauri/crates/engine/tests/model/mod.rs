//! A model server: a small, honest IMAP server in the same process, over a pipe. It holds mailboxes with real
//! messages and answers out of them by RFC 9051, so that a test says what is in a mailbox and what others do to
//! it, and never which line comes next. What servers do wrong is switched on in [`Faults`].
//!
//! It shares no line with `imap`: it reads commands and writes answers with code of its own.

mod fetch;
mod message;
mod session;
mod words;

pub use message::Message;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::DuplexStream;

pub const FULL: &str = "IMAP4rev1 LITERAL+ ENABLE UNSELECT CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS \
     SPECIAL-USE PREVIEW MOVE";
/// With ids that outlive a move (RFC 8474).
pub const OBJECTS: &str = "IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE PREVIEW OBJECTID";
pub const BARE: &str = "IMAP4rev1";

/// What happens to a connection after it has carried so many octets from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Cut(usize),
    Silence(usize),
}

/// What this server does wrong. Nothing, to begin with.
#[derive(Default)]
pub struct Faults {
    /// The fates of the next connections.
    pub fates: VecDeque<Fate>,
    /// Nothing listens.
    pub refuses: bool,
    /// Commands behind LOGIN in one write are answered BAD.
    pub no_flight: bool,
    /// Commands that begin so are answered so.
    pub answers: Vec<(String, String)>,
    /// Instead of a greeting.
    pub greeting: Option<String>,
    /// Octets of a literal that come at most, whatever was asked for.
    pub most_octets: Option<usize>,
    /// FLAGS are left out of what is fetched.
    pub no_flags: bool,
}

pub struct Mailbox {
    pub name: String,
    pub attribute: &'static str,
    /// None: never said.
    pub uidvalidity: Option<u32>,
    pub uidnext: u32,
    pub modseq: u64,
    pub messages: Vec<Message>,
}

impl Mailbox {
    pub fn new(name: &str, attribute: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            attribute,
            uidvalidity: Some(7),
            uidnext: 1,
            modseq: 1,
            messages: Vec::new(),
        }
    }

    pub fn add(&mut self, mut message: Message) -> u32 {
        let uid = self.uidnext;
        message.uid = uid;
        self.modseq += 1;
        message.modseq = self.modseq;
        self.uidnext += 1;
        self.messages.push(message);
        uid
    }

    pub fn fill(&mut self, count: u32) {
        for _ in 0..count {
            let message = Message::text(self.uidnext);
            self.add(message);
        }
    }

    pub fn expunge(&mut self, uid: u32) {
        self.modseq += 1;
        self.messages.retain(|m| m.uid != uid);
    }

    pub fn flag(&mut self, uid: u32, flag: &str) {
        self.modseq += 1;
        let modseq = self.modseq;
        if let Some(message) = self.messages.iter_mut().find(|m| m.uid == uid) {
            message.flags.push(flag.to_owned());
            message.modseq = modseq;
        }
    }

    /// The same mail under new numbers.
    pub fn renumber(&mut self) {
        self.uidvalidity = self.uidvalidity.map(|v| v + 1);
        let first = self.uidnext + 1_000;
        for (at, message) in (first..).zip(&mut self.messages) {
            message.uid = at;
        }
        self.uidnext = first + self.messages.len() as u32;
    }
}

type Watcher = Box<dyn FnMut(&mut Vec<Mailbox>, &str) + Send>;

pub struct State {
    pub user: String,
    pub password: String,
    /// Before and after signing in.
    pub greets_with: &'static str,
    pub offers: &'static str,
    /// Whether the completion of signing in says what is offered.
    pub tells: bool,
    pub mailboxes: Vec<Mailbox>,
    pub faults: Faults,
    /// Every command that came, without its tag.
    pub heard: Vec<String>,
    pub connections: u32,
    pub open: u32,
    /// Told of each command before it is carried out: another client acts here.
    pub watcher: Option<Watcher>,
}

#[derive(Clone)]
pub struct Server(Arc<Mutex<State>>);

impl Server {
    pub fn new(offers: &'static str) -> Self {
        let inbox = Mailbox::new("INBOX", "");
        let sent = Mailbox::new("Sent", "\\Sent");
        Self(Arc::new(Mutex::new(State {
            user: "anna@kontor.example".to_owned(),
            password: "secret".to_owned(),
            greets_with: "IMAP4rev1 SASL-IR LITERAL+ AUTH=PLAIN",
            offers,
            tells: true,
            mailboxes: vec![inbox, sent],
            faults: Faults::default(),
            heard: Vec::new(),
            connections: 0,
            open: 0,
            watcher: None,
        })))
    }

    pub fn with(offers: &'static str, mails: u32) -> Self {
        let server = Self::new(offers);
        server.inbox(|inbox| inbox.fill(mails));
        server
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn inbox<T>(&self, change: impl FnOnce(&mut Mailbox) -> T) -> T {
        change(&mut self.state().mailboxes[0])
    }

    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state().faults);
    }

    pub fn watch(&self, watcher: impl FnMut(&mut Vec<Mailbox>, &str) + Send + 'static) {
        self.state().watcher = Some(Box::new(watcher));
    }

    /// What was heard since the last call.
    pub fn take_heard(&self) -> Vec<String> {
        std::mem::take(&mut self.state().heard)
    }

    pub fn serve(&self, stream: DuplexStream) {
        let fate = {
            let mut state = self.state();
            state.connections += 1;
            state.open += 1;
            state.faults.fates.pop_front()
        };
        let server = self.clone();
        tokio::spawn(async move {
            session::Session::new(server.clone(), stream, fate).run().await;
            server.state().open -= 1;
        });
    }
}
