//! The index: which rows have which words. Contentless, fed with words made here, so that it can be dropped
//! and built again from the rows; its rowid follows date, so that the newest hits come first.

use crate::pack::People;
use crate::{Error, Read, Tx, setting, usage, words};
use model::{AccountId, Envelope, MessageId};
use rusqlite::params;

/// Words of one field of one row: a mail with more is a list of words.
const MOST_WORDS: usize = 120;
/// Recipients that can be searched for; the row shows fewer.
const MOST_PEOPLE: usize = 32;
/// Seconds that share a rowid if they must: a smaller number is a shorter one in every list of the index.
const GRAIN: i64 = 10;

/// Words waiting for the end of the transaction.
#[derive(Default)]
pub(crate) struct Pending {
    gone: Vec<i64>,
    new: Vec<(i64, Texts)>,
}

/// What of a row can be found, already cut into words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts {
    sender: String,
    recipient: String,
    subject: String,
    preview: String,
}

impl Texts {
    pub fn of_envelope(envelope: &Envelope, preview: Option<&str>) -> Self {
        let from = if envelope.from.is_empty() { &envelope.sender } else { &envelope.from };
        Self::new(from, envelope.to.iter().chain(&envelope.cc), &envelope.subject, preview)
    }

    pub fn of_row(people: &People, subject: &str, preview: Option<&str>) -> Self {
        Self::new(&people.from, &people.to, subject, preview)
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

/// About what a row with texts of these lengths takes in the index: seen, some 0.55 octets for one of text.
pub(crate) fn weight(people: usize, subject: usize, preview: usize) -> i64 {
    i64::try_from(20 + (people + subject + preview) * 55 / 100).unwrap_or(i64::MAX)
}

/// A rowid for a message of this date: near its neighbours in time, and its own. Where many came in the same
/// seconds (an import), they spread over the minutes around.
pub(crate) fn place(tx: &Tx<'_>, date: i64, salt: i64) -> Result<i64, Error> {
    let wish = (date / GRAIN).clamp(1, 1 << 40);
    let mut random = salt as u64 | 1;
    let mut reach = 0i64;
    loop {
        let offset = if reach == 0 {
            0
        } else {
            // xorshift: spread is all that is asked of it.
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % (2 * reach as u64 + 1)) as i64 - reach
        };
        let doc = (wish + offset).max(1);
        if tx.one("SELECT 1 FROM message WHERE doc = ?1", [doc], |_| Ok(()))?.is_none() {
            return Ok(doc);
        }
        reach = (reach + 1).saturating_mul(2).min(1 << 40);
    }
}

/// Down to where the index is whole; None where it is.
fn below(read: &Read<'_>) -> Result<Option<i64>, Error> {
    Ok(setting::get(read, setting::INDEX_BELOW)?.and_then(|b| b.parse().ok()))
}

/// True where the row is indexed now, false where the index has not come to it yet.
pub(crate) fn add(tx: &Tx<'_>, doc: i64, texts: Texts) -> Result<bool, Error> {
    let indexed = below(tx)?.is_none_or(|below| doc >= below);
    if indexed {
        tx.words.borrow_mut().new.push((doc, texts));
    }
    Ok(indexed)
}

/// True where the row was indexed.
pub(crate) fn remove(tx: &Tx<'_>, doc: i64) -> Result<bool, Error> {
    let indexed = below(tx)?.is_none_or(|below| doc >= below);
    if indexed {
        let mut words = tx.words.borrow_mut();
        let before = words.new.len();
        words.new.retain(|(new, _)| *new != doc);
        if words.new.len() == before {
            words.gone.push(doc);
        }
    }
    Ok(indexed)
}

/// In ascending order: FTS5 begins a new segment for each step back.
pub(crate) fn write(tx: &Tx<'_>) -> Result<bool, Error> {
    let Pending { mut gone, mut new } = std::mem::take(&mut *tx.words.borrow_mut());
    if gone.is_empty() && new.is_empty() {
        return Ok(false);
    }
    gone.sort_unstable();
    for doc in gone {
        tx.run("DELETE FROM search WHERE rowid = ?1", [doc])?;
    }
    new.sort_unstable_by_key(|(doc, _)| *doc);
    for (doc, texts) in new {
        tx.run(
            "INSERT INTO search (rowid, sender, recipient, subject, preview) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![doc, texts.sender, texts.recipient, texts.subject, texts.preview],
        )?;
    }
    Ok(true)
}

/// One found message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub message: MessageId,
    pub internal_date: i64,
}

