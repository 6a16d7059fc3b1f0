//! A list's pages: one mailbox or several as one, newest first, by the position of the last row and never by
//! its number. Several are merged here from one ordered index scan each, so that a page costs what it shows.

use crate::flags::stored;
use crate::pack::People;
use crate::{Error, Read, covered};
use model::{AccountId, Address, Flags, MailboxId, MessageId, ThreadId, Uid};
use rusqlite::{Rows, Statement, params};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::str::FromStr;

#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    pub mailboxes: Vec<MailboxId>,
    /// The page after this row.
    pub before: Option<Cursor>,
    pub limit: u32,
}

/// A row's position: INTERNALDATE descending, UID descending, then the mailbox. Its text is opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    date: i64,
    uid: u32,
    mailbox: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Page {
    pub rows: Vec<ListRow>,
    /// For the next page; None where nothing follows, here or on the server.
    pub next: Option<Cursor>,
    /// Messages in these mailboxes, as the server last said.
    pub total: Option<u64>,
    /// Mailboxes that are not cached far enough for more: the one to ask first comes first. Where the page is
    /// short, it ends where the first of them ends.
    pub behind: Vec<MailboxId>,
}

/// Everything that a row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow {
    pub id: MessageId,
    pub thread: ThreadId,
    pub account: AccountId,
    pub mailbox: MailboxId,
    pub uid: Uid,
    pub internal_date: i64,
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub more_recipients: u32,
    pub subject: String,
    pub preview: Option<String>,
    /// As the person sees them.
    pub flags: Flags,
    /// The server does not have them like that yet.
    pub pending: bool,
    pub size: u64,
    pub has_attachments: bool,
}

/// The page after `before`. It does not go past where a mailbox's cached stretch ends: what lies there may
/// belong between.
pub fn page(read: &Read<'_>, query: &ListQuery) -> Result<Page, Error> {
    page_over(read, query, &[])
}

/// The same, without waiting for the mailboxes in `silent`: their server can't be asked now, so what is
/// cached of them is all there is.
pub fn page_over(read: &Read<'_>, query: &ListQuery, silent: &[MailboxId]) -> Result<Page, Error> {
    let mut page = Page { total: Some(0), ..Page::default() };
    let mut horizons: Vec<(Horizon, MailboxId)> = Vec::new();
    let mut sources = Vec::new();
    for &mailbox in &query.mailboxes {
        let Some(facts) = facts(read, mailbox)? else { continue };
        page.total = page.total.zip(facts.total).map(|(sum, total)| sum + total);
        if let Some(horizon) =
            horizon(read, mailbox, &facts)?.filter(|_| !silent.contains(&mailbox))
        {
            horizons.push((horizon, mailbox));
        }
        sources.push((mailbox, facts.epoch));
    }
    horizons.sort_by_key(|(horizon, _)| Reverse(*horizon));
    let ends_at = horizons.iter().find_map(|(horizon, _)| horizon.date()).unwrap_or(i64::MIN);
    let limit = query.limit as usize;
    let found = merge(read, &sources, query.before, ends_at, limit + 1)?;
    page.behind = horizons.iter().map(|(_, mailbox)| *mailbox).collect();
    let more = found.len() > limit || !page.behind.is_empty();
    let own: BTreeMap<i64, String> = read
        .all("SELECT id, email FROM account", [], |row| Ok((row.get(0)?, row.get(1)?)))?
        .into_iter()
        .collect();
    for placed in found.into_iter().take(limit) {
        if let Some(row) = row(read, &own, placed)? {
            page.rows.push(row);
        }
    }
    page.next = match page.rows.last() {
        _ if !more => None,
        Some(last) => Some(last.position()),
        None => Some(query.before.unwrap_or(Cursor { date: i64::MAX, uid: u32::MAX, mailbox: 0 })),
    };
    Ok(page)
}

impl ListRow {
    pub fn position(&self) -> Cursor {
        Cursor { date: self.internal_date, uid: self.uid.0, mailbox: self.mailbox.0 }
    }
}

struct Facts {
    epoch: i64,
    total: Option<u64>,
}

fn facts(read: &Read<'_>, mailbox: MailboxId) -> Result<Option<Facts>, Error> {
    read.one(FACTS, [mailbox.0], |row| Ok(Facts { epoch: row.get(0)?, total: row.get(1)? }))
}

