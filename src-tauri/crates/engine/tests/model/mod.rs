//! A model server: a small, honest IMAP server in the same process, over a pipe. It holds mailboxes with real
//! messages and answers out of them by RFC 9051, so that a test says what is in a mailbox and what others do to
//! it, and never which line comes next. What servers do wrong is switched on in [`Faults`].
//!
//! It shares no line with `imap`: it reads commands with code of its own, and what it says is written by imap-codec.

#![allow(dead_code)]

mod fetch;
mod mailbox;
mod message;
mod ranks;
mod search;
mod session;
mod wire;
mod words;

pub use mailbox::Mailbox;
pub use message::Message;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::DuplexStream;
use tokio::sync::watch;

pub const FULL: &str = "IMAP4rev1 LITERAL+ ENABLE UNSELECT CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS \
     SPECIAL-USE PREVIEW MOVE IDLE NAMESPACE ID";
/// The same, with UIDs instead of positions for what left (RFC 7162).
pub const QUICK: &str = "IMAP4rev1 LITERAL+ ENABLE UNSELECT CONDSTORE QRESYNC ESEARCH LIST-EXTENDED LIST-STATUS \
     SPECIAL-USE PREVIEW MOVE IDLE NAMESPACE ID";
/// With ids that outlive a move (RFC 8474).
pub const OBJECTS: &str = "IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE PREVIEW OBJECTID IDLE";
pub const GMAIL: &str = "IMAP4rev1 ENABLE CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE MOVE IDLE \
     UNSELECT X-GM-EXT-1";
pub const BARE: &str = "IMAP4rev1";

/// What happens to a connection after it has carried so many octets from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Cut(usize),
    Silence(usize),
    /// The server says no more and closes its half, and goes on reading.
    HalfClosed(usize),
}

/// A server that tells something else than it holds, always and everywhere, so that nobody could know better:
/// a view that agrees with it is wrong, and who compares views must say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// Others' subjects.
    Subject,
    Date,
    Unread,
    Unthreaded,
    /// What left is told to be there.
    KeepsGone,
    /// What came last is told of nowhere.
    HidesNewest,
    /// One message has no answer to any FETCH, and is counted nowhere.
    SkipsOne,
    /// Flags change, and neither count nor push nor fetch says so.
    StaleFlags,
    /// A mailbox is listed under another name.
    Misnames,
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
    /// The same, so many times.
    pub some_answers: Vec<(String, String, u32)>,
    /// Instead of a greeting.
    pub greeting: Option<String>,
    /// Octets of a literal that come at most, whatever was asked for.
    pub most_octets: Option<usize>,
    /// FLAGS are left out of what is fetched.
    pub no_flags: bool,
    /// PREVIEW is offered and always NIL (Cyrus).
    pub no_preview: bool,
    /// UIDNEXT is told too low by so many (Outlook) or not at all (Courier).
    pub low_uidnext: u32,
    pub no_uidnext: bool,
    /// EXISTS is said too high first and right behind it.
    pub wrong_exists: bool,
    /// ENABLE works and says nothing (iCloud).
    pub no_enabled: bool,
    /// Untagged EXISTS and FETCH come twice.
    pub doubles: bool,
    /// A connection that idles is dead, and nobody says so.
    pub deaf: bool,
    pub most_connections: Option<u32>,
    /// Before each answer.
    pub slow: Option<Duration>,
    pub mutant: Option<Mutant>,
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

struct Inner {
    state: Mutex<State>,
    stirs: watch::Sender<()>,
}

#[derive(Clone)]
pub struct Server(Arc<Inner>);

impl Server {
    pub fn new(offers: &'static str) -> Self {
        let inbox = Mailbox::new("INBOX", "");
        let sent = Mailbox::new("Sent", "\\Sent");
        let state = State {
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
        };
        Self(Arc::new(Inner { state: Mutex::new(state), stirs: watch::channel(()).0 }))
    }

    pub fn with(offers: &'static str, mails: u32) -> Self {
        let server = Self::new(offers);
        server.inbox(|inbox| inbox.fill(mails));
        server
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another client acts, and whoever waits hears of it at once.
    pub fn act<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let done = change(&mut self.state());
        self.stir();
        done
    }

    pub fn inbox<T>(&self, change: impl FnOnce(&mut Mailbox) -> T) -> T {
        self.act(|state| change(&mut state.mailboxes[0]))
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

    fn stir(&self) {
        self.0.stirs.send_replace(());
    }

    pub fn serve(&self, stream: DuplexStream) {
        let (fate, full) = {
            let mut state = self.state();
            state.connections += 1;
            state.open += 1;
            let most = state.faults.most_connections;
            (state.faults.fates.pop_front(), most.is_some_and(|most| state.open > most))
        };
        let open = Open(self.clone());
        tokio::spawn(async move {
            session::Session::new(open.0.clone(), stream, fate).run(full).await;
            drop(open);
        });
    }
}

/// Counts a connection for as long as it is there, also where its task is dropped.
struct Open(Server);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.state().open -= 1;
    }
}
