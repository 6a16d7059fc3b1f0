//! Making room, in bounded transactions of its own: for a transaction that met the wall, and for a budget that
//! was lowered. What merely waits to be done lies above, in `tidy`.
//!
//! What leaves first: parts whose message left, parts used longest ago, placements that a renumbering took;
//! then, for what exists only here, the index (dropped and built again, not trimmed), pinned parts, the
//! oldest rows.

use crate::leave;
use crate::stand::At;
use crate::wall::{Duty, PAGE, ROW_SPACE, Walls};
use crate::writer::Writer;
use crate::{Error, MOST_ROWS, Read, Tx, covered, part, search, usage};
use model::{AccountId, MailboxId, Tag};
use rusqlite::params;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Pages given back to the disk in one transaction; each may move another.
const VACUUM: u32 = 100;

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

pub(crate) fn shrink_all(
    tx: &Tx<'_>,
    rows: impl Iterator<Item = part::Stored>,
) -> Result<bool, Error> {
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

pub(crate) fn orphans_step(tx: &mut Tx<'_>) -> Result<bool, Error> {
    let sql = format!("{} WHERE message IS NULL ORDER BY id LIMIT 64", part::Stored::COLUMNS);
    let orphans = tx.all(&sql, [], part::Stored::parse)?;
    shrink_all(tx, orphans.into_iter())
}

/// Placements of earlier epochs: of mailboxes that are gone, or that are covered to their end, so that nothing
/// will bind them again; `all` takes the others too, for room. What the person wants of flags stays.
pub(crate) fn sweep_placements(tx: &mut Tx<'_>, all: bool) -> Result<bool, Error> {
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
pub(crate) fn take_placements(tx: &Tx<'_>, id: i64, epoch: i64, and: &str) -> Result<usize, Error> {
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
        leave::remove(tx, at, message, false)?;
        taken += 1;
    }
    Ok(taken)
}

/// The oldest rows of all mailboxes together, older than `date`, as many as one transaction holds. What work
/// that exists only here names stays.
pub(crate) fn evict_oldest(
    tx: &mut Tx<'_>,
    date: i64,
    account: Option<AccountId>,
) -> Result<usize, Error> {
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
            leave::evict(tx, At { mailbox, epoch, date, uid }, message, true)?;
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
    let target = writer.walls().headers().saturating_sub(MOST_ROWS as u64 * ROW_SPACE);
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
pub(crate) fn drop_index_step(writer: &mut Writer) -> Result<bool, Error> {
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
pub(crate) fn vacuum_step(writer: &mut Writer) -> Result<bool, Error> {
    let before = writer.pages()?;
    writer.step(Duty::Room, |tx| {
        let mut statement = tx.conn.prepare(&format!("PRAGMA incremental_vacuum({VACUUM})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        Ok(())
    })?;
    Ok(writer.pages()? < before)
}
