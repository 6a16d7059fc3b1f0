//! What a FETCH asks for. Always BODY.PEEK: to look at a message is not to have read it.

use crate::error::Error;
use crate::framing::Limits;
use crate::parse::PartWhat;
use model::{ModSeq, Section};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchWant {
    pub uid: bool,
    pub flags: bool,
    pub internal_date: bool,
    pub size: bool,
    pub envelope: bool,
    pub structure: bool,
    /// RFC 8970.
    pub preview: bool,
    /// Only previews that the server has ready (RFC 8970 3.1).
    pub preview_lazy: bool,
    /// Left out of the command where the server has no mod-sequences.
    pub modseq: bool,
    /// RFC 8474.
    pub email_id: bool,
    /// The same: only of a server that offers OBJECTID, and perhaps not even there.
    pub thread_id: bool,
    pub gm_msgid: bool,
    pub gm_thrid: bool,
    /// Names of header fields of the message, which come as one block.
    pub header_fields: Vec<&'static str>,
    pub parts: Vec<PartWant>,
    /// Only of messages that were changed after it (RFC 7162 3.1.4.1). Left out of the command where the
    /// server has no mod-sequences: then everything in the set comes.
    pub changed_since: Option<ModSeq>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartWant {
    pub section: Section,
    pub what: PartWhat,
    /// Where to begin and how many octets at most. Without it the whole part comes in one literal,
    /// which must be below 64 MiB.
    pub range: Option<(u64, u64)>,
}

impl FetchWant {
    /// The items and modifiers as they stand in the command.
    pub(super) fn items(&self, modseq: bool) -> Result<String, Error> {
        let mut items: Vec<String> = Vec::new();
        let named = [
            (self.uid, "UID"),
            (self.flags, "FLAGS"),
            (self.internal_date, "INTERNALDATE"),
            (self.size, "RFC822.SIZE"),
            (self.envelope, "ENVELOPE"),
            (self.structure, "BODYSTRUCTURE"),
            (self.preview && !self.preview_lazy, "PREVIEW"),
            (self.preview_lazy, "PREVIEW (LAZY)"),
            (self.modseq && modseq, "MODSEQ"),
            (self.email_id, "EMAILID"),
            (self.thread_id, "THREADID"),
            (self.gm_msgid, "X-GM-MSGID"),
            (self.gm_thrid, "X-GM-THRID"),
        ];
        items.extend(
            named.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name.to_owned()),
        );
        if !self.header_fields.is_empty() {
            let field = |b: u8| b.is_ascii_graphic() && !b":()[]{}\"%*\\".contains(&b);
            if !self.header_fields.iter().all(|name| !name.is_empty() && name.bytes().all(field)) {
                return Err(Error::NotSendable { what: "the name of a header field" });
            }
            items.push(format!("BODY.PEEK[HEADER.FIELDS ({})]", self.header_fields.join(" ")));
        }
        items.extend(self.parts.iter().map(PartWant::item));
        if items.is_empty() {
            return Err(Error::NotSendable { what: "a FETCH of nothing" });
        }
        let mut text = format!("({})", items.join(" "));
        // A mod-sequence is never 0 (RFC 7162 7), and since then everything has changed.
        if let Some(since) = self.changed_since.filter(|since| modseq && since.0 > 0) {
            text.push_str(&format!(" (CHANGEDSINCE {since})"));
        }
        Ok(text)
    }

    /// More than a server may say of a message unasked.
    pub(super) fn asks_content(&self) -> bool {
        self.internal_date
            || self.size
            || self.envelope
            || self.structure
            || self.preview
            || self.preview_lazy
            || !self.header_fields.is_empty()
            || !self.parts.is_empty()
    }

    /// The literals that such an answer may hold.
    pub(super) fn widen(&self, limits: &mut Limits) {
        let mut sum = 0u64;
        for part in &self.parts {
            let length = part.range.map_or(Limits::LITERAL_TOP, |(_, length)| length);
            limits.literal = limits.literal.max(length).min(Limits::LITERAL_TOP);
            sum = sum.saturating_add(length);
        }
        // Headers and previews come beside the parts.
        let usual = Limits::default().literals;
        limits.literals = limits.literals.max(sum.min(Limits::LITERAL_TOP) + usual);
    }
}

impl PartWant {
    fn item(&self) -> String {
        let what = match self.what {
            PartWhat::Body => "",
            PartWhat::Mime => "MIME",
            PartWhat::Header => "HEADER",
            PartWhat::Text => "TEXT",
        };
        let dot = if self.section.is_root() || what.is_empty() { "" } else { "." };
        let range = self.range.map(|(offset, length)| format!("<{offset}.{}>", length.max(1)));
        format!("BODY.PEEK[{}{dot}{what}]{}", self.section, range.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_written() {
        let part = |section, what, range| PartWant { section, what, range };
        let one = Section::parse("1.2").unwrap();
        let want = FetchWant {
            uid: true,
            preview: true,
            modseq: true,
            header_fields: vec!["REFERENCES", "List-Id"],
            parts: vec![
                part(one.clone(), PartWhat::Body, Some((0, 512))),
                part(one, PartWhat::Mime, None),
                part(Section::root(), PartWhat::Header, None),
                part(Section::root(), PartWhat::Body, Some((4, 0))),
            ],
            ..FetchWant::default()
        };
        assert_eq!(
            want.items(false).unwrap(),
            "(UID PREVIEW BODY.PEEK[HEADER.FIELDS (REFERENCES List-Id)] BODY.PEEK[1.2]<0.512> \
             BODY.PEEK[1.2.MIME] BODY.PEEK[HEADER] BODY.PEEK[]<4.1>)"
        );
        assert!(FetchWant::default().items(true).is_err());
        assert!(
            FetchWant { header_fields: vec!["A)\r\n"], ..FetchWant::default() }
                .items(true)
                .is_err()
        );
    }

    #[test]
    fn literals_are_as_wide_as_what_was_asked_for() {
        let mut limits = Limits::default();
        let part =
            PartWant { section: Section::root(), what: PartWhat::Body, range: Some((0, u64::MAX)) };
        FetchWant { parts: vec![part], ..FetchWant::default() }.widen(&mut limits);
        assert_eq!(limits.literal, Limits::LITERAL_TOP);
        assert!(limits.literals <= Limits::LITERAL_TOP + Limits::default().literals);
    }
}
