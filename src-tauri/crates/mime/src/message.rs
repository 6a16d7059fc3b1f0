//! A whole message file, as it comes from a disk or out of another message: cut into the tree that an IMAP
//! server would describe (RFC 9051 7.5.2), so that parts have the same numbers everywhere.
//!
//! The cutting is our own: mail-parser keeps no limit of depth, and where a message is broken the text in it
//! must still be found.

use crate::headers::{Headers, headers, part_header};
use crate::html::{FrameOptions, HtmlContext};
use crate::{
    BlockedResource, Choice, PreviewKind, SafeHtml, choose, decode_text, decode_transfer,
    frame_document, html_to_text, preview_from_part, preview_source, safe_html, text_to_html,
};
use model::{Section, Structure};
use std::ops::Range;

pub struct ParsedMessage<'a> {
    pub headers: Headers,
    pub structure: Structure,
    eml: &'a [u8],
    root: Node,
}

/// One message file as the reader would show it.
pub struct Rendered {
    /// The whole document of the frame.
    pub html: String,
    pub blocked: Vec<BlockedResource>,
    pub text: String,
    pub preview: String,
}

pub fn parse(eml: &[u8]) -> ParsedMessage<'_> {
    let root = Node::read(eml);
    let block = eml.get(root.header.clone()).unwrap_or(&[]);
    ParsedMessage { headers: headers(block), structure: root.structure(), eml, root }
}

/// The decoded octets of one part; for an attached message, that message. The whole file for the root.
pub fn part_of(eml: &[u8], section: &Section) -> Option<Vec<u8>> {
    if section.is_root() {
        return Some(eml.to_vec());
    }
    let root = Node::read(eml);
    let node = root.find(section.path(), true)?;
    Some(decode_transfer(eml.get(node.body.clone())?, &node.part.encoding))
}

pub fn render(eml: &[u8], part_url: &dyn Fn(&Section) -> String) -> Rendered {
    let message = parse(eml);
    let leaves = message.structure.leaves();
    let cid = |id: &str| {
        let (section, _) = leaves.iter().find(|(_, p)| p.content_id.as_deref() == Some(id))?;
        Some(part_url(section))
    };
    let source = message.html().unwrap_or_else(|| text_to_html(&message.text()));
    let safe: SafeHtml = safe_html(&source, &HtmlContext { cid: &cid });
    let origin = part_url(&Section::root().child(1));
    Rendered {
        html: frame_document(&safe, &FrameOptions { part_origin: &origin }),
        blocked: safe.blocked,
        text: message.text(),
        preview: message.preview(),
    }
}

impl ParsedMessage<'_> {
    pub fn choice(&self) -> Choice {
        choose(&self.structure)
    }

    /// The plain text, made of the HTML where there is nothing else.
    pub fn text(&self) -> String {
        let choice = self.choice();
        match (choice.text.as_ref().and_then(|s| self.decoded(s)), choice.html) {
            (Some(text), None) => text,
            (Some(text), Some(_)) if !text.trim().is_empty() => text,
            (_, Some(html)) => self.decoded(&html).map(|h| html_to_text(&h)).unwrap_or_default(),
            (None, None) => String::new(),
        }
    }

    /// The HTML as it was sent: to be made safe before it is shown.
    pub fn html(&self) -> Option<String> {
        self.choice().html.and_then(|section| self.decoded(&section))
    }

    pub fn preview(&self) -> String {
        let preview = |section: &Section| {
            let node = self.root.find(section.path(), true)?;
            let bytes = self.eml.get(node.body.clone())?;
            let piece = bytes.get(..PREVIEW).unwrap_or(bytes);
            Some(preview_from_part(piece, &node.part, piece.len() < bytes.len()))
        };
        let Some((section, kind)) = preview_source(&self.structure) else { return String::new() };
        let said = preview(&section).unwrap_or_default();
        match (said.is_empty() && kind == PreviewKind::Text, self.choice().html) {
            (true, Some(html)) => preview(&html).unwrap_or_default(),
            _ => said,
        }
    }

    fn decoded(&self, section: &Section) -> Option<String> {
        let node = self.root.find(section.path(), true)?;
        Some(decode_text(self.eml.get(node.body.clone())?, &node.part))
    }
}

/// Octets that a preview is made of.
const PREVIEW: usize = 32 * 1024;
/// Parts in one message; what comes after the last stays in it.
const MOST_PARTS: usize = 10_000;

/// A part as it lies in the file.
struct Node {
    /// Without its children.
    part: Structure,
    header: Range<usize>,
    body: Range<usize>,
    children: Vec<Node>,
}

impl Node {
    fn read(eml: &[u8]) -> Self {
        let mut cutter = Cutter { eml, parts: 0 };
        cutter.node(0..eml.len(), "text/plain", 0)
    }

