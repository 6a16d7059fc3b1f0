//! Text as it travels: transfer encodings, encoded words (RFC 2047), parameters (RFC 2231), folding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::{Encoding, UTF_8};

/// The bytes of `text` in a charset of the Encoding Standard; UTF-8 for a name that isn't one.
pub fn charset_bytes(text: &str, charset: &str) -> Vec<u8> {
    match Encoding::for_label(charset.as_bytes()) {
        None => text.as_bytes().to_vec(),
        Some(encoding) if encoding == UTF_8 => text.as_bytes().to_vec(),
        Some(encoding) => encoding.encode(text).0.into_owned(),
    }
}

/// Lines of 76 characters (RFC 2045 6.8).
pub fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 57 * 78 + 80);
    for line in bytes.chunks(57 * 512) {
        let encoded = STANDARD.encode(line);
        for short in encoded.as_bytes().chunks(76) {
            out.extend_from_slice(short);
            out.extend_from_slice(b"\r\n");
        }
    }
    out
}

/// RFC 2045 6.7. `text` has CRLF line ends.
pub fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    for line in lines(text) {
        let mut width = 0;
        for (at, &byte) in line.iter().enumerate() {
            let last = at + 1 == line.len();
            let plain = match byte {
                b'=' => false,
                b' ' | b'\t' => !last,
                // "From " and a lone dot are what old transports stumble over.
                b'.' | b'F' if at == 0 => false,
                0x21..=0x7e => true,
                _ => false,
            };
            let size = if plain { 1 } else { 3 };
            if width + size > 75 {
                out.extend_from_slice(b"=\r\n");
                width = 0;
            }
            if plain {
                out.push(byte);
            } else {
                out.extend_from_slice(format!("={byte:02X}").as_bytes());
            }
            width += size;
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// RFC 3676: soft breaks at a space, quotes kept by their depth, space-stuffing where a line needs it.
pub fn flowed(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let body = line.trim_start_matches(['>', ' ']);
        let depth = line[..line.len() - body.len()].matches('>').count();
        let body = if depth == 0 { line } else { body };
        let mark = if depth == 0 { String::new() } else { ">".repeat(depth) + " " };
        let stuffed = depth == 0 && (body.starts_with(' ') || body.starts_with("From "));
        let mut row = format!("{mark}{}", if stuffed { " " } else { "" });
        let signature = body == "-- ";
        let words = if signature { vec![body] } else { body.split(' ').collect() };
        for (n, word) in words.iter().enumerate() {
            if n > 0 {
                row.push(' ');
                if row.chars().count() + word.chars().count() > 72 {
                    out.push_str(&row);
                    out.push_str("\r\n");
                    row = mark.clone();
                }
            }
            row.push_str(word);
        }
        out.push_str(if signature { &row } else { row.trim_end() });
        out.push_str("\r\n");
    }
    out
}

/// An unstructured header's text: as it is where ASCII allows, else encoded words.
pub fn header_text(text: &str, charset: &str) -> String {
    let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b)) && !text.contains("=?");
    if plain { text.to_owned() } else { encoded_words(text, charset) }
}

/// A display name: an atom, a quoted string or encoded words, whichever is due.
pub fn phrase(name: &str, charset: &str) -> String {
    if !name.is_ascii() {
        return encoded_words(name, charset);
    }
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~ ".contains(c);
    if name.chars().all(atom) && !name.contains("=?") {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

fn encoded_words(text: &str, charset: &str) -> String {
    let base64 = text.chars().filter(|c| !c.is_ascii()).count() * 3 > text.chars().count();
    let mut words = Vec::new();
    let mut run = String::new();
    let room = 74 - charset.len() - 7;
    for c in text.chars() {
        let longer = format!("{run}{c}");
        let size = if base64 {
            charset_bytes(&longer, charset).len().div_ceil(3) * 4
        } else {
            q_word(&charset_bytes(&longer, charset)).len()
        };
        // A character may not be torn over two words (RFC 2047 5).
        if size > room {
            words.push(std::mem::replace(&mut run, c.to_string()));
        } else {
            run = longer;
        }
    }
    words.push(run);
    let word = |run: &String| {
        let bytes = charset_bytes(run, charset);
        if base64 {
            format!("=?{charset}?B?{}?=", STANDARD.encode(bytes))
        } else {
            format!("=?{charset}?Q?{}?=", q_word(&bytes))
        }
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

fn q_word(bytes: &[u8]) -> String {
    let one = |&byte: &u8| match byte {
        b' ' => "_".to_owned(),
        b if b.is_ascii_alphanumeric() || b"!*+-/".contains(&b) => char::from(b).to_string(),
        b => format!("={b:02X}"),
    };
    bytes.iter().map(one).collect()
}

/// `; name="value"`, or `; name*=utf-8''…` (RFC 2231), cut into numbered pieces where it is long.
pub fn parameter(name: &str, value: &str) -> String {
    if value.is_ascii() {
        return format!("; {name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let mut coded = String::new();
    let mut pieces = Vec::new();
    for c in value.chars() {
        let mut unit = String::new();
        for byte in c.to_string().bytes() {
            if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
                unit.push(char::from(byte));
            } else {
                unit.push_str(&format!("%{byte:02X}"));
            }
        }
        if coded.len() + unit.len() > 54 {
            pieces.push(std::mem::take(&mut coded));
        }
        coded.push_str(&unit);
    }
    pieces.push(coded);
    match pieces.as_slice() {
        [only] => format!("; {name}*=utf-8''{only}"),
        many => {
            let piece = |(n, text): (usize, &String)| {
                let lead = if n == 0 { "utf-8''" } else { "" };
                format!("; {name}*{n}*={lead}{text}")
            };
            many.iter().enumerate().map(piece).collect()
        }
    }
}

/// `Name: value` folded at spaces before column 78.
pub fn fold(name: &str, value: &str) -> String {
    let mut out = format!("{name}:");
    let mut width = out.len();
    for word in value.split(' ') {
        if width + 1 + word.len() > 78 && width > name.len() + 1 {
            out.push_str("\r\n");
            width = 0;
        }
        out.push(' ');
        out.push_str(word);
        width += 1 + word.len();
    }
    out.push_str("\r\n");
    out
}

/// What stands between line ends; a last line without one counts.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Every line end as CRLF, one at the end.
pub fn crlf(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 40);
    for line in text.lines() {
        out.push_str(line);
        out.push_str("\r\n");
    }
    out
}
