//! Flags as the server has them, written down.

use super::epoch;
use crate::Db;
use crate::error::Result;
use crate::live::Place;
use model::{Flags, MailboxId, MessageId, ModSeq, Tag, Uid};

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
        let some = db
            .write(move |tx| {
                let mut changed = Vec::new();
                for (uid, flags, modseq) in &piece {
                    if store::flags::apply(tx, mailbox, epoch, *uid, flags, *modseq)? {
                        changed.extend(store::placement::by_uid(tx, mailbox, *uid)?);
                    }
                }
                if !changed.is_empty() {
                    tx.changed(Tag::List(mailbox));
                }
                Ok(changed)
            })
            .await?;
        changed.extend(some);
    }
    Ok(changed)
}
