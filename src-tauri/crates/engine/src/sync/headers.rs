//! Every header row of a mailbox that is not here yet, newest first. Several FETCHes are in flight while the last
//! ones are written; what is written is covered, so that a cut, a kill or a pause goes on where it stopped.

use super::{compare, epoch, row, screen, vanish};
use crate::Db;
use crate::error::{Error, Result};
use crate::live::Conn;
use imap::{FetchSet, FetchWant, SearchKey, Step};
use model::{MailboxId, MailboxName, Uid, UidSet, UidValidity};
use plan::Batch;
use std::collections::{BTreeMap, VecDeque};
use store::message::NewRow;
use tokio::sync::mpsc;

/// FETCHes in flight: the server is never without one while another is written.
const FLIGHT: usize = 4;
/// Batches that came and wait to be written.
const WAITING: usize = 2;
/// Newest rows of each mailbox that get a preview where the server makes none.
const PREVIEWED: u32 = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filled {
    Whole,
    /// The budget has no room for older rows.
    Full,
    Stopped,
}

/// How a fill is watched, and when it has to stop between two batches.
pub(crate) trait Watch: Sync {
    fn wrote(&self, rows: u64);
    fn stop(&self) -> bool;
}

/// Fills the holes of one mailbox. `only`: the mailbox shows other mailboxes' mail once more, and just what fits
/// this is brought.
pub(crate) async fn fill(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
    only: Option<&SearchKey>,
    watch: &dyn Watch,
) -> Result<Filled> {
    conn.compress().await?;
    let place = super::stand_noted(db, conn, mailbox, name).await?;
    let now = epoch(&place);
    if place.exists == 0 {
        screen::empty(db, mailbox, &place).await?;
        return Ok(Filled::Whole);
    }
    let mut filled = Filled::Whole;
    if let Some(top) = top(db, mailbox, place.uidnext).await? {
        if let Some(only) = only {
            filled = filtered(db, conn, mailbox, now, top, only, watch).await?;
        } else {
            let holes = db.read(move |read| store::covered::holes(read, mailbox, top)).await?;
            for &(low, high) in holes.ranges().iter().rev() {
                let (low, high) = (Uid(low), Uid(high));
                filled = stretch(db, conn, mailbox, now, (low, high), watch).await?;
                if filled != Filled::Whole {
                    break;
                }
            }
        }
    }
    if filled != Filled::Stopped {
        let lacking = super::preview::left_out(db, mailbox, PREVIEWED).await?;
        let mut lacking = VecDeque::from(lacking);
        while !lacking.is_empty() && !watch.stop() {
            let some = lacking.drain(..lacking.len().min(plan::SCREEN as usize)).collect();
            super::preview::fill(db, conn, mailbox, some).await?;
        }
    }
    Ok(filled)
}

/// The highest UID that there can be a hole under.
async fn top(db: &Db, mailbox: MailboxId, uidnext: Option<Uid>) -> Result<Option<Uid>> {
    let covered = db.read(move |read| store::covered::top(read, mailbox)).await?;
    let top = uidnext.map(|next| next.0.saturating_sub(1)).or(covered.map(|(_, high)| high.0));
    Ok(top.filter(|top| *top > 0).map(Uid))
}

/// One hole. Its upper end is asked for first, and in pieces of UIDs where the server cannot name a set.
async fn stretch(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    now: UidValidity,
    (low, high): (Uid, Uid),
    watch: &dyn Watch,
) -> Result<Filled> {
    let uids = compare::server_uids(conn, low, high, None).await?;
    bring(db, conn, mailbox, now, plan::batches(&uids, low, high), watch).await
}

/// A mailbox of which only some is brought: it counts as covered once all of that is here.
async fn filtered(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    now: UidValidity,
    top: Uid,
    only: &SearchKey,
    watch: &dyn Watch,
) -> Result<Filled> {
    let wanted = compare::server_uids(conn, Uid(1), top, Some(only)).await?;
    let cached = db.read(move |read| store::placement::uids(read, mailbox, None)).await?;
    // What went into another mailbox is seen there.
    let moved: UidSet = cached.iter().filter(|uid| !wanted.contains(*uid)).collect();
    vanish(db, mailbox, moved).await?;
    let missing: UidSet = wanted.iter().filter(|uid| !cached.contains(*uid)).collect();
    let batches = plan::batches(&missing, Uid(1), top);
    let filled = bring(db, conn, mailbox, now, batches, watch).await?;
    if filled == Filled::Whole {
        db.write(move |tx| store::covered::add(tx, mailbox, Uid(1), top)).await?;
    }
    Ok(filled)
}

/// One batch as it came.
struct Came {
    batch: Batch,
    rows: Vec<NewRow>,
}

