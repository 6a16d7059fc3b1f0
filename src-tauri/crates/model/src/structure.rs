//! BODYSTRUCTURE (RFC 9051 7.5.2) as far as reading mail needs it, and its packed form for the store.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// A part's number (RFC 9051 6.4.5.1): `1`, `2.3`; empty for the whole message.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Section(Vec<u32>);

impl Section {
    pub fn root() -> Self {
        Self::default()
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub fn child(&self, number: u32) -> Self {
        let mut path = self.0.clone();
        path.push(number);
        Self(path)
    }

    pub fn path(&self) -> &[u32] {
        &self.0
    }

    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::root());
        }
        let mut path = Vec::new();
        for piece in text.split('.') {
            if piece.starts_with('0') || !piece.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            path.push(piece.parse().ok()?);
        }
        (path.len() <= Structure::MAX_DEPTH).then_some(Self(path))
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, number) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{number}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Section {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or(format!("`{text}` is not a part number"))
    }
}

impl From<Section> for String {
    fn from(section: Section) -> String {
        section.to_string()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    Inline,
    Attachment,
}

/// One node of a message's tree. Types and encodings are in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// `text/plain`, `multipart/alternative`, …
    pub media_type: String,
    pub charset: Option<String>,
    /// The file name that the sender gave (RFC 2231 and 2047 decoded), not yet cleaned.
    pub name: Option<String>,
    /// Without angle brackets.
    pub content_id: Option<String>,
    /// `7bit`, `base64`, `quoted-printable`, …; empty for a multipart.
    pub encoding: String,
    /// Octets as they stand on the server, that is, encoded. 0 for a multipart.
    pub size: u64,
    pub disposition: Option<Disposition>,
    /// RFC 3676.
    pub flowed: bool,
    pub delsp: bool,
    /// The parts of a multipart, or the one body of a message/rfc822.
    pub children: Vec<Structure>,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StructureError {
    #[error("the packed structure ends early")]
    Short,
    #[error("the packed structure is nested too deeply")]
    Deep,
    #[error("the packed structure holds what cannot be read")]
    Broken,
}

/// A leaf and its number, in the order of the message.
pub type Walk<'a> = Vec<(Section, &'a Structure)>;

impl Structure {
    /// Deeper trees are cut by whoever reads them off the wire.
    pub const MAX_DEPTH: usize = 64;

    pub fn leaf(media_type: &str, encoding: &str, size: u64) -> Self {
        Self {
            media_type: media_type.to_ascii_lowercase(),
            charset: None,
            name: None,
            content_id: None,
            encoding: encoding.to_ascii_lowercase(),
            size,
            disposition: None,
            flowed: false,
            delsp: false,
            children: Vec::new(),
        }
    }

    pub fn multipart(subtype: &str, children: Vec<Structure>) -> Self {
        Self { children, ..Self::leaf(&format!("multipart/{subtype}"), "", 0) }
    }

    pub fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    pub fn is_message(&self) -> bool {
        matches!(self.media_type.as_str(), "message/rfc822" | "message/global")
    }

