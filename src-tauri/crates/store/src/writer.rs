//! The one writer: bounded transactions, the log that they leave, and the walls around both. What becomes of
//! one that met a wall is decided above, where there is something to be taken away.

use crate::shared::Shared;
use crate::tx::{Aftermath, Tx};
use crate::wall::{Duty, PAGE, Walls};
use crate::{Error, open, search};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than a reader may live.
const PATIENCE: Duration = Duration::from_secs(3);
/// For so long one that would not go is not waited for again.
const HINDERED: Duration = Duration::from_secs(5);

pub(crate) struct Writer {
    pub conn: Connection,
    pub shared: Arc<Shared>,
    log: PathBuf,
    /// When a reader last kept the log from being emptied: it is not waited for at every write.
    hindered: Option<Instant>,
    _lock: open::Lock,
}

impl Writer {
    pub fn new(conn: Connection, shared: Arc<Shared>, lock: open::Lock) -> Self {
        let log = open::beside(&shared.path, "-wal");
        Self { conn, shared, log, hindered: None, _lock: lock }
    }

    pub fn walls(&self) -> Walls {
        self.shared.walls()
    }

    /// One bounded transaction, run once.
    pub fn step<T>(
        &mut self,
        duty: Duty,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (value, after) = self.attempt(duty, &mut Met::default(), &mut f)?;
        self.shared.announce(after.tags);
        Ok(value)
    }

    /// One bounded transaction, run once; where it failed, `met` says what an answer to it must know.
    pub fn attempt<T>(
        &mut self,
        duty: Duty,
        met: &mut Met,
        f: &mut dyn FnMut(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<(T, Aftermath), Error> {
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK")?;
        }
        self.make_room_in_log(duty)?;
        let mut pages = self.walls().pages(duty);
        if duty == Duty::Room {
            // Under a budget that was just lowered the file is past its wall until room is made, and making
            // it takes a few pages.
            pages = pages.max(self.pages()? + 64);
        }
        let log_before = self.log_size();
        self.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        self.durability(duty == Duty::Sacred)?;
        self.conn
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(|e| Error::from(e).at(&self.shared.path))?;
        let mut tx = Tx::new(&self.conn, &self.shared);
        let result = f(&mut tx).and_then(|value| {
            // A closure that shrugged SQLITE_FULL off has nothing left to commit.
            if self.conn.is_autocommit() {
                return Err(Error::Full);
            }
            let indexed = search::write(&tx)?;
            let after = tx.finish(indexed)?;
            self.conn.execute_batch("COMMIT")?;
            Ok((value, after))
        });
        let grown = self.log_size().saturating_sub(log_before);
        if grown > self.walls().transaction() {
            tracing::error!(grown, ?duty, "a transaction passed its bound");
            debug_assert!(false, "a transaction of {grown} octets");
        }
        met.refused = tx.refused.get();
        met.parts = tx.parts.take();
        drop(tx);
        if !self.conn.is_autocommit() {
            self.conn.execute_batch("ROLLBACK")?;
        }
        result.map_err(|error| {
            if error.out_of_pages() {
                self.wall_or_disk(pages)
            } else {
                error.at(&self.shared.path)
            }
        })
    }

    /// SQLITE_FULL is our wall if the transaction could have reached it, else the disk's.
    fn wall_or_disk(&self, pages: u64) -> Error {
        match self.pages() {
            Ok(now) if pages.saturating_sub(now) * PAGE <= 2 * self.walls().transaction() => {
                Error::Full
            }
            _ => Error::DiskFull,
        }
    }

    pub fn pages(&self) -> Result<u64, Error> {
        Ok(self.conn.query_row("PRAGMA page_count", [], |row| row.get(0))?)
    }

    pub fn free_pages(&self) -> Result<u64, Error> {
        Ok(self.conn.query_row("PRAGMA freelist_count", [], |row| row.get(0))?)
    }

    pub fn log_size(&self) -> u64 {
        open::file_size(&self.log)
    }

    fn durability(&self, sacred: bool) -> Result<(), Error> {
        let level = if sacred { "FULL" } else { "NORMAL" };
        self.conn.pragma_update(None, "synchronous", level)?;
        #[cfg(target_vendor = "apple")]
        self.conn.pragma_update(None, "fullfsync", sacred)?;
        Ok(())
    }

    /// Empties the log if this transaction could pass its part of the reserve.
    fn make_room_in_log(&mut self, duty: Duty) -> Result<(), Error> {
        let walls = self.walls();
        if self.log_size() + walls.transaction() <= walls.log() {
            return Ok(());
        }
        let again = self.hindered.is_some_and(|when| when.elapsed() < HINDERED);
        if self.empty_log_within(if again { Duration::ZERO } else { PATIENCE })? {
            return Ok(());
        }
        // Somebody still reads. Below the wall there may be room for both, for now.
        let file = walls.pages(duty).max(self.pages()?) * PAGE;
        let fits = file + self.log_size() + walls.transaction() <= walls.budget;
        if fits || (again && self.empty_log()?) { Ok(()) } else { Err(Error::Busy) }
    }

    /// False if a reader kept it from it.
    pub fn empty_log(&mut self) -> Result<bool, Error> {
        self.empty_log_within(PATIENCE)
    }

    fn empty_log_within(&mut self, patience: Duration) -> Result<bool, Error> {
        let drained = self.shared.gate.drain(patience);
        self.conn.busy_timeout(patience)?;
        let busy: i64 = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|e| self.checkpoint_failed(e))?;
        let emptied = drained.empty && busy == 0;
        if emptied || !patience.is_zero() {
            self.hindered = (!emptied).then(Instant::now);
        }
        Ok(emptied)
    }

    fn checkpoint_failed(&self, error: rusqlite::Error) -> Error {
        let error = Error::from(error);
        if error.out_of_pages() { Error::DiskFull } else { error.at(&self.shared.path) }
    }

    /// Writes down which parts were used, once `enough` have gathered: a read needs no transaction of its own.
    pub fn flush_touches(&mut self, enough: usize) -> Result<(), Error> {
        let touched = self.shared.take_touches(enough);
        for some in touched.chunks(100) {
            self.step(Duty::Room, |tx| {
                for (part, used) in some {
                    tx.run("UPDATE part SET used = ?2 WHERE id = ?1 AND used < ?2", (part, used))?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// What an attempt that failed leaves to know.
#[derive(Default)]
pub(crate) struct Met {
    pub refused: Option<i64>,
    pub parts: Vec<i64>,
}
