//! From the octets of a part to its text: transfer encoding first, then charset, then format=flowed.
//! Works on pieces as well as on wholes: a preview is made of the first few hundred octets.

mod charset;
mod escapes;
mod transfer;

pub(crate) use charset::decode_charset;
pub use transfer::{TransferDecoder, decode_transfer, decoded_size};

use crate::text::flowed;
use model::Structure;

/// A whole text part as it is read: lines end in LF, format=flowed is flowed again (RFC 3676).
pub fn decode_text(bytes: &[u8], part: &Structure) -> String {
    decode_piece(bytes, part, false)
}

/// The same for the first octets of a part, cut anywhere.
pub(crate) fn decode_piece(bytes: &[u8], part: &Structure, truncated: bool) -> String {
    let decoded = decode_transfer(bytes, &part.encoding);
    let html = is_html(part);
    let text = decode_charset(&decoded, part.charset.as_deref(), html, truncated);
    let text = unix_lines(text);
    if part.flowed && !html { flowed::flow(&text, part.delsp) } else { text }
}

pub(crate) fn is_html(part: &Structure) -> bool {
    matches!(part.media_type.as_str(), "text/html" | "application/xhtml+xml")
}

fn unix_lines(text: String) -> String {
    if !text.contains(['\r', '\0']) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\0' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_charset_and_flow_in_turn() {
        let part = Structure {
            charset: Some("iso-8859-1".into()),
            flowed: true,
            ..Structure::leaf("text/plain", "quoted-printable", 0)
        };
        assert_eq!(decode_text(b"Gr=FC=DFe =\r\naus=20\r\nK=F6ln\r\n", &part), "Grüße aus Köln\n");
    }

    #[test]
    fn lines_end_in_one_way() {
        let part = Structure::leaf("text/plain", "7bit", 0);
        assert_eq!(decode_text(b"a\r\nb\rc\nd\0\r\n", &part), "a\nb\nc\nd\n");
    }
}
