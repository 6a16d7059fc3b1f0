//! Where messages stand: a mailbox and a UID, within one UIDVALIDITY.

use crate::flags::stored;
use crate::leave;
use crate::stand::At;
use crate::wall::MOST_ROWS;
use crate::{Error, Read, Tx, mailbox};
use model::{Flags, MailboxId, MessageId, ModSeq, Tag, Uid, UidSet};
use rusqlite::params;

/// What one call of [`vanish`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vanished {
    pub messages: Vec<MessageId>,
    /// More are left than one transaction holds: call again in the next.
    pub more: bool,
}

/// The server has them no longer (EXPUNGE, VANISHED, absence from a complete list). About a hundred a
/// call: for any number see [`crate::Store::vanish`].
pub fn vanish(tx: &Tx<'_>, mailbox: MailboxId, uids: &UidSet) -> Result<Vanished, Error> {
    let mut done = Vanished::default();
    let Some(epoch) = mailbox::epoch_in_view(tx, mailbox)? else { return Ok(done) };
    for &(low, high) in uids.ranges() {
        let rows = tx.all(
            "SELECT date, uid, message FROM placement INDEXED BY placement_uid
             WHERE mailbox = ?1 AND epoch = ?2 AND uid BETWEEN ?3 AND ?4 ORDER BY uid LIMIT ?5",
            params![mailbox.0, epoch, low, high, MOST_ROWS + 1],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
        )?;
        for (date, uid, message) in rows {
            if tx.spend_removal().is_err() {
                done.more = true;
                return Ok(done);
            }
            leave::remove(tx, At { mailbox: mailbox.0, epoch, date, uid }, message, true)?;
            tx.changed(Tag::List(mailbox));
            tx.changed(Tag::Message(MessageId(message)));
            done.messages.push(MessageId(message));
        }
    }
    Ok(done)
}

/// A query over the UIDs from ?2 to ?3 of a mailbox, in the epoch that is in view.
macro_rules! over_stretch {
    ($select:literal, $order:literal) => {
        concat!(
            $select,
            " FROM placement INDEXED BY placement_uid WHERE mailbox = ?1
              AND epoch = (SELECT epoch FROM mailbox WHERE id = ?1) AND uid BETWEEN ?2 AND ?3 ",
            $order
        )
    };
}

const UIDS: &str = over_stretch!("SELECT uid", "ORDER BY uid");
const BY_UID: &str = over_stretch!("SELECT message", "");
const HIGHEST: &str =
    over_stretch!("SELECT min(uid) FROM (SELECT uid", "ORDER BY uid DESC LIMIT ?4)");
const LOWEST: &str = over_stretch!("SELECT uid", "ORDER BY uid LIMIT 1");
const FLAGS: &str =
    over_stretch!("SELECT uid, modseq, base, base_words, local, local_words", "ORDER BY uid");
const COUNT: &str = over_stretch!("SELECT count(*)", "");

#[cfg(test)]
pub(crate) const QUERIES: [&str; 6] = [UIDS, BY_UID, HIGHEST, LOWEST, COUNT, FLAGS];

/// The UIDs that are cached, all or within a stretch.
pub fn uids(
    read: &Read<'_>,
    mailbox: MailboxId,
    within: Option<(Uid, Uid)>,
) -> Result<UidSet, Error> {
    let (low, high) = within.unwrap_or((Uid(0), Uid(u32::MAX)));
    let uids = read.all(UIDS, params![mailbox.0, low.0, high.0], |row| row.get(0).map(Uid))?;
    Ok(uids.into_iter().collect())
}

pub fn by_uid(read: &Read<'_>, mailbox: MailboxId, uid: Uid) -> Result<Option<MessageId>, Error> {
    read.one(BY_UID, params![mailbox.0, uid.0, uid.0], |row| row.get(0).map(MessageId))
}

/// The flags of a stretch as the server last said them, and the change that they were of.
pub fn flags_in(
    read: &Read<'_>,
    mailbox: MailboxId,
    low: Uid,
    high: Uid,
) -> Result<Vec<(Uid, Flags, Option<ModSeq>)>, Error> {
    read.all(FLAGS, params![mailbox.0, low.0, high.0], |row| {
        let modseq = row.get::<_, Option<i64>>(1)?.map(|m| ModSeq(m as u64));
        Ok((Uid(row.get(0)?), stored(row, 2)?.base, modseq))
    })
}

pub fn highest(read: &Read<'_>, mailbox: MailboxId) -> Result<Option<Uid>, Error> {
    nth_highest(read, mailbox, 1)
}

/// The lowest UID of the newest `n`, or of all where there are fewer.
pub fn nth_highest(read: &Read<'_>, mailbox: MailboxId, n: u32) -> Result<Option<Uid>, Error> {
    let found =
        read.one(HIGHEST, params![mailbox.0, 0, u32::MAX, n], |row| row.get::<_, Option<u32>>(0))?;
    Ok(found.flatten().map(Uid))
}

/// The lowest UID that is `low` or higher.
pub fn lowest_from(read: &Read<'_>, mailbox: MailboxId, low: Uid) -> Result<Option<Uid>, Error> {
    read.one(LOWEST, params![mailbox.0, low.0, u32::MAX], |row| row.get(0).map(Uid))
}

/// How many are cached from `low` to `high`, both in it.
pub fn count_in(read: &Read<'_>, mailbox: MailboxId, low: Uid, high: Uid) -> Result<u64, Error> {
    Ok(read.one(COUNT, params![mailbox.0, low.0, high.0], |row| row.get(0))?.unwrap_or(0))
}

/// How many are cached above `uid`.
pub fn count_above(read: &Read<'_>, mailbox: MailboxId, uid: Uid) -> Result<u64, Error> {
    match uid.0.checked_add(1) {
        Some(low) => count_in(read, mailbox, Uid(low), Uid(u32::MAX)),
        None => Ok(0),
    }
}
