//! What kind a response is, from its first words, and what of it async-imap is given to read.

use crate::wire::trim_line;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Ok,
    No,
    Bad,
    Preauth,
    Bye,
}

impl Condition {
    const ALL: [(&'static str, Self); 5] = [
        ("OK", Self::Ok),
        ("NO", Self::No),
        ("BAD", Self::Bad),
        ("PREAUTH", Self::Preauth),
        ("BYE", Self::Bye),
    ];

    fn parse(word: &[u8]) -> Option<Self> {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        Self::ALL.into_iter().find(|(name, _)| is(name)).map(|(_, condition)| condition)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, c)| *c == self).map_or("OK", |(name, _)| name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head<'a> {
    /// `+`: the server waits for more of a command.
    Continue,
    /// The end of the command with that tag: OK, NO or BAD.
    Tagged(&'a str, Condition),
    /// `* OK`, `* BYE` and so on: a condition and text for people.
    Condition(Condition),
    /// Every other line that begins with `*`.
    Data,
    /// Not of IMAP.
    Junk,
}

impl<'a> Head<'a> {
    pub fn of(response: &'a [u8]) -> Self {
        // Asked several times of every response: no further than the words can reach.
        let start = response.get(..256).unwrap_or(response);
        let first = start.split(|b| *b == b'\n').next().unwrap_or_default();
        let mut words = trim_line(first).split(|b| *b == b' ');
        let (word, next) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let condition = Condition::parse(next);
        match (word, condition) {
            (b"*", Some(condition)) => Self::Condition(condition),
            (b"*", None) => Self::Data,
            // Some servers leave out the space behind `+`; POP3 greets with `+OK`.
            ([b'+', rest @ ..], _) if !rest.eq_ignore_ascii_case(b"OK") => Self::Continue,
            (tag, Some(condition @ (Condition::Ok | Condition::No | Condition::Bad))) => {
                match std::str::from_utf8(tag) {
                    Ok(tag) if is_tag(tag) => Self::Tagged(tag, condition),
                    _ => Self::Junk,
                }
            }
            _ => Self::Junk,
        }
    }

    /// The line that async-imap reads in place of the response, which is kept beside it. imap-proto
    /// takes these in all cases; of the original it refuses unknown codes' arguments, and panics on
    /// text that is not ASCII behind a code (`* OK [ALERT]é`).
    pub fn note(self) -> String {
        match self {
            Self::Continue => "+ \r\n".to_owned(),
            Self::Tagged(tag, condition) => format!("{tag} {} -\r\n", condition.name()),
            Self::Condition(condition) => format!("* {} -\r\n", condition.name()),
            Self::Data | Self::Junk => DIVERTED.to_owned(),
        }
    }
}

const DIVERTED: &str = "* 0 EXISTS\r\n";

/// Tags of async-imap's making are letters and digits, and so are ours.
fn is_tag(tag: &str) -> bool {
    (1..=32).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_imap::imap_proto::Response;

    #[test]
    fn heads() {
        for (line, head) in [
            ("* OK [ALERT]é\r\n", Head::Condition(Condition::Ok)),
            ("* ok\n", Head::Condition(Condition::Ok)),
            ("* OKAY\r\n", Head::Data),
            ("* BYE\r\n", Head::Condition(Condition::Bye)),
            ("A0001 BAD x\r\n", Head::Tagged("A0001", Condition::Bad)),
            ("A1 BYE x\r\n", Head::Junk),
            ("+\r\n", Head::Continue),
            ("+ idling\r\n", Head::Continue),
            ("+OK POP3\r\n", Head::Junk),
            ("220 mail ESMTP\r\n", Head::Junk),
            ("HTTP/1.1 400 Bad Request\r\n", Head::Junk),
            ("* 1 FETCH (FLAGS ())\r\n", Head::Data),
            ("\r\n", Head::Junk),
        ] {
            assert_eq!(Head::of(line.as_bytes()), head, "{line}");
        }
    }

    #[test]
    fn every_note_is_what_the_parser_takes() {
        let conditions = Condition::ALL.map(|(_, c)| Head::Condition(c));
        for head in conditions.into_iter().chain([Head::Continue, Head::Data, Head::Junk]) {
            let note = head.note();
            let (rest, _) = Response::parse(note.as_bytes()).unwrap();
            assert!(rest.is_empty());
        }
        for condition in [Condition::Ok, Condition::No, Condition::Bad] {
            let note = Head::Tagged("A0001", condition).note();
            let (rest, response) = Response::parse(note.as_bytes()).unwrap();
            assert!(rest.is_empty());
            assert!(matches!(response, Response::Done { tag, .. } if tag.0 == "A0001"));
        }
    }
}
