//! Ordinary mail in any number: short texts with varied senders and subjects, the same each time.

use jiff::Timestamp;
use jiff::fmt::strtime;
use std::fmt::Write;

const NAMES: &[&str] = &[
    "Ada Brandt",
    "Jonas Falk",
    "Mirjam Okoro",
    "Piet van Dam",
    "Lucía Prieto",
    "Tomasz Zieliński",
    "Ines Moreau",
    "Harald Wiese",
    "Oksana Bondar",
    "Sven Lindqvist",
    "Chiara Romano",
    "Emre Kaya",
];
const MATTERS: &[&str] = &[
    "the quay wall",
    "Thursday's rehearsal",
    "your offer",
    "the tide tables",
    "the second invoice",
    "a bicycle shed",
    "the reading list",
    "the roof of hall 3",
    "keys for the annexe",
    "the map room",
];
const ASKS: &[&str] = &[
    "Could you look it over before Friday?",
    "I have marked what is new in the margin.",
    "There is no hurry, but the printer would like to know.",
    "Nobody else has seen it yet.",
    "If it suits you, I will bring the drawings along.",
    "Let me know which of the two you prefer.",
];

/// One text message. `number` decides all of it, `sent` its date.
pub fn ordinary(number: u64, to: &str, sent: Timestamp) -> Vec<u8> {
    let pick = |list: &[&'static str], salt: u64| -> &'static str {
        let n = number.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503));
        list[(n >> 7) as usize % list.len()]
    };
    let (name, matter) = (pick(NAMES, 1), pick(MATTERS, 2));
    let local: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphabetic() { c } else { '.' })
        .collect();
    let date = strtime::format("%a, %d %b %Y %H:%M:%S +0000", sent).unwrap_or_default();
    let mut mail = String::new();
    let _ = write!(
        mail,
        "Return-Path: <{local}@office{}.example>\r\n\
         Received: from mx{}.office.example by mail.kontor.example with ESMTPS; {date}\r\n\
         From: {} <{local}@office{}.example>\r\n\
         To: <{to}>\r\n\
         Subject: About {matter} ({number})\r\n\
         Date: {date}\r\n\
         Message-ID: <{number}.{}@office.example>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n\
         Dear Nora,\r\n\r\n\
         this is about {matter}, number {number} in the book. {}\r\n\
         {}\r\n\r\n\
         Kind regards\r\n\
         {name}\r\n",
        number % 89,
        number % 7,
        word(name),
        number % 89,
        sent.as_second(),
        pick(ASKS, 3),
        pick(ASKS, 4),
    );
    mail.into_bytes()
}

/// A mail with a short text and one attachment of `octets` (decoded), base64.
pub fn with_attachment(to: &str, subject: &str, text: &str, name: &str, octets: usize) -> Vec<u8> {
    let mut mail = format!(
        "From: Harald Wiese <harald.wiese@office4.example>\r\n\
         To: <{to}>\r\n\
         Subject: {subject}\r\n\
         Date: Mon, 02 Nov 2026 09:12:00 +0100\r\n\
         Message-ID: <attachment.{octets}@office4.example>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"quay\"\r\n\r\n\
         --quay\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n\
         {text}\r\n\
         --quay\r\n\
         Content-Type: application/octet-stream; name=\"{name}\"\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    )
    .into_bytes();
    mail.reserve(octets * 14 / 10);
    let mut line = [0u8; 57];
    let mut left = octets;
    while left > 0 {
        let n = left.min(line.len());
        for (i, byte) in line[..n].iter_mut().enumerate() {
            *byte = octet(octets - left + i);
        }
        use base64::Engine;
        mail.extend_from_slice(
            base64::engine::general_purpose::STANDARD.encode(&line[..n]).as_bytes(),
        );
        mail.extend_from_slice(b"\r\n");
        left -= n;
    }
    mail.extend_from_slice(b"--quay--\r\n");
    mail
}

/// What `with_attachment` holds at `position`: not all alike, so that compression and lost stretches show.
pub fn octet(position: usize) -> u8 {
    let n = (position as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (n >> 56) as u8 ^ (position >> 8) as u8
}

/// Q-encoded where it has to be (RFC 2047).
fn word(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let encoded: String = text.bytes().fold(String::new(), |mut all, b| {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => all.push(b as char),
            b' ' => all.push('_'),
            _ => {
                let _ = write!(all, "={b:02X}");
            }
        }
        all
    });
    format!("=?utf-8?Q?{encoded}?=")
}
