//! Sets of numbers as servers send them: SEARCH, ESEARCH (RFC 9051 7.3.4), VANISHED (RFC 7162 3.2.10).

use crate::wire::{Cursor, Read, Unreadable, number};
use model::{Uid, UidSet};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Esearch {
    /// Of the command that this answers.
    pub tag: Option<String>,
    /// The numbers are UIDs.
    pub uid: bool,
    pub all: UidSet,
    pub count: Option<u32>,
}

/// `1:5,9`, in any order. Ranges are joined before they go into a set: a hostile order costs nothing.
pub(super) fn set(text: &[u8]) -> Read<UidSet> {
    let mut ranges = Vec::new();
    for piece in text.split(|b| *b == b',').filter(|piece| !piece.is_empty()) {
        let mut ends = piece.splitn(2, |b| *b == b':').map(uid);
        let (first, last) = (ends.next().flatten(), ends.next());
        let first = first.ok_or(Unreadable("a set of no numbers"))?;
        let last = match last {
            Some(last) => last.ok_or(Unreadable("a set of no numbers"))?,
            None => first,
        };
        ranges.push((first.min(last), first.max(last)));
    }
    Ok(joined(ranges))
}

fn uid(digits: &[u8]) -> Option<u32> {
    number(digits).and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0)
}

/// Of ranges in any order.
pub(crate) fn joined(mut ranges: Vec<(u32, u32)>) -> UidSet {
    ranges.sort_unstable();
    let mut set = UidSet::new();
    let mut open: Option<(u32, u32)> = None;
    for (low, high) in ranges {
        open = match open {
            Some((start, end)) if low <= end.saturating_add(1) => Some((start, end.max(high))),
            Some((start, end)) => {
                set.insert_range(start, end);
                Some((low, high))
            }
            None => Some((low, high)),
        };
    }
    if let Some((start, end)) = open {
        set.insert_range(start, end);
    }
    set
}

/// Numbers until something else comes, such as `(MODSEQ 917162500)` of RFC 7162 3.1.5.
pub(super) fn search(cursor: &mut Cursor<'_>) -> UidSet {
    let numbers = std::iter::from_fn(|| {
        cursor.spaces();
        uid(cursor.word())
    });
    numbers.map(Uid).collect()
}

pub(super) fn esearch(cursor: &mut Cursor<'_>) -> Read<Esearch> {
    let mut found = Esearch::default();
    cursor.spaces();
    if cursor.peek() == Some(b'(') {
        let correlator = cursor.value()?;
        let tag = correlator.list().and_then(|list| list.get(1)).and_then(|tag| tag.text());
        found.tag = tag.map(|tag| String::from_utf8_lossy(tag).into_owned());
    }
    loop {
        cursor.spaces();
        if cursor.at_end() {
            return Ok(found);
        }
        let name = cursor.word().to_ascii_uppercase();
        match name.as_slice() {
            b"UID" => found.uid = true,
            b"ALL" => {
                cursor.spaces();
                found.all = set(cursor.word())?;
            }
            b"COUNT" => {
                cursor.spaces();
                found.count = number(cursor.word()).and_then(|n| u32::try_from(n).ok());
            }
            b"" => return Err(Unreadable("a name is missing")),
            // MIN, MAX, MODSEQ, RELEVANCY, PARTIAL and what comes: a name and a value.
            _ => {
                cursor.value()?;
            }
        }
    }
}

pub(super) fn vanished(cursor: &mut Cursor<'_>) -> Read<(bool, UidSet)> {
    cursor.spaces();
    let earlier = cursor.peek() == Some(b'(');
    if earlier {
        cursor.value()?;
        cursor.spaces();
    }
    Ok((earlier, set(cursor.word())?))
}
