//! Looking at a mailbox again: what is new, what of the screen changed, what is gone.

use super::{epoch, note_selected, screen, vanish};
use crate::Db;
use crate::error::Result;
use crate::live::Conn;
use imap::{FetchSet, FetchWant};
use model::{Flags, MailboxId, MailboxName, Tag, Uid, UidSet};
use plan::{Check, Known, Now};
use std::collections::BTreeMap;

/// Brings the newest rows of a mailbox up to date and says how many are new. A connection that was made for
/// this has just selected it; on a kept one it is selected anew.
pub(crate) async fn fresh_or_again(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
) -> Result<u64> {
    let place = match conn.fresh_place() {
        Some(place) if place.mailbox == *name => place,
        _ => conn.select(name).await?,
    };
    looked_at(db, conn, mailbox, &place).await
}

async fn looked_at(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    place: &crate::live::Place,
) -> Result<u64> {
    let known = known(db, mailbox).await?;
    let now = Now { uidvalidity: place.uidvalidity, uidnext: place.uidnext, exists: place.exists };
    let before = db.read(move |read| store::placement::highest(read, mailbox)).await?;
    match plan::check(known, now) {
        Check::Empty => {
            note_selected(db, mailbox, place).await?;
            screen::empty(db, mailbox, place).await
        }
        Check::Newest => {
            screen::newest(db, conn, mailbox, place).await?;
            let after = before.unwrap_or(Uid(0));
            db.read(move |read| store::placement::count_above(read, mailbox, after)).await
        }
        Check::Since { after, low } => {
            note_selected(db, mailbox, place).await?;
            let new = since(db, conn, mailbox, place, after, low).await?;
            let left_out = super::preview::left_out(db, mailbox).await?;
            super::preview::fill(db, conn, mailbox, left_out).await?;
            Ok(new)
        }
    }
}

async fn known(db: &Db, mailbox: MailboxId) -> Result<Option<Known>> {
    db.read(move |read| {
        let Some(row) = store::mailbox::get(read, mailbox)? else { return Ok(None) };
        let Some(uidvalidity) = row.uidvalidity else { return Ok(None) };
        let top = store::covered::top(read, mailbox)?;
        let highest = store::placement::highest(read, mailbox)?;
        // Coverage reaches to UIDNEXT; rows above `after` are asked for from the highest row that is known.
        let top = match (top, highest) {
            (Some((low, _)), Some(highest)) if highest >= low => Some((low, highest)),
            _ => None,
        };
        let top_rows = match top {
            Some((low, high)) => store::placement::count_in(read, mailbox, low, high)?,
            None => 0,
        };
        let screen_low = store::placement::nth_highest(read, mailbox, plan::SCREEN)?;
        let screen_low = match (screen_low, top) {
            (Some(uid), Some((low, _))) => Some(uid.max(low)),
            _ => None,
        };
        Ok(Some(Known {
            uidvalidity,
            uidnext: row.uidnext,
            top,
            top_rows: u32::try_from(top_rows).unwrap_or(u32::MAX),
            screen_low,
        }))
    })
    .await
}

/// New rows above `after` and the flags of the screen under it, in one flight.
async fn since(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    place: &crate::live::Place,
    after: Uid,
    low: Uid,
) -> Result<u64> {
    let modseq = place.highestmodseq.is_some();
    let rows = super::row::want(conn.capabilities(), modseq);
    let flags = FetchWant { uid: true, flags: true, modseq, ..FetchWant::default() };
    let screen_set = UidSet::range(low, after);
    let mut batch = screen::Batch::default();
    // One that came without flags that can be read is there all the same.
    let mut seen: BTreeMap<Uid, Option<(Flags, Option<model::ModSeq>)>> = BTreeMap::new();
    let asked = vec![
        (FetchSet::UidFrom(Uid(after.0.saturating_add(1))), rows),
        (FetchSet::Uids(screen_set.clone()), flags),
    ];
    conn.fetch_many(asked, |which, fetched| match (which, fetched.uid) {
        // `n:*` names the last message even where it is older than n (RFC 9051 6.4.9).
        (0, Some(uid)) if uid > after => batch.take(fetched),
        (_, Some(uid)) if screen_set.contains(uid) => {
            let modseq = fetched.modseq;
            let flags = fetched.flags.map(|flags| (flags, modseq));
            let known = seen.entry(uid).or_default();
            *known = flags.or(known.take());
        }
        _ => {}
    })
    .await
    .map_err(|e| conn.fail(e))?;
    batch.complete(conn).await?;
    let new = batch.rows.len() as u64;
    let cached =
        db.read(move |read| store::placement::uids(read, mailbox, Some((low, after)))).await?;
    let gone: UidSet = cached.iter().filter(|uid| !seen.contains_key(uid)).collect();
    vanish(db, mailbox, gone).await?;
    let epoch = epoch(place);
    db.write(move |tx| {
        let mut news = false;
        let told = seen.iter().filter_map(|(uid, told)| Some((uid, told.as_ref()?)));
        for (uid, (flags, modseq)) in told {
            news |= store::flags::apply(tx, mailbox, epoch, *uid, flags, *modseq)?;
        }
        if news {
            tx.changed(Tag::List(mailbox));
        }
        Ok(())
    })
    .await?;
    let top = batch.rows.iter().map(|r| r.uid).max().unwrap_or(after);
    let top = place.uidnext.map_or(top, |next| top.max(Uid(next.0.saturating_sub(1))));
    screen::write(db, conn, mailbox, place, batch.rows, Some((after, top)), false).await?;
    Ok(new)
}
