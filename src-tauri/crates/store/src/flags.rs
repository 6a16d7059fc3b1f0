//! Flags of a placement: what the server has (base), and what the person wants (local) until the two agree.

use crate::{Error, MOST_ROWS, Tx, mailbox, pack};
use model::{Flags, MailboxId, MessageId, ModSeq, Tag, Uid, UidValidity};
use rusqlite::{Row, params};

/// What the server says of one message's flags. True where the list shows something else now.
/// What the person wants stays, until the server has it.
pub fn apply(
    tx: &Tx<'_>,
    mailbox: MailboxId,
    uidvalidity: UidValidity,
    uid: Uid,
    flags: &Flags,
    modseq: Option<ModSeq>,
) -> Result<bool, Error> {
    Ok(apply_one(tx, mailbox, uidvalidity, uid, flags, modseq)?.is_some())
}

/// The message that the list shows differently now.
fn apply_one(
    tx: &Tx<'_>,
    mailbox: MailboxId,
    uidvalidity: UidValidity,
    uid: Uid,
    flags: &Flags,
    modseq: Option<ModSeq>,
) -> Result<Option<MessageId>, Error> {
    let epoch = mailbox::epoch(tx, mailbox, uidvalidity)?;
    let sql = "SELECT date, message, base, base_words, local, local_words, modseq FROM placement
               WHERE mailbox = ?1 AND epoch = ?2 AND uid = ?3";
    let found = tx.one(sql, params![mailbox.0, epoch, uid.0], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, i64>(1)?,
            stored(row, 2)?,
            row.get::<_, Option<i64>>(6)?,
        ))
    })?;
    let Some((date, message, before, known_modseq)) = found else { return Ok(None) };
    let modseq = modseq.map(|m| m.0 as i64);
    let shown = before.shown().clone();
    let after = before.clone().with_base(flags.clone());
    if after == before && (modseq.is_none() || modseq == known_modseq) {
        return Ok(None);
    }
    tx.spend_rows(1)?;
    tx.run(
        "UPDATE placement SET base = ?5, base_words = ?6, local = ?7, local_words = ?8,
             modseq = coalesce(?9, modseq)
         WHERE mailbox = ?1 AND epoch = ?2 AND date = ?3 AND uid = ?4",
        params![
            mailbox.0,
            epoch,
            date,
            uid.0,
            after.base.bits(),
            pack::pack_words(after.base.keywords()),
            after.local.as_ref().map(Flags::bits),
            after.local.as_ref().and_then(|l| pack::pack_words(l.keywords())),
            modseq,
        ],
    )?;
    if *after.shown() == shown {
        return Ok(None);
    }
    let message = MessageId(message);
    tx.changed(Tag::List(mailbox));
    tx.changed(Tag::Message(message));
    Ok(Some(message))
}

/// The same for many, at most 250; which of them the list shows differently now.
pub fn apply_many(
    tx: &Tx<'_>,
    mailbox: MailboxId,
    uidvalidity: UidValidity,
    told: &[(Uid, Flags, Option<ModSeq>)],
) -> Result<Vec<MessageId>, Error> {
    if told.len() > MOST_ROWS {
        return Err(Error::TooMany { what: "rows", most: MOST_ROWS });
    }
    let mut changed = Vec::new();
    for (uid, flags, modseq) in told {
        changed.extend(apply_one(tx, mailbox, uidvalidity, *uid, flags, *modseq)?);
    }
    Ok(changed)
}

/// What the person wants: shown at once, and sacred until the server has it. True where that is news.
pub fn want(tx: &Tx<'_>, mailbox: MailboxId, uid: Uid, wanted: &Flags) -> Result<bool, Error> {
    let Some(epoch) = mailbox::epoch_in_view(tx, mailbox)? else { return Ok(false) };
    let sql = "SELECT date, message, base, base_words, local, local_words FROM placement
               WHERE mailbox = ?1 AND epoch = ?2 AND uid = ?3";
    let found = tx.one(sql, params![mailbox.0, epoch, uid.0], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, stored(row, 2)?))
    })?;
    let Some((date, message, before)) = found else { return Ok(false) };
    tx.spend_rows(1)?;
    let local = Some(wanted).filter(|w| **w != before.base);
    tx.run(
        "UPDATE placement SET local = ?5, local_words = ?6
         WHERE mailbox = ?1 AND epoch = ?2 AND date = ?3 AND uid = ?4",
        params![
            mailbox.0,
            epoch,
            date,
            uid.0,
            local.map(Flags::bits),
            local.and_then(|l| pack::pack_words(l.keywords())),
        ],
    )?;
    tx.changed(Tag::List(mailbox));
    tx.changed(Tag::Message(MessageId(message)));
    Ok(before.shown() != wanted)
}

/// Both sides of one placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub base: Flags,
    pub local: Option<Flags>,
}

impl Stored {
    pub fn shown(&self) -> &Flags {
        self.local.as_ref().unwrap_or(&self.base)
    }

    pub fn with_base(self, base: Flags) -> Self {
        Self { local: self.local.filter(|local| *local != base), base }
    }
}

/// From the four columns that begin at `at`.
pub(crate) fn stored(row: &Row<'_>, at: usize) -> rusqlite::Result<Stored> {
    let flags = |bits: u8, words: Option<String>| {
        Flags::from_parts(bits, words.as_deref().unwrap_or("").split_ascii_whitespace())
    };
    let base = flags(row.get(at)?, row.get(at + 1)?);
    let local: Option<u8> = row.get(at + 2)?;
    let local = match local {
        Some(bits) => Some(flags(bits, row.get(at + 3)?)),
        None => None,
    };
    Ok(Stored { base, local })
}
