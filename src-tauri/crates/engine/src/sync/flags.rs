//! Flags as the server has them, written down.

use super::epoch;
use crate::Db;
use crate::error::Result;
use crate::live::Place;
use model::{Flags, MailboxId, MessageId, ModSeq, Uid};

/// Flags of one message, as the server says them.
pub(crate) type Told = (Uid, Flags, Option<ModSeq>);

/// Writes flags as the server has them; which messages look different now.
pub(crate) async fn apply(
    db: &Db,
    mailbox: MailboxId,
    place: &Place,
    told: Vec<Told>,
) -> Result<Vec<MessageId>> {
    let epoch = epoch(place);
    let mut changed = Vec::new();
    for piece in told.chunks(store::MOST_ROWS) {
        let piece = piece.to_vec();
        let some = db.write(move |tx| store::flags::apply_many(tx, mailbox, epoch, &piece));
        changed.extend(some.await?);
    }
    Ok(changed)
}
