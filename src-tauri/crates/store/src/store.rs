//! The door: opening, writing, reading, the budget, and what goes on behind it between transactions.

use crate::check::{self, Integrity};
use crate::reader::{self, Reader};
use crate::shared::{Shared, blocking};
use crate::tx::{Aftermath, Read, Tx};
use crate::usage::{self, Kind, Usage};
use crate::wall::{DEFAULT_BUDGET, Duty, LEAST_BUDGET};
use crate::writer::Writer;
use crate::{
    Error, Key, commit, mailbox, open, part, placement, rescue, room, schema, setting, tidy,
};
use model::{AccountId, MailboxId, MessageId, Tag, UidSet};
use rusqlite::Connection;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, broadcast};

const READERS: usize = 3;

/// The open file. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Arc<tokio::sync::Mutex<Option<Writer>>>,
    readers: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    shared: Arc<Shared>,
    /// How often tidying was asked for since it last came to an end.
    tidy: AtomicUsize,
}

impl Store {
    /// Opens the file for writing, makes it where there is none, and brings its schema up to date.
    /// `budget` counts until [`Store::set_budget`] was called once; from then on the file remembers.
    pub async fn open(path: &Path, key: Key, budget: u64) -> Result<Self, Error> {
        if budget < LEAST_BUDGET {
            return Err(Error::BudgetTooSmall { least: LEAST_BUDGET });
        }
        let path = path.to_owned();
        let writer = blocking(move || Self::open_writer(&path, key, budget)).await?;
        let shared = writer.shared.clone();
        let store = Self {
            inner: Arc::new(Inner {
                writer: Arc::new(tokio::sync::Mutex::new(Some(writer))),
                readers: Mutex::default(),
                permits: Arc::new(Semaphore::new(READERS)),
                shared,
                tidy: AtomicUsize::new(0),
            }),
        };
        // A wipe or a merge that a killed process left goes on.
        store.tidy_later();
        Ok(store)
    }

