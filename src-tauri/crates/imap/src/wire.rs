//! The grammar that all of IMAP's data has in common (RFC 9051 9): atoms, strings, literals, lists.
//!
//! A cursor over one whole response. It never recurses: lists are built on a stack of its own, and
//! what is nested deeper than `NEST` is passed over and stands as `Node::Deep`.

use std::borrow::Cow;

/// Lists in lists. A structure of `model::Structure::MAX_DEPTH` with its parameters fits.
const NEST: usize = 80;
/// Values in one response: with `NEST`, what bounds the memory of a tree.
const NODES: usize = 200_000;

/// The response does not hold what its grammar says. The reason is ours and quotes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable(pub &'static str);

pub(crate) type Read<T> = Result<T, Unreadable>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node<'a> {
    Nil,
    Atom(&'a [u8]),
    /// A quoted string, unescaped, or a literal.
    Text(Cow<'a, [u8]>),
    List(Vec<Node<'a>>),
    /// A list too deep to be read.
    Deep,
}

impl<'a> Node<'a> {
    /// An atom's or a string's octets.
    pub fn text(&self) -> Option<&[u8]> {
        match self {
            Self::Atom(bytes) => Some(bytes),
            Self::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<u64> {
        number(self.text()?)
    }

    pub fn list(&self) -> Option<&[Node<'a>]> {
        match self {
            Self::List(nodes) => Some(nodes),
            _ => None,
        }
    }
}

/// Digits alone.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    bytes.iter().try_fold(0u64, |sum, b| {
        let digit = b.is_ascii_digit().then(|| u64::from(b - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
    /// iCloud and others send quotes within quoted strings without a backslash. In lenient reading a
    /// quote within a list ends its string only where something that may follow a string follows it.
    lenient: bool,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, nodes: 0, lenient: false }
    }

    pub fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn bump(&mut self) {
        self.at += 1;
    }

    pub fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        if there {
            self.bump();
        }
        there
    }

    /// What has not been read, up to and with the line's end.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The rest without the line's end.
    pub fn rest_of_line(&self) -> &'a [u8] {
        trim_line(self.rest())
    }

    /// Spaces, also where one too many or none stands.
    pub fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.bump();
        }
    }

    pub fn at_end(&self) -> bool {
        self.rest_of_line().is_empty()
    }

    /// Octets up to a space, a parenthesis or the end; may be empty.
    pub fn word(&mut self) -> &'a [u8] {
        self.take_while(|b| !matches!(b, b' ' | b'\t' | b'(' | b')' | b'\r' | b'\n'))
    }

    pub fn take_while(&mut self, mut keep: impl FnMut(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let length = rest.iter().position(|b| !keep(*b)).unwrap_or(rest.len());
        self.take(length).unwrap_or_default()
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    /// One value of any kind.
    pub fn value(&mut self) -> Read<Node<'a>> {
        let mut open: Vec<Vec<Node<'a>>> = Vec::new();
        loop {
            self.nodes += 1;
            if self.nodes > NODES {
                return Err(Unreadable("too many values"));
            }
            self.spaces();
            let node = match self.peek() {
                Some(b'(') if open.len() >= NEST => {
                    self.skip_list()?;
                    Node::Deep
                }
                Some(b'(') => {
                    self.bump();
                    open.push(Vec::new());
                    continue;
                }
                Some(b')') => {
                    self.bump();
                    Node::List(open.pop().ok_or(Unreadable("a list ends that did not begin"))?)
                }
                _ => self.scalar(self.lenient && !open.is_empty())?,
            };
            match open.last_mut() {
                Some(list) => list.push(node),
                None => return Ok(node),
            }
        }
    }

    /// One value that is no list.
    fn scalar(&mut self, lenient: bool) -> Read<Node<'a>> {
        match self.peek() {
            Some(b'"') => self.quoted(lenient).map(Node::Text),
            Some(b'{') => self.literal().map(|bytes| Node::Text(Cow::Borrowed(bytes))),
            Some(b'~') if self.rest().get(1) == Some(&b'{') => {
                // literal8 (RFC 9051 4.3)
                self.bump();
                self.literal().map(|bytes| Node::Text(Cow::Borrowed(bytes)))
            }
            _ => match self.word() {
                [] => Err(Unreadable("a value is missing")),
                nil if nil.eq_ignore_ascii_case(b"NIL") => Ok(Node::Nil),
                atom => Ok(Node::Atom(atom)),
            },
        }
    }

    fn quoted(&mut self, lenient: bool) -> Read<Cow<'a, [u8]>> {
        self.bump();
        let start = self.at;
        let mut unescaped: Option<Vec<u8>> = None;
        loop {
            let byte = match self.peek() {
                None | Some(b'\r' | b'\n') => return Err(Unreadable("a quoted string has no end")),
                Some(b'"') if !lenient || self.string_ends() => break,
                Some(b'\\') => {
                    let next = self.rest().get(1).copied();
                    if let Some(quoted @ (b'"' | b'\\')) = next
                        && !(lenient && quoted == b'"' && self.ends_after(2))
                    {
                        unescaped.get_or_insert_with(|| self.since(start));
                        self.bump();
                        quoted
                    } else {
                        // No other escape exists: the backslash means itself.
                        b'\\'
                    }
                }
                Some(byte) => byte,
            };
            self.bump();
            if let Some(text) = &mut unescaped {
                text.push(byte);
            }
        }
        let plain = self.bytes.get(start..self.at).unwrap_or_default();
        self.bump();
        Ok(unescaped.map_or(Cow::Borrowed(plain), Cow::Owned))
    }

    fn since(&self, start: usize) -> Vec<u8> {
        self.bytes.get(start..self.at).unwrap_or_default().to_vec()
    }

    fn string_ends(&self) -> bool {
        follows(self.rest().get(1..).unwrap_or_default())
    }

    /// In lenient reading: whether the string would have no other end if the quote were escaped.
    fn ends_after(&self, ahead: usize) -> bool {
        let line = trim_line(self.rest());
        let after = line.get(ahead..).unwrap_or_default();
        follows(after) && !after.contains(&b'"')
    }

    fn literal(&mut self) -> Read<&'a [u8]> {
        self.bump();
        let digits = self.take_while(|b| b.is_ascii_digit());
        let length = number(digits).and_then(|n| usize::try_from(n).ok());
        self.eat(b'+');
        if !self.eat(b'}') {
            return Err(Unreadable("a literal's length is not a number"));
        }
        self.eat(b'\r');
        if !self.eat(b'\n') {
            return Err(Unreadable("a literal does not begin"));
        }
        length.and_then(|n| self.take(n)).ok_or(Unreadable("a literal is short"))
    }

    /// Passes over a list, however deep, without a tree.
    fn skip_list(&mut self) -> Read<()> {
        let mut depth = 0usize;
        loop {
            self.spaces();
            match self.peek() {
                Some(b'(') => {
                    self.bump();
                    depth += 1;
                }
                Some(b')') => {
                    self.bump();
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {
                    self.scalar(self.lenient)?;
                }
            }
        }
    }
}

