//! Charsets as they are: labelled, mislabelled, or not labelled at all.
//!
//! What counts, in this order: a byte order mark; the label where the octets bear it out; UTF-8 where they are
//! valid UTF-8; an HTML part's own `<meta>`; a guess by frequency (chardetng, as Firefox guesses).

use super::escapes;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, ISO_2022_JP, UTF_8, WINDOWS_1252};
use std::borrow::Cow;

pub fn decode_charset(bytes: &[u8], label: Option<&str>, html: bool, truncated: bool) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return decode(bytes.get(mark..).unwrap_or(&[]), encoding, truncated).text;
    }
    match Label::read(label.unwrap_or("")) {
        Label::Unknown if html => match meta_charset(bytes) {
            Label::Unknown => guess(bytes, truncated),
            label => labelled(bytes, &label, truncated),
        },
        label => labelled(bytes, &label, truncated),
    }
}

enum Label {
    Known(&'static Encoding),
    Korean,
    Hz,
    /// Known to mail-parser alone: DOS code pages, UTF-7.
    Old(fn(&[u8]) -> String),
    Unknown,
}

impl Label {
    fn read(label: &str) -> Self {
        let label = label.trim().trim_matches(['"', '\'']).trim().to_ascii_lowercase();
        match label.as_str() {
            // RFC 1428, and what gateways write where nobody knew; ASCII that isn't is guessed too.
            "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "x-unknown" | "unknown"
            | "unknown-8bit" | "8bit" | "binary" | "default" | "none" | "x-user-defined" => {
                Self::Unknown
            }
            "iso-2022-kr" | "csiso2022kr" => Self::Korean,
            "hz-gb-2312" | "hz" => Self::Hz,
            "gb2312" | "gbk" | "gb_2312-80" | "cp936" | "x-gbk" | "euc-cn" => Self::Known(GB18030),
            "utf8mb4" | "utf-8mb4" | "utf_8" | "cp65001" => Self::Known(UTF_8),
            "iso-2022-jp-1" | "iso-2022-jp-2" | "iso-2022-jp-3" | "iso-2022-jp-ms" | "cp50220"
            | "cp50221" => Self::Known(ISO_2022_JP),
            "cp932" | "sjis-win" => Self::Known(encoding_rs::SHIFT_JIS),
            "cp949" | "uhc" => Self::Known(encoding_rs::EUC_KR),
            "cp950" => Self::Known(encoding_rs::BIG5),
            other => match Encoding::for_label_no_replacement(other.as_bytes()) {
                Some(encoding) => Self::Known(encoding),
                None => windows_name(other).map_or_else(|| old(other), Self::Known),
            },
        }
    }
}

/// `win-1251`, `windows1251`, `ansi-1251`, `cp-1251`: seen in mail, on nobody's list.
fn windows_name(label: &str) -> Option<&'static Encoding> {
    let digits = label.trim_start_matches(|c: char| !c.is_ascii_digit());
    let head = label.strip_suffix(digits)?.trim_end_matches(['-', '_', ' ']);
    if !matches!(head, "win" | "windows" | "ansi" | "cp" | "ms") {
        return None;
    }
    Encoding::for_label_no_replacement(format!("windows-{digits}").as_bytes())
}

fn old(label: &str) -> Label {
    mail_parser::decoders::charsets::map::charset_decoder(label.as_bytes())
        .map_or(Label::Unknown, Label::Old)
}

fn labelled(bytes: &[u8], label: &Label, truncated: bool) -> String {
    match label {
        Label::Korean => decode(&escapes::iso_2022_kr(bytes), encoding_rs::EUC_KR, truncated).text,
        Label::Hz => decode(&escapes::hz(bytes), encoding_rs::GBK, truncated).text,
        Label::Old(decoder) => {
            crate::quiet(|| decoder(bytes)).unwrap_or_else(|| guess(bytes, truncated))
        }
        Label::Known(encoding) => known(bytes, encoding, truncated),
        Label::Unknown => guess(bytes, truncated),
    }
}

