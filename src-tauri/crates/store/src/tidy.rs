//! What was left for later, and what the person lets go of: sweeps of what was marked to go, merges of the
//! index, the wiping of an account. All of it in bounded steps. Apart from the making of room, which cannot
//! wait and comes up inside of a write.

use crate::room::{
    drop_index_step, evict_oldest, orphans_step, shrink_all, sweep_placements, take_placements,
    vacuum_step,
};
use crate::usage::{self, Kind};
use crate::wall::{Duty, PAGE};
use crate::writer::Writer;
use crate::{Error, Read, Tx, intent, part, search, stand, thread};
use model::{AccountId, Tag};
use rusqlite::params;

/// A header row's share of the index.
const INDEXED: u64 = 250;
/// Free pages that are kept rather than given back.
const SPARE: u64 = 64;

/// One step of what was left for later; false where nothing is.
pub(crate) fn tidy_step(writer: &mut Writer) -> Result<bool, Error> {
    Ok(writer.step(Duty::Room, wipe_step)?
        || writer.step(Duty::Room, |tx| sweep_placements(tx, false))?
        || writer.step(Duty::Room, drop_mailboxes)?
        || writer.step(Duty::Room, orphans_step)?
        || writer.step(Duty::Room, |tx| thread::merge_step(tx))?
        || writer.step(Duty::Room, |tx| stand::step(tx))?
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

/// Levels that have gathered enough segments become one, a hundred pages at a time.
pub(crate) fn merge_index(writer: &mut Writer) -> Result<bool, Error> {
    writer.step(Duty::Room, |tx| search::merge(tx))
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
            while kind == usage::TEXT
                && writer.step(Duty::Room, |tx| search::forget_bodies(tx, account))?
            {}
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

/// Gives all but some free pages back.
fn shrink_file(writer: &mut Writer) -> Result<(), Error> {
    while writer.free_pages()? > SPARE && vacuum_step(writer)? {}
    writer.empty_log()?;
    Ok(())
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
