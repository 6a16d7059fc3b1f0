//! A session: one connection, and typed verbs on it.
//!
//! Every verb has a deadline, checks the tagged status, and leaves what the server said unasked in
//! `take_events`. A verb that is dropped in the middle, or fails other than by NO or BAD, ends the
//! session: whoever asks it again gets `Error::Closed`.

mod auth;
mod basics;
mod connect;
mod fetch;
mod fetching;
mod flight;
mod idle;
mod lines;
mod link;
mod list;
mod run;
mod search;
mod select;
mod starttls;
mod want;

pub use connect::connect;
pub use fetching::{Fetching, Step};
pub use idle::Idled;
pub use lines::{FetchSet, FetchSummary};
pub use list::{ListWant, Listed};
pub use search::SearchKey;
pub use select::Selected;
pub use want::{FetchWant, PartWant};

use crate::capabilities::Capabilities;
use crate::command::Literals;
use crate::event::{Event, Events};
use link::Link;
use model::MailboxName;
use std::time::Duration;

/// How long each thing may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Address, connection and TLS, all of it.
    pub connect: Duration,
    /// From the secured connection to the greeting.
    pub greeting: Duration,
    /// From the name and password to what the server says of them: many let one wait that was wrong before.
    pub sign_in: Duration,
    /// Silence within a command.
    pub command: Duration,
    /// Silence within a FETCH.
    pub fetch_idle: Duration,
    /// One command from its first octet to its last, however busily the server talks.
    pub whole: Duration,
    /// The farewell.
    pub logout: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            connect: seconds(20),
            greeting: seconds(20),
            sign_in: seconds(30),
            command: seconds(30),
            fetch_idle: seconds(60),
            whole: seconds(15 * 60),
            logout: seconds(5),
        }
    }
}

/// A signed-in, or still to be signed-in, connection to an IMAP server.
#[derive(Debug)]
pub struct Session {
    link: Link,
    host: String,
    counters: net::Counters,
    deadlines: Deadlines,
    capabilities: Capabilities,
    events: Events,
    bye: Option<String>,
    selected: Option<MailboxName>,
    /// The selected mailbox has no mod-sequences: asked for them, the server says BAD (RFC 7162 3.1.2.2).
    no_modseq: bool,
    /// Mailbox names are UTF-8 on the wire.
    utf8: bool,
    /// A command is under way, or was given up.
    busy: bool,
}

impl Session {
    /// What the server says it can do: from the greeting, and anew after signing in. `known()` is false
    /// where it has not said it in this state; then `capability` asks.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What holds for the verbs from here on: on a phone that must answer within a given time, or once a
    /// server is known to be slow.
    pub fn set_deadlines(&mut self, deadlines: Deadlines) {
        self.deadlines = deadlines;
    }

    /// Octets and bursts on the connection so far, TLS included.
    pub fn traffic(&self) -> net::Traffic {
        self.counters.traffic()
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn selected(&self) -> Option<&MailboxName> {
        self.selected.as_ref()
    }

    /// What the server said unasked since the last call, in its order. To be taken after every verb.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.events.take()
    }

    fn literals(&self) -> Literals {
        Literals::of(&self.capabilities)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::recorded::corpus;
