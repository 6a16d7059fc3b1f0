//! Where one response ends and the next begins (RFC 9051 2.2.2): lines, and the literals in them.
//! Works on what has come so far and never looks at an octet twice.

/// Bounds in octets. What passes one breaks the framing: where such a response ends is not worth
/// finding out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// The lines of one response, without its literals.
    pub line: usize,
    /// The same for FETCH: a structure may be long.
    pub fetch_line: usize,
    /// The same for lists of numbers: SEARCH of a big mailbox is one line.
    pub numbers_line: usize,
    /// One literal.
    pub literal: u64,
    /// All literals of one response.
    pub literals: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 64 * 1024,
            fetch_line: 1024 * 1024,
            numbers_line: 8 * 1024 * 1024,
            literal: 1024 * 1024,
            literals: 4 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// No literal is ever larger, whoever asks for it.
    pub const LITERAL_TOP: u64 = 64 * 1024 * 1024;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Line { limit: u64 },
    Literal { limit: u64 },
}

/// Octets of a response that is not whole yet. Begins anew after each.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    /// Up to here it has been looked at; past the end of what is there while a literal comes.
    at: usize,
    line_start: usize,
    /// Of the lines that are whole.
    lines: usize,
    literals: u64,
}

impl Cutter {
    /// The length of the response at the head of `input`, its line end included, once it is whole.
    pub fn cut(&mut self, input: &[u8], limits: &Limits) -> Result<Option<usize>, Broken> {
        loop {
            let Some(unseen) = input.get(self.at..) else { return Ok(None) };
            let limit = line_limit(input, limits);
            let too_long = Broken::Line { limit: limit as u64 };
            let Some(end) = unseen.iter().position(|b| *b == b'\n').map(|i| self.at + i) else {
                self.at = input.len();
                let open = input.len().saturating_sub(self.line_start);
                return if self.lines + open > limit { Err(too_long) } else { Ok(None) };
            };
            let line = input.get(self.line_start..end).unwrap_or_default();
            self.lines += line.len();
            if self.lines > limit {
                return Err(too_long);
            }
            let next = end + 1;
            match literal_after(line).filter(|_| holds_literals(input)) {
                Some(length) => {
                    self.literals = self.literals.saturating_add(length);
                    let fits = length <= limits.literal.min(Limits::LITERAL_TOP)
                        && self.literals <= limits.literals;
                    let skip = usize::try_from(length).ok().filter(|_| fits);
                    let skip = skip.ok_or(Broken::Literal { limit: limits.literal })?;
                    self.at = next + skip;
                    self.line_start = self.at;
                }
                None => {
                    *self = Self::default();
                    return Ok(Some(next));
                }
            }
        }
    }

    /// How many octets are known to come before the next line.
    pub fn wants(&self, have: usize) -> usize {
        self.at.saturating_sub(have)
    }
}

/// The length in `{n}`, `{n+}` or `~{n}` at the end of a line.
fn literal_after(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inner = line.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").unwrap_or(inner);
    let open = inner.iter().rposition(|b| *b == b'{')?;
    let digits = inner.get(open + 1..)?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // A literal is a value: before it stands what may stand before one.
    let before = open.checked_sub(1).and_then(|i| inner.get(i));
    if !matches!(before, Some(b' ' | b'(' | b')' | b'~' | b']' | b'>' | b'\t')) {
        return None;
    }
    // Past all numbers is past all limits too.
    Some(crate::wire::number(digits).unwrap_or(u64::MAX))
}

/// Text for people may end in `{5}` and announce nothing: only data holds literals.
fn holds_literals(response: &[u8]) -> bool {
    matches!(super::head::Head::of(response), super::head::Head::Data)
}

fn line_limit(response: &[u8], limits: &Limits) -> usize {
    let start = response.get(..64).unwrap_or(response);
    let mut words = start.split(|b| matches!(b, b' ' | b'\r' | b'\n'));
    if words.next() != Some(b"*") {
        return limits.line;
    }
    let word = words.next().unwrap_or_default();
    let is = |word: &[u8], names: &[&str]| {
        names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
    };
    if is(word, &["SEARCH", "ESEARCH", "SORT", "VANISHED"]) {
        limits.numbers_line
    } else if crate::wire::number(word).is_some() && words.next().is_some_and(|w| is(w, &["FETCH"]))
    {
        limits.fetch_line
    } else {
        limits.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::cut_all;
    use proptest::prelude::*;

    const SESSION: &[u8] = b"* OK ready {5}\r\n* 1 FETCH (BODY[] {4}\r\n*\r\n) X ~{3+}\r\nab\n)\n+ go {3}\r\nA1 NO not {7}\r\n";

    #[test]
    fn literals_stay_in_their_response() {
        let found = cut_all(SESSION, &Limits::default()).unwrap();
        let heads: Vec<_> = found.iter().map(|r| r[..4].to_vec()).collect();
        assert_eq!(heads, [b"* OK", b"* 1 ", b"+ go", b"A1 N"]);
        assert!(found[1].ends_with(b"ab\n)\n"));
    }

    #[test]
    fn the_same_octet_by_octet() {
        let whole = cut_all(SESSION, &Limits::default()).unwrap();
        let (mut cutter, mut buffer, mut found) = (Cutter::default(), Vec::new(), Vec::new());
        for byte in SESSION {
            buffer.push(*byte);
            if let Some(length) = cutter.cut(&buffer, &Limits::default()).unwrap() {
                found.push(buffer.drain(..length).collect::<Vec<_>>());
            }
        }
        assert_eq!(found, whole);
    }

    #[test]
    fn five_gigabytes_are_refused_at_the_announcement() {
        for size in ["5368709120", "99999999999999999999999", "1048577"] {
            let input = format!("* 1 FETCH (BODY[] {{{size}}}\r\n");
            assert_eq!(
                cut_all(input.as_bytes(), &Limits::default()),
                Err(Broken::Literal { limit: 1024 * 1024 })
            );
        }
        let many = "* 1 FETCH (".to_owned()
            + &format!("A {{1048576}}\r\n{}", "x".repeat(1_048_576)).repeat(5);
        assert!(matches!(
            cut_all(many.as_bytes(), &Limits::default()),
            Err(Broken::Literal { .. })
        ));
    }

    #[test]
    fn an_endless_line_is_refused_where_its_limit_is() {
        let limits = Limits::default();
        for (head, limit) in [
            ("* OK ", limits.line),
            ("* LIST ", limits.line),
            ("HTTP/1.1 ", limits.line),
            ("* 1 FETCH (", limits.fetch_line),
            ("* SEARCH ", limits.numbers_line),
        ] {
            let line = head.to_owned() + &"1 ".repeat(limit / 2 + 1);
            assert_eq!(
                cut_all(line.as_bytes(), &limits),
                Err(Broken::Line { limit: limit as u64 }),
                "{head}"
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_panics(input in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"* 1{}\r\n+(".as_slice())], 0..120)) {
            if let Ok(found) = cut_all(&input, &Limits::default()) {
                prop_assert!(input.starts_with(&found.concat()));
                prop_assert!(found.iter().all(|f| f.ends_with(b"\n")));
            }
        }
    }
}