    fn open_writer(path: &Path, key: Key, budget: u64) -> Result<Writer, Error> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|source| Error::Io { path: folder.to_owned(), source })?;
        }
        let mut lock = open::Lock::take(path)?;
        rescue::finish_interrupted(path)?;
        let mut conn = open::writer(path, &key).map_err(|e| e.at(path))?;
        let shared = Arc::new(Shared::new(path, key.clone(), budget));
        let pages = shared.walls().pages(Duty::Sacred);
        conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        schema::upgrade(&mut conn).map_err(|e| e.at(path))?;
        lock.sign(&key).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        setting::recall_budget(&Read { conn: &conn, shared: &shared })?;
        let used: i64 =
            conn.query_row("SELECT coalesce(max(used), 0) FROM part", [], |row| row.get(0))?;
        shared.tick_from(used);
        let mut writer = Writer::new(conn, shared, lock);
        match room::fit(&mut writer) {
            // More exists only here than the budget allows: that is no reason to keep it shut.
            Err(Error::BudgetTooSmall { least }) => writer.shared.set_budget(least),
            fitted => fitted?,
        }
        Ok(writer)
    }

    /// Reads beside a running engine, from another process.
    pub async fn open_reader(path: &Path, key: Key) -> Result<Reader, Error> {
        let path = path.to_owned();
        blocking(move || Reader::open(&path, key, DEFAULT_BUDGET)).await
    }

    /// Writes what the server can give again. `f` may be run more than once, always from the start.
    /// Its functions refuse more than a transaction's bound: 250 rows of a list, or about a megabyte.
    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.commit(Duty::Cache, f).await
    }

    /// Writes what exists nowhere else: on the disk when this returns, and with the reserve behind it.
    pub async fn write_sacred<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.commit(Duty::Sacred, f).await
    }

    async fn commit<T: Send + 'static>(
        &self,
        duty: Duty,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (value, unfinished) = self
            .with_writer(move |writer| {
                let (value, Aftermath { tags, indexed, unfinished }) =
                    commit::run(writer, duty, |tx| f(tx))?;
                writer.shared.announce(tags);
                if indexed {
                    // What is committed stays committed, whatever becomes of the merge.
                    if let Err(error) = tidy::merge_index(writer) {
                        tracing::warn!(%error, "the search index could not be merged");
                    }
                }
                Ok((value, unfinished))
            })
            .await?;
        if unfinished {
            self.tidy_later();
        }
        Ok(value)
    }

    /// Reads one snapshot. Keep it short: a read that stands in the writer's way for a second is ended.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Read<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.inner.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let inner = self.inner.clone();
        blocking(move || {
            let _permit = permit;
            let idle = inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let shared = &inner.shared;
            let inside = shared.gate.enter();
            let conn = match idle {
                Some(conn) => conn,
                None => open::reader(&shared.path, &shared.key)?,
            };
            let result = reader::snapshot(&conn, shared, reader::in_the_way, f);
            drop(inside);
            if !inner.permits.is_closed() {
                inner.readers.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            }
            result
        })
        .await
    }

    /// Whether a part of this size is kept at all: see [`part::may_cache`].
    pub fn may_cache(&self, size: u64) -> bool {
        size <= self.inner.shared.walls().largest_part()
    }

    /// A part was looked at: see [`part::touch`].
    pub fn touch(&self, part: part::PartId) {
        self.inner.shared.touch(part.0);
    }

    /// What changes, as it is committed.
    pub fn changes(&self) -> broadcast::Receiver<Vec<Tag>> {
        self.inner.shared.changes.subscribe()
    }

    /// Applied at once, in bounded transactions, and remembered. What exists only here does not make way: a
    /// budget that it does not fit is refused.
    pub async fn set_budget(&self, bytes: u64) -> Result<(), Error> {
        self.with_writer(move |writer| {
            if bytes < LEAST_BUDGET {
                return Err(Error::BudgetTooSmall { least: LEAST_BUDGET });
            }
            let before = writer.walls().budget;
            writer.shared.set_budget(bytes);
            if let Err(error) = room::fit(writer) {
                writer.shared.set_budget(before);
                return Err(error);
            }
            writer.step(Duty::Sacred, |tx| {
                tx.changed(Tag::Storage);
                setting::set(tx, setting::BUDGET, &bytes.to_string())
            })
        })
        .await?;
        self.tidy_later();
        Ok(())
    }

    pub async fn usage(&self) -> Result<Usage, Error> {
        self.read(usage::usage).await
    }

    /// Lets go of what the server still has; what is pinned stays. Returns the octets that became free.
    pub async fn free(&self, kind: Kind, account: Option<AccountId>) -> Result<u64, Error> {
        let freed = self.with_writer(move |writer| tidy::free(writer, kind, account)).await;
        self.tidy_later();
        freed
    }

    /// Wipes all that is local of an account. Marked first, so that a killed wipe goes on at the next start.
    pub async fn remove_account(&self, id: AccountId) -> Result<u64, Error> {
        let freed = self.with_writer(move |writer| tidy::remove_account(writer, id)).await;
        self.tidy_later();
        freed
    }

    /// Takes a whole LIST, however long: see [`mailbox::apply_list`].
    pub async fn apply_list(
        &self,
        account: AccountId,
        listed: Vec<mailbox::ListedMailbox>,
    ) -> Result<(), Error> {
        let listed = Arc::new(listed);
        loop {
            let listed = listed.clone();
            if !self.write(move |tx| mailbox::apply_some(tx, account, &listed)).await? {
                return Ok(());
            }
        }
    }

    /// Takes any number of vanished UIDs: see [`placement::vanish`].
    pub async fn vanish(&self, mailbox: MailboxId, uids: UidSet) -> Result<Vec<MessageId>, Error> {
        let mut all = Vec::new();
        loop {
            let uids = uids.clone();
            let some = self.write(move |tx| placement::vanish(tx, mailbox, &uids)).await?;
            all.extend(some.messages);
            if !some.more {
                return Ok(all);
            }
        }
    }

    /// Does what earlier transactions left for later, to the end: sweeps, merges, the index.
    pub async fn tidy(&self) -> Result<(), Error> {
        while self.with_writer(tidy::tidy_step).await? {}
        Ok(())
    }

    /// One step at a time, so that whoever wants to write gets in between.
    fn tidy_later(&self) {
        if self.inner.tidy.fetch_add(1, Ordering::AcqRel) > 0 {
            return;
        }
        let weak = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            while let Some(inner) = weak.upgrade() {
                let store = Self { inner };
                let asked = store.inner.tidy.load(Ordering::Acquire);
                let done = match store.with_writer(tidy::tidy_step).await {
                    Ok(more) => !more,
                    Err(Error::Closed) => return,
                    Err(error) => {
                        tracing::warn!(%error, "tidying the store is put off");
                        true
                    }
                };
                let rest = |asked| {
                    let order = Ordering::AcqRel;
                    store.inner.tidy.compare_exchange(asked, 0, order, Ordering::Acquire).is_ok()
                };
                // Asked for again meanwhile: once more.
                if done && rest(asked) {
                    return;
                }
            }
        });
    }

    pub async fn check(&self) -> Result<Integrity, Error> {
        self.with_writer(check::check).await
    }

    /// Finishes the transaction under way, and lets go of file and lock.
    pub async fn close(&self) {
        self.inner.permits.close();
        let mut writer = self.inner.writer.clone().lock_owned().await;
        let inner = self.inner.clone();
        let closing = blocking(move || {
            // Waits for the readers that are still at it, by their own bound.
            drop(inner.shared.gate.drain(Duration::from_secs(2)));
            inner.readers.lock().unwrap_or_else(PoisonError::into_inner).clear();
            if let Some(mut writer) = writer.take() {
                writer.flush_touches(1)?;
                writer.empty_log()?;
            }
            Ok(())
        });
        if let Err(error) = closing.await {
            tracing::warn!(%error, "the store was closed with its log not emptied");
        }
    }

    pub fn path(&self) -> &Path {
        &self.inner.shared.path
    }

    pub fn budget(&self) -> u64 {
        self.inner.shared.walls().budget
    }

    pub fn schema_version(&self) -> u32 {
        schema::KNOWN
    }

    /// The version of SQLCipher that is built in.
    pub async fn sqlcipher_version(&self) -> Result<String, Error> {
        self.read(|read| Ok(read.conn.query_row("PRAGMA cipher_version", [], |row| row.get(0))?))
            .await
    }

    async fn with_writer<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Writer) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let mut guard = self.inner.writer.clone().lock_owned().await;
        blocking(move || f(guard.as_mut().ok_or_else(closed)?)).await
    }
}

fn closed() -> Error {
    Error::Closed
}
