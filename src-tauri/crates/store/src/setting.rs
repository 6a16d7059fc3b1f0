//! Small facts by name.

use crate::wall::LEAST_BUDGET;
use crate::{Error, Read, Tx};

pub const BUDGET: &str = "budget";
/// Nothing of this rowid or a larger one is in the search index: it is being built again, newest first.
pub(crate) const INDEX_FROM: &str = "index-from";
/// The index is being dropped: it may not be asked.
pub(crate) const INDEX_DROPPING: &str = "index-dropping";
/// How far the sweep of conversations without messages has come.
pub(crate) const THREAD_SWEEP: &str = "thread-sweep";

pub fn get(read: &Read<'_>, key: &str) -> Result<Option<String>, Error> {
    read.one("SELECT value FROM setting WHERE key = ?1", [key], |row| row.get(0))
}

pub fn set(tx: &Tx<'_>, key: &str, value: &str) -> Result<(), Error> {
    tx.spend(key.len() + value.len() + 64)?;
    tx.run(
        "INSERT INTO setting (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [key, value],
    )?;
    Ok(())
}

pub fn clear(tx: &Tx<'_>, key: &str) -> Result<(), Error> {
    tx.run("DELETE FROM setting WHERE key = ?1", [key])?;
    Ok(())
}

/// From here on the budget is the one that the person chose, where one was.
pub(crate) fn recall_budget(read: &Read<'_>) -> Result<(), Error> {
    if let Some(budget) = get(read, BUDGET)?.and_then(|b| b.parse().ok()) {
        read.shared.set_budget(LEAST_BUDGET.max(budget));
    }
    Ok(())
}
