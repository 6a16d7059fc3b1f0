//! One FETCH response (RFC 9051 7.5.2 and the extensions that we ask for).

use super::{date, envelope, names, structure};
use crate::wire::{Cursor, Node, Read, Unreadable, number};
use model::{Envelope, Flags, ModSeq, Section, SeqNum, Structure, Uid};

/// What came for one message. What was not said is None.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub seq: SeqNum,
    pub uid: Option<Uid>,
    pub flags: Option<Flags>,
    /// When the server received it, in seconds since 1970.
    pub internal_date: Option<i64>,
    /// RFC822.SIZE in octets.
    pub size: Option<u64>,
    pub envelope: Option<Envelope>,
    pub structure: Option<Structure>,
    /// `Some(None)`: the server has none to give (RFC 8970 3.2).
    pub preview: Option<Option<String>>,
    pub modseq: Option<ModSeq>,
    /// RFC 8474.
    pub email_id: Option<String>,
    /// RFC 8474 5.3; None also where the server has none to give (NIL).
    pub thread_id: Option<String>,
    pub gm_msgid: Option<u64>,
    pub gm_thrid: Option<u64>,
    /// The block of BODY[HEADER.FIELDS (…)], with its line ends.
    pub headers: Option<Vec<u8>>,
    /// A part that the server has not (NIL) is left out.
    pub parts: Vec<FetchedPart>,
}

/// Which octets of a part (RFC 9051 6.4.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartWhat {
    /// The part's content, still encoded; of the root, the whole message.
    Body,
    /// The part's MIME header.
    Mime,
    /// The header of the message, or of an attached one.
    Header,
    /// The message, or an attached one, without its header.
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedPart {
    pub section: Section,
    pub what: PartWhat,
    /// Where in the part `bytes` begin, in octets.
    pub offset: u64,
    /// As they stand on the server: not decoded. Fewer than asked for at the part's end.
    pub bytes: Vec<u8>,
}

impl Fetched {
    fn new(seq: SeqNum) -> Self {
        Self {
            seq,
            uid: None,
            flags: None,
            internal_date: None,
            size: None,
            envelope: None,
            structure: None,
            preview: None,
            modseq: None,
            email_id: None,
            thread_id: None,
            gm_msgid: None,
            gm_thrid: None,
            headers: None,
            parts: Vec::new(),
        }
    }

    /// Says no more than a server may say unasked: flags, and what goes with them.
    pub(crate) fn is_only_flags(&self) -> bool {
        self.internal_date.is_none()
            && self.size.is_none()
            && self.envelope.is_none()
            && self.structure.is_none()
            && self.preview.is_none()
            && self.headers.is_none()
            && self.parts.is_empty()
    }
}

/// What could be read, and whether that is all. Read once by the rule; where that fails, once more
/// with the leniency that some servers' quotes need.
pub(super) fn fetch(seq: SeqNum, at: &Cursor<'_>) -> (Fetched, bool) {
    let mut fetched = Fetched::new(seq);
    if items(&mut at.clone(), &mut fetched).is_ok() {
        return (fetched, true);
    }
    let mut again = Fetched::new(seq);
    match items(&mut at.clone().lenient(), &mut again) {
        Ok(()) => (again, true),
        // Whichever got further.
        Err(_) => (if rank(&again) > rank(&fetched) { again } else { fetched }, false),
    }
}

fn rank(fetched: &Fetched) -> usize {
    usize::from(fetched.uid.is_some())
        + usize::from(fetched.flags.is_some())
        + usize::from(fetched.envelope.is_some())
        + usize::from(fetched.structure.is_some())
        + fetched.parts.len()
}

fn items(cursor: &mut Cursor<'_>, fetched: &mut Fetched) -> Read<()> {
    cursor.spaces();
    if !cursor.eat(b'(') {
        return Err(Unreadable("no fetch items"));
    }
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            return if cursor.rest_of_line().trim_ascii().is_empty() {
                Ok(())
            } else {
                // The list ended too early: a quote or a parenthesis stood where it should not.
                Err(Unreadable("octets behind the fetch items"))
            };
        }
        let name = cursor
            .take_while(|b| !matches!(b, b' ' | b'\t' | b'(' | b')' | b'[' | b'\r' | b'\n'))
            .to_ascii_uppercase();
        match name.as_slice() {
            b"" => return Err(Unreadable("a fetch item has no name")),
            _ if cursor.peek() == Some(b'[') => {
                let which = bracketed(cursor)?;
                let octets = cursor.value()?;
                if name == b"BODY" {
                    part(fetched, &which, octets);
                }
            }
            name => {
                let value = cursor.value()?;
                item(fetched, name, &value)?;
            }
        }
    }
}

