//! How mail leaves: a placement, then the message that stands nowhere any more, then its parts. All that takes
//! rows away (the server's word, eviction, the end of an intent) comes through here, so that every count and
//! every weight that came with a row leaves with it. (Where a renumbered mailbox is bound again nothing leaves:
//! `put` moves those placements itself.)

use crate::stand::At;
use crate::{Error, Tx, covered, mailbox, part, row, search, stand, thread, usage};
use model::AccountId;

/// Takes one placement off, and its message with it if it stands nowhere else.
pub(crate) fn remove(tx: &Tx<'_>, at: At, message: i64, in_view: bool) -> Result<(), Error> {
    let was = tx.one(
        "DELETE FROM placement WHERE mailbox = ?1 AND epoch = ?2 AND date = ?3 AND uid = ?4
         RETURNING thread, head",
        [at.mailbox, at.epoch, at.date, at.uid],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?.is_some())),
    )?;
    if let Some((thread, true)) = was.filter(|_| in_view) {
        stand::count(tx, at.mailbox, -1)?;
        stand::settle(tx, thread, at.mailbox, at.epoch)?;
    }
    let (cached, stale) = if in_view { (-1, 0) } else { (0, -1) };
    mailbox::count(tx, at.mailbox, cached, stale)?;
    forget_if_nowhere(tx, message)
}

/// A placement that leaves only this device: its row is a hole now.
pub(crate) fn evict(tx: &Tx<'_>, at: At, id: i64, in_view: bool) -> Result<(), Error> {
    if in_view {
        covered::remove(tx, at.mailbox, at.uid)?;
    }
    remove(tx, at, id, in_view)
}

/// Takes a message away that stands nowhere any more, unless an intent names it. Its parts leave with it; their
/// chunks follow in bounded steps.
pub(crate) fn forget_if_nowhere(tx: &Tx<'_>, id: i64) -> Result<(), Error> {
    let held = tx.one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM placement WHERE message = ?1)
             OR EXISTS (SELECT 1 FROM intent_message WHERE message = ?1)",
        [id],
        |_| Ok(()),
    )?;
    if held.is_some() {
        return Ok(());
    }
    let sql =
        "SELECT account, doc, length(people), subject, preview, structure, message_id IS NOT NULL
               FROM message WHERE id = ?1";
    let found = tx.one(sql, [id], |row| {
        let people: usize = row.get(2)?;
        let (subject, preview) = (row.get::<_, String>(3)?, row.get::<_, Option<String>>(4)?);
        let structure = row.get::<_, Option<Vec<u8>>>(5)?;
        let header = row::weigh(people, &subject, preview.as_deref(), structure.as_deref());
        let index = search::weight(people, subject.len(), preview.map_or(0, |p| p.len()));
        Ok((AccountId(row.get(0)?), row.get::<_, i64>(1)?, header, index, row.get::<_, bool>(6)?))
    })?;
    let Some((account, doc, header, index, dead_line)) = found else { return Ok(()) };
    tx.run("DELETE FROM message WHERE id = ?1", [id])?;
    search::forget_body(tx, account, id)?;
    tx.tally(account, usage::HEADERS, -header);
    tx.tally(account, thread::DEAD, i64::from(dead_line));
    if search::remove(tx, account, doc)? {
        tx.tally(account, usage::INDEX, -index);
    }
    part::orphan(tx, id)
}
