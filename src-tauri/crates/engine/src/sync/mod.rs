//! Bringing the server's mail to the device: one executor a file. Each carries out what `plan` decided, on a
//! connection that it is lent.

pub(crate) mod audit;
pub(crate) mod body;
pub(crate) mod compare;
pub(crate) mod delta;
pub(crate) mod flags;
pub(crate) mod folders;
pub(crate) mod headers;
pub(crate) mod page;
pub(crate) mod prefetch;
pub(crate) mod preview;
pub(crate) mod row;
pub(crate) mod screen;
pub(crate) mod stir;

use crate::live::{Conn, Place};
use crate::{Db, error::Result};
use model::{MailboxId, MailboxName, MessageId, Uid, UidSet, UidValidity};

/// Some servers give no UIDVALIDITY; their UIDs are then of this session alone, and 0 is no valid value
/// (RFC 9051: nz-number), so that every next SELECT is a change.
const NONE: UidValidity = UidValidity(0);

pub(crate) fn epoch(place: &Place) -> UidValidity {
    place.uidvalidity.unwrap_or(NONE)
}

/// Writes what SELECT said.
pub(crate) async fn note_selected(db: &Db, mailbox: MailboxId, place: &Place) -> Result<()> {
    let place = place.clone();
    let epoch = epoch(&place);
    db.write(move |tx| {
        store::mailbox::selected(
            tx,
            mailbox,
            epoch,
            place.uidnext,
            place.highestmodseq,
            place.exists,
        )?;
        Ok(())
    })
    .await
}

/// Stands in a mailbox whose numbering is written down: what is put there belongs to it.
pub(crate) async fn stand_noted(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
) -> Result<Place> {
    let place = conn.stand_in(name).await?;
    let known = db.read(move |read| store::mailbox::get(read, mailbox)).await?;
    if known.and_then(|row| row.uidvalidity) != Some(epoch(&place)) {
        note_selected(db, mailbox, &place).await?;
    }
    Ok(place)
}

/// The messages at these UIDs that are here, in the same order.
pub(crate) async fn messages_at(
    db: &Db,
    mailbox: MailboxId,
    uids: Vec<Uid>,
) -> Result<Vec<MessageId>> {
    db.read(move |read| {
        let mut ids = Vec::with_capacity(uids.len());
        for uid in uids {
            ids.extend(store::placement::by_uid(read, mailbox, uid)?);
        }
        Ok(ids)
    })
    .await
}

/// Takes placements off that the server no longer has.
pub(crate) async fn vanish(db: &Db, mailbox: MailboxId, gone: UidSet) -> Result<Vec<MessageId>> {
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    Ok(db.store()?.vanish(mailbox, gone).await?)
}
