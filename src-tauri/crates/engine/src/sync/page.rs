//! The next fifty under what is cached: one round trip on a connection that has the mailbox selected.

use super::{epoch, screen};
use crate::Db;
use crate::error::{Error, Result};
use crate::live::{Conn, Place};
use imap::{FetchSet, SearchKey};
use model::{MailboxId, MailboxName, MessageId, SeqNum, Uid};
use plan::Rank;

/// How often a page is placed anew while others expunge under it.
const ROUNDS: u32 = 4;

/// Extends the covered stretch downward. False where nothing is under it.
pub(crate) async fn extend(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
) -> Result<bool> {
    for round in 0..ROUNDS {
        let place = conn.stand_in(name).await?;
        let Some(lowest) = lowest(db, mailbox, &place).await? else {
            return Ok(!screen::newest(db, conn, mailbox, &place).await?.is_empty());
        };
        // The first guess is free: it counts what is cached. It never proves that nothing is left.
        let guess = match round {
            0 => guess(db, mailbox, lowest, &place).await?.filter(|rank| rank.seq.0 > 1),
            _ => None,
        };
        let rank = match guess {
            Some(rank) => rank,
            // Somebody expunged, or mail came: the server says how many lie under the lowest row.
            None => {
                let under = SearchKey::UidRange(Uid(1), Uid(lowest.0.saturating_sub(1)));
                let under = match lowest.0 {
                    0 | 1 => 0,
                    _ => conn.uid_search_count(&under).await.map_err(|e| conn.fail(e))?,
                };
                if under == 0 {
                    bottom(db, mailbox, lowest).await?;
                    return Ok(false);
                }
                Rank { uid: lowest, seq: SeqNum(under.saturating_add(1)) }
            }
        };
        // The answer to SEARCH may have come with an EXPUNGE.
        let place = conn.stand_in(name).await?;
        if attempt(db, conn, mailbox, &place, rank).await? {
            return Ok(true);
        }
    }
    let restless = "its message numbers do not hold still";
    Err(conn.fail(imap::Error::Protocol(restless.to_owned())))
}

/// So many messages from the `rank`-th newest downward (0 is the newest), wherever the cached stretches end: one
/// round trip on a connection that has the mailbox selected. In the list's order.
pub(crate) async fn island(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
    rank: u32,
    limit: u32,
) -> Result<Vec<MessageId>> {
    let place = super::stand_noted(db, conn, mailbox, name).await?;
    let Some(high) = place.exists.checked_sub(rank).filter(|high| *high > 0) else {
        return Ok(Vec::new());
    };
    let low = high.saturating_sub(limit.saturating_sub(1)).max(1);
    let asked = (SeqNum(low), SeqNum(high));
    let set = FetchSet::Seq { low: asked.0, high: Some(asked.1) };
    let batch = screen::fetch(conn, &set, place.highestmodseq.is_some()).await?;
    let mut order: Vec<(i64, Uid)> = batch.rows.iter().map(|r| (r.internal_date, r.uid)).collect();
    order.sort_unstable_by_key(|place| std::cmp::Reverse(*place));
    let uids: Vec<Uid> = order.into_iter().map(|(_, uid)| uid).collect();
    // Answered to the last position, the stretch between its ends has nothing else in it.
    let stretch = uids.iter().min().copied().zip(uids.iter().max().copied());
    let whole = batch.rows.len() as u64 == u64::from(high - low) + 1;
    screen::write(db, conn, mailbox, &place, batch.rows, stretch.filter(|_| whole), whole).await?;
    super::messages_at(db, mailbox, uids).await
}

/// The lowest row of the stretch that a list shows first; None where there is nothing to build on.
async fn lowest(db: &Db, mailbox: MailboxId, place: &Place) -> Result<Option<Uid>> {
    let now = epoch(place);
    db.read(move |read| {
        let known = store::mailbox::get(read, mailbox)?.and_then(|m| m.uidvalidity);
        match store::covered::top(read, mailbox)? {
            Some((low, _)) if known == Some(now) => {
                store::placement::lowest_from(read, mailbox, low)
            }
            _ => Ok(None),
        }
    })
    .await
}

async fn guess(db: &Db, mailbox: MailboxId, lowest: Uid, place: &Place) -> Result<Option<Rank>> {
    let under = Uid(lowest.0.saturating_sub(1));
    let above = db.read(move |read| store::placement::count_above(read, mailbox, under)).await?;
    let above = u32::try_from(above).unwrap_or(u32::MAX);
    Ok(Rank::of_lowest(lowest, place.exists, above))
}

/// Fetches the page under `lowest` and keeps it if it joins.
async fn attempt(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    place: &Place,
    lowest: Rank,
) -> Result<bool> {
    let Some((low, high)) = plan::page_below(lowest) else { return Ok(false) };
    // Where everything from the lowest row upward was expunged, the page ends the mailbox.
    let high = SeqNum(high.0.min(place.exists));
    if high < low {
        return Ok(false);
    }
    let set = FetchSet::Seq { low, high: Some(high) };
    let batch = match screen::fetch(conn, &set, place.highestmodseq.is_some()).await {
        Ok(batch) => batch,
        // RFC 5530, EXPUNGEISSUED: some of them are gone, and a FETCH by position may not say which.
        Err(Error::Server(failure)) if matches!(failure.source, imap::Error::No { .. }) => {
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    if !plan::page_fits(lowest.uid, (low, high), place.exists, &batch.seqs) {
        return Ok(false);
    }
    let Some(lowest_row) = batch.rows.iter().map(|r| r.uid).min() else { return Ok(false) };
    let low_uid = if low.0 == 1 { Uid(1) } else { lowest_row };
    // What came of higher rows is known already; of the lowest one its absence counts.
    let rows = batch.rows.into_iter().filter(|row| row.uid <= lowest.uid).collect();
    screen::write(db, conn, mailbox, place, rows, Some((low_uid, lowest.uid)), true).await?;
    Ok(true)
}

/// Nothing is under the lowest row: the mailbox is covered to its end.
async fn bottom(db: &Db, mailbox: MailboxId, lowest: Uid) -> Result<()> {
    db.write(move |tx| store::covered::add(tx, mailbox, Uid(1), lowest)).await
}
