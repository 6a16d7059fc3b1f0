//! UID SEARCH, as far as a mail app asks: which messages a key fits.

use super::mailbox::Mailbox;
use super::message::Message;
use super::words::{astring, sets};

enum Key {
    All,
    Uids(Vec<(u32, u32)>),
    Flag(&'static str),
    Text(Field, String),
    Since(i64),
    Before(i64),
    /// Gmail's own language, of which one question is known: what stands nowhere else.
    Elsewhere,
    Not(Box<Key>),
    Or(Box<Key>, Box<Key>),
    And(Vec<Key>),
}

enum Field {
    From,
    To,
    Subject,
    Body,
    Text,
}

/// The UIDs that fit, ascending; `is_elsewhere` says of a message that another mailbox shows it too.
pub fn find(
    mailbox: &Mailbox,
    text: &str,
    last: u32,
    is_elsewhere: &dyn Fn(&Message) -> bool,
) -> Result<Vec<u32>, String> {
    let text = text.strip_prefix("CHARSET UTF-8 ").unwrap_or(text);
    let mut rest = text;
    let mut keys = Vec::new();
    while !rest.trim_start().is_empty() {
        let (key, behind) = key(rest, last)?;
        keys.push(key);
        rest = behind;
    }
    // Where a key is a set, nothing else is looked at.
    let uids: Vec<u32> = match keys.iter().find_map(Key::uids) {
        Some(sets) => {
            sets.iter().flat_map(|(low, high)| mailbox.uids.within(*low, *high)).collect()
        }
        None => mailbox.uids.all().collect(),
    };
    let plain = keys.iter().all(|key| matches!(key, Key::All | Key::Uids(_)));
    let fits = |uid: &u32| {
        plain
            || mailbox
                .get(*uid)
                .is_some_and(|message| keys.iter().all(|key| key.fits(&message, is_elsewhere)))
    };
    let mut found: Vec<u32> = uids.into_iter().filter(fits).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

impl Key {
    fn uids(&self) -> Option<&Vec<(u32, u32)>> {
        match self {
            Key::Uids(sets) => Some(sets),
            Key::And(keys) => keys.iter().find_map(Key::uids),
            _ => None,
        }
    }

    fn fits(&self, message: &Message, elsewhere: &dyn Fn(&Message) -> bool) -> bool {
        match self {
            Key::All => true,
            Key::Uids(sets) => sets.iter().any(|(low, high)| (*low..=*high).contains(&message.uid)),
            Key::Flag(flag) => message.has(flag),
            Key::Text(field, text) => field.holds(message, text),
            Key::Since(day) => message.arrived >= *day,
            Key::Before(day) => message.arrived < *day,
            Key::Elsewhere => !elsewhere(message),
            Key::Not(key) => !key.fits(message, elsewhere),
            Key::Or(one, other) => one.fits(message, elsewhere) || other.fits(message, elsewhere),
            Key::And(keys) => keys.iter().all(|key| key.fits(message, elsewhere)),
        }
    }
}

impl Field {
    fn holds(&self, message: &Message, text: &str) -> bool {
        let has = |held: &str| held.to_lowercase().contains(&text.to_lowercase());
        let from = || has(&format!("Writer <{}@kontor.example>", message.from));
        match self {
            Field::From => from(),
            Field::To => has("anna@kontor.example"),
            Field::Subject => has(&message.subject),
            Field::Body => has(&message.text),
            Field::Text => {
                from() || has("anna@kontor.example") || has(&message.subject) || has(&message.text)
            }
        }
    }
}

fn key(text: &str, last: u32) -> Result<(Key, &str), String> {
    let text = text.trim_start();
    if let Some(mut inner) = text.strip_prefix('(') {
        let mut keys = Vec::new();
        loop {
            inner = inner.trim_start();
            if let Some(behind) = inner.strip_prefix(')') {
                return Ok((Key::And(keys), behind));
            }
            let (one, behind) = key(inner, last)?;
            keys.push(one);
            inner = behind;
        }
    }
    let end = text.find([' ', ')']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let word = word.to_ascii_uppercase();
    let flag = |flag| Ok((Key::Flag(flag), rest));
    let not = |flag| Ok((Key::Not(Box::new(Key::Flag(flag))), rest));
    let textual = |field| {
        let (text, rest) = astring(rest);
        Ok((Key::Text(field, text), rest))
    };
    match word.as_str() {
        "ALL" => Ok((Key::All, rest)),
        "SEEN" => flag("\\Seen"),
        "UNSEEN" => not("\\Seen"),
        "FLAGGED" => flag("\\Flagged"),
        "UNFLAGGED" => not("\\Flagged"),
        "ANSWERED" => flag("\\Answered"),
        "DELETED" => flag("\\Deleted"),
        "DRAFT" => flag("\\Draft"),
        "FROM" => textual(Field::From),
        "TO" | "CC" | "BCC" => textual(Field::To),
        "SUBJECT" => textual(Field::Subject),
        "BODY" => textual(Field::Body),
        "TEXT" => textual(Field::Text),
        "X-GM-RAW" => Ok((Key::Elsewhere, astring(rest).1)),
        "UID" | "SINCE" | "BEFORE" | "SENTSINCE" | "SENTBEFORE" => {
            let rest = rest.trim_start();
            let end = rest.find([' ', ')']).unwrap_or(rest.len());
            let (value, behind) = rest.split_at(end);
            Ok(match word.as_str() {
                "UID" => (Key::Uids(sets(value, last)), behind),
                "SINCE" | "SENTSINCE" => (Key::Since(day(value)?), behind),
                _ => (Key::Before(day(value)?), behind),
            })
        }
        "NOT" => key(rest, last).map(|(inner, rest)| (Key::Not(Box::new(inner)), rest)),
        "OR" => {
            let (one, rest) = key(rest, last)?;
            let (other, rest) = key(rest, last)?;
            Ok((Key::Or(Box::new(one), Box::new(other)), rest))
        }
        other => Err(format!("BAD the key {other} is not known")),
    }
}

fn day(text: &str) -> Result<i64, String> {
    let date = jiff::civil::Date::strptime("%d-%b-%Y", text.trim_matches('"'));
    let zoned = date.and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC));
    zoned.map(|zoned| zoned.timestamp().as_second()).map_err(|_| "BAD no such day".to_owned())
}
