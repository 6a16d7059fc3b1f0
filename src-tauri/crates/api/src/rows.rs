//! A row of a list, as it crosses the boundary: a message, or a conversation by its newest message.

use crate::date::date_of;
use crate::wire::Row;
use engine::ListRow;

/// One message, and nothing of its conversation.
pub(crate) fn message(row: ListRow) -> Row {
    let flags = row.flags.names();
    Row {
        id: row.id,
        thread: row.thread,
        account: row.account,
        mailbox: row.mailbox,
        to: row.to,
        subject: row.subject,
        date: date_of(row.internal_date),
        preview: row.preview.unwrap_or_default(),
        size: row.size,
        has_attachments: row.has_attachments,
        count: 1,
        unread: u32::from(!has(&flags, SEEN)),
        senders: row.from.clone(),
        from: row.from,
        flags,
    }
}

/// A conversation: a mark or an attachment anywhere in it is seen from here.
pub(crate) fn conversation(row: ListRow) -> Row {
    let whole = row.conversation.clone();
    let mut said = message(row);
    if whole.flagged && !has(&said.flags, FLAGGED) {
        said.flags.push(FLAGGED.to_owned());
    }
    said.has_attachments |= whole.attachments;
    said.count = whole.count.max(1);
    said.unread = whole.unread;
    if !whole.senders.is_empty() {
        said.senders = whole.senders;
    }
    said
}

const SEEN: &str = "\\Seen";
const FLAGGED: &str = "\\Flagged";

fn has(flags: &[String], name: &str) -> bool {
    flags.iter().any(|flag| flag.eq_ignore_ascii_case(name))
}