    fn structure(&self) -> Structure {
        let children = self.children.iter().map(Node::structure).collect();
        Structure { children, ..self.part.clone() }
    }

    /// As `Structure::find` numbers them.
    fn find(&self, path: &[u32], top: bool) -> Option<&Node> {
        let Some((&number, rest)) = path.split_first() else { return Some(self) };
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        if self.part.is_multipart() {
            return self.children.get(index)?.find(rest, false);
        }
        if self.part.is_message() && !top {
            let body = self.children.first()?;
            if body.part.is_multipart() {
                return body.children.get(index)?.find(rest, false);
            }
            return (index == 0).then(|| body.find(rest, false)).flatten();
        }
        (top && index == 0).then(|| self.find(rest, false)).flatten()
    }
}

struct Cutter<'a> {
    eml: &'a [u8],
    parts: usize,
}

impl Cutter<'_> {
    fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.eml.get(range).unwrap_or(&[])
    }

    fn node(&mut self, range: Range<usize>, default: &str, depth: usize) -> Node {
        self.parts += 1;
        let (header, body) = self.halves(range);
        let (mut part, boundary) = part_header(self.bytes(header.clone()), default);
        part.size = body.len() as u64;
        let mut children = Vec::new();
        if depth + 1 < Structure::MAX_DEPTH && self.parts < MOST_PARTS {
            if part.is_multipart() {
                children = self.multipart(&part, boundary, body.clone(), depth);
            } else if part.is_message() && identity(&part.encoding) {
                children.push(self.node(body.clone(), "text/plain", depth + 1));
            }
        }
        if part.is_multipart() {
            if children.is_empty() {
                // Nothing marks its parts: what is there is at least text.
                part.media_type = "text/plain".to_owned();
            } else {
                part.encoding = String::new();
                part.size = 0;
            }
        }
        Node { part, header, body, children }
    }

    fn multipart(
        &mut self,
        part: &Structure,
        boundary: Option<String>,
        body: Range<usize>,
        depth: usize,
    ) -> Vec<Node> {
        let inner =
            if part.media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let room = MOST_PARTS - self.parts;
        let bytes = self.bytes(body.clone());
        let boundary = boundary.unwrap_or_default();
        let mut found = Vec::new();
        // RFC 2046 has none end in a space; where one does, it may be meant.
        for boundary in [boundary.as_str(), boundary.trim_end()] {
            if found.is_empty() && !boundary.is_empty() {
                found = cut(bytes, boundary.as_bytes(), room);
            }
        }
        if found.is_empty()
            && let Some(boundary) = likely_boundary(bytes)
        {
            found = cut(bytes, &boundary, room);
        }
        found
            .into_iter()
            .map(|r| self.node(body.start + r.start..body.start + r.end, inner, depth + 1))
            .collect()
    }

    /// Header and body. Where no blank line parts them, the body begins with the first line that is no field.
    fn halves(&self, range: Range<usize>) -> (Range<usize>, Range<usize>) {
        let bytes = self.bytes(range.clone());
        let mut at = 0;
        let mut first_text = None;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            if matches!(line, b"\n" | b"\r\n") {
                let start = range.start + at + line.len();
                return (range.start..range.start + at, start..range.end);
            }
            // An mbox file's separator, and what some servers leave of one.
            let separator = at == 0 && (line.starts_with(b"From ") || line.starts_with(b">From "));
            if first_text.is_none() && !separator && !is_field(line) {
                first_text = Some(at);
                if at == 0 {
                    break;
                }
            }
            at += line.len();
        }
        let split = range.start + first_text.unwrap_or(bytes.len());
        (range.start..split, split..range.end)
    }
}

fn is_field(line: &[u8]) -> bool {
    match line.first() {
        Some(b' ' | b'\t') => true,
        _ => {
            let name = line.split(|b| *b == b':').next().unwrap_or(line);
            let name = name.trim_ascii_end();
            name.len() < line.trim_ascii_end().len()
                && !name.is_empty()
                && name.iter().all(|b| (0x21..=0x7E).contains(b))
        }
    }
}

fn identity(encoding: &str) -> bool {
    !matches!(encoding, "base64" | "quoted-printable" | "x-uuencode" | "uuencode" | "x-uue")
}

/// The parts between delimiter lines (RFC 2046 5.1.1); the last runs to the end where the close is missing.
fn cut(body: &[u8], boundary: &[u8], room: usize) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in body.split_inclusive(|b| *b == b'\n') {
        let next = at + line.len();
        if let Some(rest) = line.strip_prefix(b"--").and_then(|l| l.strip_prefix(boundary)) {
            let close = rest.starts_with(b"--");
            if close || rest.trim_ascii().is_empty() {
                if let Some(start) = start {
                    parts.push(start..without_break(body, start, at));
                }
                start = Some(next);
                if close || parts.len() >= room {
                    start = (!close).then_some(next);
                    break;
                }
            }
        }
        at = next;
    }
    if let Some(start) = start.filter(|start| *start < body.len()) {
        parts.push(start..body.len());
    }
    parts
}

