//! Content-Transfer-Encoding (RFC 2045 6), undone piece by piece: an attachment is never held whole.
//! Nothing is refused: what cannot be decoded is left out, or passed as it stands.

/// Undoes one part's encoding as its octets arrive.
pub struct TransferDecoder(Kind);

enum Kind {
    Identity,
    Base64(Base64),
    QuotedPrintable(Vec<u8>),
    Uu(Uu),
}

impl TransferDecoder {
    /// An encoding that isn't known is none (RFC 2045 6.4 would have it shown as octets).
    pub fn new(encoding: &str) -> Self {
        // Some senders add a comment or a semicolon.
        let name = encoding.trim().split([' ', ';', '(']).next().unwrap_or("");
        Self(match name.trim_matches('"').to_ascii_lowercase().as_str() {
            "base64" => Kind::Base64(Base64::default()),
            "quoted-printable" => Kind::QuotedPrintable(Vec::new()),
            "x-uuencode" | "uuencode" | "x-uue" | "uue" => Kind::Uu(Uu::default()),
            _ => Kind::Identity,
        })
    }

    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        match &mut self.0 {
            Kind::Identity => piece.to_vec(),
            Kind::Base64(state) => state.push(piece),
            Kind::QuotedPrintable(held) => {
                held.extend_from_slice(piece);
                let (out, used) = quoted_printable(held, false);
                held.drain(..used);
                out
            }
            Kind::Uu(state) => state.push(piece),
        }
    }

    /// What was held back for octets that will not come.
    pub fn finish(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Kind::Identity => Vec::new(),
            Kind::Base64(state) => state.finish(),
            Kind::QuotedPrintable(held) => quoted_printable(&std::mem::take(held), true).0,
            Kind::Uu(state) => state.push(b"\n"),
        }
    }
}

pub fn decode_transfer(bytes: &[u8], encoding: &str) -> Vec<u8> {
    let mut decoder = TransferDecoder::new(encoding);
    let mut out = decoder.push(bytes);
    out.extend(decoder.finish());
    out
}

/// Octets after decoding, as near as the number before tells: base64 comes in lines of 76 and CRLF.
pub fn decoded_size(size: u64, encoding: &str) -> u64 {
    match encoding {
        "base64" => size / 78 * 57 + size % 78 * 3 / 4,
        _ => size,
    }
}

#[derive(Default)]
struct Base64 {
    bits: u32,
    count: u8,
    after: After,
}

/// Encoders that pad each line are answered line by line; a mailing list's footer below the padding
/// is not base64 and ends it.
#[derive(Default)]
enum After {
    #[default]
    No,
    Padding(Vec<u8>),
    End,
}

const LINE: usize = 64 * 1024;

impl Base64 {
    fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(piece.len() / 4 * 3 + 3);
        for &byte in piece {
            match &mut self.after {
                After::No => self.one(byte, &mut out),
                After::Padding(line) if byte == b'\n' => {
                    let line = std::mem::take(line);
                    self.line(&line, &mut out);
                }
                After::Padding(line) if line.len() < LINE => line.push(byte),
                After::Padding(_) => self.after = After::End,
                After::End => break,
            }
        }
        out
    }

    fn one(&mut self, byte: u8, out: &mut Vec<u8>) {
        if byte == b'=' {
            self.flush(out);
            self.after = After::Padding(Vec::new());
        } else if let Some(six) = six(byte) {
            self.bits = self.bits << 6 | u32::from(six);
            self.count += 1;
            if self.count == 4 {
                let [_, a, b, c] = self.bits.to_be_bytes();
                out.extend([a, b, c]);
                (self.bits, self.count) = (0, 0);
            }
        }
    }

    /// Two letters hold one octet, three hold two.
    fn flush(&mut self, out: &mut Vec<u8>) {
        let whole = self.bits << (6 * u32::from(4 - self.count.min(4)));
        let [_, a, b, _] = whole.to_be_bytes();
        match self.count {
            2 => out.push(a),
            3 => out.extend([a, b]),
            _ => {}
        }
        (self.bits, self.count) = (0, 0);
    }

    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let line = line.trim_ascii();
        let line = line.trim_ascii_start();
        let rest: Vec<u8> =
            line.iter().copied().skip_while(|b| *b == b'=').filter(|b| *b != b'\r').collect();
        if rest.is_empty() {
            return;
        }
        let letters = rest.iter().filter(|b| six(**b).is_some()).count();
        let padding = rest.iter().rev().take_while(|b| **b == b'=').count();
        if letters + padding != rest.len() || !rest.len().is_multiple_of(4) {
            self.after = After::End;
            return;
        }
        for byte in rest.into_iter().take(letters) {
            self.one(byte, out);
        }
        self.flush(out);
    }

    fn finish(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if let After::Padding(line) = &mut self.after {
            let line = std::mem::take(line);
            self.line(&line, &mut out);
        }
        self.flush(&mut out);
        out
    }
}

