//! The index: which rows have which words. Contentless, fed with words made here, so that it can be dropped
//! and built again from the rows. Its rowid falls with date: the newest hits come first, and rows that come newest
//! first are appended.
//!
//! A row that leaves is not taken out. FTS5 needs pages to forget, which at the wall there are not, and a merge
//! of segments whose rows are mostly gone reads, and so overwrites in the log, any number of pages before it
//! writes its hundred (seen: 4 MB). What is found is joined with the rows that are there; once a quarter of the
//! index is of rows that left, the whole is dropped and built again, a piece at a time.

use crate::texts::{Kept, Texts};
use crate::{Error, Read, Tx, account, pack, setting, usage, words};
use model::{AccountId, MessageId};
use rusqlite::params;

pub use crate::find::{Coverage, Found, Hit, MOST_LOOKED, Scope, coverage, find};

/// Seconds that share a rowid if they must: a smaller number is a shorter one in every list of the index.
pub(crate) const GRAIN: i64 = 10;
/// The rowid of 1970. Of numbers below it each takes at most four octets; the dates end in 2055, and what
/// claims to be later stands there too.
pub(crate) const FIRST: i64 = 1 << 28;
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
pub(crate) fn from(read: &Read<'_>) -> Result<Option<i64>, Error> {
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
            "INSERT INTO search (rowid, sender, recipient, subject, preview, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![doc, texts.sender, texts.recipient, texts.subject, texts.preview, texts.body],
        )?;
    }
    Ok(!pending.is_empty())
}

/// Words and octets of one opened text that can be searched for.
const MOST_BODY_WORDS: usize = 2000;
const MOST_BODY: usize = 12_000;

/// The text of a message that was opened can be found from now on. Where header rows have no room left it is
/// not kept.
pub fn add_body(tx: &Tx<'_>, message: MessageId, text: &str) -> Result<(), Error> {
    let mut words = String::new();
    // A character of text makes at most three of words; what is behind that would be cut off anyway.
    words::feed(&mut words, pack::cut(text, MOST_BODY * 4), MOST_BODY_WORDS);
    if words.len() > MOST_BODY {
        let cut = pack::cut(&words, MOST_BODY);
        let end = cut.rfind(' ').unwrap_or(cut.len());
        words.truncate(end);
    }
    let sql = format!("SELECT {} FROM message WHERE id = ?1", Kept::COLUMNS);
    let found = tx.one(&sql, [message.0], Kept::parse)?;
    let before = body(tx, message.0)?;
    let Some(kept) = found.filter(|_| !words.is_empty()) else { return Ok(()) };
    let space = 3 * words.len();
    if before.as_deref() == Some(&words)
        || usage::headers(tx)? + space as u64 > tx.shared.walls().headers()
    {
        return Ok(());
    }
    tx.spend(space + 8 * 4096)?;
    tx.run(
        "INSERT INTO body (message, words) VALUES (?1, ?2)
         ON CONFLICT (message) DO UPDATE SET words = excluded.words",
        params![message.0, words],
    )?;
    let more = words.len() as i64 - before.map_or(0, |b| b.len() as i64);
    tx.tally(kept.account, usage::HEADERS, more);
    let own = account::own(tx, kept.account)?;
    add(tx, kept.doc, Texts { body: words, ..kept.texts(&own) })?;
    Ok(())
}

pub(crate) fn body(read: &Read<'_>, message: i64) -> Result<Option<String>, Error> {
    read.one("SELECT words FROM body WHERE message = ?1", [message], |row| row.get(0))
}

pub(crate) fn forget_body(tx: &Tx<'_>, account: AccountId, message: i64) -> Result<(), Error> {
    let sql = "DELETE FROM body WHERE message = ?1 RETURNING length(CAST(words AS BLOB))";
    if let Some(octets) = tx.one(sql, [message], |row| row.get::<_, i64>(0))? {
        tx.tally(account, usage::HEADERS, -octets);
    }
    Ok(())
}

/// Some of the words of opened texts, of one account or of all; false where none is left. The index forgets them
/// when it is built again.
pub(crate) fn forget_bodies(tx: &Tx<'_>, account: Option<AccountId>) -> Result<bool, Error> {
    let some = tx.all(
        "SELECT b.message, m.account FROM body b CROSS JOIN message m ON m.id = b.message
         WHERE ?1 IS NULL OR m.account = ?1 LIMIT 50",
        [account.map(|a| a.0)],
        |row| Ok((row.get::<_, i64>(0)?, AccountId(row.get(1)?))),
    )?;
    for (message, account) in &some {
        tx.spend(MOST_BODY + 4096)?;
        forget_body(tx, *account, *message)?;
        tx.tally(*account, usage::DEAD_WORDS, 1);
    }
    if !some.is_empty() {
        tx.unfinished.set(true);
    }
    Ok(!some.is_empty())
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
    let sql =
        format!("SELECT {}, id FROM message WHERE doc >= ?1 ORDER BY doc LIMIT ?2", Kept::COLUMNS);
    let found =
        tx.all(&sql, params![from, rows], |row| Ok((Kept::parse(row)?, row.get::<_, i64>(5)?)))?;
    match found.last() {
        Some((last, _)) => setting::set(tx, setting::INDEX_FROM, &(last.doc + 1).to_string())?,
        None => setting::clear(tx, setting::INDEX_FROM)?,
    }
    for (kept, id) in found {
        let own = account::own(tx, kept.account)?;
        let body = body(tx, id)?.unwrap_or_default();
        add(tx, kept.doc, Texts { body, ..kept.texts(&own) })?;
        let preview = kept.preview.as_ref().map_or(0, String::len);
        tx.tally(
            kept.account,
            usage::INDEX,
            weight(kept.people.len(), kept.subject.len(), preview),
        );
    }
    Ok(true)
}
