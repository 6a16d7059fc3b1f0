//! UID SEARCH (RFC 9051 6.4.4), by ESEARCH where it is offered: the answer is a set, not a list.

use super::Session;
use super::lines::pieces;
use crate::command::{Command, LONGEST};
use crate::error::Error;
use crate::parse::{Esearch, Reply, joined};
use model::{ModSeq, Uid, UidSet};
use std::borrow::Cow;

/// What to look for. Text is any UTF-8; how it goes out is settled here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchKey {
    All,
    Uids(UidSet),
    /// Both ends in it.
    UidRange(Uid, Uid),
    /// From there to the end of the mailbox.
    UidFrom(Uid),
    Seen,
    Flagged,
    Answered,
    Deleted,
    Draft,
    Keyword(String),
    From(String),
    To(String),
    Cc(String),
    Bcc(String),
    Subject(String),
    /// The text without headers.
    Body(String),
    /// Text and headers.
    Text(String),
    /// A header field and what it holds; empty: that it is there.
    Header(String, String),
    /// Days as the server dates arrival, `(year, month, day)`.
    Since(u16, u8, u8),
    Before(u16, u8, u8),
    SentSince(u16, u8, u8),
    SentBefore(u16, u8, u8),
    /// Octets.
    Larger(u64),
    Smaller(u64),
    /// RFC 7162 3.1.5: changed at or after.
    ModSeq(ModSeq),
    /// RFC 8474.
    EmailId(String),
    /// Gmail's own query language.
    GmRaw(String),
    GmMsgId(u64),
    Not(Box<SearchKey>),
    Or(Box<SearchKey>, Box<SearchKey>),
    And(Vec<SearchKey>),
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// Keys within keys: no command of ours is deeper.
const DEEPEST: usize = 30;

impl SearchKey {
    fn write(&self, out: &mut Command, depth: usize) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(Error::NotSendable { what: "a search so deeply nested" });
        }
        let string = |out: &mut Command, name: &str, text: &str| {
            out.push(name).push(" ").string(text.as_bytes()).map(drop)
        };
        match self {
            Self::All => out.push("ALL"),
            Self::Uids(set) if set.is_empty() => out.push("NOT ALL"),
            Self::Uids(set) => out.push(&format!("UID {set}")),
            Self::UidRange(low, high) => out.push(&format!("UID {low}:{high}")),
            Self::UidFrom(low) => out.push(&format!("UID {low}:*")),
            Self::Seen => out.push("SEEN"),
            Self::Flagged => out.push("FLAGGED"),
            Self::Answered => out.push("ANSWERED"),
            Self::Deleted => out.push("DELETED"),
            Self::Draft => out.push("DRAFT"),
            Self::Keyword(name) => out.push(&format!("KEYWORD {}", atom(name)?)),
            Self::From(text) => return string(out, "FROM", text),
            Self::To(text) => return string(out, "TO", text),
            Self::Cc(text) => return string(out, "CC", text),
            Self::Bcc(text) => return string(out, "BCC", text),
            Self::Subject(text) => return string(out, "SUBJECT", text),
            Self::Body(text) => return string(out, "BODY", text),
            Self::Text(text) => return string(out, "TEXT", text),
            Self::Header(name, text) => {
                out.push("HEADER ").string(name.as_bytes())?.push(" ").string(text.as_bytes())?
            }
            Self::Since(y, m, d) => out.push(&format!("SINCE {}", day(*y, *m, *d)?)),
            Self::Before(y, m, d) => out.push(&format!("BEFORE {}", day(*y, *m, *d)?)),
            Self::SentSince(y, m, d) => out.push(&format!("SENTSINCE {}", day(*y, *m, *d)?)),
            Self::SentBefore(y, m, d) => out.push(&format!("SENTBEFORE {}", day(*y, *m, *d)?)),
            Self::Larger(octets) => out.push(&format!("LARGER {octets}")),
            Self::Smaller(octets) => out.push(&format!("SMALLER {octets}")),
            Self::ModSeq(modseq) => out.push(&format!("MODSEQ {modseq}")),
            Self::EmailId(id) => out.push(&format!("EMAILID {}", atom(id)?)),
            Self::GmRaw(query) => return string(out, "X-GM-RAW", query),
            Self::GmMsgId(id) => out.push(&format!("X-GM-MSGID {id}")),
            Self::Not(key) => {
                out.push("NOT ");
                return key.write(out, depth + 1);
            }
            Self::Or(one, other) => {
                out.push("OR ");
                one.write(out, depth + 1)?;
                out.push(" ");
                return other.write(out, depth + 1);
            }
            Self::And(keys) if keys.is_empty() => out.push("ALL"),
            Self::And(keys) => {
                for (at, key) in keys.iter().enumerate() {
                    out.push(if at == 0 { "(" } else { " " });
                    key.write(out, depth + 1)?;
                }
                out.push(")")
            }
        };
        Ok(())
    }

    /// Whether some text in it is not ASCII: then the charset is said (RFC 9051 6.4.4).
    fn needs_utf8(&self) -> bool {
        match self {
            Self::From(t)
            | Self::To(t)
            | Self::Cc(t)
            | Self::Bcc(t)
            | Self::Subject(t)
            | Self::Body(t)
            | Self::Text(t)
            | Self::Header(_, t)
            | Self::GmRaw(t) => !t.is_ascii(),
            Self::Not(key) => key.needs_utf8(),
            Self::Or(one, other) => one.needs_utf8() || other.needs_utf8(),
            Self::And(keys) => keys.iter().any(Self::needs_utf8),
            _ => false,
        }
    }
}

