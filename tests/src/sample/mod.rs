//! The sample mailbox: what a visitor of the demo reads, and what scenario tests look at.
//!
//! Two accounts of one person, some sixty messages written for them (`tests/sample/*.mail`, and the broken
//! ones in `broken.rs`), two thousand older ones put together from `tests/sample/older/*.txt`, and 40 MB of
//! attachments that are drawn and sounded by code. Everything follows from one `now`: the same `now` gives
//! the same bytes. Nothing here knows a server; whoever fills one asks `accounts` and walks the iterators,
//! which make each message when it is asked for, so that the 40 MB are never held at once.

mod arriving;
mod attach;
mod broken;
mod clock;
mod compose;
mod draw;
mod encode;
mod noise;
mod older;
mod older_letter;
mod older_text;
mod paper;
mod pdf;
mod picture;
mod recipe;
mod scenes;
mod sound;
mod source;
mod tnef;
mod words;
mod zip;

#[cfg(test)]
mod tests;

pub use arriving::arriving;

use anyhow::Result;
use clock::Clock;
use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Nora's address at work; the account with the harbour library.
pub const KONTOR: &str = "nora@kontor.example";
/// Her private one.
pub const BIGMAIL: &str = "n.albrecht@bigmail.example";

pub struct SampleAccount {
    pub email: &'static str,
    /// Whose it is, as it stands in From.
    pub name: &'static str,
    pub password: &'static str,
    pub mailboxes: Vec<SampleMailbox>,
}

pub struct SampleMailbox {
    /// UTF-8; INBOX is INBOX.
    pub name: &'static str,
    /// `\Sent` and its like (RFC 6154).
    pub special_use: Option<&'static str>,
    /// How many messages there are to come, for whoever shows progress.
    pub count: usize,
    /// Oldest first, so that appending them in this order gives UIDs that follow the dates.
    pub messages: Box<dyn Iterator<Item = SampleMessage> + Send>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleMessage {
    /// With CRLF line ends.
    pub bytes: Vec<u8>,
    pub internal_date: Timestamp,
    /// `\Seen` and its like, and keywords.
    pub flags: Vec<&'static str>,
}

/// The mailboxes of both accounts, as they stand before anything is moved.
const MAILBOXES: [(&str, &str, Option<&str>); 15] = [
    (KONTOR, "INBOX", None),
    (KONTOR, "Archive", Some("\\Archive")),
    (KONTOR, "Drafts", Some("\\Drafts")),
    (KONTOR, "Sent", Some("\\Sent")),
    (KONTOR, "Junk", Some("\\Junk")),
    (KONTOR, "Trash", Some("\\Trash")),
    (KONTOR, "Harbour library", None),
    (KONTOR, "Angebote & Verträge", None),
    (BIGMAIL, "INBOX", None),
    (BIGMAIL, "Archive", Some("\\Archive")),
    (BIGMAIL, "Drafts", Some("\\Drafts")),
    (BIGMAIL, "Sent", Some("\\Sent")),
    (BIGMAIL, "Junk", Some("\\Junk")),
    (BIGMAIL, "Trash", Some("\\Trash")),
    (BIGMAIL, "Verein", None),
];

/// Both accounts as they would stand at `now`, its days cut by this machine's time zone.
pub fn accounts(now: Timestamp) -> Result<Vec<SampleAccount>> {
    accounts_at(&now.to_zoned(TimeZone::system()))
}

/// The same in a time zone of one's choosing.
pub fn accounts_at(now: &Zoned) -> Result<Vec<SampleAccount>> {
    let clock = Clock::new(now);
    let mut letters = source::all(&clock)?;
    letters.sort_by_key(|letter| letter.at());
    let mut accounts = Vec::new();
    for (email, name, password) in
        [(KONTOR, "Nora Albrecht", "ochre-two-please"), (BIGMAIL, "Nora Albrecht", "opa-wird-80")]
    {
        let mut mailboxes = Vec::new();
        for (_, mailbox, special_use) in MAILBOXES.iter().filter(|(owner, ..)| *owner == email) {
            let place = (email, *mailbox);
            let (mine, rest) = letters.into_iter().partition(|letter| letter.place() == place);
            letters = rest;
            let mine: Vec<source::Letter> = mine;
            mailboxes.push(SampleMailbox {
                name: mailbox,
                special_use: *special_use,
                count: mine.len(),
                messages: Box::new(mine.into_iter().map(source::Letter::render)),
            });
        }
        accounts.push(SampleAccount { email, name, password, mailboxes });
    }
    match letters.first() {
        Some(lost) => anyhow::bail!("{:?} is no mailbox of the sample", lost.place()),
        None => Ok(accounts),
    }
}
