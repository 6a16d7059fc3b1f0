//! The slow look that trusts no count: every cached row against what the server has, and its flags.

use super::{compare, delta};
use crate::Db;
use crate::error::Result;
use crate::live::Conn;
use model::{MailboxId, MailboxName, Uid};

/// Compares one mailbox, repairs what differs, and says how much that was. What counts as different is what a look
/// had not found before.
pub(crate) async fn audit(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
    now: i64,
) -> Result<(delta::News, u64)> {
    // What merely happened since the last look is no difference.
    let mut news = delta::look(db, conn, mailbox, name).await?;
    let found = compare::messages(db, conn, mailbox).await?;
    let mut differences = found.gone.len() as u64 + found.missing;
    news.gone.extend(found.gone);
    news.new.extend(found.new);
    // Where the server counts no changes, the look has compared the flags already.
    if conn.standing().is_some_and(|place| place.highestmodseq.is_some()) {
        let changed = compare::flags(db, conn, mailbox).await?;
        differences += changed.len() as u64;
        news.flags.extend(changed);
    }
    let whole = db
        .read(move |read| {
            Ok(store::covered::top(read, mailbox)?.is_some_and(|(low, _)| low <= Uid(1)))
        })
        .await?;
    // Half of a mailbox is not the same as the server.
    if whole {
        db.write(move |tx| store::mailbox::audited(tx, mailbox, now, differences)).await?;
    }
    Ok((news, differences))
}
