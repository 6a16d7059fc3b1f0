//! Bringing what is cached of a mailbox to where the server is: what is new, which flags changed, what is gone.

use super::{compare, flags, note_selected, screen, vanish};
use crate::Db;
use crate::error::Result;
use crate::live::{Conn, Place};
use imap::{FetchSet, FetchWant, Fetched};
use model::{Flags, MailboxId, MailboxName, MessageId, ModSeq, Uid, UidSet};
use plan::{Delta, FlagChanges, Gone, Known, Now, Rows};
use std::collections::BTreeMap;

/// Newest rows of which a server that counts no changes is asked for the flags each time.
pub(crate) const WINDOW: u32 = 200;

/// What was different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    /// Rows that came, above those that were known.
    pub count: u64,
    /// Of those, the ones that arrived in a mailbox that had been seen before.
    pub new: Vec<MessageId>,
    pub flags: Vec<MessageId>,
    pub gone: Vec<MessageId>,
}

impl News {
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.new.is_empty() && self.flags.is_empty() && self.gone.is_empty()
    }
}

/// Looks at a mailbox. A connection that was made for this has just selected it; on another it is selected anew,
/// so that what the server says of it is of now.
pub(crate) async fn look(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
) -> Result<News> {
    let place = match conn.fresh_place() {
        Some(place) if place.mailbox == *name => place,
        _ => conn.select(name).await?,
    };
    settle(db, conn, mailbox, &place).await
}

/// Makes what is cached agree with a mailbox that was just selected.
pub(crate) async fn settle(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    place: &Place,
) -> Result<News> {
    let known = known(db, mailbox).await?;
    let now = Now {
        uidvalidity: place.uidvalidity,
        uidnext: place.uidnext,
        exists: place.exists,
        modseq: place.highestmodseq,
    };
    let before = db.read(move |read| store::placement::highest(read, mailbox)).await?;
    let mut news = News::default();
    match plan::delta(known, now) {
        Delta::Empty => {
            note_selected(db, mailbox, place).await?;
            news.gone = screen::empty(db, mailbox, place).await?;
        }
        Delta::Anew => {
            let ids = screen::newest(db, conn, mailbox, place).await?;
            news.count = above(db, mailbox, before).await?;
            // What came into a mailbox that was seen empty is new mail; what a first look shows is not.
            if known.is_some_and(|k| Some(k.uidvalidity) == place.uidvalidity) {
                news.new = ids;
            }
        }
        Delta::Steps { rows, flags, gone } => {
            note_selected(db, mailbox, place).await?;
            if rows == Rows::Newest {
                news.new = screen::newest(db, conn, mailbox, place).await?;
            }
            let highest = known.and_then(|k| k.highest).unwrap_or(Uid(0));
            let since = match rows {
                Rows::Since(after) => Some(after),
                Rows::Newest | Rows::Nothing => None,
            };
            let seen = flight(db, conn, mailbox, place, since, flags, highest).await?;
            news.new.extend(seen.new);
            news.flags = seen.flags;
            if flags == FlagChanges::Compared {
                news.flags.extend(compare::flags(db, conn, mailbox).await?);
            }
            let gone = if rows == Rows::Newest { Gone::ByCount } else { gone };
            let vanished = conn.stirred().vanished;
            news.gone = vanish(db, mailbox, vanished).await?;
            let (left, came) = leavers(db, conn, mailbox, gone).await?;
            news.gone.extend(left);
            news.new.extend(came);
            news.count = above(db, mailbox, before).await?;
            finish(db, mailbox, place, place.highestmodseq).await?;
            let left_out = super::preview::left_out(db, mailbox, plan::SCREEN).await?;
            super::preview::fill(db, conn, mailbox, left_out).await?;
        }
    }
    Ok(news)
}

async fn above(db: &Db, mailbox: MailboxId, before: Option<Uid>) -> Result<u64> {
    let after = before.unwrap_or(Uid(0));
    db.read(move |read| store::placement::count_above(read, mailbox, after)).await
}

pub(crate) async fn known(db: &Db, mailbox: MailboxId) -> Result<Option<Known>> {
    db.read(move |read| {
        let Some(row) = store::mailbox::get(read, mailbox)? else { return Ok(None) };
        let Some(uidvalidity) = row.uidvalidity else { return Ok(None) };
        let top = store::covered::top(read, mailbox)?;
        let highest = store::placement::highest(read, mailbox)?;
        let highest = highest.filter(|highest| top.is_some_and(|(low, _)| *highest >= low));
        Ok(Some(Known {
            uidvalidity,
            covered_to: top.map(|(_, high)| high),
            highest,
            whole: top.is_some_and(|(low, _)| low.0 <= 1),
            cached: row.cached,
            modseq: row.highestmodseq,
        }))
    })
    .await
}