    /// Every node that is not a multipart, with its number. An attached message is one leaf here.
    pub fn leaves(&self) -> Walk<'_> {
        let mut found = Vec::new();
        self.walk(&Section::root(), true, &mut found);
        found
    }

    /// The node with this number; attached messages are gone into.
    pub fn find(&self, section: &Section) -> Option<&Structure> {
        fn descend<'a>(node: &'a Structure, path: &[u32], top: bool) -> Option<&'a Structure> {
            let Some((&number, rest)) = path.split_first() else {
                return Some(node);
            };
            let index = usize::try_from(number).ok()?.checked_sub(1)?;
            if node.is_multipart() {
                return descend(node.children.get(index)?, rest, false);
            }
            if node.is_message() && !top {
                let body = node.children.first()?;
                return if body.is_multipart() {
                    descend(body.children.get(index)?, rest, false)
                } else {
                    (index == 0).then(|| descend(body, rest, false)).flatten()
                };
            }
            // RFC 9051 6.4.5.1: a message that is no multipart has part 1, itself.
            (top && index == 0).then(|| descend(node, rest, false)).flatten()
        }
        descend(self, section.path(), true)
    }

    fn walk<'a>(&'a self, at: &Section, top: bool, found: &mut Walk<'a>) {
        if self.is_multipart() {
            for (number, child) in (1u32..).zip(&self.children) {
                child.walk(&at.child(number), false, found);
            }
        } else {
            found.push((if top { at.child(1) } else { at.clone() }, self));
        }
    }

    /// A compact form for the store: common words are one byte.
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32);
        self.pack_into(&mut out, 0);
        out
    }

    fn pack_into(&self, out: &mut Vec<u8>, depth: usize) {
        let marks = u8::from(self.charset.is_some())
            | u8::from(self.name.is_some()) << 1
            | u8::from(self.content_id.is_some()) << 2
            | match self.disposition {
                None => 0,
                Some(Disposition::Inline) => 1 << 3,
                Some(Disposition::Attachment) => 2 << 3,
            }
            | u8::from(self.flowed) << 5
            | u8::from(self.delsp) << 6;
        out.push(marks);
        put_word(out, &self.media_type);
        put_word(out, &self.encoding);
        put_number(out, self.size);
        for text in [&self.charset, &self.name, &self.content_id].into_iter().flatten() {
            put_word(out, text);
        }
        let children: &[Structure] = if depth + 1 < Self::MAX_DEPTH { &self.children } else { &[] };
        put_number(out, children.len() as u64);
        for child in children {
            child.pack_into(out, depth + 1);
        }
    }

    pub fn unpack(bytes: &[u8]) -> Result<Self, StructureError> {
        let mut rest = bytes;
        let structure = Self::unpack_from(&mut rest, 0)?;
        if rest.is_empty() { Ok(structure) } else { Err(StructureError::Broken) }
    }

    fn unpack_from(rest: &mut &[u8], depth: usize) -> Result<Self, StructureError> {
        if depth >= Self::MAX_DEPTH {
            return Err(StructureError::Deep);
        }
        let marks = take_byte(rest)?;
        let media_type = take_word(rest)?;
        let encoding = take_word(rest)?;
        let size = take_number(rest)?;
        let mut optional = |bit: u8| (marks & bit != 0).then(|| take_word(rest)).transpose();
        let (charset, name, content_id) = (optional(1)?, optional(2)?, optional(4)?);
        let count = take_number(rest)?;
        let mut children = Vec::new();
        for _ in 0..count {
            children.push(Self::unpack_from(rest, depth + 1)?);
        }
        Ok(Self {
            media_type,
            charset,
            name,
            content_id,
            encoding,
            size,
            disposition: match marks >> 3 & 3 {
                1 => Some(Disposition::Inline),
                2 => Some(Disposition::Attachment),
                _ => None,
            },
            flowed: marks & 32 != 0,
            delsp: marks & 64 != 0,
            children,
        })
    }
}

/// Never reordered, only added to: the store's files hold the positions.
const WORDS: [&str; 36] = [
    "",
    "text/plain",
    "text/html",
    "text/calendar",
    "multipart/alternative",
    "multipart/mixed",
    "multipart/related",
    "multipart/signed",
    "multipart/report",
    "message/rfc822",
    "message/delivery-status",
    "image/png",
    "image/jpeg",
    "image/gif",
    "application/pdf",
    "application/octet-stream",
    "application/ics",
    "application/zip",
    "application/pgp-signature",
    "application/pkcs7-signature",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/ms-tnef",
    "7bit",
    "8bit",
    "binary",
    "base64",
    "quoted-printable",
    "utf-8",
    "us-ascii",
    "iso-8859-1",
    "iso-8859-15",
    "windows-1252",
    "iso-2022-jp",
    "gb2312",
    "koi8-r",
];

fn put_word(out: &mut Vec<u8>, word: &str) {
    // 0..=127: a known word; else the length + 128 as a number, then the text.
    match WORDS.iter().position(|known| *known == word) {
        Some(at) => put_number(out, at as u64),
        None => {
            put_number(out, 128 + word.len() as u64);
            out.extend_from_slice(word.as_bytes());
        }
    }
}

