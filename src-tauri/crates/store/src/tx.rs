//! What the tables' functions are given: a snapshot to read from, or the one open write transaction.

use crate::shared::Shared;
use crate::wall::{MOST_COST, MOST_ROWS, PAGE, REMOVAL_COST, ROW_COST};
use crate::{Error, texts};
use model::{AccountId, Tag};
use rusqlite::{CachedStatement, Connection, Params, Row, params};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

/// One consistent view of the file.
pub struct Read<'c> {
    pub(crate) conn: &'c Connection,
    pub(crate) shared: &'c Shared,
}

impl Read<'_> {
    pub(crate) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, Error> {
        Ok(self.conn.prepare_cached(sql)?)
    }

    pub(crate) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        match self.prepare(sql)?.query_row(params, map) {
            Ok(found) => Ok(Some(found)),
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.prepare(sql)?;
        let found = statement.query_map(params, map)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// Octets of the file in use, free pages left out; in a transaction as it stands now.
    pub(crate) fn used(&self) -> Result<u64, Error> {
        let pages: u64 = self.conn.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let free: u64 = self.conn.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
        Ok(pages.saturating_sub(free) * PAGE)
    }
}

/// The one open write transaction. What it may change is bounded, since SQLite writes a page to the log for
/// every page touched and the log counts in the budget.
pub struct Tx<'c> {
    read: Read<'c>,
    cost: Cell<usize>,
    rows: Cell<usize>,
    tags: RefCell<BTreeSet<Tag>>,
    tally: RefCell<BTreeMap<(i64, u8), i64>>,
    /// Parts that this transaction works on: not to be evicted for its own sake.
    pub(crate) parts: RefCell<Vec<i64>>,
    pub(crate) words: RefCell<texts::Pending>,
    /// Set where a bounded transaction leaves the rest to the next.
    pub(crate) unfinished: Cell<bool>,
    /// The oldest date that a refused put came with: see `Error::HeadersFull`.
    pub(crate) refused: Cell<Option<i64>>,
}

impl<'c> Deref for Tx<'c> {
    type Target = Read<'c>;
    fn deref(&self) -> &Read<'c> {
        &self.read
    }
}

/// What a committed transaction asks for besides.
pub(crate) struct Aftermath {
    pub tags: Vec<Tag>,
    pub indexed: bool,
    pub unfinished: bool,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(conn: &'c Connection, shared: &'c Shared) -> Self {
        Self {
            read: Read { conn, shared },
            cost: Cell::new(0),
            rows: Cell::new(0),
            tags: RefCell::default(),
            tally: RefCell::default(),
            parts: RefCell::default(),
            words: RefCell::default(),
            unfinished: Cell::new(false),
            refused: Cell::new(None),
        }
    }

    /// Told to everybody who listens, once this is committed.
    pub fn changed(&self, tag: Tag) {
        self.tags.borrow_mut().insert(tag);
    }

    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize, Error> {
        Ok(self.prepare(sql)?.execute(params)?)
    }

    /// Counts rows of a list against the transaction's bound.
    pub(crate) fn spend_rows(&self, rows: usize) -> Result<(), Error> {
        let all = self.rows.get().saturating_add(rows);
        let too_many = Error::TooMany { what: "rows", most: MOST_ROWS };
        if all > MOST_ROWS || self.spend(rows * ROW_COST).is_err() {
            return Err(too_many);
        }
        self.rows.set(all);
        Ok(())
    }

    /// Counts a row that leaves.
    pub(crate) fn spend_removal(&self) -> Result<(), Error> {
        self.spend(REMOVAL_COST)
    }

    /// Counts octets against the transaction's bound.
    pub(crate) fn spend(&self, octets: usize) -> Result<(), Error> {
        let cost = self.cost.get().saturating_add(octets);
        if cost > MOST_COST {
            return Err(Error::TooMany { what: "octets", most: MOST_COST });
        }
        self.cost.set(cost);
        Ok(())
    }

    pub(crate) fn could_spend(&self, octets: usize) -> bool {
        self.cost.get().saturating_add(octets) <= MOST_COST
    }

    pub(crate) fn tally(&self, account: AccountId, kind: u8, octets: i64) {
        *self.tally.borrow_mut().entry((account.0, kind)).or_default() += octets;
    }

    /// The last statements before COMMIT. `indexed`: its words are in the index by now.
    pub(crate) fn finish(&self, indexed: bool) -> Result<Aftermath, Error> {
        for ((account, kind), octets) in std::mem::take(&mut *self.tally.borrow_mut()) {
            if octets != 0 {
                self.run(
                    "INSERT INTO tally (account, kind, octets) VALUES (?1, ?2, max(?3, 0))
                     ON CONFLICT (account, kind) DO UPDATE SET octets = max(octets + ?3, 0)",
                    params![account, kind, octets],
                )?;
            }
        }
        let tags = std::mem::take(&mut *self.tags.borrow_mut()).into_iter().collect();
        Ok(Aftermath { tags, indexed, unfinished: self.unfinished.get() })
    }
}
