//! One whole response in, what it says out. Pure, bounded, and without recursion on the server's word.

mod address;
mod date;
mod envelope;
mod fetch;
mod list;
mod names;
mod numbers;
mod params;
mod status_line;
mod structure;
pub mod words;

pub use fetch::{Fetched, FetchedPart, PartWhat};
pub(crate) use list::{ListLine, StatusLine};
pub use list::{Namespace, Namespaces, Status};
pub(crate) use numbers::{Esearch, joined};
pub(crate) use status_line::{Code, ConditionLine, condition_line};

use crate::framing::Head;
use crate::wire::{Cursor, Read, Unreadable, clean, number};
use model::{SeqNum, UidSet};

/// An untagged response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Condition(ConditionLine),
    Capability(Vec<String>),
    Enabled(Vec<String>),
    Exists(u32),
    Recent(u32),
    Expunge(SeqNum),
    Vanished {
        earlier: bool,
        uids: UidSet,
    },
    /// `whole`: every item could be read.
    Fetch {
        fetched: Box<Fetched>,
        whole: bool,
    },
    Flags(Vec<String>),
    List(ListLine),
    Lsub(ListLine),
    Status(StatusLine),
    Search(UidSet),
    Esearch(Esearch),
    Namespace(Namespaces),
    Id(Vec<(String, String)>),
    /// A line that is not of IMAP, its first words.
    Junk(String),
    /// Not known here, or not readable: dropped. The word is the response's name.
    Dropped {
        word: String,
        why: &'static str,
    },
}

/// Never fails: what cannot be read is `Dropped`.
pub(crate) fn reply(response: &[u8], utf8_names: bool) -> Reply {
    match Head::of(response) {
        Head::Condition(_) => match condition_line(response) {
            Some(line) => Reply::Condition(line),
            None => dropped(response, "a condition without form"),
        },
        Head::Data => {
            data(response, utf8_names).unwrap_or_else(|Unreadable(why)| dropped(response, why))
        }
        _ => Reply::Junk(clean(response.get(..120).unwrap_or(response))),
    }
}

fn data(response: &[u8], utf8_names: bool) -> Read<Reply> {
    let mut cursor = Cursor::new(response);
    cursor.word();
    cursor.spaces();
    let word = cursor.word();
    if word.first().is_some_and(u8::is_ascii_digit) {
        return numbered(word, cursor);
    }
    let name = word.to_ascii_uppercase();
    Ok(match name.as_slice() {
        b"CAPABILITY" => Reply::Capability(names::words(cursor.rest_of_line())),
        b"ENABLED" => Reply::Enabled(names::words(cursor.rest_of_line())),
        b"FLAGS" => Reply::Flags(names::flags(&cursor.value()?)),
        b"LIST" | b"XLIST" => Reply::List(list::list(&mut cursor, utf8_names)?),
        b"LSUB" => Reply::Lsub(list::list(&mut cursor, utf8_names)?),
        b"STATUS" => Reply::Status(list::status(&mut cursor, utf8_names)?),
        b"SEARCH" => Reply::Search(numbers::search(&mut cursor)),
        b"ESEARCH" => Reply::Esearch(numbers::esearch(&mut cursor)?),
        b"VANISHED" => {
            let (earlier, uids) = numbers::vanished(&mut cursor)?;
            Reply::Vanished { earlier, uids }
        }
        b"NAMESPACE" => Reply::Namespace(list::namespaces(&mut cursor, utf8_names)?),
        b"ID" => Reply::Id(names::pairs(&cursor.value()?)),
        _ => return Err(Unreadable("unknown")),
    })
}

fn numbered(word: &[u8], mut cursor: Cursor<'_>) -> Read<Reply> {
    let number = number(word).and_then(|n| u32::try_from(n).ok());
    let number = number.ok_or(Unreadable("a number out of range"))?;
    cursor.spaces();
    let name = cursor.word().to_ascii_uppercase();
    // RFC 9051 9: message sequence numbers begin at 1.
    let seq = || Some(SeqNum(number)).filter(|s| s.0 > 0).ok_or(Unreadable("message number 0"));
    Ok(match name.as_slice() {
        b"EXISTS" => Reply::Exists(number),
        b"RECENT" => Reply::Recent(number),
        b"EXPUNGE" => Reply::Expunge(seq()?),
        b"FETCH" => {
            let (fetched, whole) = fetch::fetch(seq()?, &cursor);
            Reply::Fetch { fetched: Box::new(fetched), whole }
        }
        _ => return Err(Unreadable("unknown")),
    })
}

fn dropped(response: &[u8], why: &'static str) -> Reply {
    // The name alone: the rest may hold mail.
    let words = response.split(|b| matches!(b, b' ' | b'\r' | b'\n'));
    let word = words.skip(1).find(|w| !w.is_empty() && !w.iter().all(u8::is_ascii_digit));
    let name = word.map(|w| w.get(..24).unwrap_or(w)).unwrap_or_default();
    let plain = name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'='));
    let word = if plain { String::from_utf8_lossy(name).into_owned() } else { "?".to_owned() };
    Reply::Dropped { word, why }
}

#[cfg(test)]
mod tests;
