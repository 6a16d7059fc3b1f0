//! The account's mailboxes: LIST, with roles and counts in the same answer where the server gives them.

use crate::error::Result;
use crate::live::Conn;
use crate::{Db, Inner};
use imap::{ListWant, Listed, SearchKey};
use model::{AccountId, MailboxId, MailboxName, ModSeq, Role, Tag};
use plan::guess_role;
use std::collections::BTreeMap;
use store::mailbox::{ListedMailbox, MailboxRow};

/// Counts of changes of flags, by mailbox, as STATUS gave them.
pub(crate) type ModSeqs = BTreeMap<MailboxName, ModSeq>;

/// INBOX is first, and there, whatever LIST says.
pub(crate) async fn list(conn: &mut Conn) -> Result<(Vec<ListedMailbox>, ModSeqs)> {
    let want = ListWant { special_use: true, status: true };
    let mut listed = conn.list(&want).await.map_err(|e| conn.fail(e))?;
    archive(conn, &mut listed);
    let said: Vec<Role> = listed.iter().filter_map(|l| l.role).collect();
    let mut rows: Vec<ListedMailbox> = Vec::with_capacity(listed.len() + 1);
    let mut modseqs = ModSeqs::new();
    for one in listed {
        if let Some(modseq) = one.status.and_then(|status| status.highestmodseq) {
            modseqs.insert(one.name.clone(), modseq);
        }
        // Two spellings of one name would be two rows for one mailbox.
        if rows.iter().all(|row| row.wire_name != one.wire_name) {
            rows.push(row(one, &said));
        }
    }
    if !rows.iter().any(|row| row.name.is_inbox()) {
        rows.insert(0, inbox());
    }
    count(conn, &mut rows, &mut modseqs).await?;
    Ok((rows, modseqs))
}

/// Gmail archives by taking a message out of INBOX: what then stands in All Mail alone is the archive.
fn archive(conn: &Conn, listed: &mut [Listed]) {
    if conn.capabilities().has("X-GM-EXT-1")
        && listed.iter().all(|one| one.role != Some(Role::Archive))
        && let Some(all) = listed.iter_mut().find(|one| one.role == Some(Role::All))
    {
        all.role = Some(Role::Archive);
    }
}

/// What is brought of a mailbox that shows other mailboxes' mail once more: what stands nowhere else.
pub(crate) fn only(conn: &Conn, row: &MailboxRow) -> Option<SearchKey> {
    let everything = match row.role {
        Some(Role::All) => true,
        Some(Role::Archive) => !row.role_guessed && !row.role_by_user,
        _ => false,
    };
    let elsewhere = "has:nouserlabels -in:inbox -in:sent -in:drafts -in:chats";
    (everything && conn.capabilities().has("X-GM-EXT-1"))
        .then(|| SearchKey::GmRaw(elsewhere.to_owned()))
}

/// A mailbox as the order of work sees it.
pub(crate) fn waiting(row: &MailboxRow) -> plan::Waiting {
    plan::Waiting {
        mailbox: row.id,
        role: row.role,
        opened: row.opened,
        subscribed: row.subscribed,
    }
}

/// Writes down how many messages of the selected mailbox are unread, by the server's word.
pub(crate) async fn count_unread(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    name: &MailboxName,
) -> Result<()> {
    let unread = unread(conn, name).await?;
    db.write(move |tx| store::mailbox::set_counts(tx, mailbox, None, unread)).await
}

/// How many messages of the selected mailbox are unread; None where the server does not say.
async fn unread(conn: &mut Conn, name: &MailboxName) -> Result<Option<u64>> {
    if conn.capabilities().has("ESEARCH") {
        let unseen = SearchKey::Not(Box::new(SearchKey::Seen));
        let count = conn.uid_search_count(&unseen).await.map_err(|e| conn.fail(e))?;
        return Ok(Some(u64::from(count)));
    }
    match conn.status(name).await {
        Ok(status) => Ok(status.unseen.map(u64::from)),
        Err(imap::Error::No { .. } | imap::Error::Bad { .. }) => Ok(None),
        Err(error) => Err(conn.fail(error)),
    }
}

/// Takes the account's mailboxes as they are now, and says which of them are not as they are here. Of those whose
/// counts the server does not tell, all are held to be so where `thorough`.
pub(crate) async fn round(
    inner: &Inner,
    conn: &mut Conn,
    account: AccountId,
    selected: Option<MailboxId>,
    thorough: bool,
) -> Result<Vec<MailboxId>> {
    let known = inner.db.read(move |read| store::mailbox::list(read, Some(account))).await?;
    let (mut listed, modseqs) = list(conn).await?;
    // What STATUS says of the selected mailbox may be older than what was just seen of it (RFC 9051 6.3.11).
    for one in &mut listed {
        if known.iter().any(|row| Some(row.id) == selected && row.name == one.name) {
            one.total = None;
        }
    }
    let said: BTreeMap<MailboxName, ListedMailbox> =
        listed.iter().map(|one| (one.name.clone(), one.clone())).collect();
    let changed = known.iter().any(|row| said.get(&row.name).is_none_or(|one| differs(row, one)))
        || said.keys().any(|name| known.iter().all(|row| row.name != *name));
    if changed {
        save(inner, account, listed).await?;
    }
    let now = inner.db.read(move |read| store::mailbox::list(read, Some(account))).await?;
    let behind =
        now.iter().filter(|row| row.selectable && Some(row.id) != selected).filter(|row| {
            let before = known.iter().find(|known| known.id == row.id);
            let one = said.get(&row.name);
            before.zip(one).is_none_or(|(before, one)| {
                is_behind(before, one, modseqs.get(&row.name).copied(), thorough)
            })
        });
    Ok(behind.map(|row| row.id).collect())
}

/// Something that is written down of it is another now.
fn differs(row: &MailboxRow, one: &ListedMailbox) -> bool {
    let news = |known: Option<u64>, said: Option<u64>| said.is_some() && said != known;
    row.wire_name != one.wire_name
        || row.separator != one.separator
        || (row.role != one.role && !row.role_by_user)
        || row.selectable != one.selectable
        || row.subscribed != one.subscribed
        || news(row.total, one.total)
        || news(row.unread, one.unread)
}

fn is_behind(
    row: &MailboxRow,
    one: &ListedMailbox,
    modseq: Option<ModSeq>,
    thorough: bool,
) -> bool {
    // Never looked at: there is nothing that could be old. It is filled like any.
    if row.uidvalidity.is_none() {
        return false;
    }
    let Some(total) = one.total else { return thorough };
    // Counts say nothing of flags: where the server counts no changes, it has to be asked from time to time.
    if thorough && modseq.is_none() {
        return true;
    }
    row.uidvalidity != one.uidvalidity
        || row.total != Some(total)
        || (one.unread.is_some() && row.unread != one.unread)
        || (one.uidnext.is_some() && row.uidnext != one.uidnext)
        || (modseq.is_some() && row.highestmodseq != modseq)
}

/// Mailboxes that are asked for their counts one by one, where LIST brings none (RFC 9051 6.3.11 warns that STATUS
/// may be slow): those with a role first.
const COUNTED: usize = 20;

async fn count(conn: &mut Conn, rows: &mut [ListedMailbox], modseqs: &mut ModSeqs) -> Result<()> {
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
                if let Some(modseq) = status.highestmodseq {
                    modseqs.insert(row.name.clone(), modseq);
                }
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
    inner.tell(Tag::Mailboxes(account));
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