/// The keys that together find what `key` does, each short enough for a command.
fn short(key: &SearchKey) -> Cow<'_, [SearchKey]> {
    // What stands round the set in a command.
    let room = LONGEST.saturating_sub("A0000 UID SEARCH RETURN (COUNT) UID \r\n".len());
    match key {
        SearchKey::Uids(set) if set.to_string().len() > room => {
            pieces(set, room).into_iter().map(SearchKey::Uids).collect()
        }
        key => Cow::Borrowed(std::slice::from_ref(key)),
    }
}

fn atom(name: &str) -> Result<&str, Error> {
    let plain = |b: u8| b.is_ascii_graphic() && !b"(){%*\"\\]".contains(&b);
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(Error::NotSendable { what: "a keyword or id" });
    }
    Ok(name)
}

fn day(year: u16, month: u8, day: u8) -> Result<String, Error> {
    let name = usize::from(month).checked_sub(1).and_then(|at| MONTHS.get(at));
    match name {
        Some(name) if (1..=31).contains(&day) && (1..=9_999).contains(&year) => {
            Ok(format!("{day}-{name}-{year:04}"))
        }
        _ => Err(Error::NotSendable { what: "a date" }),
    }
}

impl Session {
    /// The UIDs in the selected mailbox that `key` fits. A set of UIDs alone may be of any length: it
    /// goes out as several commands.
    pub async fn uid_search(&mut self, key: &SearchKey) -> Result<UidSet, Error> {
        let mut ranges = Vec::new();
        for key in short(key).iter() {
            ranges.extend_from_slice(self.search(key, "ALL").await?.all.ranges());
        }
        Ok(joined(ranges))
    }

    /// How many there are; without ESEARCH they are all sent and counted here.
    pub async fn uid_search_count(&mut self, key: &SearchKey) -> Result<u32, Error> {
        let mut count = 0u32;
        for key in short(key).iter() {
            let found = self.search(key, "COUNT").await?;
            let all = || u32::try_from(found.all.len()).unwrap_or(u32::MAX);
            count = count.saturating_add(found.count.unwrap_or_else(all));
        }
        Ok(count)
    }

    async fn search(&mut self, key: &SearchKey, result: &str) -> Result<Esearch, Error> {
        let mut command = self.command("SEARCH", "UID SEARCH ");
        if self.capabilities.has("ESEARCH") {
            command.push(&format!("RETURN ({result}) "));
        }
        // With UTF-8 enabled a charset may not be named (RFC 6855 3).
        if key.needs_utf8() && !self.utf8 {
            command.push("CHARSET UTF-8 ");
        }
        key.write(&mut command, 0)?;
        let mut found = Esearch::default();
        // Joined at the end: line by line, many short ones would cost the square of their number.
        let mut ranges = Vec::new();
        let take = |reply| match reply {
            Reply::Esearch(esearch) => {
                found = esearch;
                None
            }
            // Also from servers that offer ESEARCH and do not keep to it; several are one answer.
            Reply::Search(uids) => {
                ranges.extend_from_slice(uids.ranges());
                None
            }
            other => Some(other),
        };
        self.run(command.checked()?, take).await?;
        if !ranges.is_empty() {
            ranges.extend_from_slice(found.all.ranges());
            found.all = joined(ranges);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Literals;

    fn written(key: &SearchKey) -> Result<String, Error> {
        let mut command = Command::new("SEARCH", "", Literals::Plus);
        key.write(&mut command, 0)?;
        let mut text = command.text;
        for splice in command.splices {
            let mark = String::from_utf8(splice.mark).unwrap();
            text = text.replace(&mark, std::str::from_utf8(&splice.octets).unwrap());
        }
        Ok(text)
    }

    #[test]
    fn keys_are_written_so_that_no_text_escapes() {
        use SearchKey::*;
        let key = And(vec![
            Not(Box::new(Seen)),
            Or(Box::new(From("a\"b".into())), Box::new(Subject("ä\r\nX LOGOUT".into()))),
            Since(2024, 2, 9),
            UidRange(Uid(1), Uid(9)),
        ]);
        assert_eq!(
            written(&key).unwrap(),
            "(NOT SEEN OR FROM \"a\\\"b\" SUBJECT {12+}\r\nä\r\nX LOGOUT SINCE 9-Feb-2024 UID 1:9)"
        );
        assert!(key.needs_utf8());
        for wrong in [
            Keyword("a b".into()),
            Keyword("a)\r\n".into()),
            Since(2024, 13, 1),
            EmailId(String::new()),
        ] {
            assert!(matches!(written(&wrong), Err(Error::NotSendable { .. })), "{wrong:?}");
        }
        let mut deep = All;
        for _ in 0..40 {
            deep = Not(Box::new(deep));
        }
        assert!(written(&deep).is_err());
    }
}
