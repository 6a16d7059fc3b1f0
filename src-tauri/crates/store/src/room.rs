//! Making room, and everything else that goes on in bounded transactions of its own: eviction, sweeps of
//! what was marked to go, merges of the index, giving pages back to the disk.
//!
//! What leaves first: parts whose message left, parts used longest ago, placements that a renumbering took;
//! then, for what exists only here, the index (dropped and built again, not trimmed), pinned parts, the
//! oldest rows.

use crate::placement::{self, At};
use crate::usage::{self, Kind};
use crate::wall::{Duty, PAGE, Walls};
use crate::writer::Writer;
use crate::{Error, MOST_ROWS, Read, Tx, covered, intent, message, part, search, thread};
use model::{AccountId, MailboxId, Tag};
use rusqlite::params;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A header row with its share of the index, before it is written.
const ROW: u64 = 900;
/// Its share of the index.
const INDEXED: u64 = 250;
/// Pages given back to the disk in one transaction; each may move another.
const VACUUM: u32 = 100;
/// Free pages that are kept rather than given back.
const SPARE: u64 = 64;

/// Refuses rows that would leave no room for text. What is older than the newest of them may make way.
pub(crate) fn admit_headers(tx: &Tx<'_>, rows: usize, newest: i64) -> Result<(), Error> {
    if usage::headers(tx)? + rows as u64 * ROW > tx.shared.walls().headers() {
        tx.refused.set(Some(newest));
        return Err(Error::HeadersFull);
    }
    Ok(())
}

/// Frees about so many pages for a transaction that met the wall. 0: there is nothing left to take.
pub(crate) fn make(
    writer: &mut Writer,
    duty: Duty,
    wanted: u64,
    keep: &[i64],
) -> Result<u64, Error> {
    writer.flush_touches(1)?;
    let before = writer.free_pages()?;
    let mut progress = false;
    while writer.free_pages()?.saturating_sub(before) < wanted && evict_some(writer, duty, keep)? {
        progress = true;
    }
    let freed = writer.free_pages()?.saturating_sub(before);
    Ok(if progress { freed.max(1) } else { 0 })
}

fn evict_some(writer: &mut Writer, duty: Duty, keep: &[i64]) -> Result<bool, Error> {
    let sacred = duty != Duty::Cache;
    Ok(writer.step(Duty::Room, orphans_step)?
        || writer.step(Duty::Room, |tx| evict_parts(tx, false, keep))?
        || writer.step(Duty::Room, |tx| sweep_placements(tx, true))?
        || (sacred && drop_index_step(writer)?)
        || writer.step(Duty::Room, |tx| evict_parts(tx, true, keep))?
        || (sacred && writer.step(Duty::Room, |tx| evict_oldest(tx, i64::MAX, None))? > 0))
}

/// About a megabyte of parts, those used longest ago. True if any left, or a piece of one.
fn evict_parts(tx: &mut Tx<'_>, pinned: bool, keep: &[i64]) -> Result<bool, Error> {
    let sql = format!(
        "{} WHERE pinned = ?1 AND message IS NOT NULL ORDER BY used LIMIT ?2",
        part::Stored::COLUMNS
    );
    let oldest = tx.all(&sql, params![pinned, 64 + keep.len()], part::Stored::parse)?;
    shrink_all(tx, oldest.into_iter().filter(|row| !keep.contains(&row.id)))
}

fn shrink_all(tx: &Tx<'_>, rows: impl Iterator<Item = part::Stored>) -> Result<bool, Error> {
    let mut any = false;
    for row in rows {
        any = true;
        tx.changed(Tag::Storage);
        if !row.shrink(tx)? {
            break;
        }
    }
    Ok(any)
}

fn orphans_step(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let sql = format!("{} WHERE message IS NULL ORDER BY id LIMIT 64", part::Stored::COLUMNS);
    let orphans = tx.all(&sql, [], part::Stored::parse)?;
    shrink_all(tx, orphans.into_iter())
}