/// Fetches and writes side by side.
async fn bring(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    now: UidValidity,
    batches: Vec<Batch>,
    watch: &dyn Watch,
) -> Result<Filled> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let reading = read(conn, batches, sender, watch);
    let writing = write(db, mailbox, now, receiver, watch);
    // Where writing fails the reader learns it at its next batch, and reads what is in flight to its end.
    let (read, wrote) = futures::join!(reading, writing);
    let left = read?;
    match wrote {
        Err(Error::Store(store::Error::HeadersFull | store::Error::Full)) => {
            return Ok(Filled::Full);
        }
        outcome => outcome?,
    }
    for came in left.odd {
        odd(db, conn, mailbox, now, came).await?;
    }
    Ok(if left.stopped { Filled::Stopped } else { Filled::Whole })
}

/// What reading leaves to be done once nothing is in flight.
#[derive(Default)]
struct Left {
    odd: Vec<Odd>,
    stopped: bool,
}

/// A batch of which the server did not give everything.
struct Odd {
    batch: Batch,
    came: screen::Batch,
}

async fn read(
    conn: &mut Conn,
    batches: Vec<Batch>,
    sender: mpsc::Sender<Came>,
    watch: &dyn Watch,
) -> Result<Left> {
    let modseq = conn.place.as_ref().is_some_and(|place| place.highestmodseq.is_some());
    let want = row::want(conn.capabilities(), modseq);
    let mut waiting = VecDeque::from(batches);
    let mut open: BTreeMap<usize, (Batch, screen::Batch)> = BTreeMap::new();
    let mut left = Left::default();
    let mut failed: Option<imap::Error> = None;
    let mut session = conn.fetching();
    loop {
        let mut idle = false;
        while open.len() < FLIGHT && !left.stopped && failed.is_none() {
            left.stopped = watch.stop() || sender.is_closed();
            let Some(batch) = waiting.pop_front().filter(|_| !left.stopped) else { break };
            if batch.uids.is_empty() {
                // A hole that nothing stands in.
                idle |= sender.send(Came { batch, rows: Vec::new() }).await.is_err();
                continue;
            }
            let number = match session.ask(&FetchSet::Uids(batch.uids.clone()), &want).await {
                Ok(number) => number,
                Err(error) => {
                    drop(session);
                    return Err(conn.fail(error));
                }
            };
            open.insert(number, (batch, screen::Batch::default()));
        }
        left.stopped |= idle;
        match session.next().await {
            Ok(Some(Step::Message(number, fetched))) => {
                if let Some((batch, came)) = open.get_mut(&number)
                    && fetched.uid.is_some_and(|uid| batch.uids.contains(uid))
                {
                    came.take(*fetched);
                }
            }
            Ok(Some(Step::Done(number, outcome))) => {
                failed = failed.or(outcome.err());
                let Some((batch, came)) = open.remove(&number) else { continue };
                if came.is_whole(batch.uids.len()) {
                    // Whoever writes gave up: what is in flight is read to its end.
                    left.stopped |= sender.send(Came { batch, rows: came.rows }).await.is_err();
                } else if failed.is_none() {
                    left.odd.push(Odd { batch, came });
                }
            }
            Ok(None) => break,
            Err(error) => {
                drop(session);
                return Err(conn.fail(error));
            }
        }
    }
    drop(session);
    match failed {
        Some(error) => Err(conn.fail(error)),
        None => Ok(left),
    }
}

async fn write(
    db: &Db,
    mailbox: MailboxId,
    now: UidValidity,
    mut receiver: mpsc::Receiver<Came>,
    watch: &dyn Watch,
) -> Result<()> {
    while let Some(Came { batch, rows }) = receiver.recv().await {
        let count = rows.len() as u64;
        db.put(mailbox, now, rows, Some((batch.low, batch.high))).await?;
        watch.wrote(count);
    }
    Ok(())
}

/// A batch with messages that did not come, or came without their envelope: they are asked for once more, with as
/// little as a row can do with, and what the server still has has a row in the end.
async fn odd(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    now: UidValidity,
    Odd { batch, mut came }: Odd,
) -> Result<()> {
    let missing: UidSet = batch.uids.iter().filter(|uid| !came.has(*uid)).collect();
    if !missing.is_empty() {
        let key = SearchKey::Uids(missing);
        let alive = compare::search(conn, &key).await?;
        if !alive.is_empty() {
            let want = FetchWant {
                uid: true,
                flags: true,
                internal_date: true,
                size: true,
                ..FetchWant::default()
            };
            conn.fetch(&FetchSet::Uids(alive), &want, |fetched| came.take(fetched))
                .await
                .map_err(|e| conn.fail(e))?;
        }
    }
    came.complete(conn).await?;
    db.put(mailbox, now, came.rows, Some((batch.low, batch.high))).await?;
    Ok(())
}