/// What one flight brought and was written.
#[derive(Default)]
pub(crate) struct Seen {
    pub new: Vec<MessageId>,
    pub flags: Vec<MessageId>,
    /// The highest count of changes that an answer to "changed since" had.
    pub modseq: Option<ModSeq>,
}

/// New rows and changed flags, in one flight.
pub(crate) async fn flight(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    place: &Place,
    since: Option<Uid>,
    flags: FlagChanges,
    highest: Uid,
) -> Result<Seen> {
    let modseq = place.highestmodseq.is_some();
    let mut asked = Vec::new();
    if let Some(after) = since {
        let rows = super::row::want(conn.capabilities(), modseq);
        asked.push((FetchSet::UidFrom(Uid(after.0.saturating_add(1))), rows));
    }
    let changes = asked.len();
    let want = FetchWant { uid: true, flags: true, modseq, ..FetchWant::default() };
    let mut scope = UidSet::new();
    match flags {
        FlagChanges::Nothing => {}
        FlagChanges::ChangedSince(before) => {
            scope = UidSet::range(Uid(1), highest);
            let want = FetchWant { changed_since: Some(before), ..want };
            asked.push((FetchSet::Uids(scope.clone()), want));
        }
        FlagChanges::Compared => {
            let low =
                db.read(move |read| store::placement::nth_highest(read, mailbox, WINDOW)).await?;
            scope = UidSet::range(low.unwrap_or(Uid(1)), highest);
            asked.push((FetchSet::Uids(scope.clone()), want));
        }
    }
    if asked.is_empty() {
        return Ok(Seen::default());
    }
    let mut batch = screen::Batch::default();
    let mut told: BTreeMap<Uid, (Flags, Option<ModSeq>)> = BTreeMap::new();
    let mut counted: Option<ModSeq> = None;
    conn.fetch_many(asked, |which, fetched: Fetched| match (which, fetched.uid) {
        // `n:*` names the last message even where it is older than n (RFC 9051 6.4.9).
        (0, Some(uid)) if since.is_some_and(|after| uid > after) => batch.take(fetched),
        (which, Some(uid)) if which == changes && scope.contains(uid) => {
            counted = counted.max(fetched.modseq);
            if let Some(flags) = fetched.flags {
                told.insert(uid, (flags, fetched.modseq));
            }
        }
        _ => {}
    })
    .await
    .map_err(|e| conn.fail(e))?;
    batch.complete(conn).await?;
    let mut seen = Seen { modseq: counted, ..Seen::default() };
    if let Some(after) = since {
        let top = batch.rows.iter().map(|r| r.uid).max().unwrap_or(after);
        let top = place.uidnext.map_or(top, |next| top.max(Uid(next.0.saturating_sub(1))));
        let covered = Some((Uid(after.0.saturating_add(1)), top));
        seen.new = screen::write(db, conn, mailbox, place, batch.rows, covered, false).await?;
    }
    let told = told.into_iter().map(|(uid, (flags, modseq))| (uid, flags, modseq)).collect();
    seen.flags = flags::apply(db, mailbox, place, told).await?;
    Ok(seen)
}

/// Finds what is gone from the server, by the cheapest count that can say so; and what came unnoticed.
pub(crate) async fn leavers(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    gone: Gone,
) -> Result<(Vec<MessageId>, Vec<MessageId>)> {
    let (covered, cached) = db
        .read(move |read| {
            let cached = store::mailbox::get(read, mailbox)?.map_or(0, |row| row.cached);
            Ok((store::covered::list(read, mailbox)?, cached))
        })
        .await?;
    let there = match gone {
        Gone::ByExists => conn.standing().map(|place| u64::from(place.exists)),
        Gone::ByCount if covered.is_empty() => Some(0),
        Gone::ByCount => {
            let key = imap::SearchKey::Uids(covered);
            Some(u64::from(conn.uid_search_count(&key).await.map_err(|e| conn.fail(e))?))
        }
    };
    if there == Some(cached) {
        return Ok((Vec::new(), Vec::new()));
    }
    compare::messages(db, conn, mailbox).await.map(|difference| (difference.gone, difference.new))
}

/// Everything was applied: from here on the next look builds on this.
pub(crate) async fn finish(
    db: &Db,
    mailbox: MailboxId,
    place: &Place,
    modseq: Option<ModSeq>,
) -> Result<()> {
    let exists = place.exists;
    db.write(move |tx| {
        if let Some(modseq) = modseq {
            store::mailbox::set_modseq(tx, mailbox, modseq)?;
        }
        let known = store::mailbox::get(tx, mailbox)?.and_then(|row| row.total);
        if known != Some(u64::from(exists)) {
            store::mailbox::set_counts(tx, mailbox, Some(u64::from(exists)), None)?;
        }
        Ok(())
    })
    .await
}
