//! Which stretches of a mailbox's UIDs are cached. What lies between them is a hole, and is shown as one.

use crate::{Error, Read, Tx};
use model::{MailboxId, Uid, UidSet};
use rusqlite::params;

/// Everything that the server has from `low` to `high`, both in it, is here now.
pub fn add(tx: &Tx<'_>, mailbox: MailboxId, low: Uid, high: Uid) -> Result<(), Error> {
    if low > high {
        return Ok(());
    }
    tx.spend(256)?;
    let (mut low, mut high) = (i64::from(low.0), i64::from(high.0));
    // The stretches that touch: at most one begins before `low`.
    let touching = tx.all(
        "SELECT uid_low, uid_high FROM covered
         WHERE mailbox = ?1 AND uid_low <= ?3 + 1 AND uid_low >= coalesce(
             (SELECT max(uid_low) FROM covered WHERE mailbox = ?1 AND uid_low <= ?2), ?2)
           AND uid_high >= ?2 - 1",
        params![mailbox.0, low, high],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    for (l, h) in touching {
        tx.run("DELETE FROM covered WHERE mailbox = ?1 AND uid_low = ?2", [mailbox.0, l])?;
        low = low.min(l);
        high = high.max(h);
    }
    tx.run(
        "INSERT INTO covered (mailbox, uid_low, uid_high) VALUES (?1, ?2, ?3)",
        [mailbox.0, low, high],
    )?;
    if low <= 1 {
        // What a renumbering left and nothing has bound again may be swept: see room::sweep_placements.
        tx.unfinished.set(true);
    }
    Ok(())
}

/// One row has left this device.
pub(crate) fn remove(tx: &Tx<'_>, mailbox: i64, uid: i64) -> Result<(), Error> {
    let found: Option<(i64, i64)> = tx.one(
        "SELECT uid_low, uid_high FROM covered WHERE mailbox = ?1 AND uid_low <= ?2
         ORDER BY uid_low DESC LIMIT 1",
        [mailbox, uid],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let Some((low, high)) = found.filter(|(_, high)| *high >= uid) else { return Ok(()) };
    tx.run("DELETE FROM covered WHERE mailbox = ?1 AND uid_low = ?2", [mailbox, low])?;
    for (l, h) in [(low, uid - 1), (uid + 1, high)] {
        if l <= h {
            tx.run(
                "INSERT INTO covered (mailbox, uid_low, uid_high) VALUES (?1, ?2, ?3)",
                [mailbox, l, h],
            )?;
        }
    }
    Ok(())
}

/// The server has these, and they are not here: their places are holes.
pub fn forget(tx: &Tx<'_>, mailbox: MailboxId, uids: &UidSet) -> Result<(), Error> {
    for &(low, high) in uids.ranges() {
        tx.spend(512)?;
        let (low, high) = (i64::from(low), i64::from(high));
        let touching = tx.all(
            "SELECT uid_low, uid_high FROM covered WHERE mailbox = ?1 AND uid_low <= ?3 AND uid_high >= ?2",
            params![mailbox.0, low, high],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )?;
        for (l, h) in touching {
            tx.run("DELETE FROM covered WHERE mailbox = ?1 AND uid_low = ?2", [mailbox.0, l])?;
            for (l, h) in [(l, low - 1), (high + 1, h)] {
                if l <= h {
                    tx.run(
                        "INSERT INTO covered (mailbox, uid_low, uid_high) VALUES (?1, ?2, ?3)",
                        [mailbox.0, l, h],
                    )?;
                }
            }
        }
    }
    tx.changed(model::Tag::List(mailbox));
    Ok(())
}

pub(crate) fn clear(tx: &Tx<'_>, mailbox: i64) -> Result<(), Error> {
    tx.run("DELETE FROM covered WHERE mailbox = ?1", [mailbox])?;
    Ok(())
}

pub fn list(read: &Read<'_>, mailbox: MailboxId) -> Result<UidSet, Error> {
    let sql = "SELECT uid_low, uid_high FROM covered WHERE mailbox = ?1 ORDER BY uid_low";
    let mut set = UidSet::new();
    for (low, high) in read.all(sql, [mailbox.0], |row| Ok((row.get(0)?, row.get(1)?)))? {
        set.insert_range(low, high);
    }
    Ok(set)
}

pub(crate) const TOP: &str =
    "SELECT uid_low, uid_high FROM covered WHERE mailbox = ?1 ORDER BY uid_low DESC LIMIT 1";

/// The stretch with the highest UIDs: what a list shows first.
pub fn top(read: &Read<'_>, mailbox: MailboxId) -> Result<Option<(Uid, Uid)>, Error> {
    read.one(TOP, [mailbox.0], |row| Ok((Uid(row.get(0)?), Uid(row.get(1)?))))
}

/// What of 1 to `top` is not here.
pub fn holes(read: &Read<'_>, mailbox: MailboxId, top: Uid) -> Result<UidSet, Error> {
    let mut holes = UidSet::new();
    let mut next = 1u32;
    for &(low, high) in list(read, mailbox)?.ranges() {
        if low > top.0 {
            break;
        }
        holes.insert_range(next, low.saturating_sub(1));
        match high.checked_add(1) {
            Some(after) => next = after,
            None => return Ok(holes),
        }
    }
    holes.insert_range(next, top.0);
    Ok(holes)
}

pub fn contains(read: &Read<'_>, mailbox: MailboxId, uid: Uid) -> Result<bool, Error> {
    let sql = "SELECT uid_high FROM covered WHERE mailbox = ?1 AND uid_low <= ?2
               ORDER BY uid_low DESC LIMIT 1";
    let high = read.one(sql, params![mailbox.0, uid.0], |row| row.get::<_, u32>(0))?;
    Ok(high.is_some_and(|high| high >= uid.0))
}
