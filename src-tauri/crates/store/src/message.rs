//! Messages, as the engine sees them: what is kept of each, how it is completed, where it stands. How rows are
//! laid out, put in and taken out lies beneath, each in its file.

use crate::flags::stored;
use crate::{Error, Read, Tx, placement, row};
use model::{Flags, MailboxId, MessageId, ModSeq, Tag, Uid, UidValidity};

pub use crate::put::{NewRow, put};
pub use crate::row::{MessageRow, get, set_structure};
pub use crate::wall::MOST_ROWS;

/// Where a message stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub mailbox: MailboxId,
    pub uid: Uid,
    pub uidvalidity: UidValidity,
    /// As the person sees them.
    pub flags: Flags,
    /// As the server has them.
    pub base: Flags,
    pub modseq: Option<ModSeq>,
}

/// Where it stands now, in mailboxes of this epoch.
pub fn placements(read: &Read<'_>, id: MessageId) -> Result<Vec<Placement>, Error> {
    read.all(
        "SELECT p.mailbox, p.uid, m.uidvalidity, p.modseq, p.base, p.base_words, p.local, p.local_words
         FROM placement p JOIN mailbox m ON m.id = p.mailbox AND m.epoch = p.epoch
         WHERE p.message = ?1 AND m.gone = 0 AND m.uidvalidity IS NOT NULL ORDER BY p.mailbox, p.uid",
        [id.0],
        |row| {
            let flags = stored(row, 4)?;
            Ok(Placement {
                mailbox: MailboxId(row.get(0)?),
                uid: Uid(row.get(1)?),
                uidvalidity: UidValidity(row.get(2)?),
                modseq: row.get::<_, Option<i64>>(3)?.map(|m| ModSeq(m as u64)),
                flags: flags.shown().clone(),
                base: flags.base,
            })
        },
    )
}

/// The mailbox that it stood in before a renumbering, as long as it waits there to be bound again.
pub fn waits_in(read: &Read<'_>, id: MessageId) -> Result<Option<MailboxId>, Error> {
    read.one(
        "SELECT p.mailbox FROM placement p JOIN mailbox m ON m.id = p.mailbox AND m.epoch > p.epoch
         WHERE p.message = ?1 AND m.gone = 0 ORDER BY p.epoch DESC LIMIT 1",
        [id.0],
        |row| row.get(0).map(MailboxId),
    )
}

pub fn by_uid(read: &Read<'_>, mailbox: MailboxId, uid: Uid) -> Result<Option<MessageId>, Error> {
    placement::by_uid(read, mailbox, uid)
}

/// The preview of a row that came without. False where that row is gone.
pub fn set_preview(
    tx: &Tx<'_>,
    mailbox: MailboxId,
    uid: Uid,
    preview: &str,
) -> Result<bool, Error> {
    let Some(id) = placement::by_uid(tx, mailbox, uid)? else { return Ok(false) };
    tx.spend_rows(1)?;
    row::write_preview(tx, id.0, preview)?;
    tx.changed(Tag::List(mailbox));
    Ok(true)
}
