//! Which conversation a message belongs to: by References and In-Reply-To over all mailboxes of an account,
//! never by subject; where the server knows (X-GM-THRID), it knows best.

use crate::{Error, Read, Tx, pack, setting, stand};
use model::{AccountId, HeaderHash, ThreadId};
use rusqlite::params;

/// How many dead lines of `header` are worth a sweep.
const WORTH_A_SWEEP: i64 = 4096;
/// Messages moved from one conversation to another, and lines looked at, in one transaction.
const STEP: usize = 40;
const SWEEP_STEP: usize = 400;

/// The tally's kind for messages that left.
pub(crate) const DEAD: u8 = 5;

/// The server's own word on a conversation, as a key beside the Message-IDs.
pub(crate) fn told(gm_thrid: Option<u64>, thread_id: Option<&str>) -> Option<HeaderHash> {
    let text = match (gm_thrid, thread_id.filter(|id| !id.is_empty())) {
        (Some(id), _) => format!("gm-thrid {id}"),
        (None, Some(id)) => format!("thread-id {id}"),
        (None, None) => return None,
    };
    Some(HeaderHash(pack::hash64(text.as_bytes())))
}

/// The conversation of a new message. One that joins two makes them one: the older goes on.
pub(crate) fn assign(
    tx: &Tx<'_>,
    account: AccountId,
    message: i64,
    own: Option<HeaderHash>,
    refs: &[HeaderHash],
    told: Option<HeaderHash>,
) -> Result<ThreadId, Error> {
    let keys: Vec<HeaderHash> = match told {
        Some(key) => vec![key],
        None => own.iter().chain(refs).copied().collect(),
    };
    let mut found: Vec<i64> = Vec::new();
    let mut unknown = Vec::new();
    for key in keys {
        let sql = "SELECT thread FROM header WHERE account = ?1 AND hash = ?2";
        match tx.one(sql, params![account.0, key.0], |row| row.get(0))? {
            Some(thread) => found.push(resolve(tx, ThreadId(thread))?.0),
            // A letter may name itself, or another twice.
            None if unknown.contains(&key) => {}
            None => unknown.push(key),
        }
    }
    found.sort_unstable();
    found.dedup();
    let thread = found.first().copied().unwrap_or(message);
    for other in found.into_iter().skip(1) {
        merge(tx, other, thread)?;
    }
    for key in unknown {
        tx.run(
            "INSERT INTO header (account, hash, thread) VALUES (?1, ?2, ?3)",
            params![account.0, key.0, thread],
        )?;
    }
    Ok(ThreadId(thread))
}

/// The conversation that this one has become part of, or itself.
pub fn resolve(read: &Read<'_>, thread: ThreadId) -> Result<ThreadId, Error> {
    let mut thread = thread.0;
    // Each step leads to an older conversation, so this ends.
    while let Some(older) =
        read.one("SELECT new FROM thread_merge WHERE old = ?1 AND new < ?1", [thread], |row| {
            row.get::<_, i64>(0)
        })?
    {
        thread = older;
    }
    Ok(ThreadId(thread))
}

/// A mail that names strangers' ids may join conversations of thousands: those are moved step by step.
fn merge(tx: &Tx<'_>, old: i64, new: i64) -> Result<(), Error> {
    tx.run(
        "INSERT INTO thread_merge (old, new, pending) VALUES (?1, ?2, 1)
         ON CONFLICT (old) DO UPDATE SET new = excluded.new, pending = 1",
        [old, new],
    )?;
    tx.unfinished.set(true);
    Ok(())
}

pub(crate) const MEMBERS: &str =
    "SELECT message FROM placement INDEXED BY placement_thread WHERE thread = ?1 LIMIT ?2";

/// Moves some messages of a conversation that became part of another. False where nothing is left to do.
pub(crate) fn merge_step(tx: &Tx<'_>) -> Result<bool, Error> {
    let pending = "SELECT old FROM thread_merge WHERE pending = 1 LIMIT 1";
    let Some(old) = tx.one(pending, [], |row| row.get::<_, i64>(0))? else { return Ok(false) };
    let new = resolve(tx, ThreadId(old))?.0;
    let mut some = tx.all(MEMBERS, params![old, STEP], |row| row.get::<_, i64>(0))?;
    some.sort_unstable();
    some.dedup();
    for message in &some {
        tx.spend_removal()?;
        stand::join(tx, *message, old, new)?;
    }
    if some.is_empty() {
        tx.run("UPDATE thread_merge SET pending = 0 WHERE old = ?1", [old])?;
    }
    Ok(true)
}

/// Takes lines of `header` away whose conversation has no message any more; false where no sweep is due.
pub(crate) fn sweep_step(tx: &Tx<'_>) -> Result<bool, Error> {
    let cursor = setting::get(tx, setting::THREAD_SWEEP)?;
    let (account, hash) = match cursor.as_deref().and_then(|c| c.split_once(' ')) {
        Some((account, hash)) => (account.parse().unwrap_or(0), hash.parse().unwrap_or(0)),
        None => {
            let dead: i64 = tx
                .one("SELECT coalesce(sum(octets), 0) FROM tally WHERE kind = ?1", [DEAD], |row| {
                    row.get(0)
                })?
                .unwrap_or(0);
            if dead < WORTH_A_SWEEP {
                return Ok(false);
            }
            tx.run("UPDATE tally SET octets = 0 WHERE kind = ?1", [DEAD])?;
            (i64::MIN, i64::MIN)
        }
    };
    let lines = tx.all(
        "SELECT account, hash, thread FROM header WHERE (account, hash) > (?1, ?2)
         ORDER BY account, hash LIMIT ?3",
        params![account, hash, SWEEP_STEP],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
    )?;
    let last = lines.last().map(|(account, hash, _)| format!("{account} {hash}"));
    for (account, hash, thread) in lines {
        let now = resolve(tx, ThreadId(thread))?.0;
        let lives = "SELECT 1 FROM placement WHERE thread = ?1 LIMIT 1";
        if tx.one(lives, [now], |_| Ok(()))?.is_none() {
            tx.run("DELETE FROM header WHERE account = ?1 AND hash = ?2", [account, hash])?;
        }
    }
    match last {
        Some(last) => setting::set(tx, setting::THREAD_SWEEP, &last)?,
        None => setting::clear(tx, setting::THREAD_SWEEP)?,
    }
    Ok(true)
}