/// Messages that have all words of `query` in sender, recipients, subject or preview, newest first. The last
/// word counts as the beginning of one while it is being typed.
pub fn find(read: &Read<'_>, query: &str, limit: u32) -> Result<Vec<Hit>, Error> {
    let terms = words::terms(query);
    if terms.is_empty() || setting::get(read, setting::INDEX_DROPPING)?.is_some() {
        return Ok(Vec::new());
    }
    // Words hold nothing but letters and digits: quoted, they are no operators.
    let text: Vec<String> = terms
        .iter()
        .map(|term| format!("\"{}\"{}", term.word, if term.prefix { "*" } else { "" }))
        .collect();
    read.all(FIND, params![text.join(" AND "), limit], |row| {
        Ok(Hit { message: MessageId(row.get(0)?), internal_date: row.get(1)? })
    })
}

pub(crate) const FIND: &str =
    "SELECT m.id, m.date FROM search s CROSS JOIN message m ON m.doc = s.rowid
    WHERE search MATCH ?1 ORDER BY s.rowid DESC LIMIT ?2";

/// One merge of at most 100 pages. False where there was nothing to merge.
pub(crate) fn merge(tx: &Tx<'_>) -> Result<bool, Error> {
    if setting::get(tx, setting::INDEX_DROPPING)?.is_some() {
        return Ok(false);
    }
    let before = tx.conn.total_changes();
    tx.run("INSERT INTO search (search, rank) VALUES ('merge', 100)", [])?;
    // The command itself counts as one.
    Ok(tx.conn.total_changes() - before >= 2)
}

/// The first step of dropping the index: from here on it is neither asked nor fed.
pub(crate) fn begin_drop(tx: &Tx<'_>) -> Result<(), Error> {
    setting::set(tx, setting::INDEX_DROPPING, "1")?;
    setting::set(tx, setting::INDEX_BELOW, &i64::MAX.to_string())?;
    tx.unfinished.set(true);
    Ok(())
}

pub(crate) fn is_dropping(read: &Read<'_>) -> Result<bool, Error> {
    Ok(setting::get(read, setting::INDEX_DROPPING)?.is_some())
}

/// Whether there is anything to drop.
pub(crate) fn is_there(read: &Read<'_>) -> Result<bool, Error> {
    Ok(below(read)? != Some(i64::MAX))
}

/// Some pages of the index. `DROP TABLE` would write all of them to the log at once, since what is deleted is
/// overwritten; so the shadow tables are emptied a piece at a time and FTS5 sees the end only.
pub(crate) fn drop_step(tx: &Tx<'_>) -> Result<(), Error> {
    // Rows 1 and 10 are the averages and the structure: they go last, with FTS5's own command.
    let blocks = tx.run(
        "DELETE FROM search_data WHERE id IN (SELECT id FROM search_data WHERE id > 10 LIMIT 180)",
        [],
    )?;
    if blocks > 0 {
        return Ok(());
    }
    let sizes = tx.run(
        "DELETE FROM search_docsize WHERE id IN (SELECT id FROM search_docsize LIMIT 20000)",
        [],
    )?;
    if sizes > 0 {
        return Ok(());
    }
    tx.run("INSERT INTO search (search) VALUES ('delete-all')", [])?;
    tx.run("UPDATE tally SET octets = 0 WHERE kind = ?1", [usage::INDEX])?;
    setting::clear(tx, setting::INDEX_DROPPING)
}

/// Indexes some rows again, newest first. False where the index is whole.
pub(crate) fn rebuild_step(tx: &Tx<'_>, rows: usize) -> Result<bool, Error> {
    let Some(below) = below(tx)? else { return Ok(false) };
    tx.spend_rows(rows)?;
    let found = tx.all(
        "SELECT account, doc, people, subject, preview FROM message WHERE doc < ?1
         ORDER BY doc DESC LIMIT ?2",
        params![below, rows],
        |row| {
            let (people, subject): (Vec<u8>, String) = (row.get(2)?, row.get(3)?);
            let preview: Option<String> = row.get(4)?;
            let known = People::unpack(&people).unwrap_or_default();
            let texts = Texts::of_row(&known, &subject, preview.as_deref());
            let weight = weight(people.len(), subject.len(), preview.map_or(0, |p| p.len()));
            Ok((AccountId(row.get(0)?), row.get::<_, i64>(1)?, texts, weight))
        },
    )?;
    match found.last() {
        Some((_, last, ..)) => setting::set(tx, setting::INDEX_BELOW, &last.to_string())?,
        None => setting::clear(tx, setting::INDEX_BELOW)?,
    }
    for (account, doc, texts, weight) in found {
        add(tx, doc, texts)?;
        tx.tally(account, usage::INDEX, weight);
    }
    Ok(true)
}
