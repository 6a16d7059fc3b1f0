//! The ordered index scans that a list is made of: one a mailbox, or one over all inboxes; flat or by
//! conversation. Several are merged here, each stepped only as far as the page needs it.

use crate::cursor::Cursor;
use crate::flags::{Stored, stored};
use crate::{Error, Read};
use rusqlite::{Rows, Statement, params};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// A list's scan: with all that a row needs, and as far as a position, which is what the index itself holds.
macro_rules! scan {
    ($whole:ident, $bare:ident, $rest:literal) => {
        pub(crate) const $whole: &str = concat!(
            "SELECT date, uid, mailbox, epoch, message, base, base_words, local, local_words ",
            $rest
        );
        pub(crate) const $bare: &str = concat!("SELECT date, uid, mailbox, epoch ", $rest);
    };
}

scan!(
    MAILBOX,
    MAILBOX_BARE,
    "FROM placement WHERE mailbox = ?4 AND epoch = ?5 AND date >= ?3 AND (date, uid) <= (?1, ?2)
    ORDER BY date DESC, uid DESC"
);
scan!(
    MAILBOX_HEADS,
    MAILBOX_HEADS_BARE,
    "FROM placement INDEXED BY placement_head
    WHERE mailbox = ?4 AND epoch = ?5 AND head = 1 AND date >= ?3 AND (date, uid) <= (?1, ?2)
    ORDER BY date DESC, uid DESC"
);
scan!(
    INBOXES,
    INBOXES_BARE,
    "FROM placement INDEXED BY placement_inbox
    WHERE unified = 1 AND date >= ?3 AND (date, uid) <= (?1, ?2)
    ORDER BY date DESC, uid DESC, mailbox"
);
scan!(
    INBOXES_HEADS,
    INBOXES_HEADS_BARE,
    "FROM placement INDEXED BY placement_inbox_head
    WHERE unified = 1 AND head = 1 AND date >= ?3 AND (date, uid) <= (?1, ?2)
    ORDER BY date DESC, uid DESC, mailbox"
);

/// Where rows come from, in the list's order.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A mailbox in its epoch.
    Mailbox(i64, i64),
    /// The rows that stand in the one inbox, of these mailboxes in these epochs: others there are of a mailbox
    /// whose rows have not all been told yet.
    Inboxes(BTreeSet<(i64, i64)>),
}

/// What of the list is wanted: from behind this position, and none older than this.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub threads: bool,
    pub before: Option<Cursor>,
    pub ends_at: i64,
}

pub(crate) struct Placed {
    pub date: i64,
    pub uid: u32,
    pub mailbox: i64,
    pub message: i64,
    pub flags: Stored,
}

impl Source {
    fn sql(&self, threads: bool, bare: bool) -> &'static str {
        match (self, threads, bare) {
            (Self::Mailbox(..), false, false) => MAILBOX,
            (Self::Mailbox(..), false, true) => MAILBOX_BARE,
            (Self::Mailbox(..), true, false) => MAILBOX_HEADS,
            (Self::Mailbox(..), true, true) => MAILBOX_HEADS_BARE,
            (Self::Inboxes(_), false, false) => INBOXES,
            (Self::Inboxes(_), false, true) => INBOXES_BARE,
            (Self::Inboxes(_), true, false) => INBOXES_HEADS,
            (Self::Inboxes(_), true, true) => INBOXES_HEADS_BARE,
        }
    }

    fn has(&self, mailbox: i64, epoch: i64) -> bool {
        match self {
            Self::Mailbox(..) => true,
            Self::Inboxes(some) => some.contains(&(mailbox, epoch)),
        }
    }
}

struct Scan<'s> {
    rows: Rows<'s>,
    source: &'s Source,
    before: Option<Cursor>,
}

impl Scan<'_> {
    /// The next row of this source; of those at the cursor's own date and UID the mailbox decides.
    fn step<T>(
        &mut self,
        take: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<(Cursor, T)>, Error> {
        while let Some(row) = self.rows.next()? {
            let at = Cursor { date: row.get(0)?, uid: row.get(1)?, mailbox: row.get(2)? };
            let passed = self.before.is_some_and(|before| {
                (at.date, at.uid) == (before.date, before.uid) && at.mailbox <= before.mailbox
            });
            if !passed && self.source.has(at.mailbox, row.get(3)?) {
                return Ok(Some((at, take(row)?)));
            }
        }
        Ok(None)
    }
}

/// The first `limit` of all scans together.
pub(crate) fn merge(
    read: &Read<'_>,
    sources: &[Source],
    window: Window,
    limit: usize,
) -> Result<Vec<Placed>, Error> {
    let mut found = Vec::with_capacity(limit.min(1000));
    let take = |row: &rusqlite::Row<'_>| Ok((row.get(4)?, stored(row, 5)?));
    each(read, sources, window, false, take, |at, (message, flags)| {
        let Cursor { date, uid, mailbox } = at;
        found.push(Placed { date, uid, mailbox, message, flags });
        found.len() < limit
    })?;
    Ok(found)
}

/// The positions of row `index` and of the one before it.
pub(crate) fn nth(
    read: &Read<'_>,
    sources: &[Source],
    window: Window,
    index: u64,
) -> Result<Option<Cursor>, Error> {
    let mut number = 0;
    let mut before = None;
    let mut there = false;
    each(
        read,
        sources,
        window,
        true,
        |_| Ok(()),
        |at, ()| {
            there = number == index;
            if !there {
                before = Some(at);
                number += 1;
            }
            !there
        },
    )?;
    Ok(there.then_some(before.unwrap_or(Cursor::START)))
}

fn each<T>(
    read: &Read<'_>,
    sources: &[Source],
    window: Window,
    bare: bool,
    take: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    mut found: impl FnMut(Cursor, T) -> bool,
) -> Result<(), Error> {
    let mut statements: Vec<_> = sources
        .iter()
        .map(|source| read.prepare(source.sql(window.threads, bare)))
        .collect::<Result<_, _>>()?;
    let start = window.before.unwrap_or(Cursor::START);
    let mut scans: Vec<Scan<'_>> = Vec::with_capacity(sources.len());
    for (statement, source) in statements.iter_mut().zip(sources) {
        let statement: &mut Statement<'_> = statement;
        let rows = match source {
            Source::Mailbox(mailbox, epoch) => {
                statement.query(params![start.date, start.uid, window.ends_at, mailbox, epoch])?
            }
            Source::Inboxes(_) => {
                statement.query(params![start.date, start.uid, window.ends_at])?
            }
        };
        scans.push(Scan { rows, source, before: window.before });
    }
    let mut heap = BinaryHeap::new();
    let mut heads: Vec<Option<(Cursor, T)>> = Vec::with_capacity(scans.len());
    for (number, scan) in scans.iter_mut().enumerate() {
        let head = scan.step(take)?;
        if let Some((at, _)) = &head {
            heap.push((at.date, at.uid, Reverse(at.mailbox), number));
        }
        heads.push(head);
    }
    while let Some((.., number)) = heap.pop() {
        let (Some(head), Some(scan)) = (heads.get_mut(number), scans.get_mut(number)) else {
            continue;
        };
        if let Some((at, taken)) = head.take()
            && !found(at, taken)
        {
            return Ok(());
        }
        *head = scan.step(take)?;
        if let Some((at, _)) = head {
            heap.push((at.date, at.uid, Reverse(at.mailbox), number));
        }
    }
    Ok(())
}
