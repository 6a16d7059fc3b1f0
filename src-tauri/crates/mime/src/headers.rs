//! The header block of a message or of a part. mail-parser reads addresses, dates and parameters; before it
//! come the octets that are in no charset it knows, and encoded words as they are abused.

use crate::decode::decode_charset;
use crate::quiet;
use crate::words::{decode_words, settle_words};
use mail_parser::{DateTime, HeaderName, HeaderValue, Message, MessageParser};
use model::{Address, Disposition, Structure};
use std::borrow::Cow;
use std::sync::LazyLock;

/// A message's own header, for people to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    pub subject: String,
    /// Of every From field there is: a second one is a trick that must show.
    pub from: Vec<Address>,
    pub sender: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    /// RFC 3339, with the sender's own offset.
    pub date: Option<String>,
    /// The same as seconds since 1970.
    pub timestamp: Option<i64>,
    /// Ids are without their angle brackets.
    pub message_id: Option<String>,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    pub list: List,
}

/// What a mailing list says of itself (RFC 2369, 2919, 8058).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub id: Option<String>,
    /// As written: `<mailto:…>, <https://…>`.
    pub unsubscribe: Option<String>,
    /// One POST does it (RFC 8058).
    pub one_click: bool,
    pub post: Option<String>,
}

/// What threading needs, from a block that may hold nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderFields {
    pub message_id: Option<String>,
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
}

/// Octets of a header block that are looked at; beyond it, it is no header but an attack.
const LONGEST: usize = 256 * 1024;
const MOST_FIELDS: usize = 2_000;
const MOST_IDS: usize = 100;
const LONGEST_ID: usize = 998;

static PARSER: LazyLock<MessageParser> = LazyLock::new(MessageParser::default);

pub fn headers(block: &[u8]) -> Headers {
    let text = to_text(block);
    let settled = settle_words(&text);
    let HeaderFields { message_id, in_reply_to, references } = fields_of(&text);
    let list = list_of(&text);
    let mut headers = Headers { message_id, in_reply_to, references, list, ..Headers::default() };
    with_parsed(settled.as_bytes(), |message| {
        headers.subject = message.subject().map(one_line).unwrap_or_default();
        headers.from = addresses(message, &HeaderName::From);
        headers.sender = addresses(message, &HeaderName::Sender);
        headers.reply_to = addresses(message, &HeaderName::ReplyTo);
        headers.to = addresses(message, &HeaderName::To);
        headers.cc = addresses(message, &HeaderName::Cc);
        headers.bcc = addresses(message, &HeaderName::Bcc);
        if let Some(date) = message.date().filter(|date| sound(date)) {
            headers.date = Some(date.to_rfc3339());
            headers.timestamp = Some(date.to_timestamp());
        }
    });
    headers
}

pub fn header_fields(block: &[u8]) -> HeaderFields {
    fields_of(&to_text(block))
}

fn fields_of(text: &str) -> HeaderFields {
    let mut found = HeaderFields::default();
    for (name, value) in fields(text) {
        match name.to_ascii_lowercase().as_str() {
            "references" if found.references.is_empty() => found.references = ids(&value),
            "in-reply-to" if found.in_reply_to.is_empty() => found.in_reply_to = ids(&value),
            "message-id" if found.message_id.is_none() => {
                found.message_id = ids(&value).into_iter().next();
            }
            _ => {}
        }
    }
    found
}

fn list_of(text: &str) -> List {
    let mut list = List::default();
    for (name, value) in fields(text) {
        let value = || Some(one_line(&value)).filter(|v| !v.is_empty());
        match name.to_ascii_lowercase().as_str() {
            "list-id" => list.id = value(),
            "list-unsubscribe" => list.unsubscribe = value(),
            "list-post" => list.post = value(),
            "list-unsubscribe-post" => {
                list.one_click =
                    value().is_some_and(|v| v.eq_ignore_ascii_case("List-Unsubscribe=One-Click"));
            }
            _ => {}
        }
    }
    list
}

/// Name and unfolded value of each field (RFC 5322 2.2), up to the blank line.
fn fields(text: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() || found.len() > MOST_FIELDS {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = found.last_mut() {
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            found.push((name.trim_end(), value.to_owned()));
        }
    }
    found
}

/// Message ids, bracketed or not. The first and the newest are kept of an endless list: threads hang on those.
fn ids(value: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('<') {
        bare_ids(before, &mut found);
        let Some((id, after)) = after.split_once('>') else {
            bare_ids(after, &mut found);
            rest = "";
            break;
        };
        push_id(id, &mut found);
        rest = after;
    }
    bare_ids(rest, &mut found);
    if found.len() > MOST_IDS {
        let newest = found.split_off(found.len() - (MOST_IDS - 1));
        found.truncate(1);
        found.extend(newest);
    }
    found
}

/// Old programs wrote `Your message of …`, some leave the brackets away.
fn bare_ids(text: &str, found: &mut Vec<String>) {
    for word in
        text.split([' ', '\t', ',', ';']).filter(|w| w.contains('@') && !w.contains(['"', '(']))
    {
        push_id(word, found);
    }
}