fn item(fetched: &mut Fetched, name: &[u8], value: &Node<'_>) -> Read<()> {
    match name {
        b"UID" => {
            fetched.uid =
                value.number().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0).map(Uid)
        }
        b"FLAGS" => {
            fetched.flags = Some(names::flags(value).iter().map(String::as_str).collect());
        }
        // Some servers say NIL, which imap-proto panics on.
        b"INTERNALDATE" => fetched.internal_date = value.text().and_then(date::internal_date),
        // RFC 9051: number64. Past 4 GiB nothing is cut.
        b"RFC822.SIZE" => fetched.size = value.number(),
        b"ENVELOPE" => fetched.envelope = Some(envelope::envelope(value)?),
        b"BODYSTRUCTURE" | b"BODY" => fetched.structure = Some(structure::structure(value)?),
        b"PREVIEW" => fetched.preview = Some(preview(value)),
        b"MODSEQ" => fetched.modseq = first(value).and_then(Node::number).map(ModSeq),
        b"EMAILID" => fetched.email_id = object_id(value),
        b"THREADID" => fetched.thread_id = object_id(value),
        b"X-GM-MSGID" => fetched.gm_msgid = value.number(),
        b"X-GM-THRID" => fetched.gm_thrid = value.number(),
        // RFC 3501 forms of parts, which old servers answer with.
        b"RFC822.HEADER" => push(fetched, PartWhat::Header, value),
        b"RFC822.TEXT" => push(fetched, PartWhat::Text, value),
        b"RFC822" => push(fetched, PartWhat::Body, value),
        _ => {}
    }
    Ok(())
}

/// RFC 8474 7: up to 255 letters, digits, `-` and `_`. What is longer is no id of anything.
fn object_id(value: &Node<'_>) -> Option<String> {
    let id = first(value).and_then(Node::text).filter(|id| (1..=255).contains(&id.len()))?;
    Some(String::from_utf8_lossy(id).into_owned())
}

/// MODSEQ, EMAILID and THREADID stand in a list of one; some servers leave the list out.
fn first<'n, 'a>(value: &'n Node<'a>) -> Option<&'n Node<'a>> {
    match value {
        Node::List(list) => list.first(),
        other => Some(other),
    }
}

/// RFC 8970 3.2. Dovecot before 2.3.15 gave `(FUZZY "text")`.
fn preview(value: &Node<'_>) -> Option<String> {
    let text = match value {
        Node::List(list) => list.last()?.text()?,
        other => other.text()?,
    };
    Some(super::words::plain(text))
}

fn push(fetched: &mut Fetched, what: PartWhat, value: &Node<'_>) {
    if let Some(bytes) = value.text() {
        fetched.parts.push(FetchedPart {
            section: Section::root(),
            what,
            offset: 0,
            bytes: bytes.to_vec(),
        });
    }
}

/// What stands in the brackets, and the offset in `<n>` behind them.
struct Which {
    section: Vec<u8>,
    offset: u64,
}

fn bracketed(cursor: &mut Cursor<'_>) -> Read<Which> {
    cursor.eat(b'[');
    // A header field's name may be quoted, and hold a bracket.
    let mut quoted = false;
    let section = cursor.take_while(|b| {
        quoted ^= b == b'"';
        quoted || !matches!(b, b']' | b'\r' | b'\n')
    });
    if !cursor.eat(b']') {
        return Err(Unreadable("a section without end"));
    }
    let mut offset = 0;
    if cursor.eat(b'<') {
        let digits = cursor.take_while(|b| b.is_ascii_digit());
        offset = number(digits).ok_or(Unreadable("an origin that is no number"))?;
        // `<0.512>` is how it is asked for; some servers say it back.
        cursor.take_while(|b| b == b'.' || b.is_ascii_digit());
        if !cursor.eat(b'>') {
            return Err(Unreadable("an origin without end"));
        }
    }
    Ok(Which { section: section.to_ascii_uppercase(), offset })
}

fn part(fetched: &mut Fetched, which: &Which, octets: Node<'_>) {
    let Node::Text(bytes) = octets else { return };
    if which.section.starts_with(b"HEADER.FIELDS") {
        fetched.headers = Some(bytes.into_owned());
        return;
    }
    let Ok(text) = std::str::from_utf8(&which.section) else { return };
    let (number, what) = match text {
        "HEADER" => ("", PartWhat::Header),
        "TEXT" => ("", PartWhat::Text),
        text => match text.rsplit_once('.') {
            Some((number, "MIME")) => (number, PartWhat::Mime),
            Some((number, "HEADER")) => (number, PartWhat::Header),
            Some((number, "TEXT")) => (number, PartWhat::Text),
            _ => (text, PartWhat::Body),
        },
    };
    if let Some(section) = Section::parse(number) {
        let bytes = bytes.into_owned();
        fetched.parts.push(FetchedPart { section, what, offset: which.offset, bytes });
    }
}
