//! Accounts: where they are, how they look, what was learnt of their server. Secrets are elsewhere.

use crate::{Error, Read, Tx};
use model::{AccountId, Endpoint, SmtpEndpoint, Tag};
use rusqlite::{OptionalExtension, Row, params};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    pub email: String,
    pub name: String,
    pub imap: Endpoint,
    pub smtp: Option<SmtpEndpoint>,
    pub user: String,
    /// `password`, …
    pub auth: String,
    /// Certificates in DER that are roots for this account alone.
    pub extra_roots: Vec<Vec<u8>>,
    /// SHA-256 of the leaf that the person compared and trusts.
    pub pinned: Option<[u8; 32]>,
    /// Seconds since 1970.
    pub created: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub email: String,
    pub name: String,
    pub letter: String,
    /// 1 to 8.
    pub colour: u8,
    pub position: u32,
    /// The person wants nothing of its server for now.
    pub paused: bool,
    pub imap: Endpoint,
    pub smtp: Option<SmtpEndpoint>,
    pub user: String,
    pub auth: String,
    pub extra_roots: Vec<Vec<u8>>,
    pub pinned: Option<[u8; 32]>,
    /// The engine's own words, as it left them.
    pub state: String,
    pub created: i64,
}

const COLOURS: u8 = 8;

/// Adds an account with the next colour that no other has.
pub fn add(tx: &Tx<'_>, new: &New) -> Result<AccountId, Error> {
    tx.spend(4096 + new.extra_roots.iter().map(Vec::len).sum::<usize>())?;
    let taken =
        tx.all("SELECT colour FROM account WHERE removing = 0", [], |row| row.get::<_, u8>(0))?;
    let used = |colour: u8| taken.iter().filter(|c| **c == colour).count();
    let colour = (1..=COLOURS).min_by_key(|c| used(*c)).unwrap_or(1);
    let letter = new.name.chars().chain(new.email.chars()).find(|c| c.is_alphanumeric());
    let letter: String = letter.map_or("@".to_owned(), |c| c.to_uppercase().collect());
    tx.run(
        "INSERT INTO account (email, name, letter, colour, position, imap, smtp, user, auth, pinned, created)
         VALUES (?1, ?2, ?3, ?4, (SELECT coalesce(max(position) + 1, 0) FROM account), ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            new.email,
            new.name,
            letter,
            colour,
            new.imap.imap_url(),
            new.smtp.as_ref().map(SmtpEndpoint::url),
            new.user,
            new.auth,
            new.pinned.as_ref().map(|p| p.as_slice()),
            new.created,
        ],
    )?;
    let id = AccountId(tx.conn.last_insert_rowid());
    for (number, der) in (0i64..).zip(&new.extra_roots) {
        tx.run(
            "INSERT INTO account_root (account, number, der) VALUES (?1, ?2, ?3)",
            params![id.0, number, der],
        )?;
    }
    tx.changed(Tag::Accounts);
    Ok(id)
}

const COLUMNS: &str = "SELECT id, email, name, letter, colour, position, imap, smtp, user, auth, pinned, state, created, paused FROM account";

/// In the order of the sidebar; one that is being wiped is no longer among them.
pub fn list(read: &Read<'_>) -> Result<Vec<Account>, Error> {
    let sql = format!("{COLUMNS} WHERE removing = 0 ORDER BY position, id");
    read.all(&sql, [], parse)?.into_iter().map(|account| roots(read, account?)).collect()
}

pub fn get(read: &Read<'_>, id: AccountId) -> Result<Option<Account>, Error> {
    let sql = format!("{COLUMNS} WHERE id = ?1 AND removing = 0");
    read.one(&sql, [id.0], parse)?.map(|account| roots(read, account?)).transpose()
}

/// Whether an account with this address is there already, in any case.
pub fn by_email(read: &Read<'_>, email: &str) -> Result<Option<AccountId>, Error> {
    let same = |a: &Account| a.email.to_lowercase() == email.to_lowercase();
    Ok(list(read)?.into_iter().find(same).map(|a| a.id))
}

/// The account's own address, as packed rows leave it out.
pub(crate) fn own(read: &Read<'_>, id: AccountId) -> Result<String, Error> {
    let sql = "SELECT email FROM account WHERE id = ?1";
    Ok(read.one(sql, [id.0], |row| row.get(0))?.unwrap_or_default())
}

