//! The IMAP session: framing stream, typed verbs, and the parsers of what servers answer.
//!
//! The boundary is here because async-imap and imap-proto lose data, end the session or panic on
//! responses that real servers send. So a stream of our own lies beneath async-imap: it cuts the
//! server's octets into whole responses, bounds them, hands on the completions and continuations that
//! imap-proto is known to take, and keeps everything else, in order, for the parsers here. Above it
//! stand verbs that check every status. A response never costs the connection unless the framing
//! itself is broken, and nothing that a server sends grows memory past the bounds in `framing`.
//!
//! Mailbox names are UTF-8 in this crate's interface and modified UTF-7 on the wire alone.
//! Used by `engine`; knows nothing of SQL.
#![warn(clippy::indexing_slicing)]

mod capabilities;
mod command;
mod error;
mod event;
mod framing;
mod names;
mod parse;
mod session;
mod wire;

pub use capabilities::Capabilities;
pub use error::{Error, FlightError};
pub use event::Event;
pub use parse::words::decode_words;
pub use parse::{Fetched, FetchedPart, Namespace, Namespaces, PartWhat, Status};
pub use session::{
    Deadlines, FetchSet, FetchSummary, FetchWant, Fetching, Idled, ListWant, Listed, PartWant,
    SearchKey, Selected, Session, Step, connect,
};