fn push_id(id: &str, found: &mut Vec<String>) {
    // Folding within an id happens where a line was cut at any price.
    let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    if !id.is_empty() && id.len() <= LONGEST_ID && !found.contains(&id) {
        found.push(id);
    }
}

/// The tree node that a part's header describes, without children, and its boundary.
pub(crate) fn part_header(block: &[u8], default: &str) -> (Structure, Option<String>) {
    let text = to_text(block);
    let mut part = Structure::leaf(default, "7bit", 0);
    let mut boundary = None;
    with_parsed(text.as_bytes(), |message| {
        let header = |name| first(message, &name);
        if let Some(HeaderValue::ContentType(kind)) = header(HeaderName::ContentType) {
            part.media_type = media_type(kind.ctype(), kind.subtype(), default);
            part.charset = kind.attribute("charset").map(|c| one_line(c).to_ascii_lowercase());
            part.name = kind.attribute("name").map(|n| decode_words(&one_line(n)));
            boundary = kind.attribute("boundary").map(str::to_owned);
            let is = |name, value: &str| {
                kind.attribute(name).is_some_and(|v: &str| v.trim().eq_ignore_ascii_case(value))
            };
            part.flowed = is("format", "flowed");
            part.delsp = is("delsp", "yes");
        }
        if let Some(HeaderValue::ContentType(kind)) = header(HeaderName::ContentDisposition) {
            part.disposition = match kind.ctype().to_ascii_lowercase().as_str() {
                "inline" => Some(Disposition::Inline),
                "" => None,
                "attachment" => Some(Disposition::Attachment),
                // RFC 2183 2.8: one that isn't known is an attachment; but without a name it is a mistake.
                _ => kind.attribute("filename").map(|_| Disposition::Attachment),
            };
            if let Some(name) = kind.attribute("filename") {
                part.name = Some(decode_words(&one_line(name)));
            }
        }
        if let Some(value) = header(HeaderName::ContentTransferEncoding).and_then(|v| v.as_text()) {
            let name = value.trim().split([' ', ';', '(']).next().unwrap_or("");
            part.encoding = name.to_ascii_lowercase();
        }
    });
    if part.encoding.is_empty() {
        part.encoding = "7bit".to_owned();
    }
    part.content_id = fields(&text)
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-id"))
        .map(|(_, value)| one_line(value.trim().trim_start_matches('<').trim_end_matches('>')))
        .filter(|id| !id.is_empty());
    (part, boundary)
}

fn media_type(kind: &str, subtype: Option<&str>, default: &str) -> String {
    let clean = |t: &str| t.trim().to_ascii_lowercase();
    match (clean(kind).as_str(), subtype.map(clean).as_deref()) {
        ("", _) => default.to_owned(),
        // RFC 1049, and who remembers it.
        ("text", None | Some("")) => "text/plain".to_owned(),
        ("html", None) => "text/html".to_owned(),
        (kind, Some(subtype)) if !subtype.is_empty() => format!("{kind}/{subtype}"),
        _ => default.to_owned(),
    }
}

fn first<'x, 'm>(message: &'m Message<'x>, name: &HeaderName<'_>) -> Option<&'m HeaderValue<'x>> {
    message.headers().iter().find(|h| h.name == *name).map(|h| &h.value)
}

fn addresses(message: &Message<'_>, name: &HeaderName<'_>) -> Vec<Address> {
    message
        .headers()
        .iter()
        .filter(|h| h.name == *name)
        .filter_map(|h| h.value.as_address())
        .flat_map(|list| list.iter())
        .map(|addr| Address {
            name: addr.name().map(one_line).filter(|n| !n.is_empty()),
            address: addr.address().map(bare).unwrap_or_default(),
        })
        .filter(|a| a.name.is_some() || !a.address.is_empty())
        .take(MOST_FIELDS)
        .collect()
}

/// An address has no white space and no controls, whatever was decoded into it.
fn bare(address: &str) -> String {
    address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect()
}

