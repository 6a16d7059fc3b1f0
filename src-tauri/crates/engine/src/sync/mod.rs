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

use crate::live::Place;
use crate::{Db, error::Result};
use model::{MailboxId, UidSet, UidValidity};

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

/// Takes placements off that the server no longer has.
pub(crate) async fn vanish(
    db: &Db,
    mailbox: MailboxId,
    gone: UidSet,
) -> Result<Vec<model::MessageId>> {
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    Ok(db.store()?.vanish(mailbox, gone).await?)
}