fn known(bytes: &[u8], encoding: &'static Encoding, truncated: bool) -> String {
    // Octets that are UTF-8 by their form are UTF-8 whatever the label: no Latin text looks so by chance.
    let honest = encoding == UTF_8 || encoding.is_single_byte();
    if encoding.is_single_byte() && is_multibyte_utf8(bytes, truncated) {
        return decode(bytes, UTF_8, truncated).text;
    }
    let as_told = decode(bytes, encoding, truncated);
    if as_told.errors == 0 {
        return as_told.text;
    }
    if is_multibyte_utf8(bytes, truncated) {
        return decode(bytes, UTF_8, truncated).text;
    }
    // One broken octet in a long text is a broken octet; many are another charset.
    if honest && as_told.errors * 100 < bytes.len() && as_told.text.chars().any(is_beyond_latin) {
        return as_told.text;
    }
    let guessed = decode(bytes, detect(bytes), truncated);
    if guessed.errors < as_told.errors { guessed.text } else { as_told.text }
}

fn is_beyond_latin(c: char) -> bool {
    !c.is_ascii() && c != char::REPLACEMENT_CHARACTER
}

fn guess(bytes: &[u8], truncated: bool) -> String {
    if is_utf8(bytes, truncated) && !has_escape(bytes) {
        return decode(bytes, UTF_8, truncated).text;
    }
    decode(bytes, detect(bytes), truncated).text
}

/// ISO-2022-JP is all ASCII to look at.
fn has_escape(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| matches!(pair, [0x1B, b'$' | b'(']))
}

fn detect(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let guessed = detector.guess(None, Utf8Detection::Allow);
    if guessed == UTF_8 && std::str::from_utf8(bytes).is_err() { WINDOWS_1252 } else { guessed }
}

fn is_utf8(bytes: &[u8], truncated: bool) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => truncated && error.error_len().is_none(),
    }
}

fn is_multibyte_utf8(bytes: &[u8], truncated: bool) -> bool {
    !bytes.is_ascii() && is_utf8(bytes, truncated)
}

struct Decoded {
    text: String,
    errors: usize,
}

