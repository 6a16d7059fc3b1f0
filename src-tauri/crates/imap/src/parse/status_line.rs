//! OK, NO, BAD, PREAUTH and BYE, tagged or not: a condition, perhaps a code, and text (RFC 9051 7.1).

use crate::framing::{Condition, Head};
use crate::wire::{Cursor, clean, number, trim_line};
use model::{ModSeq, Uid, UidValidity};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConditionLine {
    pub condition: Condition,
    pub code: Option<Code>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// In upper case.
    pub name: String,
    /// What stands behind the name, as it was sent.
    pub argument: Vec<u8>,
}

impl Code {
    pub fn is(&self, name: &str) -> bool {
        self.name == name
    }

    fn number(&self) -> Option<u64> {
        number(self.argument.trim_ascii())
    }

    pub fn uid(&self) -> Option<Uid> {
        self.number().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0).map(Uid)
    }

    pub fn uidvalidity(&self) -> Option<UidValidity> {
        self.uid().map(|n| UidValidity(n.0))
    }

    /// RFC 7162 3.1.2.1: 0 is no HIGHESTMODSEQ.
    pub fn modseq(&self) -> Option<ModSeq> {
        self.number().filter(|n| *n > 0).map(ModSeq)
    }

    pub fn words(&self) -> Vec<String> {
        super::names::words(&self.argument)
    }

    pub fn flags(&self) -> Vec<String> {
        Cursor::new(&self.argument)
            .value()
            .map(|node| super::names::flags(&node))
            .unwrap_or_default()
    }
}

impl ConditionLine {
    pub fn code_name(&self) -> Option<String> {
        self.code.as_ref().map(|code| code.name.clone())
    }

    /// The capabilities that some servers put into a greeting and into the answer to LOGIN.
    pub fn capabilities(&self) -> Option<Vec<String>> {
        self.code.as_ref().filter(|code| code.is("CAPABILITY")).map(Code::words)
    }
}

/// Of a response whose head is a condition, tagged or not.
pub(crate) fn condition_line(response: &[u8]) -> Option<ConditionLine> {
    let (Head::Condition(condition) | Head::Tagged(_, condition)) = Head::of(response) else {
        return None;
    };
    let line = trim_line(response);
    let mut words = line.splitn(3, |b| *b == b' ');
    let rest = words.nth(2).unwrap_or_default().trim_ascii_start();
    let (code, text) = match coded(rest) {
        Some((inner, text)) => (code(inner), text),
        None => (None, rest),
    };
    Some(ConditionLine { condition, code, text: clean(text) })
}

/// What stands in brackets at the front, and what behind. A bracket in a quoted string ends nothing.
fn coded(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"[")?;
    let (mut quoted, mut escaped) = (false, false);
    let end = inner.iter().position(|&b| {
        let ends = b == b']' && !quoted;
        match b {
            b'\\' if quoted && !escaped => escaped = true,
            b'"' if !escaped => quoted = !quoted,
            _ => escaped = false,
        }
        ends
    });
    // A quote that never closes is no string.
    let end = end.or_else(|| inner.iter().position(|b| *b == b']'))?;
    Some((inner.get(..end)?, inner.get(end + 1..)?))
}

fn code(inner: &[u8]) -> Option<Code> {
    let inner = inner.trim_ascii();
    let end = inner.iter().position(|b| matches!(b, b' ' | b'(')).unwrap_or(inner.len());
    let name = inner.get(..end).filter(|n| !n.is_empty() && n.len() <= 64)?;
    if !name.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let argument = inner.get(end..).unwrap_or_default().trim_ascii().to_vec();
    Some(Code { name: String::from_utf8_lossy(name).to_ascii_uppercase(), argument })
}
