//! What of a row goes into the index, as words. Apart from the index itself: the open transaction gathers these
//! until its end, and the index is a table like others, above the transaction.

use crate::pack::{People, is_own};
use crate::words;
use model::{AccountId, Envelope};
use rusqlite::Row;
use std::collections::BTreeMap;

/// Words of one field of one row: a mail with more is a list of words.
const MOST_WORDS: usize = 120;
/// Recipients that can be searched for; the row shows fewer.
const MOST_PEOPLE: usize = 32;

/// What is kept of a message that its words come from: the columns `Kept::COLUMNS`.
pub(crate) struct Kept {
    pub account: AccountId,
    pub doc: i64,
    /// Packed.
    pub people: Vec<u8>,
    pub subject: String,
    pub preview: Option<String>,
}

impl Kept {
    pub const COLUMNS: &str = "account, doc, people, subject, preview";

    pub fn parse(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            account: AccountId(row.get(0)?),
            doc: row.get(1)?,
            people: row.get(2)?,
            subject: row.get(3)?,
            preview: row.get(4)?,
        })
    }

    /// Its words, without those of an opened text.
    pub fn texts(&self, own: &str) -> Texts {
        let people = People::unpack(&self.people, own).unwrap_or_default();
        Texts::of_row(&people, own, &self.subject, self.preview.as_deref())
    }
}

/// Words waiting for the end of the transaction.
pub(crate) type Pending = BTreeMap<i64, Texts>;

/// What of a row can be found, already cut into words. That it was sent to oneself says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    pub sender: String,
    pub recipient: String,
    pub subject: String,
    pub preview: String,
    /// Of a text that was opened: see `search::add_body`.
    pub body: String,
}

impl Texts {
    pub fn of_envelope(envelope: &Envelope, own: &str, preview: Option<&str>) -> Self {
        let from = if envelope.from.is_empty() { &envelope.sender } else { &envelope.from };
        let to = envelope.to.iter().chain(&envelope.cc);
        Self::new(from, to.filter(|a| !is_own(a, own)), &envelope.subject, preview)
    }

    pub fn of_row(people: &People, own: &str, subject: &str, preview: Option<&str>) -> Self {
        let to = people.to.iter().filter(|a| !is_own(a, own));
        Self::new(&people.from, to, subject, preview)
    }

    fn new<'a>(
        from: impl IntoIterator<Item = &'a model::Address>,
        to: impl IntoIterator<Item = &'a model::Address>,
        subject: &str,
        preview: Option<&str>,
    ) -> Self {
        let mut texts = Self::default();
        let people = |out: &mut String, list: &mut dyn Iterator<Item = &'a model::Address>| {
            for address in list.take(MOST_PEOPLE) {
                words::feed(out, address.name.as_deref().unwrap_or(""), 12);
                words::feed(out, &address.address, 12);
            }
        };
        people(&mut texts.sender, &mut from.into_iter());
        people(&mut texts.recipient, &mut to.into_iter());
        words::feed(&mut texts.subject, subject, MOST_WORDS);
        words::feed(&mut texts.preview, preview.unwrap_or(""), MOST_WORDS);
        texts
    }
}