fn decode(bytes: &[u8], encoding: &'static Encoding, truncated: bool) -> Decoded {
    if !truncated && encoding == UTF_8 {
        return match String::from_utf8_lossy(bytes) {
            Cow::Borrowed(text) => Decoded { text: text.to_owned(), errors: 0 },
            Cow::Owned(text) => {
                let errors = text.matches(char::REPLACEMENT_CHARACTER).count();
                Decoded { text, errors }
            }
        };
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(0);
    let mut text = String::with_capacity(room);
    // Not `last` where more would come: half a character at the cut is left out.
    let (_, _, broken) = decoder.decode_to_string(bytes, &mut text, !truncated);
    let errors = if broken { text.matches(char::REPLACEMENT_CHARACTER).count().max(1) } else { 0 };
    Decoded { text, errors }
}

/// `<meta charset=…>` or `<meta http-equiv=content-type content="…charset=…">` near the top, as a browser
/// looks for it before it has decoded anything.
fn meta_charset(bytes: &[u8]) -> Label {
    let head = bytes.get(..2048).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    for meta in head.split("<meta").skip(1) {
        let inside = meta.split('>').next().unwrap_or("");
        let Some((_, value)) = inside.split_once("charset") else { continue };
        let value = value.trim_start().strip_prefix('=').unwrap_or(value);
        let value = value.trim_start().trim_start_matches(['"', '\'']);
        let end = value.find(['"', '\'', ';', ' ', '/']).unwrap_or(value.len());
        return match Label::read(value.get(..end).unwrap_or("")) {
            // It could be read up to here, so it is not UTF-16.
            Label::Known(e) if !e.is_ascii_compatible() && e != ISO_2022_JP => Label::Known(UTF_8),
            label => label,
        };
    }
    Label::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], label: Option<&str>) -> String {
        decode_charset(bytes, label, false, false)
    }

    #[test]
    fn labelled_and_true() {
        for (label, bytes, text) in [
            ("utf-8", &b"Gr\xc3\xbc\xc3\x9fe"[..], "Grüße"),
            ("\"ISO-8859-1\"", b"Gr\xfc\xdfe", "Grüße"),
            ("iso-8859-15", b"10 \xa4", "10 €"),
            ("windows-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
            ("win-1251", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
            ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
            ("koi8-u", b"\xea\xa7\xd6\xc1\xcb", "Їжак".trim_start_matches('Ї')),
            ("iso-2022-jp", b"\x1b$B$3$s$K$A$O\x1b(B", "こんにちは"),
            ("shift_jis", b"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd", "こんにちは"),
            ("euc-jp", b"\xa4\xb3\xa4\xf3\xa4\xcb\xa4\xc1\xa4\xcf", "こんにちは"),
            ("gb2312", b"\xc4\xe3\xba\xc3", "你好"),
            ("big5", b"\xa7A\xa6n", "你好"),
            ("ks_c_5601-1987", b"\xc7\xd1\xb1\xdb", "한글"),
            ("iso-2022-kr", b"\x1b$)C\x0eGQ1[\x0f", "한글"),
            ("hz-gb-2312", b"~{Dc:C~}", "你好"),
            ("iso-8859-6", b"\xe5\xd1\xcd\xc8\xc7", "مرحبا"),
            ("windows-1256", b"\xe3\xd1\xcd\xc8\xc7", "مرحبا"),
            ("iso-8859-8-i", b"\xf9\xec\xe5\xed", "שלום"),
            ("windows-874", b"\xca\xc7\xd1\xca\xb4\xd5", "สวัสดี"),
            ("utf-16le", b"h\0i\0", "hi"),
            ("macintosh", b"\x9f", "ü"),
            ("ibm850", b"\x81", "ü"),
            ("utf-7", b"Hi Mom -+Jjo--!", "Hi Mom -☺-!"),
        ] {
            let read = read(bytes, Some(label));
            if label == "koi8-u" {
                assert!(read.ends_with("жак"), "{read}");
            } else {
                assert_eq!(read, text, "{label}");
            }
        }
    }

    #[test]
    fn labelled_and_false() {
        assert_eq!(read("Grüße".as_bytes(), Some("iso-8859-1")), "Grüße");
        assert_eq!(read("Grüße".as_bytes(), Some("us-ascii")), "Grüße");
        assert_eq!(read(b"Gr\xfc\xdfe aus K\xf6ln", Some("utf-8")), "Grüße aus Köln");
        assert_eq!(read("こんにちは".as_bytes(), Some("iso-2022-jp")), "こんにちは");
        assert_eq!(read("Grüße".as_bytes(), Some("nonsense-42")), "Grüße");
        let shift =
            b"\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\x81A\x8c\xb3\x8bC\x82\xc5\x82\xb7\x82\xa9";
        assert_eq!(read(shift, Some("utf-8")), "こんにちは、元気ですか");
        let broken = format!("{} \u{e9}t\u{e9}", "naïveté ".repeat(60));
        let mut bytes = broken.clone().into_bytes();
        bytes.push(0xFF);
        assert_eq!(read(&bytes, Some("utf-8")), format!("{broken}\u{fffd}"));
    }

    #[test]
    fn not_labelled() {
        assert_eq!(read(b"plain", None), "plain");
        assert_eq!(read("Grüße".as_bytes(), None), "Grüße");
        assert_eq!(
            read(b"Caf\xe9 \xe0 la cr\xe8me, s'il vous pla\xeet", None),
            "Café à la crème, s'il vous plaît"
        );
        assert_eq!(read(b"\x1b$B$3$s$K$A$O\x1b(B", None), "こんにちは");
        assert_eq!(read(b"\xef\xbb\xbfhi", Some("iso-8859-1")), "hi");
        assert_eq!(read(b"\xff\xfeh\0i\0", None), "hi");
        let html = b"<html><meta http-equiv=Content-Type content=\"text/html; charset=koi8-r\">\xf0\xd2\xc9\xd7\xc5\xd4";
        assert!(decode_charset(html, None, true, false).ends_with("Привет"));
        let html5 = b"<META charset='windows-1251'>\xcf\xf0\xe8\xe2\xe5\xf2";
        assert!(decode_charset(html5, Some("us-ascii"), true, false).ends_with("Привет"));
    }

    #[test]
    fn a_cut_never_leaves_half_a_character() {
        for (label, text) in [
            ("utf-8", "Grüße 你好 こんにちは 👩‍👩‍👧 한글"),
            ("gb18030", "你好，世界"),
            ("shift_jis", "こんにちは、世界"),
            ("euc-kr", "한글 만세"),
            ("iso-2022-jp", "こんにちは abc 世界"),
            ("big5", "你好，世界"),
        ] {
            let bytes = Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned();
            for cut in 0..=bytes.len() {
                let read = decode_charset(&bytes[..cut], Some(label), false, true);
                assert!(text.starts_with(&read), "{label} {cut}: {read}");
            }
        }
    }
}
