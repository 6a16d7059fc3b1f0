//! Header text to text for people: encoded words (RFC 2047), and the raw octets that mail has in spite
//! of it.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// One line without controls. Encoded words are decoded, adjacent ones of one charset together (a
/// character may be cut between them); what is broken stays as it was written.
pub fn decode_words(raw: &[u8]) -> String {
    // A header line that is longer says nothing to anybody.
    let raw = raw.get(..64 * 1024).unwrap_or(raw);
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    let mut pending: Option<(&'static Encoding, Vec<u8>)> = None;
    while !rest.is_empty() {
        let next = find_word(rest);
        let (before, word) = match &next {
            Some((at, word)) => (rest.get(..*at).unwrap_or_default(), Some(word)),
            None => (rest, None),
        };
        let blank = before.iter().all(|b| b.is_ascii_whitespace());
        // White space between encoded words is not part of the text (RFC 2047 6.2).
        if !(blank && pending.is_some() && word.is_some()) {
            finish(&mut text, &mut pending);
            text.push_str(&plain(before));
        }
        let Some((at, word)) = next else { break };
        match &mut pending {
            Some((encoding, octets)) if *encoding == word.encoding => octets.extend(word.octets),
            _ => {
                finish(&mut text, &mut pending);
                pending = Some((word.encoding, word.octets));
            }
        }
        rest = rest.get(at + word.length..).unwrap_or_default();
    }
    finish(&mut text, &mut pending);
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

fn finish(text: &mut String, pending: &mut Option<(&'static Encoding, Vec<u8>)>) {
    if let Some((encoding, octets)) = pending.take() {
        text.push_str(&encoding.decode_without_bom_handling(&octets).0);
    }
}

struct Word {
    encoding: &'static Encoding,
    octets: Vec<u8>,
    length: usize,
}

/// The first encoded word and where it begins.
fn find_word(text: &[u8]) -> Option<(usize, Word)> {
    let mut from = 0;
    while let Some(at) = find(text.get(from..)?, b"=?").map(|offset| from + offset) {
        if let Some(word) = word(text.get(at..)?) {
            return Some((at, word));
        }
        from = at + 2;
    }
    None
}

/// `=?charset*language?B?text?=`
fn word(text: &[u8]) -> Option<Word> {
    let inner = text.strip_prefix(b"=?")?;
    // Bounded, so that `=?=?=?…` costs nothing.
    let inner = inner.get(..1_000).unwrap_or(inner);
    let charset_end = inner.iter().position(|b| *b == b'?')?;
    let (charset, rest) = inner.split_at_checked(charset_end)?;
    let [b'?', kind, b'?', body @ ..] = rest else { return None };
    let body_end = find(body, b"?=")?;
    // Q text that ends in `=` behind a soft break: `=?=` is not yet the end of `?==?=`.
    let encoded = body.get(..body_end)?;
    let octets = match kind {
        b'b' | b'B' => base64(encoded),
        b'q' | b'Q' => quoted(encoded),
        _ => return None,
    };
    let charset = charset.split(|b| *b == b'*').next().unwrap_or_default();
    let encoding = match Encoding::for_label(charset) {
        Some(encoding) => encoding,
        None if charset.is_empty() || charset.len() > 40 => return None,
        None => guess(&octets),
    };
    Some(Word { encoding, octets, length: 2 + charset_end + 3 + body_end + 2 })
}

fn find(text: &[u8], needle: &[u8]) -> Option<usize> {
    text.windows(needle.len()).position(|window| window == needle)
}

/// Whatever is not of the alphabet is passed over, and padding may be missing.
fn base64(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            // Two words that a program glued into one: the next begins on a whole octet.
            b'=' => {
                held = 0;
                continue;
            }
            _ => continue,
        };
        bits = (bits << 6 | u32::from(six)) & 0x3FFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 255) as u8);
        }
    }
    out
}

fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        out.push(match byte {
            b'_' => b' ',
            b'=' => match hex_pair(after) {
                Some(octet) => {
                    rest = after.get(2..).unwrap_or_default();
                    octet
                }
                None => b'=',
            },
            byte => byte,
        });
    }
    out
}

pub(super) fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    let value = digit(text.first()?)? << 4 | digit(text.get(1)?)?;
    u8::try_from(value).ok()
}

/// Octets without a label. UTF-8 where they are that (RFC 6532), else what they look like.
pub(super) fn plain(octets: &[u8]) -> String {
    let escape = octets.windows(2).any(|w| matches!(w, [0x1B, b'$' | b'(']));
    match std::str::from_utf8(octets) {
        Ok(text) if !escape => text.to_owned(),
        _ => guess(octets).decode_without_bom_handling(octets).0.into_owned(),
    }
}

fn guess(octets: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(octets, true);
    detector.guess(None, Utf8Detection::Allow)
}

/// Octets with a label, from RFC 2231.
pub(super) fn labelled(charset: &[u8], octets: &[u8]) -> String {
    match Encoding::for_label(charset) {
        Some(encoding) => encoding.decode_without_bom_handling(octets).0.into_owned(),
        None => plain(octets),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_of_every_shape() {
        for (raw, text) in [
            (&b"plain"[..], "plain"),
            (b"=?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", "Grüße aus Köln"),
            (b"=?utf-8?b?w6Q=?= =?UTF-8?Q?=C3=B6?=", "äö"),
            (b"=?utf-8?b?4pyo?=\r\n =?utf-8*de?b?4pyo?= x", "✨✨ x"),
            // A character cut between two words.
            (b"=?utf-8?q?a=C3?= =?utf-8?q?=A4b?=", "aäb"),
            (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
            (b"=?windows-1252?q?=80?=", "€"),
            (b"a =?x?q?=41?= b", "a A b"),
            (b"=?utf-8?q?two words?=", "two words"),
            (b"=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
            (b"=?utf-8?q?open", "=?utf-8?q?open"),
            (b"=?=?=?utf-8?q?b?=", "=?=?b"),
            (b"M\xfcnchen liegt in Bayern", "München liegt in Bayern"),
            (b"\xc3\xa4 raw", "ä raw"),
            (b"tab\there\r\n and\0there", "tab here   and there"),
            (b"=?utf-8?q?=G1=4?=", "=G1=4"),
        ] {
            assert_eq!(decode_words(raw), text, "{}", String::from_utf8_lossy(raw));
        }
    }

    proptest! {
        #[test]
        fn no_octets_panic(raw in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"=?UTF-8bqBQ_ ".as_slice())], 0..100)) {
            let text = decode_words(&raw);
            prop_assert!(!text.chars().any(char::is_control));
        }
    }
}
