//! The next fifty under what is cached: one round trip on a connection that has the mailbox selected.

use super::{epoch, screen};
use crate::Db;
use crate::error::Result;
use crate::live::{Conn, Place};
use imap::{FetchSet, SearchKey};
use model::{MailboxId, MailboxName, SeqNum, Uid};
use plan::Rank;

/// Extends the covered stretch downward. False where nothing is under it.
pub(crate) async fn extend(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
) -> Result<bool> {
    let place = conn.stand_in(name).await?;
    let top = db.read(move |read| store::covered::top(read, mailbox)).await?;
    let known = db.read(move |read| store::mailbox::get(read, mailbox)).await?;
    let same_epoch = known.and_then(|m| m.uidvalidity) == Some(epoch(&place));
    let Some((low, _)) = top.filter(|_| same_epoch) else {
        return Ok(screen::newest(db, conn, mailbox, &place).await? > 0);
    };
    let lowest = db.read(move |read| store::placement::lowest_from(read, mailbox, low)).await?;
    let Some(lowest) = lowest else {
        return Ok(screen::newest(db, conn, mailbox, &place).await? > 0);
    };
    let above = db
        .read(move |read| store::placement::count_above(read, mailbox, Uid(lowest.0 - 1)))
        .await?;
    let guess =
        u32::try_from(above).ok().and_then(|above| Rank::of_lowest(lowest, place.exists, above));
    if let Some(rank) = guess
        && attempt(db, conn, mailbox, &place, rank).await?
    {
        return Ok(true);
    }
    // Somebody expunged, or mail came: the server says how many lie under the lowest row.
    let under = conn
        .uid_search_count(&SearchKey::UidRange(Uid(1), Uid(lowest.0.saturating_sub(1))))
        .await
        .map_err(|e| conn.fail(e))?;
    if under == 0 {
        bottom(db, mailbox, lowest).await?;
        return Ok(false);
    }
    let rank = Rank { uid: lowest, seq: SeqNum(under.saturating_add(1)) };
    attempt(db, conn, mailbox, &place, rank).await
}

/// Fetches the page under `lowest` and keeps it if it joins.
async fn attempt(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    place: &Place,
    lowest: Rank,
) -> Result<bool> {
    let Some((low, high)) = plan::page_below(lowest) else {
        bottom(db, mailbox, lowest.uid).await?;
        return Ok(false);
    };
    let set = FetchSet::Seq { low, high: Some(high) };
    let batch = screen::fetch(conn, &set, place.highestmodseq.is_some()).await?;
    // The overlap row is the proof; where it was expunged meanwhile, the page is placed anew.
    if !plan::page_fits(lowest, &batch.seqs) {
        return Ok(false);
    }
    let Some(lowest_row) = batch.rows.iter().map(|r| r.uid).min() else { return Ok(false) };
    let low_uid = if low.0 == 1 { Uid(1) } else { lowest_row };
    screen::write(db, conn, mailbox, place, batch.rows, Some((low_uid, lowest.uid)), true).await?;
    Ok(true)
}

/// Nothing is under the lowest row: the mailbox is covered to its end.
async fn bottom(db: &Db, mailbox: MailboxId, lowest: Uid) -> Result<()> {
    db.write(move |tx| store::covered::add(tx, mailbox, Uid(1), lowest)).await
}