/// Where a mailbox's cached stretch ends, the newest first: one of which nothing is here is behind them all,
/// but has no rows to be put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Horizon {
    At(i64),
    Nothing,
}

impl Horizon {
    fn date(self) -> Option<i64> {
        match self {
            Self::At(date) => Some(date),
            Self::Nothing => None,
        }
    }
}

/// A week: a row older than its neighbours in UID by more than this was moved or copied in.
const ODD: i64 = 7 * 86_400;

/// None where the mailbox is cached to its end. The server's order (UID) stands for date until then: what lies
/// under the stretch is held to be older than its lowest rows.
fn horizon(read: &Read<'_>, mailbox: MailboxId, facts: &Facts) -> Result<Option<Horizon>, Error> {
    let Some((low, high)) = covered::top(read, mailbox)? else {
        let known_empty = facts.total == Some(0);
        return Ok((!known_empty).then_some(Horizon::Nothing));
    };
    if low.0 <= 1 {
        return Ok(None);
    }
    let dates = read
        .all(LOWEST, params![mailbox.0, facts.epoch, low.0, high.0], |row| row.get::<_, i64>(0))?;
    let Some((lowest, rest)) = dates.split_first() else { return Ok(Some(Horizon::Nothing)) };
    let neighbours = rest.iter().min().copied().unwrap_or(*lowest);
    // The lowest row itself may be an old message that was copied in late: it waits for its turn.
    Ok(Some(Horizon::At(if *lowest < neighbours - ODD { neighbours } else { *lowest })))
}

const FACTS: &str = "SELECT epoch, total FROM mailbox WHERE id = ?1 AND gone = 0";

const LOWEST: &str = "SELECT date FROM placement INDEXED BY placement_uid
    WHERE mailbox = ?1 AND epoch = ?2 AND uid BETWEEN ?3 AND ?4 ORDER BY uid LIMIT 5";

/// One mailbox's placements in the list's order, from a position on.
const SCAN: &str = "SELECT date, uid, message, base, base_words, local, local_words FROM placement
    WHERE mailbox = ?1 AND epoch = ?2 AND date >= ?5 AND (date, uid) < (?3, ?4)
    ORDER BY date DESC, uid DESC";

const ROW: &str = "SELECT thread, account, people, subject, preview, size, attachments FROM message WHERE id = ?1";

struct Placed {
    date: i64,
    uid: u32,
    mailbox: i64,
    message: i64,
    flags: crate::flags::Stored,
}

