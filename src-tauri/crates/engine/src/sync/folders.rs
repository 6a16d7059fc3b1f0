//! The account's mailboxes: LIST, with roles and counts in the same answer where the server gives them.

use crate::Inner;
use crate::error::Result;
use crate::live::Conn;
use imap::{ListWant, Listed};
use model::{AccountId, MailboxName, Role, Tag};
use plan::guess_role;
use store::mailbox::ListedMailbox;

/// INBOX is first, and there, whatever LIST says.
pub(crate) async fn list(conn: &mut Conn) -> Result<Vec<ListedMailbox>> {
    let want = ListWant { special_use: true, status: true };
    let listed = conn.list(&want).await.map_err(|e| conn.fail(e))?;
    let said: Vec<Role> = listed.iter().filter_map(|l| l.role).collect();
    let mut rows: Vec<ListedMailbox> = Vec::with_capacity(listed.len() + 1);
    for one in listed {
        // Two spellings of one name would be two rows for one mailbox.
        if rows.iter().all(|row| row.wire_name != one.wire_name) {
            rows.push(row(one, &said));
        }
    }
    if !rows.iter().any(|row| row.name.is_inbox()) {
        rows.insert(0, inbox());
    }
    count(conn, &mut rows).await?;
    Ok(rows)
}

/// Mailboxes that are asked for their counts one by one, where LIST brings none (RFC 9051 6.3.11 warns that STATUS
/// may be slow): those with a role first.
const COUNTED: usize = 20;

async fn count(conn: &mut Conn, rows: &mut [ListedMailbox]) -> Result<()> {
    let mut silent: Vec<&mut ListedMailbox> =
        rows.iter_mut().filter(|row| row.selectable && row.total.is_none()).collect();
    silent.sort_by_key(|row| row.role.map_or(u8::MAX, |role| role as u8));
    for row in silent.into_iter().take(COUNTED) {
        match conn.status(&row.name).await {
            Ok(status) => {
                row.total = status.messages.map(u64::from);
                row.unread = status.unseen.map(u64::from);
                row.uidnext = status.uidnext;
                row.uidvalidity = status.uidvalidity;
            }
            // One that may not be looked at is listed without.
            Err(imap::Error::No { .. } | imap::Error::Bad { .. }) => {}
            Err(error) => return Err(conn.fail(error)),
        }
    }
    Ok(())
}

pub(crate) async fn save(
    inner: &Inner,
    account: AccountId,
    listed: Vec<ListedMailbox>,
) -> Result<()> {
    inner.db.store()?.apply_list(account, listed).await?;
    inner.tell(Tag::Accounts);
    Ok(())
}

fn row(listed: Listed, said: &[Role]) -> ListedMailbox {
    let role = if listed.name.is_inbox() { Some(Role::Inbox) } else { listed.role };
    let (label, depth) = label(&listed.name, listed.separator);
    // What the server says of one mailbox ends the guessing for that role everywhere.
    let guessed =
        guess_role(label, depth == 0 || under_inbox(&listed.name, listed.separator, depth))
            .filter(|role| !said.contains(role));
    let status = listed.status.unwrap_or_default();
    ListedMailbox {
        name: listed.name,
        wire_name: listed.wire_name,
        separator: listed.separator,
        role: role.or(guessed),
        role_guessed: role.is_none() && guessed.is_some(),
        selectable: listed.selectable,
        subscribed: listed.subscribed,
        total: status.messages.map(u64::from),
        unread: status.unseen.map(u64::from),
        uidnext: status.uidnext,
        uidvalidity: status.uidvalidity,
    }
}

fn inbox() -> ListedMailbox {
    ListedMailbox {
        name: MailboxName("INBOX".to_owned()),
        wire_name: "INBOX".to_owned(),
        separator: None,
        role: Some(Role::Inbox),
        role_guessed: false,
        selectable: true,
        subscribed: true,
        total: None,
        unread: None,
        uidnext: None,
        uidvalidity: None,
    }
}

/// The last piece of a name, and how many stand before it.
pub fn label(name: &MailboxName, separator: Option<char>) -> (&str, usize) {
    match separator {
        Some(separator) => {
            let depth = name.0.matches(separator).count();
            (name.0.rsplit(separator).next().unwrap_or(&name.0), depth)
        }
        None => (&name.0, 0),
    }
}

/// Courier and Cyrus keep everything under `INBOX.`.
fn under_inbox(name: &MailboxName, separator: Option<char>, depth: usize) -> bool {
    depth == 1
        && separator
            .and_then(|s| name.0.split(s).next())
            .is_some_and(|first| first.eq_ignore_ascii_case("INBOX"))
}
