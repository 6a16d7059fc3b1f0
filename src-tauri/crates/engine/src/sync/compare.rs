//! What the server has and what is cached, compared as sets: the slow way that is always right. It is taken where
//! a count says that something is missing, where a server counts no changes, and by the audit.

use super::vanish;
use crate::Db;
use crate::error::Result;
use crate::live::Conn;
use imap::{FetchSet, FetchWant, SearchKey};
use model::{Flags, MailboxId, MessageId, Uid, UidSet};
use std::hash::{DefaultHasher, Hash, Hasher};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub gone: Vec<MessageId>,
    pub new: Vec<MessageId>,
    /// Messages that should have been here and were not.
    pub missing: u64,
}

/// UIDs asked for in one SEARCH where the answer is a list and not a set.
const STRETCH: u32 = 50_000;

/// A search whose answer may be looked at one by one: a set with more messages than the mailbox has (four thousand
/// million fit a line) is no answer.
pub(crate) async fn search(conn: &mut Conn, key: &SearchKey) -> Result<UidSet> {
    let found = conn.uid_search(key).await.map_err(|e| conn.fail(e))?;
    let exists = conn.standing().map_or(0, |place| u64::from(place.exists));
    if found.len() > exists.saturating_mul(2).saturating_add(10_000) {
        let more = "a search found more messages than there are";
        return Err(conn.fail(imap::Error::Protocol(more.to_owned())));
    }
    Ok(found)
}

