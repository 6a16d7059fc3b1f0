//! Where a row stands: at the head of its conversation, in the one inbox. Both are kept in the placement itself,
//! so that a list of conversations, or one over all accounts, is an index that is read from its top.
//!
//! The head of a conversation is right after every statement. Whether a row stands in the inbox is its mailbox's
//! matter: where that changes for all of them at once (a role, a renumbering), they are told in bounded steps, and
//! until then readers take the mailbox's own list.

use crate::{Error, Tx};
use model::MailboxId;
use rusqlite::params;

/// Rows that are told in one transaction.
const STEP: usize = 150;

/// The key of a placement's row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    pub mailbox: i64,
    pub epoch: i64,
    pub date: i64,
    pub uid: i64,
}

/// The newest two of a conversation in a mailbox.
pub(crate) const NEWEST: &str = "SELECT date, uid, head FROM placement INDEXED BY placement_thread
    WHERE thread = ?1 AND mailbox = ?2 AND epoch = ?3 ORDER BY date DESC, uid DESC LIMIT 2";

/// After one row of this conversation came or went: the newest is its head, and no other. Of an epoch in view.
pub(crate) fn settle(tx: &Tx<'_>, thread: i64, mailbox: i64, epoch: i64) -> Result<(), Error> {
    let newest = tx.all(NEWEST, [thread, mailbox, epoch], |row| {
        let at = At { mailbox, epoch, date: row.get(0)?, uid: row.get(1)? };
        Ok((at, row.get::<_, Option<i64>>(2)?.is_some()))
    })?;
    for (number, (at, head)) in newest.into_iter().enumerate() {
        let should = number == 0;
        if head != should {
            tx.run(
                "UPDATE placement SET head = ?5 WHERE mailbox = ?1 AND epoch = ?2 AND date = ?3 AND uid = ?4",
                params![at.mailbox, at.epoch, at.date, at.uid, should.then_some(1)],
            )?;
            count(tx, mailbox, if should { 1 } else { -1 })?;
        }
    }
    Ok(())
}

pub(crate) fn count(tx: &Tx<'_>, mailbox: i64, heads: i64) -> Result<(), Error> {
    tx.run("UPDATE mailbox SET heads = max(heads + ?2, 0) WHERE id = ?1", [mailbox, heads])?;
    Ok(())
}

/// A message joins another conversation, and its placements with it.
pub(crate) fn join(tx: &Tx<'_>, message: i64, old: i64, new: i64) -> Result<(), Error> {
    tx.run("UPDATE message SET thread = ?2 WHERE id = ?1", [message, new])?;
    let places = tx.all(
        "SELECT p.mailbox, p.epoch, p.date, p.uid, p.head, p.epoch = m.epoch
         FROM placement p JOIN mailbox m ON m.id = p.mailbox WHERE p.message = ?1",
        [message],
        |row| {
            let at = At {
                mailbox: row.get(0)?,
                epoch: row.get(1)?,
                date: row.get(2)?,
                uid: row.get(3)?,
            };
            Ok((at, row.get::<_, Option<i64>>(4)?.is_some(), row.get::<_, bool>(5)?))
        },
    )?;
    for (at, head, in_view) in places {
        tx.run(
            "UPDATE placement SET thread = ?5, head = NULL
             WHERE mailbox = ?1 AND epoch = ?2 AND date = ?3 AND uid = ?4",
            params![at.mailbox, at.epoch, at.date, at.uid, new],
        )?;
        if in_view {
            if head {
                count(tx, at.mailbox, -1)?;
                settle(tx, old, at.mailbox, at.epoch)?;
            }
            settle(tx, new, at.mailbox, at.epoch)?;
            tx.changed(model::Tag::List(MailboxId(at.mailbox)));
        }
    }
    Ok(())
}

/// Whether rows of this mailbox stand in the one inbox.
pub(crate) fn is_inbox(tx: &Tx<'_>, mailbox: i64) -> Result<bool, Error> {
    let sql =
        "SELECT gone = 0 AND coalesce(role_by_user, role, '') = 'inbox' FROM mailbox WHERE id = ?1";
    Ok(tx.one(sql, [mailbox], |row| row.get(0))?.unwrap_or(false))
}

/// All rows of a mailbox are to be told anew.
pub(crate) fn begin(tx: &Tx<'_>, mailbox: i64) -> Result<(), Error> {
    let begun =
        tx.run("UPDATE mailbox SET standing = '' WHERE id = ?1 AND cached + stale > 0", [mailbox])?;
    if begun > 0 {
        tx.unfinished.set(true);
    }
    Ok(())
}

/// Tells some rows where they stand now. False where all have been told.
pub(crate) fn step(tx: &Tx<'_>) -> Result<bool, Error> {
    let sql = "SELECT id, epoch, standing FROM mailbox WHERE standing IS NOT NULL LIMIT 1";
    let Some((mailbox, now, cursor)) = tx.one(sql, [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?))
    })?
    else {
        return Ok(false);
    };
    let mut at = cursor.split(' ').map(str::parse::<i64>);
    let (epoch, date, uid) = match (at.next(), at.next(), at.next()) {
        (Some(Ok(epoch)), Some(Ok(date)), Some(Ok(uid))) => (epoch, date, uid),
        _ => (i64::MIN, i64::MAX, i64::MAX),
    };
    tx.spend_rows(STEP)?;
    let some = tx.all(
        "SELECT date, uid, thread, head, unified FROM placement
         WHERE mailbox = ?1 AND epoch = ?2 AND (date, uid) < (?3, ?4)
         ORDER BY date DESC, uid DESC LIMIT ?5",
        params![mailbox, epoch, date, uid, STEP],
        |row| {
            let at = At { mailbox, epoch, date: row.get(0)?, uid: row.get(1)? };
            let set =
                |at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.is_some());
            Ok((at, row.get::<_, i64>(2)?, set(3)?, set(4)?))
        },
    )?;
    let cursor = match some.last() {
        Some((at, ..)) => Some(format!("{} {} {}", at.epoch, at.date, at.uid)),
        None => {
            let next = "SELECT min(epoch) FROM placement WHERE mailbox = ?1 AND epoch > ?2";
            let next =
                tx.one(next, [mailbox, epoch], |row| row.get::<_, Option<i64>>(0))?.flatten();
            next.map(|epoch| format!("{epoch} {} {}", i64::MAX, i64::MAX))
        }
    };
    let in_view = epoch == now;
    let inbox = in_view && is_inbox(tx, mailbox)?;
    for (at, thread, head, unified) in some {
        if unified != inbox || (head && !in_view) {
            tx.run(
                "UPDATE placement SET head = ?5, unified = ?6
                 WHERE mailbox = ?1 AND epoch = ?2 AND date = ?3 AND uid = ?4",
                params![
                    at.mailbox,
                    at.epoch,
                    at.date,
                    at.uid,
                    (head && in_view).then_some(1),
                    inbox.then_some(1),
                ],
            )?;
        }
        if in_view {
            settle(tx, thread, mailbox, epoch)?;
        }
    }
    tx.run("UPDATE mailbox SET standing = ?2 WHERE id = ?1", params![mailbox, cursor])?;
    Ok(true)
}