/// What may follow a string within a list: its end, or a space and another value.
fn follows(after: &[u8]) -> bool {
    match after {
        [] | [b')' | b'\r' | b'\n', ..] => true,
        [b' ', next @ ..] => {
            matches!(next, [b'"' | b'(' | b'{' | b')', ..])
                || next.get(..3).is_some_and(|n| n.eq_ignore_ascii_case(b"NIL"))
                || next.first().is_some_and(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// Without its CR LF, or LF alone.
pub(crate) fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// A server's words for a person: one line without controls, at most 1,000 characters.
pub(crate) fn clean(bytes: &[u8]) -> String {
    let bytes = bytes.get(..4_000).unwrap_or(bytes);
    let text: String = String::from_utf8_lossy(bytes)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(1_000)
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(s: &str) -> Node<'static> {
        Node::Text(Cow::Owned(s.as_bytes().to_vec()))
    }

    #[test]
    fn values_of_every_kind() {
        let mut cursor = Cursor::new(
            b"(a \"b \\\"c\\\\\" {3}\r\n\"(\\ NIL nil () ~{2}\r\n\0\n \"NIL\") rest\r\n",
        );
        assert_eq!(
            cursor.value(),
            Ok(Node::List(vec![
                Node::Atom(b"a"),
                text("b \"c\\"),
                text("\"(\\"),
                Node::Nil,
                Node::Nil,
                Node::List(vec![]),
                text("\0\n"),
                text("NIL"),
            ]))
        );
        assert_eq!(cursor.rest_of_line(), b" rest");
    }

    #[test]
    fn depth_is_cut_and_the_rest_still_read() {
        let deep = [vec![b'('; 10_000], vec![b')'; 10_000], b" x\r\n".to_vec()].concat();
        let mut cursor = Cursor::new(&deep);
        let mut node = cursor.value().unwrap();
        for _ in 0..NEST - 1 {
            let Node::List(mut list) = node else { panic!("{node:?}") };
            node = list.pop().unwrap();
        }
        assert_eq!(node, Node::List(vec![Node::Deep]));
        assert_eq!(cursor.value(), Ok(Node::Atom(b"x")));
    }

    #[test]
    fn quotes_without_backslash_are_read_leniently() {
        let line = b"(\"date\" \"The \"best\" of, or \\\"so\\\" it \"seems\"\" NIL ((\"A \"B\" C\" NIL \"a\" \"x\")))\r\n";
        assert!(Cursor::new(line).value() != Cursor::new(line).lenient().value());
        let node = Cursor::new(line).lenient().value().unwrap();
        let list = node.list().unwrap();
        assert_eq!(list[1], text("The \"best\" of, or \"so\" it \"seems\""));
        assert_eq!(list[3].list().unwrap()[0].list().unwrap()[0], text("A \"B\" C"));
    }

    #[test]
    fn many_values_are_refused() {
        let flood = [b"(".as_slice(), &b"() ".repeat(NODES), b")"].concat();
        assert_eq!(Cursor::new(&flood).value(), Err(Unreadable("too many values")));
    }

    proptest! {
        #[test]
        fn no_octets_panic(bytes in prop::collection::vec(prop_oneof![
            any::<u8>(), prop::sample::select(b"()\"{}\\ 123\r\nN~".as_slice())], 0..80), lenient: bool) {
            let mut cursor = Cursor::new(&bytes);
            cursor.lenient = lenient;
            while cursor.value().is_ok() {}
        }
    }
}
