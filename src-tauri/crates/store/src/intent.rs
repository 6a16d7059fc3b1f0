//! What the person did and the server has not confirmed yet. Sacred: nothing but the server's word, or a
//! refusal that was shown, ends one. Write with [`crate::Store::write_sacred`].

use crate::{Error, Read, Tx, leave};
use model::{AccountId, MailboxId, MessageId};
use rusqlite::params;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(pub i64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    pub account: AccountId,
    /// `move`, `append`, `delete`, …
    pub kind: String,
    /// The engine's own words.
    pub payload: String,
    /// Where it acts: the mailbox's row stays while the intent does.
    pub mailbox: Option<MailboxId>,
    /// On what: their rows stay while the intent does.
    pub messages: Vec<MessageId>,
    pub next_at: Option<i64>,
    pub created: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    pub id: IntentId,
    pub account: AccountId,
    pub kind: String,
    pub payload: String,
    pub mailbox: Option<MailboxId>,
    pub messages: Vec<MessageId>,
    pub state: String,
    pub attempts: u32,
    pub next_at: Option<i64>,
    pub error: Option<String>,
    pub created: i64,
}

pub fn add(tx: &Tx<'_>, new: &New) -> Result<IntentId, Error> {
    tx.spend(2048 + new.payload.len() + 64 * new.messages.len())?;
    tx.run(
        "INSERT INTO intent (account, kind, payload, mailbox, state, attempts, next_at, created)
         VALUES (?1, ?2, ?3, ?4, 'waiting', 0, ?5, ?6)",
        params![
            new.account.0,
            new.kind,
            new.payload,
            new.mailbox.map(|m| m.0),
            new.next_at,
            new.created
        ],
    )?;
    let id = IntentId(tx.conn.last_insert_rowid());
    for message in &new.messages {
        let sql = "INSERT OR IGNORE INTO intent_message (intent, message) VALUES (?1, ?2)";
        tx.run(sql, [id.0, message.0])?;
    }
    Ok(id)
}

/// What became of an attempt.
pub fn update(
    tx: &Tx<'_>,
    id: IntentId,
    state: &str,
    attempts: u32,
    next_at: Option<i64>,
    error: Option<&str>,
) -> Result<(), Error> {
    tx.spend(2048)?;
    let sql = "UPDATE intent SET state = ?2, attempts = ?3, next_at = ?4, error = ?5 WHERE id = ?1";
    if tx.run(sql, params![id.0, state, attempts, next_at, error])? == 0 {
        return Err(Error::NotFound("such intent"));
    }
    Ok(())
}

/// In the order in which they were made.
pub fn list(read: &Read<'_>, account: Option<AccountId>) -> Result<Vec<Intent>, Error> {
    let sql = "SELECT id, account, kind, payload, mailbox, state, attempts, next_at, error, created
               FROM intent WHERE ?1 IS NULL OR account = ?1 ORDER BY id";
    let mut all = read.all(sql, [account.map(|a| a.0)], |row| {
        Ok(Intent {
            id: IntentId(row.get(0)?),
            account: AccountId(row.get(1)?),
            kind: row.get(2)?,
            payload: row.get(3)?,
            mailbox: row.get::<_, Option<i64>>(4)?.map(MailboxId),
            messages: Vec::new(),
            state: row.get(5)?,
            attempts: row.get(6)?,
            next_at: row.get(7)?,
            error: row.get(8)?,
            created: row.get(9)?,
        })
    })?;
    for intent in &mut all {
        let sql = "SELECT message FROM intent_message WHERE intent = ?1 ORDER BY message";
        intent.messages = read.all(sql, [intent.id.0], |row| row.get(0).map(MessageId))?;
    }
    Ok(all)
}

/// It is done, or its refusal was shown. A message that only it held leaves too.
pub fn remove(tx: &Tx<'_>, id: IntentId) -> Result<(), Error> {
    let held = "SELECT message FROM intent_message WHERE intent = ?1";
    let held = tx.all(held, [id.0], |row| row.get::<_, i64>(0))?;
    tx.spend(2048 + 64 * held.len())?;
    tx.run("DELETE FROM intent_message WHERE intent = ?1", [id.0])?;
    tx.run("DELETE FROM intent WHERE id = ?1", [id.0])?;
    for message in held {
        leave::forget_if_nowhere(tx, message)?;
    }
    tx.unfinished.set(true);
    Ok(())
}