fn take_word(rest: &mut &[u8]) -> Result<String, StructureError> {
    let number = take_number(rest)?;
    if number < 128 {
        let word = usize::try_from(number).ok().and_then(|at| WORDS.get(at));
        return word.map(|w| (*w).to_owned()).ok_or(StructureError::Broken);
    }
    let length = usize::try_from(number - 128).map_err(|_| StructureError::Short)?;
    let (text, after) = rest.split_at_checked(length).ok_or(StructureError::Short)?;
    *rest = after;
    String::from_utf8(text.to_vec()).map_err(|_| StructureError::Broken)
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        out.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(rest: &mut &[u8]) -> Result<u64, StructureError> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(rest)?;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Ok(number);
        }
    }
    Err(StructureError::Broken)
}

fn take_byte(rest: &mut &[u8]) -> Result<u8, StructureError> {
    let (&byte, after) = rest.split_first().ok_or(StructureError::Short)?;
    *rest = after;
    Ok(byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word() -> impl Strategy<Value = Option<String>> {
        prop::option::of(prop_oneof![
            prop::sample::select(&WORDS[1..]).prop_map(str::to_owned),
            "\\PC{1,20}"
        ])
    }

    fn node() -> impl Strategy<Value = Structure> {
        let leaf = (word(), word(), word(), word(), any::<u64>(), 0..3u8, any::<(bool, bool)>())
            .prop_map(|(media, charset, name, content_id, size, disposition, (flowed, delsp))| {
                Structure {
                    media_type: media.unwrap_or_default(),
                    charset,
                    name,
                    content_id,
                    encoding: "base64".into(),
                    size,
                    disposition: [None, Some(Disposition::Inline), Some(Disposition::Attachment)]
                        [usize::from(disposition)],
                    flowed,
                    delsp,
                    children: vec![],
                }
            });
        leaf.prop_recursive(6, 40, 5, |inner| {
            prop::collection::vec(inner, 0..5).prop_map(|c| Structure::multipart("mixed", c))
        })
    }

    proptest! {
        #[test]
        fn packing_comes_back(structure in node()) {
            prop_assert_eq!(Structure::unpack(&structure.pack()), Ok(structure));
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Structure::unpack(&bytes);
        }
    }

    #[test]
    fn a_usual_mail_packs_small() {
        let mail = Structure::multipart(
            "alternative",
            vec![
                Structure {
                    charset: Some("utf-8".into()),
                    ..Structure::leaf("text/plain", "quoted-printable", 800)
                },
                Structure {
                    charset: Some("utf-8".into()),
                    ..Structure::leaf("text/html", "base64", 12_000)
                },
            ],
        );
        assert!(mail.pack().len() <= 20, "{}", mail.pack().len());
    }

    #[test]
    fn parts_are_numbered_as_the_server_does() {
        let text = Structure::leaf("text/plain", "7bit", 1);
        assert_eq!(text.leaves()[0].0.to_string(), "1");
        let inner = Structure::multipart(
            "mixed",
            vec![text.clone(), Structure::leaf("image/png", "base64", 9)],
        );
        let attached =
            Structure { children: vec![inner], ..Structure::leaf("message/rfc822", "7bit", 99) };
        let mail = Structure::multipart(
            "mixed",
            vec![
                Structure::multipart(
                    "alternative",
                    vec![text.clone(), Structure::leaf("text/html", "7bit", 2)],
                ),
                attached,
            ],
        );
        let numbers: Vec<_> = mail.leaves().iter().map(|(s, _)| s.to_string()).collect();
        assert_eq!(numbers, ["1.1", "1.2", "2"]);
        let found = Section::parse("2.2").and_then(|s| mail.find(&s));
        assert_eq!(found.map(|p| p.media_type.as_str()), Some("image/png"));
        assert_eq!(text.find(&Section::root().child(1)), Some(&text));
        assert_eq!(mail.find(&Section::root().child(3)), None);
    }

    #[test]
    fn a_section_is_numbers_and_dots() {
        for wrong in ["0", "1.", ".1", "1..2", "TEXT", "1.0", "99999999999", "+1"] {
            assert_eq!(Section::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Section::parse("1.12").map(|s| s.to_string()).as_deref(), Some("1.12"));
    }
}
