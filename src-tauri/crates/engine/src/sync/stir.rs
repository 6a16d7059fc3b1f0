//! What a server said by itself of the mailbox that it is watched in, made true here: what came is fetched, what
//! changed is fetched, and what left is looked for where its position says that it stood.

use super::{compare, delta, flags as flags_of, vanish};
use crate::Db;
use crate::error::Result;
use crate::live::{Conn, Stirred};
use imap::{FetchSet, FetchWant, SearchKey};
use model::{MailboxId, SeqNum, Uid, UidSet};
use plan::{FlagChanges, Gone, Moves};

/// How far down an expunged message is looked for by its position.
const REACH: u32 = 5_000;

/// Applies what was said since the mailbox was settled last. None where it is no longer known how the mailbox
/// stands: it has to be selected anew.
pub(crate) async fn apply(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
) -> Result<Option<delta::News>> {
    let Some(place) = conn.standing() else { return Ok(None) };
    let Stirred { before, said, vanished, flags } = conn.stirred();
    let moves = Moves::follow(before, said);
    let Some(known) = delta::known(db, mailbox).await? else { return Ok(None) };
    let (Some(highest), Some(uidvalidity)) = (known.highest, place.uidvalidity) else {
        return Ok(None);
    };
    if uidvalidity != known.uidvalidity {
        return Ok(None);
    }
    let mut news = delta::News::default();
    let suspects = suspects(db, mailbox, &moves).await?;
    let changes = match (place.highestmodseq.and(known.modseq), known.modseq) {
        (Some(before), _) => FlagChanges::ChangedSince(before),
        _ => FlagChanges::Nothing,
    };
    let since = (moves.grown || moves.lost_count).then_some(highest);
    // UIDNEXT was said at SELECT: of what came since it tells nothing.
    let now = crate::live::Place { uidnext: None, ..place.clone() };
    let seen = delta::flight(db, conn, mailbox, &now, since, changes, highest).await?;
    news.count = seen.new.len() as u64;
    news.new = seen.new;
    news.flags = seen.flags;
    let told = flags.into_iter().filter_map(|f| Some((f.uid?, f.flags?, f.modseq))).collect();
    news.flags.extend(flags_of::apply(db, mailbox, &place, told).await?);
    if changes == FlagChanges::Nothing && !moves.changed.is_empty() {
        news.flags.extend(by_position(db, conn, mailbox, &moves).await?);
    }
    news.gone = vanish(db, mailbox, vanished).await?;
    if !suspects.is_empty() {
        let key = SearchKey::Uids(suspects.clone());
        let alive = conn.uid_search(&key).await.map_err(|e| conn.fail(e))?;
        let gone: UidSet = suspects.iter().filter(|uid| !alive.contains(*uid)).collect();
        news.gone.extend(vanish(db, mailbox, gone).await?);
    }
    let gone = if known.whole { Gone::ByExists } else { Gone::ByCount };
    let left = !moves.gone.is_empty() || moves.lost_count || known.whole;
    if left {
        let (left, came) = delta::leavers(db, conn, mailbox, gone).await?;
        news.gone.extend(left);
        news.new.extend(came);
    }
    if let Some(place) = conn.standing() {
        delta::finish(db, mailbox, &place, seen.modseq.max(known.modseq)).await?;
    }
    news.flags.sort_unstable();
    news.flags.dedup();
    Ok(Some(news))
}

/// Those that stood where something was expunged, as far as the device knew the mailbox.
async fn suspects(db: &Db, mailbox: MailboxId, moves: &Moves) -> Result<UidSet> {
    let Some(deepest) = moves.gone.last().copied().filter(|rank| *rank < REACH) else {
        return Ok(UidSet::new());
    };
    let gone = moves.gone.clone();
    db.read(move |read| {
        let Some((low, _)) = store::covered::top(read, mailbox)? else { return Ok(UidSet::new()) };
        let bottom = store::placement::nth_highest(read, mailbox, deepest + 1)?;
        let Some(bottom) = bottom.filter(|uid| *uid >= low) else { return Ok(UidSet::new()) };
        let mut uids: Vec<Uid> =
            store::placement::uids(read, mailbox, Some((bottom, Uid(u32::MAX))))?.iter().collect();
        uids.reverse();
        Ok((0u32..).zip(uids).filter(|(rank, _)| gone.contains(rank)).map(|(_, uid)| uid).collect())
    })
    .await
}

/// Flags of messages that were named by position.
async fn by_position(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    moves: &Moves,
) -> Result<Vec<model::MessageId>> {
    let (Some(low), Some(high)) = (moves.changed.first(), moves.changed.last()) else {
        return Ok(Vec::new());
    };
    // Positions may have moved again since: the UID that comes with the answer is what counts.
    if high - low > 4 * plan::SCREEN {
        return compare::flags(db, conn, mailbox).await;
    }
    let want = FetchWant { uid: true, flags: true, ..FetchWant::default() };
    let set = FetchSet::Seq { low: SeqNum(*low), high: Some(SeqNum(*high)) };
    let mut told = Vec::new();
    conn.fetch(&set, &want, |fetched| {
        if let (Some(uid), Some(flags)) = (fetched.uid, fetched.flags) {
            told.push((uid, flags, fetched.modseq));
        }
    })
    .await
    .map_err(|e| conn.fail(e))?;
    match conn.standing() {
        Some(place) => flags_of::apply(db, mailbox, &place, told).await,
        None => Ok(Vec::new()),
    }
}