fn six(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Decodes as far as what follows cannot change it; gives the octets used.
fn quoted_printable(held: &[u8], last: bool) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(held.len());
    let mut rest = held;
    loop {
        let used = held.len() - rest.len();
        let Some((&byte, after)) = rest.split_first() else {
            return (out, used);
        };
        match byte {
            b'=' => match escape(after, last) {
                Escape::Octet(octet, after) => {
                    out.push(octet);
                    rest = after;
                }
                Escape::SoftBreak(after) => rest = after,
                Escape::Literal => {
                    out.push(byte);
                    rest = after;
                }
                Escape::Unknown if last => return (out, held.len()),
                Escape::Unknown => return (out, used),
            },
            b' ' | b'\t' => {
                let length = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                let (space, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                match after.first() {
                    // RFC 2045 6.7 (3): white space at a line's end was added on the way.
                    Some(b'\n') => {}
                    Some(b'\r') if matches!(after.get(1), Some(b'\n')) => {}
                    Some(b'\r') if after.len() == 1 && !last => return (out, used),
                    None if last => {}
                    None if length < LINE => return (out, used),
                    _ => out.extend_from_slice(space),
                }
                rest = after;
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
}

enum Escape<'a> {
    Octet(u8, &'a [u8]),
    SoftBreak(&'a [u8]),
    Literal,
    /// The end came first.
    Unknown,
}

fn escape(after: &[u8], last: bool) -> Escape<'_> {
    match after {
        [] => Escape::Unknown,
        [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => Escape::SoftBreak(rest),
        [b'\r'] => Escape::Unknown,
        [high, low, rest @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
            let octet = hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0);
            Escape::Octet(octet, rest)
        }
        [high] if hex(*high).is_some() => Escape::Unknown,
        [b' ' | b'\t', ..] => {
            let length = after.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            match after.get(length..) {
                Some([b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..]) => Escape::SoftBreak(rest),
                Some([] | [b'\r']) if !last && length < LINE => Escape::Unknown,
                Some([] | [b'\r']) if last => Escape::Unknown,
                _ => Escape::Literal,
            }
        }
        _ => Escape::Literal,
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

#[derive(Default)]
struct Uu {
    line: Vec<u8>,
    inside: bool,
}

impl Uu {
    fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for &byte in piece {
            if byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.decode(line.trim_ascii_end(), &mut out);
            } else if self.line.len() < LINE {
                self.line.push(byte);
            }
        }
        out
    }

    fn decode(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if !self.inside {
            self.inside = line.starts_with(b"begin ");
            return;
        }
        if line == b"end" {
            self.inside = false;
            return;
        }
        let six = |byte: u8| byte.wrapping_sub(32) & 63;
        let Some((&first, body)) = line.split_first() else { return };
        let wanted = out.len() + usize::from(six(first));
        for four in body.chunks(4) {
            let letter = |i: usize| u32::from(four.get(i).map_or(0, |b| six(*b)));
            let bits = letter(0) << 18 | letter(1) << 12 | letter(2) << 6 | letter(3);
            let [_, a, b, c] = bits.to_be_bytes();
            let room = wanted.saturating_sub(out.len());
            out.extend([a, b, c].into_iter().take(room));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn base64(bytes: &[u8]) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for three in bytes.chunks(3) {
            let bits = (0..3).fold(0u32, |b, i| b << 8 | u32::from(*three.get(i).unwrap_or(&0)));
            for i in 0..4 {
                if i <= three.len() {
                    out.push(char::from(LETTERS[(bits >> (18 - 6 * i) & 63) as usize]));
                } else {
                    out.push('=');
                }
            }
        }
        out
    }

    fn quoted(bytes: &[u8]) -> String {
        let mut out = String::new();
        for (i, byte) in bytes.iter().enumerate() {
            if i % 20 == 19 {
                out.push_str("= \t\r\n");
            }
            if byte.is_ascii_alphanumeric() {
                out.push(char::from(*byte));
            } else {
                out.push_str(&format!("={byte:02X}"));
            }
        }
        out
    }

    proptest! {
        #[test]
        fn pieces_are_as_the_whole(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            cut in 0..500usize,
            encoding in prop::sample::select(vec!["base64", "quoted-printable"]),
        ) {
            let text = if encoding == "base64" { base64(&bytes) } else { quoted(&bytes) };
            prop_assert_eq!(&decode_transfer(text.as_bytes(), encoding), &bytes);
            let (first, second) = text.as_bytes().split_at(cut.min(text.len()));
            let mut decoder = TransferDecoder::new(encoding);
            let mut out = decoder.push(first);
            out.extend(decoder.push(second));
            out.extend(decoder.finish());
            prop_assert_eq!(&out, &bytes);
        }

        #[test]
        fn a_cut_gives_only_what_the_whole_gives(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            cut in 0..500usize,
            encoding in prop::sample::select(vec!["base64", "quoted-printable"]),
        ) {
            let text = if encoding == "base64" { base64(&bytes) } else { quoted(&bytes) };
            let piece = decode_transfer(&text.as_bytes()[..cut.min(text.len())], encoding);
            prop_assert!(bytes.starts_with(&piece));
        }

        #[test]
        fn anything_decodes(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0..300usize) {
            for encoding in ["base64", "quoted-printable", "x-uuencode", "8bit", "nonsense"] {
                let whole = decode_transfer(&bytes, encoding);
                let (first, second) = bytes.split_at(at.min(bytes.len()));
                let mut decoder = TransferDecoder::new(encoding);
                let mut out = decoder.push(first);
                out.extend(decoder.push(second));
                out.extend(decoder.finish());
                prop_assert_eq!(out, whole);
            }
        }
    }

    #[test]
    fn base64_as_it_is_sent() {
        assert_eq!(decode_transfer(b"SGVs\r\nbG8h\r\n", "base64"), b"Hello!");
        assert_eq!(decode_transfer(b"SGVsbG8", "BASE64"), b"Hello");
        assert_eq!(decode_transfer(b"S G V s*b G 8 =", "base64"), b"Hello");
        // Each line padded by itself.
        assert_eq!(decode_transfer(b"SGVsbG8=\r\nIQ==\r\n", "base64"), b"Hello!");
        // A mailing list's footer.
        assert_eq!(
            decode_transfer(b"SGVsbG8=\r\n____\r\nlist mailing list\r\n", "base64"),
            b"Hello"
        );
        assert_eq!(decode_transfer(b"SGVsbG8=", "base64 ;x"), b"Hello");
    }

    #[test]
    fn quoted_printable_as_it_is_sent() {
        let decode = |text: &str| {
            String::from_utf8(decode_transfer(text.as_bytes(), "quoted-printable")).unwrap()
        };
        assert_eq!(decode("a=3d=3D b=\r\nc=\nd"), "a== bcd");
        assert_eq!(decode("trailing \t\r\nspace "), "trailing\r\nspace");
        assert_eq!(decode("100=% =ZZ =A"), "100=% =ZZ ");
        assert_eq!(decode("soft=  \r\nbreak"), "softbreak");
        assert_eq!(decode("end="), "end");
    }

    #[test]
    fn uuencode_as_it_was_sent() {
        let text = b"preamble\nbegin 644 cat.txt\n#0V%T\n`\nend\nafter\n";
        assert_eq!(decode_transfer(text, "x-uuencode"), b"Cat");
    }

    #[test]
    fn sizes_are_told_near_enough() {
        assert_eq!(decoded_size(78_000, "base64"), 57_000);
        assert_eq!(decoded_size(4, "base64"), 3);
        assert_eq!(decoded_size(100, "7bit"), 100);
    }
}