/// The UIDs that the server has from `low` to `high`. Without ESEARCH the answer is a list of numbers: then it is
/// asked for in stretches.
pub(crate) async fn server_uids(
    conn: &mut Conn,
    low: Uid,
    high: Uid,
    also: Option<&SearchKey>,
) -> Result<UidSet> {
    let step = if conn.capabilities().has("ESEARCH") { u32::MAX } else { STRETCH };
    let mut found = UidSet::new();
    let mut at = low.0;
    while at <= high.0 {
        let end = at.saturating_add(step - 1).min(high.0);
        let range = SearchKey::UidRange(Uid(at), Uid(end));
        let key = match also {
            Some(also) => SearchKey::And(vec![range, also.clone()]),
            None => range,
        };
        let some = search(conn, &key).await?;
        for &(low, high) in some.ranges() {
            found.insert_range(low, high);
        }
        match end.checked_add(1) {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(found)
}

/// Every cached row of the selected mailbox against what the server has. What is missing is fetched.
pub(crate) async fn messages(db: &Db, conn: &mut Conn, mailbox: MailboxId) -> Result<Difference> {
    let (covered, cached) = db
        .read(move |read| {
            let cached = store::placement::uids(read, mailbox, None)?;
            Ok((store::covered::list(read, mailbox)?, cached))
        })
        .await?;
    let mut all = UidSet::new();
    let mut add = |some: UidSet| {
        some.ranges().iter().for_each(|&(low, high)| all.insert_range(low, high));
    };
    for &(low, high) in covered.ranges() {
        add(server_uids(conn, Uid(low), Uid(high), None).await?);
    }
    // Above: what UIDNEXT did not tell of. (`n:*` names the last message even where it is older than n.)
    let top = covered.ranges().last().map_or(0, |&(_, high)| high);
    if let Some(next) = top.checked_add(1) {
        let above = search(conn, &SearchKey::UidFrom(Uid(next))).await?;
        add(above.iter().filter(|uid| uid.0 > top).collect());
    }
    // What is cached outside of every covered stretch proves nothing and is left alone.
    let gone: UidSet =
        cached.iter().filter(|u| covered.contains(*u) && !all.contains(*u)).collect();
    let missing: Vec<Uid> = all.iter().filter(|u| !cached.contains(*u)).collect();
    let gone = vanish(db, mailbox, gone).await?;
    let mut new = Vec::new();
    for piece in missing.chunks(plan::BATCH) {
        new.extend(fetch(db, conn, mailbox, piece.iter().copied().collect()).await?);
    }
    if let Some(highest) = all.ranges().last().map(|&(_, high)| high).filter(|high| *high > top) {
        // Everything up to it is here now, unless it did not come: then its place is a hole.
        let held = db
            .read(move |read| {
                store::placement::uids(read, mailbox, Some((Uid(top + 1), Uid(highest))))
            })
            .await?;
        if missing.iter().filter(|uid| uid.0 > top).all(|uid| held.contains(*uid)) {
            db.write(move |tx| store::covered::add(tx, mailbox, Uid(top + 1), Uid(highest)))
                .await?;
        }
    }
    Ok(Difference { gone, new, missing: missing.len() as u64 })
}

/// Rows that were missing. Those that do not come leave a hole.
async fn fetch(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    uids: UidSet,
) -> Result<Vec<MessageId>> {
    let Some(place) = conn.standing() else { return Ok(Vec::new()) };
    let set = FetchSet::Uids(uids.clone());
    let batch = super::screen::fetch(conn, &set, place.highestmodseq.is_some()).await?;
    let left: UidSet = uids.iter().filter(|uid| !batch.has(*uid)).collect();
    if !left.is_empty() {
        db.write(move |tx| store::covered::forget(tx, mailbox, &left)).await?;
    }
    super::screen::write(db, conn, mailbox, &place, batch.rows, None, false).await
}

/// One flag, as a search and as a bit.
fn asked() -> [(SearchKey, u8); 5] {
    let bit = |name: &str| [name].into_iter().collect::<Flags>().bits();
    [
        (SearchKey::Not(Box::new(SearchKey::Seen)), bit(Flags::SEEN)),
        (SearchKey::Flagged, bit(Flags::FLAGGED)),
        (SearchKey::Answered, bit(Flags::ANSWERED)),
        (SearchKey::Deleted, bit(Flags::DELETED)),
        (SearchKey::Draft, bit(Flags::DRAFT)),
    ]
}

/// The system flags of every cached row, where the server counts no changes: five searches, whose answers are
/// remembered as one number. Only where that number is another are the rows looked at.
pub(crate) async fn flags(db: &Db, conn: &mut Conn, mailbox: MailboxId) -> Result<Vec<MessageId>> {
    let covered = db.read(move |read| store::covered::list(read, mailbox)).await?;
    let Some(top) = covered.ranges().last().map(|&(_, high)| Uid(high)) else {
        return Ok(Vec::new());
    };
    let mut hash = DefaultHasher::new();
    covered.ranges().hash(&mut hash);
    let mut sets = Vec::new();
    for (key, bit) in asked() {
        let set = server_uids(conn, Uid(1), top, Some(&key)).await?;
        set.ranges().hash(&mut hash);
        sets.push((set, bit));
    }
    let digest = hash.finish();
    let known = db.read(move |read| store::digest::get(read, mailbox)).await?;
    if known == Some(digest) {
        return Ok(Vec::new());
    }
    let mut different = UidSet::new();
    for &(low, high) in covered.ranges() {
        let rows = db
            .read(move |read| store::placement::flags_in(read, mailbox, Uid(low), Uid(high)))
            .await?;
        for (uid, base, _) in rows {
            let seen = [Flags::SEEN].into_iter().collect::<Flags>().bits();
            let server: u8 = sets
                .iter()
                .map(|(set, bit)| {
                    // Of \Seen the server was asked who has it not.
                    let has = set.contains(uid) != (*bit == seen);
                    if has { *bit } else { 0 }
                })
                .sum();
            if server != base.bits() {
                different.insert(uid);
            }
        }
    }
    let changed = refetch(db, conn, mailbox, different).await?;
    db.write(move |tx| store::digest::set(tx, mailbox, digest)).await?;
    Ok(changed)
}

/// Flags of these messages, from the server.
pub(crate) async fn refetch(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    uids: UidSet,
) -> Result<Vec<MessageId>> {
    let Some(place) = conn.standing().filter(|_| !uids.is_empty()) else {
        return Ok(Vec::new());
    };
    let modseq = place.highestmodseq.is_some();
    let want = FetchWant { uid: true, flags: true, modseq, ..FetchWant::default() };
    let mut told = Vec::new();
    conn.fetch(&FetchSet::Uids(uids), &want, |fetched| {
        if let (Some(uid), Some(flags)) = (fetched.uid, fetched.flags) {
            told.push((uid, flags, fetched.modseq));
        }
    })
    .await
    .map_err(|e| conn.fail(e))?;
    super::flags::apply(db, mailbox, &place, told).await
}
