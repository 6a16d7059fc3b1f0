//! Mailbox names: UTF-8 within, modified UTF-7 on the wire (RFC 3501 5.1.3).
//!
//! What a server names must come back to it octet for octet when we address that mailbox, also where
//! the name breaks the encoding. So decoding is reversible by construction: an octet that does not
//! decode, or would not be encoded in the same way again, stands in the name as one private character
//! (U+10FF00 + octet), and encoding turns that back. A name that a server sent in plain UTF-8 without
//! being asked to begins with an invisible U+2060 instead, so that people can read it.

use model::MailboxName;

const RAW: u32 = 0x10_FF00;
const UTF8_MARK: char = '\u{2060}';
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// A name as a server sent it. `utf8`: the session has enabled UTF-8 names (RFC 6855, IMAP4rev2).
pub(crate) fn from_wire(wire: &[u8], utf8: bool) -> MailboxName {
    let inbox = wire.eq_ignore_ascii_case(b"INBOX");
    if inbox {
        // RFC 9051 5.1: one mailbox, however it is spelt; the server takes any spelling.
        return MailboxName("INBOX".to_owned());
    }
    let plain = std::str::from_utf8(wire).ok();
    let candidates = if utf8 {
        [plain.map(str::to_owned), None]
    } else {
        [plain.filter(|t| !t.is_ascii()).map(|t| format!("{UTF8_MARK}{t}")), Some(decode(wire))]
    };
    let faithful =
        candidates.into_iter().flatten().find(|name| encode(name, utf8).as_slice() == wire);
    MailboxName(faithful.unwrap_or_else(|| escaped(wire)))
}

/// The octets by which the server knows `name`.
pub(crate) fn to_wire(name: &MailboxName, utf8: bool) -> Vec<u8> {
    encode(&name.0, utf8)
}

/// Every octet that is not plain, escaped.
fn escaped(wire: &[u8]) -> String {
    let plain = |b: u8| (b' '..=b'~').contains(&b) && b != b'&';
    wire.iter().map(|&b| if plain(b) { char::from(b) } else { raw(b) }).collect()
}

