//! The index: which rows have which words. Contentless, fed with words made here, so that it can be dropped
//! and built again from the rows. Its rowid falls with date: the newest hits come first, and rows that come newest
//! first are appended.
//!
//! A row that leaves is not taken out. FTS5 needs pages to forget, which at the wall there are not, and a merge
//! of segments whose rows are mostly gone reads, and so overwrites in the log, any number of pages before it
//! writes its hundred (seen: 4 MB). What is found is joined with the rows that are there; once a quarter of the
//! index is of rows that left, the whole is dropped and built again, a piece at a time.

use crate::pack::People;
use crate::texts::Texts;
use crate::{Error, Read, Tx, account, setting, usage, words};
use model::{AccountId, MessageId};
use rusqlite::params;

/// Seconds that share a rowid if they must: a smaller number is a shorter one in every list of the index.
const GRAIN: i64 = 10;
/// The rowid of 1970. Of numbers below it each takes at most four octets; the dates end in 2055, and what
/// claims to be later stands there too.
const FIRST: i64 = 1 << 28;
/// Rows that left, before the index is built again for their sake.
const WORTH_A_RENEWAL: i64 = 2000;

/// About what a row with texts of these lengths takes in the index: seen, some 0.55 octets for one of text.
pub(crate) fn weight(people: usize, subject: usize, preview: usize) -> i64 {
    i64::try_from(20 + (people + subject + preview) * 55 / 100).unwrap_or(i64::MAX)
}

/// A rowid for a message of this date: near its neighbours in time, and its own. Where many came in the same
/// seconds (an import), they spread over the minutes around.
pub(crate) fn place(tx: &Tx<'_>, date: i64, salt: i64) -> Result<i64, Error> {
    let wish = (FIRST - date / GRAIN).clamp(1, 1 << 40);
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

/// From here on nothing is indexed yet; None where the index is whole.
fn from(read: &Read<'_>) -> Result<Option<i64>, Error> {
    Ok(setting::get(read, setting::INDEX_FROM)?.and_then(|b| b.parse().ok()))
}

/// True where the row is indexed now, false where the index has not come to it yet.
pub(crate) fn add(tx: &Tx<'_>, doc: i64, texts: Texts) -> Result<bool, Error> {
    let indexed = is_indexed(tx, doc)?;
    if indexed {
        tx.words.borrow_mut().insert(doc, texts);
    }
    Ok(indexed)
}

/// A row leaves. True where it was indexed.
pub(crate) fn remove(tx: &Tx<'_>, account: AccountId, doc: i64) -> Result<bool, Error> {
    let indexed = is_indexed(tx, doc)?;
    if indexed && tx.words.borrow_mut().remove(&doc).is_none() {
        tx.tally(account, usage::DEAD_WORDS, 1);
        tx.unfinished.set(true);
    }
    Ok(indexed)
}

pub(crate) fn is_indexed(read: &Read<'_>, doc: i64) -> Result<bool, Error> {
    Ok(from(read)?.is_none_or(|from| doc < from))
}

/// The words of a transaction, at its end; true where there were any.
/// In ascending order: FTS5 begins a new segment for each step back.
pub(crate) fn write(tx: &Tx<'_>) -> Result<bool, Error> {
    let pending = std::mem::take(&mut *tx.words.borrow_mut());
    for (doc, texts) in &pending {
        tx.run(
            "INSERT INTO search (rowid, sender, recipient, subject, preview) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![doc, texts.sender, texts.recipient, texts.subject, texts.preview],
        )?;
    }
    Ok(!pending.is_empty())
}

/// Begins to drop an index of which too much is of rows that left.
pub(crate) fn renew_step(tx: &Tx<'_>) -> Result<bool, Error> {
    let dead: i64 = tx
        .one(
            "SELECT coalesce(sum(octets), 0) FROM tally WHERE kind = ?1",
            [usage::DEAD_WORDS],
            |row| row.get(0),
        )?
        .unwrap_or(0);
    if dead < WORTH_A_RENEWAL {
        return Ok(false);
    }
    let live: i64 =
        tx.one("SELECT coalesce(sum(cached), 0) FROM mailbox", [], |row| row.get(0))?.unwrap_or(0);
    if dead < live / 4 || is_dropping(tx)? {
        return Ok(false);
    }
    begin_drop(tx)?;
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
    WHERE search MATCH ?1 ORDER BY s.rowid LIMIT ?2";

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
    setting::set(tx, setting::INDEX_FROM, "0")?;
    tx.unfinished.set(true);
    Ok(())
}

pub(crate) fn is_dropping(read: &Read<'_>) -> Result<bool, Error> {
    Ok(setting::get(read, setting::INDEX_DROPPING)?.is_some())
}

/// Whether there is anything to drop.
pub(crate) fn is_there(read: &Read<'_>) -> Result<bool, Error> {
    Ok(from(read)? != Some(0))
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
    tx.run("INSERT INTO search (search) VALUES ('delete-all')", [])?;
    tx.run(
        "UPDATE tally SET octets = 0 WHERE kind IN (?1, ?2)",
        [usage::INDEX, usage::DEAD_WORDS],
    )?;
    setting::clear(tx, setting::INDEX_DROPPING)
}

/// Indexes some rows again, newest first. False where the index is whole.
pub(crate) fn rebuild_step(tx: &Tx<'_>, rows: usize) -> Result<bool, Error> {
    let Some(from) = from(tx)? else { return Ok(false) };
    tx.spend_rows(rows)?;
    let found = tx.all(
        "SELECT account, doc, people, subject, preview FROM message WHERE doc >= ?1
         ORDER BY doc LIMIT ?2",
        params![from, rows],
        |row| {
            Ok((
                AccountId(row.get(0)?),
                row.get::<_, i64>(1)?,
                row.get::<_, Vec<u8>>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, Option<String>>(4)?,
            ))
        },
    )?;
    match found.last() {
        Some((_, last, ..)) => setting::set(tx, setting::INDEX_FROM, &(last + 1).to_string())?,
        None => setting::clear(tx, setting::INDEX_FROM)?,
    }
    for (account, doc, people, subject, preview) in found {
        let own = account::own(tx, account)?;
        let known = People::unpack(&people, &own).unwrap_or_default();
        add(tx, doc, Texts::of_row(&known, &own, &subject, preview.as_deref()))?;
        let weight = weight(people.len(), subject.len(), preview.map_or(0, |p| p.len()));
        tx.tally(account, usage::INDEX, weight);
    }
    Ok(true)
}