fn parse(row: &Row<'_>) -> rusqlite::Result<Result<Account, Error>> {
    let broken = |what: String| Error::Internal(format!("an account's address is broken: {what}"));
    let (imap, smtp): (String, Option<String>) = (row.get(6)?, row.get(7)?);
    let imap = Endpoint::parse_imap(&imap).map_err(|e| broken(e.to_string()));
    let smtp = smtp.map(|s| SmtpEndpoint::parse(&s)).transpose().map_err(|e| broken(e.to_string()));
    let (imap, smtp) = match (imap, smtp) {
        (Ok(imap), Ok(smtp)) => (imap, smtp),
        (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
    };
    let pinned: Option<Vec<u8>> = row.get(10)?;
    Ok(Ok(Account {
        id: AccountId(row.get(0)?),
        email: row.get(1)?,
        name: row.get(2)?,
        letter: row.get(3)?,
        colour: row.get(4)?,
        position: row.get(5)?,
        imap,
        smtp,
        user: row.get(8)?,
        auth: row.get(9)?,
        extra_roots: Vec::new(),
        pinned: pinned.and_then(|p| p.try_into().ok()),
        state: row.get(11)?,
        created: row.get(12)?,
        paused: row.get(13)?,
    }))
}

fn roots(read: &Read<'_>, mut account: Account) -> Result<Account, Error> {
    let sql = "SELECT der FROM account_root WHERE account = ?1 ORDER BY number";
    account.extra_roots = read.all(sql, [account.id.0], |row| row.get(0))?;
    Ok(account)
}

pub fn update_state(tx: &Tx<'_>, id: AccountId, state: &str) -> Result<(), Error> {
    tx.spend(state.len() + 512)?;
    known(tx.run("UPDATE account SET state = ?2 WHERE id = ?1", params![id.0, state])?)?;
    tx.changed(Tag::Account(id));
    Ok(())
}

/// What the person changes of an account's looks; None leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub name: Option<String>,
    pub letter: Option<String>,
    /// 1 to 8.
    pub colour: Option<u8>,
    pub paused: Option<bool>,
}

pub fn change(tx: &Tx<'_>, id: AccountId, change: &Change) -> Result<(), Error> {
    let texts = [&change.name, &change.letter];
    tx.spend(512 + texts.into_iter().flatten().map(String::len).sum::<usize>())?;
    known(tx.run(
        "UPDATE account SET name = coalesce(?2, name), letter = coalesce(?3, letter),
             colour = coalesce(?4, colour), paused = coalesce(?5, paused) WHERE id = ?1 AND removing = 0",
        params![id.0, change.name, change.letter, change.colour, change.paused],
    )?)?;
    tx.changed(Tag::Accounts);
    tx.changed(Tag::Account(id));
    Ok(())
}

/// The sidebar's order. Accounts that are not named stand behind those that are, as they stood.
pub fn order(tx: &Tx<'_>, order: &[AccountId]) -> Result<(), Error> {
    let rest = list(tx)?.into_iter().map(|account| account.id).filter(|id| !order.contains(id));
    for (position, id) in (0i64..).zip(order.iter().copied().chain(rest)) {
        tx.spend(256)?;
        tx.run("UPDATE account SET position = ?2 WHERE id = ?1", [id.0, position])?;
    }
    tx.changed(Tag::Accounts);
    Ok(())
}

/// Another leaf is trusted, or none any more.
pub fn set_pinned(tx: &Tx<'_>, id: AccountId, pinned: Option<[u8; 32]>) -> Result<(), Error> {
    let pinned = pinned.as_ref().map(|p| p.as_slice());
    known(tx.run("UPDATE account SET pinned = ?2 WHERE id = ?1", params![id.0, pinned])?)?;
    tx.changed(Tag::Account(id));
    Ok(())
}

fn known(rows: usize) -> Result<(), Error> {
    if rows == 0 { Err(Error::NotFound("such account")) } else { Ok(()) }
}

/// Remembers what the server was seen to do (`login-flight-refused`); an empty value is enough for a fact.
pub fn set_quirk(tx: &Tx<'_>, id: AccountId, name: &str, value: &str) -> Result<(), Error> {
    tx.spend(name.len() + value.len() + 64)?;
    tx.run(
        "INSERT INTO quirk (account, name, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (account, name) DO UPDATE SET value = excluded.value",
        params![id.0, name, value],
    )?;
    Ok(())
}

pub fn quirks(read: &Read<'_>, id: AccountId) -> Result<Vec<String>, Error> {
    read.all("SELECT name FROM quirk WHERE account = ?1 ORDER BY name", [id.0], |row| row.get(0))
}

pub fn quirk(read: &Read<'_>, id: AccountId, name: &str) -> Result<Option<String>, Error> {
    let sql = "SELECT value FROM quirk WHERE account = ?1 AND name = ?2";
    Ok(read.prepare(sql)?.query_row(params![id.0, name], |row| row.get(0)).optional()?)
}

/// As the server named them after authentication.
pub fn set_capabilities(tx: &Tx<'_>, id: AccountId, names: &[String]) -> Result<(), Error> {
    let text = names.join(" ");
    tx.spend(text.len() + 512)?;
    known(tx.run("UPDATE account SET capabilities = ?2 WHERE id = ?1", params![id.0, text])?)
}

pub fn capabilities(read: &Read<'_>, id: AccountId) -> Result<Vec<String>, Error> {
    let sql = "SELECT capabilities FROM account WHERE id = ?1";
    let text: Option<String> = read.one(sql, [id.0], |row| row.get(0))?;
    Ok(text.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect())
}
