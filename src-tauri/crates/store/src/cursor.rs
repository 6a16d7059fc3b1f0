//! A row's position in a list, as text that says nothing to whoever carries it.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// A row's position: INTERNALDATE descending, UID descending, then the mailbox. Its text is opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) date: i64,
    pub(crate) uid: u32,
    pub(crate) mailbox: i64,
}

/// Stands for the mailbox in a position of the search.
const OF_SEARCH: i64 = -1;

impl Cursor {
    /// Before the first row.
    pub(crate) const START: Self = Self { date: i64::MAX, uid: u32::MAX, mailbox: 0 };

    /// A position in the order of the index.
    pub(crate) fn of_doc(doc: i64) -> Self {
        Self { date: doc, uid: 0, mailbox: OF_SEARCH }
    }

    /// The same; one of a list is a place in time.
    pub(crate) fn doc(self) -> i64 {
        if self.mailbox == OF_SEARCH {
            return self.date;
        }
        crate::search::FIRST.saturating_sub(self.date / crate::search::GRAIN).max(0)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}-{:x}", self.date, self.uid, self.mailbox)
    }
}

impl FromStr for Cursor {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::BadCursor(text.chars().take(60).collect());
        let mut pieces = text.split('-').map(|piece| u64::from_str_radix(piece, 16));
        match (pieces.next(), pieces.next(), pieces.next(), pieces.next()) {
            (Some(Ok(date)), Some(Ok(uid)), Some(Ok(mailbox)), None) => Ok(Self {
                date: date as i64,
                uid: uid.try_into().map_err(|_| bad())?,
                mailbox: mailbox as i64,
            }),
            _ => Err(bad()),
        }
    }
}