/// Placements of earlier epochs: of mailboxes that are gone, or that are covered to their end, so that nothing
/// will bind them again; `all` takes the others too, for room. What the person wants of flags stays.
fn sweep_placements(tx: &mut Tx<'_>, all: bool) -> Result<bool, Error> {
    let mailboxes = tx.all(
        "SELECT id, epoch, gone FROM mailbox m WHERE stale > 0 AND EXISTS (
             SELECT 1 FROM placement WHERE mailbox = m.id AND epoch < m.epoch AND local IS NULL)",
        [],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, bool>(2)?)),
    )?;
    for (id, epoch, gone) in mailboxes {
        let settled = || {
            let top = covered::top(tx, MailboxId(id))?;
            Ok::<_, Error>(top.is_some_and(|(low, _)| low.0 <= 1))
        };
        if all || gone || settled()? {
            return Ok(take_placements(tx, id, epoch, "AND local IS NULL")? > 0);
        }
    }
    Ok(false)
}

/// As many placements of epochs before `epoch` as one transaction holds.
fn take_placements(tx: &Tx<'_>, id: i64, epoch: i64, and: &str) -> Result<usize, Error> {
    let sql = format!(
        "SELECT epoch, date, uid, message FROM placement
         WHERE mailbox = ?1 AND epoch < ?2 {and} LIMIT 250"
    );
    let rows = tx.all(&sql, [id, epoch], |row| {
        let at = At { mailbox: id, epoch: row.get(0)?, date: row.get(1)?, uid: row.get(2)? };
        Ok((at, row.get::<_, i64>(3)?))
    })?;
    let mut taken = 0;
    for (at, message) in rows {
        if tx.spend_removal().is_err() {
            break;
        }
        placement::remove(tx, at, message, false)?;
        taken += 1;
    }
    Ok(taken)
}

/// Mailboxes that are gone, swept, and named by nobody.
fn drop_mailboxes(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let dropped = tx.run(
        "DELETE FROM mailbox WHERE gone = 1
             AND NOT EXISTS (SELECT 1 FROM placement WHERE placement.mailbox = mailbox.id)
             AND NOT EXISTS (SELECT 1 FROM intent WHERE intent.mailbox = mailbox.id)",
        [],
    )?;
    Ok(dropped > 0)
}