fn raw(octet: u8) -> char {
    char::from_u32(RAW + u32::from(octet)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn raw_octet(c: char) -> Option<u8> {
    u32::from(c).checked_sub(RAW).and_then(|octet| u8::try_from(octet).ok())
}

fn encode(name: &str, utf8: bool) -> Vec<u8> {
    if let Some(sent_so) = name.strip_prefix(UTF8_MARK)
        && !sent_so.is_ascii()
    {
        return sent_so.as_bytes().to_vec();
    }
    let mut wire = Vec::with_capacity(name.len() + 8);
    let mut shifted: Vec<u16> = Vec::new();
    for c in name.chars() {
        let octet = raw_octet(c);
        let plain = octet.is_some() || (' '..='~').contains(&c);
        if plain || utf8 {
            unshift(&mut wire, &mut shifted);
        }
        match (octet, c) {
            (Some(octet), _) => wire.push(octet),
            (None, c) if utf8 => wire.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            (None, '&') => wire.extend(b"&-"),
            (None, c) if plain => wire.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            (None, c) => shifted.extend(c.encode_utf16(&mut [0; 2]).iter()),
        }
    }
    unshift(&mut wire, &mut shifted);
    wire
}

/// Base64 of UTF-16, big-endian, without padding, between `&` and `-`.
fn unshift(wire: &mut Vec<u8>, units: &mut Vec<u16>) {
    if units.is_empty() {
        return;
    }
    wire.push(b'&');
    let (mut bits, mut held) = (0u32, 0u32);
    let digit = |six: u32| ALPHABET.get((six & 63) as usize).copied().unwrap_or(b'A');
    for octet in units.iter().flat_map(|u| u.to_be_bytes()) {
        bits = bits << 8 | u32::from(octet);
        held += 8;
        while held >= 6 {
            held -= 6;
            wire.push(digit(bits >> held));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        wire.push(digit(bits << (6 - held)));
    }
    wire.push(b'-');
    units.clear();
}

/// Each shifted stretch that is well formed, decoded; of one that is not, the `&` escaped.
fn decode(wire: &[u8]) -> String {
    let mut name = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        match octet {
            b'&' => match after.iter().position(|b| *b == b'-') {
                Some(0) => {
                    name.push('&');
                    rest = after.get(1..).unwrap_or_default();
                }
                end => match end.and_then(|end| stretch(after.get(..end)?).map(|t| (end, t))) {
                    Some((end, text)) => {
                        name.push_str(&text);
                        rest = after.get(end + 1..).unwrap_or_default();
                    }
                    None => name.push(raw(octet)),
                },
            },
            b' '..=b'~' => name.push(char::from(octet)),
            _ => name.push(raw(octet)),
        }
    }
    name
}

/// The text of one base64 stretch, if it is what encoding that text would give.
fn stretch(base64: &[u8]) -> Option<String> {
    let (mut bits, mut held) = (0u32, 0u32);
    let mut octets = Vec::with_capacity(base64.len());
    for digit in base64 {
        let six = ALPHABET.iter().position(|a| a == digit)?;
        bits = (bits << 6 | u32::try_from(six).ok()?) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            octets.push((bits >> held & 255) as u8);
        }
    }
    let units: Vec<u16> = octets
        .chunks(2)
        .map(|pair| <[u8; 2]>::try_from(pair).map(u16::from_be_bytes))
        .collect::<Result<_, _>>()
        .ok()?;
    let text = String::from_utf16(&units).ok()?;
    let canonical = encode(&text, false);
    let inner = canonical.strip_prefix(b"&")?.strip_suffix(b"-")?;
    (inner == base64).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> MailboxName {
        MailboxName(text.to_owned())
    }

    #[test]
    fn known_pairs() {
        for (wire, text) in [
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("&AMQ-rger &- Co.", "Ärger & Co."),
            ("&2D3cjA-", "💌"),
            ("p&AOQA5A-", "pää"),
            ("&AAoACQ-", "\n\t"),
            ("R&-D", "R&D"),
            ("", ""),
        ] {
            assert_eq!(from_wire(wire.as_bytes(), false), name(text), "{wire}");
            assert_eq!(to_wire(&name(text), false), wire.as_bytes(), "{text}");
        }
    }

    #[test]
    fn inbox_is_one() {
        assert_eq!(from_wire(b"inBox", false), name("INBOX"));
        assert_eq!(from_wire(b"INBOX/a", false), name("INBOX/a"));
    }

    #[test]
    fn what_breaks_the_encoding_comes_back() {
        for wire in [
            &b"a & b"[..],
            b"&",
            b"&&-",
            b"&AGE-",           // an ASCII letter, encoded
            b"&AOQ-&AOQ-",      // two stretches where one would do
            b"&AOR-",           // bits left over
            b"&2D0-",           // half a surrogate pair
            b"&AOQ/-",          // not of this alphabet
            b"&AOQ",            // no end
            b"Entw\xfcrfe",     // Latin-1
            b"Entw\xc3\xbcrfe", // UTF-8, unasked
            b"\xe2\x81\xa0x",   // our own mark
            b"a\r\nb\0c",
            b"&2+- &2D8- &2//8-",
        ] {
            let name = from_wire(wire, false);
            assert_eq!(to_wire(&name, false), wire, "{name:?}");
        }
        assert_eq!(from_wire("Entwürfe".as_bytes(), false).0, "\u{2060}Entwürfe");
        assert_eq!(from_wire("Entwürfe".as_bytes(), true).0, "Entwürfe");
        assert_eq!(to_wire(&name("Entwürfe & Co."), true), "Entwürfe & Co.".as_bytes());
    }

    proptest! {
        #[test]
        fn any_octets_come_back(wire in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"&-AOQ2D,".as_slice())], 0..40), utf8: bool) {
            if !wire.eq_ignore_ascii_case(b"INBOX") {
                prop_assert_eq!(to_wire(&from_wire(&wire, utf8), utf8), wire);
            }
        }

        #[test]
        fn any_name_comes_back(text in "\\PC{0,20}") {
            // Private characters of our own making are not text that anybody names a mailbox with.
            prop_assume!(!text.starts_with(UTF8_MARK) && !text.chars().any(|c| raw_octet(c).is_some()));
            if !text.eq_ignore_ascii_case("INBOX") {
                let wire = to_wire(&MailboxName(text.clone()), false);
                prop_assert!(wire.is_ascii());
                prop_assert_eq!(from_wire(&wire, false), MailboxName(text));
            }
        }
    }
}