/// The first `limit` of all scans together. Each is stepped only as far as the page needs it.
fn merge(
    read: &Read<'_>,
    sources: &[(MailboxId, i64)],
    before: Option<Cursor>,
    ends_at: i64,
    limit: usize,
) -> Result<Vec<Placed>, Error> {
    let mut statements: Vec<_> =
        sources.iter().map(|_| read.prepare(SCAN)).collect::<Result<_, _>>()?;
    let mut scans: Vec<(i64, Rows<'_>)> = Vec::with_capacity(sources.len());
    for (statement, (mailbox, epoch)) in statements.iter_mut().zip(sources) {
        let statement: &mut Statement<'_> = statement;
        let (date, uid) = match before {
            None => (i64::MAX, i64::from(u32::MAX) + 1),
            // At the same date and UID the mailbox decides; one behind the cursor's still has that place.
            Some(at) => (at.date, i64::from(at.uid) + i64::from(mailbox.0 > at.mailbox)),
        };
        scans.push((mailbox.0, statement.query(params![mailbox.0, epoch, date, uid, ends_at])?));
    }
    let mut heap = BinaryHeap::new();
    let mut heads: Vec<Option<Placed>> = Vec::with_capacity(scans.len());
    for (at, (mailbox, rows)) in scans.iter_mut().enumerate() {
        let head = step(rows, *mailbox)?;
        if let Some(placed) = &head {
            heap.push((placed.date, placed.uid, Reverse(placed.mailbox), at));
        }
        heads.push(head);
    }
    let mut found = Vec::with_capacity(limit);
    while let Some((.., at)) = heap.pop() {
        if found.len() >= limit {
            break;
        }
        if let (Some(head), Some((mailbox, rows))) = (heads.get_mut(at), scans.get_mut(at)) {
            let next = step(rows, *mailbox)?;
            if let Some(placed) = &next {
                heap.push((placed.date, placed.uid, Reverse(placed.mailbox), at));
            }
            found.extend(std::mem::replace(head, next));
        }
    }
    Ok(found)
}

fn step(rows: &mut Rows<'_>, mailbox: i64) -> Result<Option<Placed>, Error> {
    let Some(row) = rows.next()? else { return Ok(None) };
    let flags = stored(row, 3)?;
    Ok(Some(Placed { date: row.get(0)?, uid: row.get(1)?, mailbox, message: row.get(2)?, flags }))
}

fn row(
    read: &Read<'_>,
    own: &BTreeMap<i64, String>,
    placed: Placed,
) -> Result<Option<ListRow>, Error> {
    read.one(ROW, [placed.message], |row| {
        let own = own.get(&row.get(1)?).map_or("", String::as_str);
        let people = People::unpack(&row.get::<_, Vec<u8>>(2)?, own).unwrap_or_default();
        Ok(ListRow {
            id: MessageId(placed.message),
            thread: ThreadId(row.get(0)?),
            account: AccountId(row.get(1)?),
            mailbox: MailboxId(placed.mailbox),
            uid: Uid(placed.uid),
            internal_date: placed.date,
            from: people.from,
            to: people.to,
            more_recipients: people.more,
            subject: row.get(3)?,
            preview: row.get(4)?,
            pending: placed.flags.local.is_some(),
            flags: placed.flags.shown().clone(),
            size: row.get(5)?,
            has_attachments: row.get(6)?,
        })
    })
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{:x}-{:x}", self.date, self.uid, self.mailbox)
    }
}

impl FromStr for Cursor {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::BadCursor(text.chars().take(60).collect());
        let mut pieces = text.split('-').map(|piece| u64::from_str_radix(piece, 16));
        match (pieces.next(), pieces.next(), pieces.next(), pieces.next()) {
            (Some(Ok(date)), Some(Ok(uid)), Some(Ok(mailbox)), None) => Ok(Self {
                date: date as i64,
                uid: uid.try_into().map_err(|_| bad())?,
                mailbox: mailbox as i64,
            }),
            _ => Err(bad()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema;
    use rusqlite::Connection;

    /// What SQLite would do, line by line.
    fn plan(conn: &Connection, sql: &str) -> Vec<String> {
        let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let holes = vec![1i64; statement.parameter_count()];
        statement
            .query_map(rusqlite::params_from_iter(holes), |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap()
    }

    #[test]
    fn every_query_of_a_page_is_an_index_search() {
        let mut conn = Connection::open_in_memory().unwrap();
        schema::upgrade(&mut conn).unwrap();
        let key = |columns: &str| format!("SEARCH placement USING PRIMARY KEY ({columns})");
        assert_eq!(
            plan(&conn, SCAN),
            [key("mailbox=? AND epoch=? AND date>? AND (date,uid)<(?,?)")],
        );
        assert_eq!(plan(&conn, ROW), ["SEARCH message USING INTEGER PRIMARY KEY (rowid=?)"]);
        assert_eq!(
            plan(&conn, LOWEST),
            [
                "SEARCH placement USING COVERING INDEX placement_uid (mailbox=? AND epoch=? AND uid>? AND uid<?)"
            ]
        );
        let mut others = vec![FACTS, crate::covered::TOP];
        others.extend(crate::placement::QUERIES);
        for sql in others {
            for line in plan(&conn, sql) {
                let searched = line.starts_with("SEARCH") || line.starts_with("SCALAR SUBQUERY");
                let bounded = line.starts_with("CO-ROUTINE") || line.starts_with("SCAN (subquery");
                assert!(searched || bounded, "{sql}: {line}");
                assert!(!line.contains("TEMP B-TREE"), "{sql}: {line}");
            }
        }
        let found = plan(&conn, crate::search::FIND);
        assert!(found[0].starts_with("SCAN s VIRTUAL TABLE INDEX"), "{found:?}");
        assert_eq!(found[1..], ["SEARCH m USING INDEX message_doc (doc=?)"]);
    }
}
