//! Mailboxes as LIST and SELECT tell of them.

use crate::{Error, Read, Tx, covered, stand};
use model::{AccountId, MailboxId, MailboxName, ModSeq, Role, Tag, Uid, UidValidity};
use rusqlite::{Row, params};
use std::collections::{BTreeMap, BTreeSet};

/// One line of LIST, with what STATUS said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMailbox {
    pub name: MailboxName,
    pub wire_name: String,
    pub separator: Option<char>,
    pub role: Option<Role>,
    /// The role was told from the name: the server says none.
    pub role_guessed: bool,
    pub selectable: bool,
    pub subscribed: bool,
    pub total: Option<u64>,
    pub unread: Option<u64>,
    pub uidnext: Option<Uid>,
    pub uidvalidity: Option<UidValidity>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxRow {
    pub id: MailboxId,
    pub account: AccountId,
    pub name: MailboxName,
    pub wire_name: String,
    pub separator: Option<char>,
    /// The person's word, else the server's, else a guess.
    pub role: Option<Role>,
    pub role_guessed: bool,
    /// The role, or that there is none, is the person's word.
    pub role_by_user: bool,
    pub selectable: bool,
    pub subscribed: bool,
    pub total: Option<u64>,
    pub unread: Option<u64>,
    /// None before the first SELECT.
    pub uidvalidity: Option<UidValidity>,
    pub uidnext: Option<Uid>,
    /// Up to which changes were applied: see [`set_modseq`].
    pub highestmodseq: Option<ModSeq>,
    pub cached: u64,
    /// When the person last looked.
    pub opened: Option<i64>,
    /// When it was last held against the server, and what that ever mended.
    pub audited: Option<i64>,
    pub repaired: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epoch {
    Same,
    /// UIDs mean something else now: nothing is covered, and what was cached waits to be bound again.
    Changed,
}

/// Takes a whole LIST. What is no longer in it leaves the list at once and the file in bounded steps, unless
/// work that exists only here names it. More changes than a transaction holds: [`crate::Store::apply_list`].
pub fn apply_list(tx: &Tx<'_>, account: AccountId, listed: &[ListedMailbox]) -> Result<(), Error> {
    if apply_some(tx, account, listed)? {
        return Err(Error::TooMany { what: "changed mailboxes", most: 1000 });
    }
    Ok(())
}

/// As much as one transaction holds; true where more is left. A second call goes on.
pub(crate) fn apply_some(
    tx: &Tx<'_>,
    account: AccountId,
    listed: &[ListedMailbox],
) -> Result<bool, Error> {
    let known: BTreeMap<String, (MailboxRow, bool)> = tx
        .all(&format!("{COLUMNS} WHERE account = ?1"), [account.0], |row| {
            Ok((parse(row)?, row.get::<_, bool>(17)?))
        })?
        .into_iter()
        .map(|(row, gone)| (row.name.0.clone(), (row, gone)))
        .collect();
    let mut named = BTreeSet::new();
    let mut touched = false;
    for one in listed {
        if !named.insert(one.name.0.as_str()) {
            continue;
        }
        if known.get(&one.name.0).is_some_and(|(row, gone)| !gone && says_the_same(row, one)) {
            continue;
        }
        let cost = 600 + 4 * (one.name.0.len() + one.wire_name.len());
        if !tx.could_spend(cost) {
            return Ok(true);
        }
        tx.spend(cost)?;
        write(tx, account, one)?;
        if let Some((row, false)) = known.get(&one.name.0)
            && (row.role == Some(Role::Inbox)) != stand::is_inbox(tx, row.id.0)?
        {
            stand::begin(tx, row.id.0)?;
        }
        touched = true;
    }
    for (name, (row, gone)) in &known {
        if *gone || named.contains(name.as_str()) {
            continue;
        }
        if !tx.could_spend(4096) {
            return Ok(true);
        }
        tx.spend(4096)?;
        retire(tx, row.id)?;
        tx.run("UPDATE mailbox SET gone = 1 WHERE id = ?1", [row.id.0])?;
        tx.changed(Tag::List(row.id));
        tx.unfinished.set(true);
        touched = true;
    }
    if touched {
        tx.changed(Tag::Mailboxes(account));
    }
    Ok(false)
}

fn says_the_same(row: &MailboxRow, one: &ListedMailbox) -> bool {
    let same = |known: Option<u64>, said: Option<u64>| said.is_none() || said == known;
    row.wire_name == one.wire_name
        && row.separator == one.separator
        && row.role == one.role
        && row.role_guessed == one.role_guessed
        && row.selectable == one.selectable
        && row.subscribed == one.subscribed
        && same(row.total, one.total)
        && same(row.unread, one.unread)
}

/// UIDNEXT and UIDVALIDITY of a STATUS are not written: those columns say up to where this device has looked.
fn write(tx: &Tx<'_>, account: AccountId, one: &ListedMailbox) -> Result<(), Error> {
    tx.run(
        "INSERT INTO mailbox (account, name, wire_name, separator, role, role_guessed, selectable, subscribed, total, unread)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (account, name) DO UPDATE SET
             wire_name = excluded.wire_name, separator = excluded.separator, role = excluded.role,
             role_guessed = excluded.role_guessed, selectable = excluded.selectable,
             subscribed = excluded.subscribed, total = coalesce(excluded.total, total),
             unread = coalesce(excluded.unread, unread), gone = 0",
        params![
            account.0,
            one.name.0,
            one.wire_name,
            one.separator.map(String::from),
            one.role.map(Role::as_str),
            one.role_guessed,
            one.selectable,
            one.subscribed,
            one.total,
            one.unread,
        ],
    )?;
    Ok(())
}

/// Nothing of what is cached means anything to the server any more.
fn retire(tx: &Tx<'_>, id: MailboxId) -> Result<(), Error> {
    tx.run(
        "UPDATE mailbox SET epoch = epoch + 1, stale = stale + cached, cached = 0, heads = 0, uidvalidity = NULL,
             uidnext = NULL, highestmodseq = NULL WHERE id = ?1",
        [id.0],
    )?;
    stand::begin(tx, id.0)?;
    covered::clear(tx, id.0)
}

const COLUMNS: &str = "SELECT id, account, name, wire_name, separator, role, role_guessed, role_by_user, selectable, subscribed, total, unread, uidvalidity, uidnext, highestmodseq, cached, epoch, gone, opened, audited, repaired FROM mailbox";

fn parse(row: &Row<'_>) -> rusqlite::Result<MailboxRow> {
    let role = |text: Option<String>| text.as_deref().and_then(Role::parse);
    let by_user: Option<String> = row.get(7)?;
    let separator: Option<String> = row.get(4)?;
    Ok(MailboxRow {
        id: MailboxId(row.get(0)?),
        account: AccountId(row.get(1)?),
        name: MailboxName(row.get(2)?),
        wire_name: row.get(3)?,
        separator: separator.and_then(|s| s.chars().next()),
        role_guessed: by_user.is_none() && row.get(6)?,
        role_by_user: by_user.is_some(),
        role: if by_user.is_some() { role(by_user) } else { role(row.get(5)?) },
        selectable: row.get(8)?,
        subscribed: row.get(9)?,
        total: row.get(10)?,
        unread: row.get(11)?,
        uidvalidity: row.get::<_, Option<u32>>(12)?.map(UidValidity),
        uidnext: row.get::<_, Option<u32>>(13)?.map(Uid),
        highestmodseq: row.get::<_, Option<i64>>(14)?.map(|m| ModSeq(m as u64)),
        cached: row.get(15)?,
        opened: row.get(18)?,
        audited: row.get(19)?,
        repaired: row.get(20)?,
    })
}

/// An account's mailboxes, or everybody's in the sidebar's order of accounts; by name.
pub fn list(read: &Read<'_>, account: Option<AccountId>) -> Result<Vec<MailboxRow>, Error> {
    let sql = format!(
        "{COLUMNS} WHERE gone = 0 AND account IN (SELECT id FROM account WHERE removing = 0)
         AND (?1 IS NULL OR account = ?1)
         ORDER BY (SELECT position FROM account WHERE account.id = mailbox.account), account, name"
    );
    read.all(&sql, [account.map(|a| a.0)], parse)
}

pub fn get(read: &Read<'_>, id: MailboxId) -> Result<Option<MailboxRow>, Error> {
    read.one(&format!("{COLUMNS} WHERE id = ?1"), [id.0], parse)
}

/// Where several have the role, the one that the server or the person names comes before a guess.
pub fn by_role(
    read: &Read<'_>,
    account: AccountId,
    role: Role,
) -> Result<Option<MailboxRow>, Error> {
    let mut all: Vec<_> =
        list(read, Some(account))?.into_iter().filter(|row| row.role == Some(role)).collect();
    all.sort_by_key(|row| (row.role_guessed, row.id));
    Ok(all.into_iter().next())
}

pub fn find_by_name(
    read: &Read<'_>,
    account: AccountId,
    name: &str,
) -> Result<Option<MailboxRow>, Error> {
    let sql = format!("{COLUMNS} WHERE account = ?1 AND name = ?2 AND gone = 0");
    read.one(&sql, params![account.0, name], parse)
}

/// The person's word on a mailbox's role; `Some(None)` is "none at all", `None` leaves it to the server.
pub fn set_role_by_user(
    tx: &Tx<'_>,
    id: MailboxId,
    role: Option<Option<Role>>,
) -> Result<(), Error> {
    let text = role.map(|role| role.map_or("", Role::as_str));
    let before = stand::is_inbox(tx, id.0)?;
    tx.run("UPDATE mailbox SET role_by_user = ?2 WHERE id = ?1", params![id.0, text])?;
    if before != stand::is_inbox(tx, id.0)? {
        stand::begin(tx, id.0)?;
    }
    tell(tx, id)
}

/// What SELECT said. A UIDVALIDITY of 0 stands for a server that gives none: each of its sessions is an
/// epoch of its own. HIGHESTMODSEQ is taken only while nothing is cached, since it claims that everything
/// up to it was applied; later [`set_modseq`] says so.
pub fn selected(
    tx: &Tx<'_>,
    id: MailboxId,
    uidvalidity: UidValidity,
    uidnext: Option<Uid>,
    highestmodseq: Option<ModSeq>,
    exists: u32,
) -> Result<Epoch, Error> {
    tx.spend(8192)?;
    let known = get(tx, id)?.ok_or(Error::NotFound("such mailbox"))?;
    let epoch = match known.uidvalidity {
        Some(same) if same == uidvalidity && uidvalidity.0 != 0 => Epoch::Same,
        None if known.cached == 0 => Epoch::Same,
        _ => Epoch::Changed,
    };
    if epoch == Epoch::Changed {
        retire(tx, id)?;
        tx.changed(Tag::List(id));
    }
    let modseq = highestmodseq.filter(|_| known.cached == 0 || epoch == Epoch::Changed);
    tx.run(
        "UPDATE mailbox SET uidvalidity = ?2, uidnext = coalesce(?3, uidnext), total = ?4,
             highestmodseq = coalesce(?5, highestmodseq) WHERE id = ?1",
        params![id.0, uidvalidity.0, uidnext.map(|u| u.0), exists, modseq.map(|m| m.0 as i64)],
    )?;
    if known.total != Some(u64::from(exists)) {
        tell(tx, id)?;
    }
    Ok(epoch)
}

/// Everything up to this was applied: flags, and what vanished.
pub fn set_modseq(tx: &Tx<'_>, id: MailboxId, modseq: ModSeq) -> Result<(), Error> {
    let modseq = modseq.0 as i64;
    tx.run("UPDATE mailbox SET highestmodseq = ?2 WHERE id = ?1", params![id.0, modseq])?;
    Ok(())
}

/// What the server says of the mailbox now; None leaves what it said before.
pub fn set_counts(
    tx: &Tx<'_>,
    id: MailboxId,
    total: Option<u64>,
    unread: Option<u64>,
) -> Result<(), Error> {
    tx.run(
        "UPDATE mailbox SET total = coalesce(?2, total), unread = coalesce(?3, unread) WHERE id = ?1",
        params![id.0, total, unread],
    )?;
    tell(tx, id)
}

/// The person looks at it.
pub fn opened(tx: &Tx<'_>, id: MailboxId, at: i64) -> Result<(), Error> {
    tx.spend(512)?;
    tx.run("UPDATE mailbox SET opened = ?2 WHERE id = ?1", [id.0, at])?;
    Ok(())
}

/// All of it was held against the server; so many rows were not as there.
pub fn audited(tx: &Tx<'_>, id: MailboxId, at: i64, differences: u64) -> Result<(), Error> {
    tx.spend(512)?;
    tx.run(
        "UPDATE mailbox SET audited = ?2, repaired = repaired + ?3 WHERE id = ?1",
        params![id.0, at, differences],
    )?;
    tell(tx, id)
}

/// How many messages are here, and how many the server has, over all mailboxes that can be opened.
pub fn progress(read: &Read<'_>, account: AccountId) -> Result<(u64, u64), Error> {
    let sql = "SELECT coalesce(sum(cached), 0), coalesce(sum(max(coalesce(total, 0), cached)), 0)
               FROM mailbox WHERE account = ?1 AND gone = 0 AND selectable = 1";
    Ok(read.one(sql, [account.0], |row| Ok((row.get(0)?, row.get(1)?)))?.unwrap_or((0, 0)))
}

fn tell(tx: &Tx<'_>, id: MailboxId) -> Result<(), Error> {
    if let Some(row) = get(tx, id)? {
        tx.changed(Tag::Mailboxes(row.account));
    }
    Ok(())
}

/// The local number of the epoch that UIDs are of now, for a caller who was told `uidvalidity`.
pub(crate) fn epoch(tx: &Tx<'_>, id: MailboxId, uidvalidity: UidValidity) -> Result<i64, Error> {
    let sql = "SELECT epoch, uidvalidity FROM mailbox WHERE id = ?1";
    let found = tx.one(sql, [id.0], |row| Ok((row.get(0)?, row.get::<_, Option<u32>>(1)?)))?;
    let (epoch, known) = found.ok_or(Error::NotFound("such mailbox"))?;
    match known {
        Some(known) if known == uidvalidity.0 => Ok(epoch),
        // Rows before the first SELECT was written down: they bring their epoch along.
        None => {
            let sql = "UPDATE mailbox SET uidvalidity = ?2 WHERE id = ?1";
            tx.run(sql, params![id.0, uidvalidity.0])?;
            Ok(epoch)
        }
        Some(_) => Err(Error::EpochChanged),
    }
}

/// The epoch in view, whatever the server calls it.
pub(crate) fn epoch_in_view(read: &Read<'_>, id: MailboxId) -> Result<Option<i64>, Error> {
    read.one("SELECT epoch FROM mailbox WHERE id = ?1", [id.0], |row| row.get(0))
}

pub(crate) fn count(tx: &Tx<'_>, id: i64, cached: i64, stale: i64) -> Result<(), Error> {
    tx.run(
        "UPDATE mailbox SET cached = max(cached + ?2, 0), stale = max(stale + ?3, 0) WHERE id = ?1",
        [id, cached, stale],
    )?;
    Ok(())
}
