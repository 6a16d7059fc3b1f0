//! A command as text: what is not plain goes out as a literal, and nothing of an argument's can end
//! the line that it stands in.

use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::framing::Splice;
use crate::names;
use model::MailboxName;
use zeroize::Zeroizing;

/// A command line of RFC 9051 (and 7162 3.2.3) stays under 8,192 octets; ours under 8,000.
pub(crate) const LONGEST: usize = 7_900;
/// Stands where octets are put in on the way out; no text that is sent holds it.
const MARK: char = '\u{FDD0}';

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Literals {
    /// The server must say `+` first (RFC 9051 4.3).
    Synchronising,
    /// LITERAL-: up to 4,096 octets at once (RFC 7888).
    Minus,
    /// LITERAL+
    Plus,
}

impl Literals {
    pub fn of(capabilities: &Capabilities) -> Self {
        if capabilities.has("LITERAL+") {
            Self::Plus
        } else if capabilities.has("LITERAL-") {
            Self::Minus
        } else {
            Self::Synchronising
        }
    }

    fn header(self, length: usize) -> String {
        let at_once = self == Self::Plus || (self == Self::Minus && length <= 4_096);
        format!("{{{length}{}}}\r\n", if at_once { "+" } else { "" })
    }
}

pub(crate) struct Command {
    /// As it is named in errors; never holds an argument.
    pub verb: &'static str,
    pub text: String,
    pub splices: Vec<Splice>,
    literals: Literals,
}

impl Command {
    /// `text` is ours alone: no argument of anybody's is in it.
    pub fn new(verb: &'static str, text: impl Into<String>, literals: Literals) -> Self {
        Self { verb, text: text.into(), splices: Vec::new(), literals }
    }

    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A string argument: quoted where it is printable ASCII, else a literal.
    pub fn string(&mut self, octets: &[u8]) -> Result<&mut Self, Error> {
        if let Some(quoted) = quoted(octets) {
            self.text.push_str(&quoted);
            return Ok(self);
        }
        let argument = literal(octets, self.literals)?;
        // Counted in, so that each has a mark of its own.
        let mark = format!("{MARK}{}{MARK}", self.splices.len());
        self.text.push_str(&mark);
        self.splices.push(Splice { mark: mark.into_bytes(), octets: argument });
        Ok(self)
    }

    pub fn mailbox(&mut self, name: &MailboxName, utf8: bool) -> Result<&mut Self, Error> {
        self.string(&names::to_wire(name, utf8))
    }

    /// Ready to go, or too long to be sent.
    pub fn checked(self) -> Result<Self, Error> {
        let spliced: usize = self.splices.iter().map(|s| s.octets.len()).sum();
        if self.text.len().saturating_add(spliced) > LONGEST {
            return Err(Error::NotSendable { what: "a command of more than 8,000 octets" });
        }
        Ok(self)
    }
}

/// RFC 9051 9, quoted: printable ASCII, not too long for a line.
pub(crate) fn quoted(octets: &[u8]) -> Option<String> {
    let printable = octets.iter().all(|b| (b' '..=b'~').contains(b));
    if !printable || octets.len() > 1_000 {
        return None;
    }
    let mut text = String::with_capacity(octets.len() + 2);
    text.push('"');
    for &octet in octets {
        if matches!(octet, b'"' | b'\\') {
            text.push('\\');
        }
        text.push(char::from(octet));
    }
    text.push('"');
    Some(text)
}

fn literal(octets: &[u8], literals: Literals) -> Result<Zeroizing<Vec<u8>>, Error> {
    if octets.contains(&0) {
        // literal8 exists for APPEND of BINARY alone.
        return Err(Error::NotSendable { what: "text with a NUL in it" });
    }
    let mut whole = literals.header(octets.len()).into_bytes();
    whole.extend_from_slice(octets);
    Ok(Zeroizing::new(whole))
}

/// A string argument as octets, for what is never text of a command: user name and password.
pub(crate) fn secret_string(
    octets: &[u8],
    literals: Literals,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    match quoted(octets) {
        Some(quoted) => Ok(Zeroizing::new(quoted.into_bytes())),
        None => literal(octets, literals),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn arguments_take_the_form_that_holds_them() {
        assert_eq!(quoted(b"a \"b\" \\").as_deref(), Some("\"a \\\"b\\\" \\\\\""));
        for octets in [&b"a\r\nb"[..], b"\xc3\xa4", b"\x7f"] {
            assert_eq!(quoted(octets), None);
            let plus = literal(octets, Literals::Plus).unwrap();
            assert_eq!(*plus, [format!("{{{}+}}\r\n", octets.len()).as_bytes(), octets].concat());
        }
        assert!(literal(b"a\0b", Literals::Plus).is_err());
        assert!(literal(&[b'x'; 4_097], Literals::Minus).unwrap().starts_with(b"{4097}"));
    }

    proptest! {
        #[test]
        fn no_argument_ends_its_line(octets in prop::collection::vec(any::<u8>(), 0..40)) {
            let mut command = Command::new("X", "X ", Literals::Plus);
            if command.string(&octets).is_ok() {
                prop_assert!(!command.text.contains(['\r', '\n']));
            }
        }
    }
}