/// The oldest rows of all mailboxes together, older than `date`, as many as one transaction holds. What work
/// that exists only here names stays.
fn evict_oldest(tx: &mut Tx<'_>, date: i64, account: Option<AccountId>) -> Result<usize, Error> {
    let mailboxes = tx.all(
        "SELECT id, epoch FROM mailbox WHERE cached > 0 AND (?1 IS NULL OR account = ?1)",
        [account.map(|a| a.0)],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    let next = |mailbox: i64, epoch: i64, after: (i64, i64)| {
        tx.one(
            "SELECT date, uid, message FROM placement
             WHERE mailbox = ?1 AND epoch = ?2 AND (date, uid) > (?3, ?4) AND date < ?5 AND local IS NULL
             ORDER BY date ASC, uid ASC LIMIT 1",
            params![mailbox, epoch, after.0, after.1, date],
            |row| {
                let at = At { mailbox, epoch, date: row.get(0)?, uid: row.get(1)? };
                Ok((at, row.get::<_, i64>(2)?))
            },
        )
    };
    let mut heap = BinaryHeap::new();
    for (mailbox, epoch) in mailboxes {
        if let Some((at, message)) = next(mailbox, epoch, (i64::MIN, 0))? {
            heap.push(Reverse((at.date, at.uid, mailbox, epoch, message)));
        }
    }
    let mut taken = 0;
    while let Some(Reverse((date, uid, mailbox, epoch, message))) = heap.pop() {
        let named = "SELECT 1 FROM intent_message WHERE message = ?1 LIMIT 1";
        if tx.one(named, [message], |_| Ok(()))?.is_none() {
            if tx.spend_removal().is_err() {
                break;
            }
            message::evict(tx, At { mailbox, epoch, date, uid }, message, true)?;
            tx.changed(Tag::List(MailboxId(mailbox)));
            taken += 1;
        }
        if let Some((at, message)) = next(mailbox, epoch, (date, uid))? {
            heap.push(Reverse((at.date, at.uid, mailbox, epoch, message)));
        }
    }
    Ok(taken)
}

/// Room for as many newer rows as a transaction holds: the oldest leave. 0 where none is older.
pub(crate) fn forget_older(writer: &mut Writer, date: i64) -> Result<usize, Error> {
    let target = writer.walls().headers().saturating_sub(MOST_ROWS as u64 * ROW);
    let mut all = 0;
    loop {
        let taken = writer.step(Duty::Room, |tx| evict_oldest(tx, date, None))?;
        all += taken;
        if taken == 0 || headers(writer)? <= target {
            return Ok(all);
        }
    }
}

fn headers(writer: &Writer) -> Result<u64, Error> {
    usage::headers(&Read { conn: &writer.conn, shared: &writer.shared })
}

/// One piece of the index leaves; false where there is none.
fn drop_index_step(writer: &mut Writer) -> Result<bool, Error> {
    writer.step(Duty::Room, |tx| {
        if search::is_dropping(tx)? {
            search::drop_step(tx)?;
        } else if search::is_there(tx)? {
            search::begin_drop(tx)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    })
}

/// Brings a file under its budget: after the budget was lowered, or if it was opened with a lower one.
pub(crate) fn fit(writer: &mut Writer) -> Result<(), Error> {
    let walls = writer.walls();
    let headers =
        |writer: &Writer| usage::headers(&Read { conn: &writer.conn, shared: &writer.shared });
    if headers(writer)? > walls.headers() {
        while drop_index_step(writer)? {}
        while headers(writer)? > walls.headers()
            && writer.step(Duty::Room, |tx| evict_oldest(tx, i64::MAX, None))? > 0
        {}
    }
    let over = |writer: &Writer| -> Result<bool, Error> {
        let used = Read { conn: &writer.conn, shared: &writer.shared }.used()?;
        Ok(used > writer.walls().cache())
    };
    while over(writer)? && make(writer, Duty::Sacred, 256, &[])? > 0 {}
    while writer.pages()? > walls.pages(Duty::Cache) && vacuum_step(writer)? {}
    writer.empty_log()?;
    if writer.pages()? <= walls.pages(Duty::Sacred) {
        return Ok(());
    }
    Err(Error::BudgetTooSmall { least: Walls::least_for(writer.pages()? * PAGE) })
}

/// Gives some free pages back to the disk.
fn vacuum_step(writer: &mut Writer) -> Result<bool, Error> {
    let before = writer.pages()?;
    writer.step(Duty::Room, |tx| {
        let mut statement = tx.conn.prepare(&format!("PRAGMA incremental_vacuum({VACUUM})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    })?;
    Ok(writer.pages()? < before)
}

/// Gives all but some free pages back.
fn shrink_file(writer: &mut Writer) -> Result<(), Error> {
    while writer.free_pages()? > SPARE && vacuum_step(writer)? {}
    writer.empty_log()?;
    Ok(())
}

/// Levels that have gathered enough segments become one, a hundred pages at a time.
pub(crate) fn merge_index(writer: &mut Writer) -> Result<bool, Error> {
    writer.step(Duty::Room, |tx| search::merge(tx))
}

/// One step of what was left for later; false where nothing is.
pub(crate) fn tidy_step(writer: &mut Writer) -> Result<bool, Error> {
    Ok(writer.step(Duty::Room, wipe_step)?
        || writer.step(Duty::Room, |tx| sweep_placements(tx, false))?
        || writer.step(Duty::Room, drop_mailboxes)?
        || writer.step(Duty::Room, orphans_step)?
        || writer.step(Duty::Room, |tx| thread::merge_step(tx))?
        || writer.step(Duty::Room, |tx| thread::sweep_step(tx))?
        || writer.step(Duty::Room, |tx| search::renew_step(tx))?
        || merge_index(writer)?
        || index_step(writer)?)
}

/// Goes on with dropping the index, or with building it again where it has room.
fn index_step(writer: &mut Writer) -> Result<bool, Error> {
    let dropping = search::is_dropping(&Read { conn: &writer.conn, shared: &writer.shared })?;
    if dropping {
        return drop_index_step(writer);
    }
    writer.step(Duty::Cache, |tx| {
        let rows = 200;
        let room = usage::headers(tx)? + rows as u64 * INDEXED <= tx.shared.walls().headers();
        if room { search::rebuild_step(tx, rows) } else { Ok(false) }
    })
}

/// Everything of a kind that the server still has, pinned parts excepted.
pub(crate) fn free(
    writer: &mut Writer,
    kind: Kind,
    account: Option<AccountId>,
) -> Result<u64, Error> {
    let before = used(writer)?;
    let id = account.map(|a| a.0);
    match kind {
        Kind::Text | Kind::Attachments => {
            let kind = if kind == Kind::Text { usage::TEXT } else { usage::ATTACHMENTS };
            let sql = format!(
                "{} WHERE kind = ?1 AND (?2 IS NULL OR account = ?2) AND pinned = 0 LIMIT 64",
                part::Stored::COLUMNS
            );
            while writer.step(Duty::Room, |tx| {
                let rows = tx.all(&sql, params![kind, id], part::Stored::parse)?;
                shrink_all(tx, rows.into_iter())
            })? {}
        }
        Kind::Headers => {
            while writer.step(Duty::Room, |tx| evict_oldest(tx, i64::MAX, account))? > 0 {}
            while writer.step(Duty::Room, orphans_step)? {}
        }
        Kind::Index => while drop_index_step(writer)? {},
    }
    shrink_file(writer)?;
    Ok(before.saturating_sub(used(writer)?))
}

/// Marks an account, then wipes it. Everything that is deleted is overwritten: SQLCipher's secure_delete.
pub(crate) fn remove_account(writer: &mut Writer, id: AccountId) -> Result<u64, Error> {
    let before = used(writer)?;
    writer.step(Duty::Sacred, |tx| {
        if tx.run("UPDATE account SET removing = 1 WHERE id = ?1", [id.0])? == 0 {
            return Err(Error::NotFound("such account"));
        }
        // The index knows words of what is wiped; of the other accounts it is built again.
        if search::is_there(tx)? {
            search::begin_drop(tx)?;
        }
        tx.changed(Tag::Accounts);
        Ok(())
    })?;
    while drop_index_step(writer)? {}
    while writer.step(Duty::Room, wipe_step)? {}
    writer.step(Duty::Room, |tx| {
        tx.changed(Tag::Storage);
        Ok(())
    })?;
    shrink_file(writer)?;
    Ok(before.saturating_sub(used(writer)?))
}

fn used(writer: &Writer) -> Result<u64, Error> {
    Ok((writer.pages()? - writer.free_pages()?) * PAGE)
}

/// A piece of an account that is being removed; the account's own row goes last. False where none is.
fn wipe_step(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let sql = "SELECT id FROM account WHERE removing = 1 LIMIT 1";
    let Some(account) = tx.one(sql, [], |row| row.get::<_, i64>(0))? else { return Ok(false) };
    let sql = "SELECT id FROM intent WHERE account = ?1 LIMIT 100";
    let intents = tx.all(sql, [account], |row| row.get(0).map(intent::IntentId))?;
    if !intents.is_empty() {
        for id in intents {
            if tx.could_spend(700_000) {
                intent::remove(tx, id)?;
            }
        }
        return Ok(true);
    }
    let sql = format!("{} WHERE account = ?1 LIMIT 64", part::Stored::COLUMNS);
    let parts = tx.all(&sql, [account], part::Stored::parse)?;
    if shrink_all(tx, parts.into_iter())? {
        return Ok(true);
    }
    let sql = "SELECT id FROM mailbox m WHERE account = ?1
               AND EXISTS (SELECT 1 FROM placement WHERE mailbox = m.id) LIMIT 1";
    if let Some(id) = tx.one(sql, [account], |row| row.get::<_, i64>(0))? {
        take_placements(tx, id, i64::MAX, "")?;
        return Ok(true);
    }
    let lines = tx.run(
        "DELETE FROM header WHERE account = ?1
             AND hash IN (SELECT hash FROM header WHERE account = ?1 LIMIT 4000)",
        [account],
    )?;
    if lines > 0 {
        return Ok(true);
    }
    let stretches = tx.run(
        "DELETE FROM covered WHERE mailbox IN (SELECT id FROM mailbox WHERE account = ?1)",
        [account],
    )?;
    let mailboxes = tx.run(
        "DELETE FROM mailbox WHERE id IN (SELECT id FROM mailbox WHERE account = ?1 LIMIT 1000)",
        [account],
    )?;
    if stretches + mailboxes > 0 {
        return Ok(true);
    }
    for table in ["account_root", "quirk", "tally"] {
        tx.run(&format!("DELETE FROM {table} WHERE account = ?1"), [account])?;
    }
    tx.run("DELETE FROM account WHERE id = ?1", [account])?;
    Ok(true)
}