/// One line without controls; white space folded.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty())
    {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn sound(date: &DateTime) -> bool {
    date.is_valid()
        && (1970..=9999).contains(&date.year)
        && date.tz_hour < 24
        && date.tz_minute < 60
}

fn with_parsed(block: &[u8], read: impl FnOnce(&Message<'_>)) {
    let mut block = block.to_vec();
    // A block by itself has no blank line; mail-parser wants one to believe the last field.
    block.extend_from_slice(b"\r\n\r\n");
    quiet(|| {
        if let Some(message) = PARSER.parse_headers(&block) {
            read(&message);
        }
    });
}

/// Raw 8-bit headers are in any charset; encoded ones stay as they are, they are ASCII.
fn to_text(block: &[u8]) -> Cow<'_, str> {
    let block = block.get(..LONGEST).unwrap_or(block);
    let end = header_end(block);
    let block = block.get(..end).unwrap_or(block);
    match std::str::from_utf8(block) {
        Ok(text) if !text.contains("\u{1b}$") => Cow::Borrowed(text),
        _ => Cow::Owned(decode_charset(block, None, false, false)),
    }
}

/// Where the header ends: behind its last field, before the blank line.
fn header_end(block: &[u8]) -> usize {
    let mut at = 0;
    for line in block.split_inclusive(|b| *b == b'\n') {
        if matches!(line, b"\n" | b"\r\n") && at > 0 {
            return at;
        }
        at += line.len();
    }
    block.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usual_header() {
        let headers = headers(
            b"From: =?utf-8?Q?L=C3=A9a?= Fontaine <lea@kontor.example>\r\n\
              To: \"Nora, the\" <nora@kontor.example>, ravi@kontor.example\r\n\
              Subject: =?iso-8859-1?Q?Fa=E7ade?=\r\n =?iso-8859-1?Q?_samples?=\r\n\
              Date: Tue, 24 Nov 2026 11:42:00 +0100\r\n\
              Message-ID: <a@b>\r\nReferences: <x@y>\r\n\t<z@y>\r\n\
              List-Unsubscribe: <https://x.example/u>\r\n\
              List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nbody",
        );
        assert_eq!(headers.subject, "Façade samples");
        assert_eq!(headers.from, [Address::new(Some("Léa Fontaine"), "lea@kontor.example")]);
        assert_eq!(headers.to[0], Address::new(Some("Nora, the"), "nora@kontor.example"));
        assert_eq!(headers.to[1], Address::new(None, "ravi@kontor.example"));
        assert_eq!(headers.date.as_deref(), Some("2026-11-24T11:42:00+01:00"));
        assert_eq!(headers.timestamp, Some(1_795_516_920));
        assert_eq!(headers.message_id.as_deref(), Some("a@b"));
        assert_eq!(headers.references, ["x@y", "z@y"]);
        assert!(headers.list.one_click && headers.list.unsubscribe.is_some());
    }

    #[test]
    fn raw_eight_bit_headers() {
        assert_eq!(headers("Subject: Grüße\r\n\r\n".as_bytes()).subject, "Grüße");
        assert_eq!(headers(b"Subject: Gr\xfc\xdfe aus K\xf6ln\r\n\r\n").subject, "Grüße aus Köln");
        assert_eq!(headers(b"Subject: \x1b$B$3$s$K$A$O\x1b(B\r\n\r\n").subject, "こんにちは");
    }

    #[test]
    fn ids_as_they_come() {
        let found = |value: &str| ids(value).join("|");
        assert_eq!(found("<a@b> <c@d>,<e@f>"), "a@b|c@d|e@f");
        assert_eq!(found("a@b c@d"), "a@b|c@d");
        assert_eq!(found("Your message of \"Mon\" <a@b>"), "a@b");
        assert_eq!(found("<a@b"), "a@b");
        assert_eq!(found("<long\t id@x>"), "longid@x");
        assert_eq!(found("<a@b><a@b>"), "a@b");
        assert_eq!(found("garbage"), "");
        let many: String = (0..500).map(|i| format!("<{i}@x> ")).collect();
        let kept = ids(&many);
        assert_eq!((kept.len(), kept[0].as_str(), kept[99].as_str()), (100, "0@x", "499@x"));
    }

    #[test]
    fn a_field_block_of_a_fetch() {
        let fields = header_fields(b"REFERENCES: <a@b>\r\n <c@d>\r\n\r\n");
        assert_eq!(fields.references, ["a@b", "c@d"]);
        assert_eq!(header_fields(b""), HeaderFields::default());
        assert_eq!(header_fields(b"\r\n"), HeaderFields::default());
    }

    #[test]
    fn parts_describe_themselves() {
        let (part, boundary) = part_header(
            b"Content-Type: text/PLAIN; charset=\"UTF-8\"; format=flowed; delsp=yes; boundary=\"a b\"\r\n\
              Content-Disposition: attachment; filename*0*=utf-8''%E5%B1%95; filename*1*=%E8%A6%A7.pdf\r\n\
              Content-Transfer-Encoding: Quoted-Printable (x)\r\nContent-ID: <p1@x>\r\n",
            "text/plain",
        );
        assert_eq!(part.media_type, "text/plain");
        assert_eq!(part.charset.as_deref(), Some("utf-8"));
        assert!(part.flowed && part.delsp);
        assert_eq!(part.name.as_deref(), Some("展覧.pdf"));
        assert_eq!(part.disposition, Some(Disposition::Attachment));
        assert_eq!(part.encoding, "quoted-printable");
        assert_eq!(part.content_id.as_deref(), Some("p1@x"));
        assert_eq!(boundary.as_deref(), Some("a b"));
        let (word, _) = part_header(
            b"Content-Type: application/pdf; name=\"=?utf-8?B?R3LDvMOfZS5wZGY=?=\"\n",
            "text/plain",
        );
        assert_eq!(word.name.as_deref(), Some("Grüße.pdf"));
    }
}