/// The line break before a delimiter is the delimiter's.
fn without_break(body: &[u8], start: usize, end: usize) -> usize {
    let part = body.get(start..end).unwrap_or(&[]);
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    start + part.strip_suffix(b"\r").unwrap_or(part).len()
}

/// Where the header names no boundary, or a wrong one: the first line that begins and ends like a pair.
fn likely_boundary(body: &[u8]) -> Option<Vec<u8>> {
    let line = body
        .split(|b| *b == b'\n')
        .take(200)
        .map(|l| l.trim_ascii_end())
        .find(|l| l.starts_with(b"--") && l.len() > 6 && !l.contains(&b' '))?;
    let boundary = line.strip_prefix(b"--")?;
    let closed = [line, b"--"].concat();
    let seen =
        body.split(|b| *b == b'\n').map(|l| l.trim_ascii_end()).any(|l| l == closed.as_slice());
    seen.then(|| boundary.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: a@x.example\r\nSubject: Hi\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=out\r\n\r\npreamble\r\n--out\r\n\
        Content-Type: multipart/alternative; boundary=\"in\"\r\n\r\n--in\r\n\r\nplain\r\n--in\r\n\
        Content-Type: text/html\r\n\r\n<p>rich <img src=cid:p@x></p>\r\n--in--\r\n\r\n--out  \r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\
        Content-Type: multipart/mixed; boundary=deep\r\n\r\n--deep\r\n\r\none\r\n--deep\r\n\
        Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <p@x>\r\n\r\nAQID\r\n--deep--\r\n\
        --out--\r\nepilogue";

    #[test]
    fn the_tree_and_its_numbers() {
        let message = parse(MAIL);
        assert_eq!(message.headers.subject, "Hi");
        assert_eq!(message.text(), "plain");
        assert_eq!(message.html().as_deref(), Some("<p>rich <img src=cid:p@x></p>"));
        assert_eq!(message.preview(), "plain");
        let numbers: Vec<_> = message
            .structure
            .leaves()
            .iter()
            .map(|(s, p)| format!("{s} {}", p.media_type))
            .collect();
        assert_eq!(numbers, ["1.1 text/plain", "1.2 text/html", "2 message/rfc822"]);
        let part = |s: &str| part_of(MAIL, &Section::parse(s).unwrap());
        assert_eq!(part("1.1").as_deref(), Some(&b"plain"[..]));
        assert_eq!(part("2.2").as_deref(), Some(&[1u8, 2, 3][..]));
        assert!(part("2").unwrap().starts_with(b"Subject: inner\r\n"));
        assert_eq!(part("3"), None);
        for (section, found) in [("2.1", "text/plain"), ("2.2", "image/png")] {
            let found_by_model = message.structure.find(&Section::parse(section).unwrap());
            assert_eq!(found_by_model.map(|p| p.media_type.as_str()), Some(found));
        }
    }

    #[test]
    fn broken_mail_is_still_read() {
        let text = |eml: &[u8]| parse(eml).text();
        assert_eq!(text(b"just words\r\nno header"), "just words\nno header");
        assert_eq!(text(b"Subject: x\r\nHello there\r\nmore"), "Hello there\nmore");
        assert_eq!(text(b"\r\nbody"), "body");
        assert_eq!(text(b""), "");
        assert_eq!(text(b"From x Mon Jan 1\nSubject: y\n\nmbox"), "mbox");
        assert_eq!(
            text(b"Content-Type: multipart/mixed\n\nno boundary at all"),
            "no boundary at all"
        );
        assert_eq!(
            text(b"Content-Type: multipart/mixed; boundary=wrong\n\n--right1\n\nhi\n--right1--\n"),
            "hi"
        );
        assert_eq!(
            text(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnever closed"),
            "never closed"
        );
        assert_eq!(text(b"Content-Type: text/html\n\n<p>only</p>"), "only");
    }

    #[test]
    fn nesting_and_numbers_are_bounded() {
        let mut deep = Vec::new();
        for i in 0..10_000 {
            deep.extend(
                format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n").bytes(),
            );
        }
        deep.extend(b"\nend");
        assert!(parse(&deep).structure.pack().len() < 10_000);
        let messages = b"Content-Type: message/rfc822\n\n".repeat(10_000);
        parse(&messages);
        let mut wide = b"Content-Type: multipart/mixed; boundary=b\n\n".to_vec();
        wide.extend(b"--b\n\nx\n".repeat(100_000));
        assert!(parse(&wide).structure.leaves().len() <= MOST_PARTS);
    }
}
