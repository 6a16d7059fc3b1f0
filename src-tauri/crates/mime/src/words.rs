//! Encoded words (RFC 2047), as they are sent: characters cut in two between words, spaces inside,
//! charsets that lie. Each run of words is decoded as one.

use crate::decode::{decode_charset, decode_transfer};
use base64::Engine as _;
use std::borrow::Cow;

/// A text with its encoded words decoded.
pub(crate) fn decode_words(text: &str) -> String {
    replace(text, |out, decoded| out.push_str(decoded)).into_owned()
}

/// The same text with each run of words as one word in UTF-8, which whoever parses it cannot get wrong.
pub(crate) fn settle_words(text: &str) -> Cow<'_, str> {
    replace(text, |out, decoded| {
        // Line breaks and NULs in a word would end the field, or hide what follows.
        let clean: String = decoded.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        out.push_str("=?utf-8?B?");
        base64::engine::general_purpose::STANDARD.encode_string(clean, out);
        out.push_str("?=");
    })
}

const LONGEST: usize = 4_096;

fn replace(text: &str, write: impl Fn(&mut String, &str)) -> Cow<'_, str> {
    if !text.contains("=?") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut run: Option<Run> = None;
    while let Some(at) = rest.find("=?") {
        let (before, candidate) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let Some((word, after)) = Word::read(candidate) else {
            end_run(&mut run, &mut out, &write);
            out.push_str(before);
            out.push_str("=?");
            rest = candidate.get(2..).unwrap_or("");
            continue;
        };
        // 6.2: white space between words is not shown.
        let joined = run.is_some() && before.chars().all(char::is_whitespace);
        if !joined {
            end_run(&mut run, &mut out, &write);
            out.push_str(before);
        }
        run.get_or_insert_default().push(word);
        rest = after;
    }
    end_run(&mut run, &mut out, &write);
    out.push_str(rest);
    Cow::Owned(out)
}

fn end_run(run: &mut Option<Run>, out: &mut String, write: &impl Fn(&mut String, &str)) {
    if let Some(mut run) = run.take() {
        run.flush();
        write(out, &run.text);
    }
}

#[derive(Default)]
struct Run {
    text: String,
    /// Octets of words in the same charset, not yet decoded: a character may go on in the next word.
    octets: Vec<u8>,
    charset: String,
}

impl Run {
    fn push(&mut self, word: Word<'_>) {
        if !word.charset.eq_ignore_ascii_case(&self.charset) {
            self.flush();
            self.charset = word.charset.to_owned();
        }
        self.octets.extend(word.octets());
    }

    fn flush(&mut self) {
        if !self.octets.is_empty() {
            self.text.push_str(&decode_charset(&self.octets, Some(&self.charset), false, false));
            self.octets.clear();
        }
    }
}

struct Word<'a> {
    charset: &'a str,
    base64: bool,
    encoded: &'a str,
}

impl<'a> Word<'a> {
    /// `=?charset*language?B?text?=` at the very start, and what follows it.
    fn read(text: &'a str) -> Option<(Self, &'a str)> {
        let inner = text.strip_prefix("=?")?;
        let (charset, inner) = inner.split_once('?')?;
        let charset = charset.split('*').next().unwrap_or("");
        let token = |c: char| c.is_ascii_alphanumeric() || "-_.:+".contains(c);
        if charset.is_empty() || charset.len() > 40 || !charset.chars().all(token) {
            return None;
        }
        let base64 = match inner.get(..2)? {
            "B?" | "b?" => true,
            "Q?" | "q?" => false,
            _ => return None,
        };
        let inner = inner.get(2..)?;
        let end = inner.find("?=")?;
        let encoded = inner.get(..end)?;
        if encoded.len() > LONGEST || encoded.contains("=?") {
            return None;
        }
        Some((Self { charset, base64, encoded }, inner.get(end + 2..)?))
    }

    fn octets(&self) -> Vec<u8> {
        if self.base64 {
            return decode_transfer(self.encoded.as_bytes(), "base64");
        }
        // Q is quoted-printable with `_` for a space; a line folded within it is folded.
        let text: String = self
            .encoded
            .chars()
            .filter(|c| !matches!(c, '\r' | '\n'))
            .map(|c| if c == '_' { ' ' } else { c })
            .collect();
        // A space at the end is one here, and would be dropped there.
        let mut octets = decode_transfer(text.as_bytes(), "quoted-printable");
        let spaces = text.len() - text.trim_end_matches([' ', '\t']).len();
        octets.extend(std::iter::repeat_n(b' ', spaces));
        octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_and_their_abuse() {
        for (text, expected) in [
            ("=?iso-8859-1?q?this=20is=20some=20text?=", "this is some text"),
            ("=?UTF-8?B?R3LDvMOfZQ==?= =?utf-8?Q?_aus?= K", "Grüße aus K"),
            // One character in two words.
            ("=?utf-8?B?4oKs4oI=?=\r\n =?utf-8?B?rA==?=", "€€"),
            ("=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "€"),
            ("a =?utf-8?Q?b?= c", "a b c"),
            ("=?utf-8*de?Q?x?=", "x"),
            ("=?utf-8?Q?a space?=", "a space"),
            ("=?utf-8?Q?end_?= =?utf-8?Q?next?=", "end next"),
            ("=?utf-8?Q?broken", "=?utf-8?Q?broken"),
            ("=?utf-8?X?no?=", "=?utf-8?X?no?="),
            ("=?utf-8?B??= x", " x"),
            ("=?gb2312?B?xOO6ww==?=", "你好"),
            ("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
            ("(=?utf-8?Q?x?=)", "(x)"),
            ("=?unknown?Q?Gr=FC=DFe_aus_K=F6ln?=", "Grüße aus Köln"),
            ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
        ] {
            assert_eq!(decode_words(text), expected, "{text}");
            assert_eq!(decode_words(&settle_words(text)), expected, "settled: {text}");
        }
    }

    #[test]
    fn a_bomb_of_words_takes_one_pass() {
        let bomb = "=?utf-8?Q?x?= ".repeat(200_000);
        assert_eq!(decode_words(&bomb).len(), 200_001);
        let open = "=?".repeat(500_000);
        assert_eq!(decode_words(&open), open);
    }

    proptest! {
        #[test]
        fn anything_goes(text in "(=\\?|utf-8|\\?B\\?|\\?Q\\?|\\?=|=E2|\\PC| |\\r\\n){0,40}") {
            let _ = decode_words(&text);
            let settled = settle_words(&text).into_owned();
            prop_assert_eq!(settle_words(&settled).into_owned(), settled);
        }
    }
}
