//! A list's pages: one mailbox, several as one, or the one inbox over all accounts; messages or conversations,
//! newest first, by the position of the last row and never by its number.

use crate::conversation::{self, Known};
use crate::pack::People;
use crate::scan::{self, Placed, Source, Window};
use crate::{Error, Read, covered, thread};
use model::{AccountId, Address, Flags, MailboxId, MessageId, ThreadId, Uid};
use rusqlite::params;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

pub use crate::conversation::{Conversation, MOST_COUNTED};
pub use crate::cursor::Cursor;

#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    pub mailboxes: Vec<MailboxId>,
    /// The inboxes of all accounts as one; `mailboxes` says nothing then.
    pub inboxes: bool,
    /// The page after this row.
    pub before: Option<Cursor>,
    pub limit: u32,
    /// One row a conversation: its newest message in that mailbox. (In several mailboxes it is a row in each.)
    pub threads: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Page {
    pub rows: Vec<ListRow>,
    /// For the next page; None where nothing follows, here or on the server.
    pub next: Option<Cursor>,
    /// Messages in these mailboxes, as the server last said.
    pub total: Option<u64>,
    /// Rows that they make as conversations, as far as those are known: what is not here counts one by one.
    pub threads_total: Option<u64>,
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
    pub conversation: Conversation,
}

/// The page after `before`. It does not go past where a mailbox's cached stretch ends: what lies there may
/// belong between.
pub fn page(read: &Read<'_>, query: &ListQuery) -> Result<Page, Error> {
    page_over(read, query, &[])
}

/// The same, without waiting for the mailboxes in `silent`: their server can't be asked now, so what is
/// cached of them is all there is.
pub fn page_over(read: &Read<'_>, query: &ListQuery, silent: &[MailboxId]) -> Result<Page, Error> {
    let over = Over::of(read, query, silent)?;
    let limit = query.limit as usize;
    let found = scan::merge(read, &over.sources, over.window(query), limit.saturating_add(1))?;
    let more = found.len() > limit || !over.behind.is_empty();
    let mut rows = Rows::new(read)?;
    let mut page = Page {
        total: over.total,
        threads_total: over.total.map(|total| total.saturating_sub(over.folded)),
        behind: over.behind,
        ..Page::default()
    };
    for placed in found.into_iter().take(limit) {
        page.rows.extend(rows.row(placed, query.threads)?);
    }
    page.next = match page.rows.last() {
        _ if !more => None,
        Some(last) => Some(last.position()),
        None => Some(query.before.unwrap_or(Cursor::START)),
    };
    Ok(page)
}

/// The position behind which row `index` comes (0 is the first), where it and all above it are here.
pub fn cursor_at(read: &Read<'_>, query: &ListQuery, index: u64) -> Result<Option<Cursor>, Error> {
    let over = Over::of(read, query, &[])?;
    let window = Window { before: None, ..over.window(query) };
    scan::nth(read, &over.sources, window, index)
}

/// A whole conversation, the oldest first, each message once; of more than 500 the newest.
pub fn thread(read: &Read<'_>, thread: ThreadId) -> Result<Vec<ListRow>, Error> {
    let thread = thread::resolve(read, thread)?;
    let mut parts = vec![thread];
    // What became part of it and was not moved yet.
    for old in read.all(PENDING, [], |row| row.get(0).map(ThreadId))? {
        if thread::resolve(read, old)? == thread {
            parts.push(old);
        }
    }
    let mut known = Known::default();
    let mut messages: BTreeMap<i64, (bool, Placed)> = BTreeMap::new();
    for part in parts {
        let places = read.all(conversation::PLACES, [part.0, MOST_PLACES], |row| {
            let flags = crate::flags::stored(row, 4)?;
            let (date, uid, mailbox) = (row.get(2)?, row.get(8)?, row.get(0)?);
            let message = row.get(3)?;
            Ok((row.get::<_, i64>(1)?, Placed { date, uid, mailbox, message, flags }))
        })?;
        for (epoch, placed) in places {
            let facts = known.get(read, placed.mailbox)?.filter(|facts| facts.epoch == epoch);
            let Some(facts) = facts else { continue };
            // The one in Trash stands for a message only where it stands nowhere else.
            if messages.get(&placed.message).is_none_or(|(aside, _)| *aside && !facts.aside) {
                messages.insert(placed.message, (facts.aside, placed));
            }
        }
    }
    // Copies that the server gives no common name are one message: the one that is not in Trash is shown.
    let mut copies: BTreeMap<(i64, i64), (bool, Placed)> = BTreeMap::new();
    for (message, (aside, placed)) in messages {
        let print =
            read.one(conversation::MESSAGE, [message], |row| Ok((row.get(2)?, row.get(3)?)))?;
        let Some(print) = print else { continue };
        if copies.get(&print).is_none_or(|(other, _)| *other && !aside) {
            copies.insert(print, (aside, placed));
        }
    }
    let mut placed: Vec<Placed> = copies.into_values().map(|(_, placed)| placed).collect();
    placed.sort_by_key(|p| (p.date, p.uid, p.mailbox));
    let skipped = placed.len().saturating_sub(MOST_IN_THREAD);
    let mut rows = Rows::new(read)?;
    let mut all = Vec::with_capacity(placed.len());
    for placed in placed.into_iter().skip(skipped) {
        all.extend(rows.row(placed, false)?);
    }
    Ok(all)
}

/// These messages, in this order, where they still stand somewhere.
pub fn rows(read: &Read<'_>, ids: &[MessageId]) -> Result<Vec<ListRow>, Error> {
    let mut rows = Rows::new(read)?;
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let placed = read.one(STANDS, [id.0], |row| {
            let flags = crate::flags::stored(row, 3)?;
            let (date, uid, mailbox) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Placed { date, uid, mailbox, message: id.0, flags })
        })?;
        if let Some(placed) = placed {
            all.extend(rows.row(placed, false)?);
        }
    }
    Ok(all)
}

impl ListRow {
    pub fn position(&self) -> Cursor {
        Cursor { date: self.internal_date, uid: self.uid.0, mailbox: self.mailbox.0 }
    }
}

const MOST_IN_THREAD: usize = 500;
const MOST_PLACES: i64 = 2000;

const PENDING: &str = "SELECT old FROM thread_merge WHERE pending = 1 LIMIT 1000";

/// A mailbox that is set aside comes last.
const STANDS: &str = "SELECT p.date, p.uid, p.mailbox, p.base, p.base_words, p.local, p.local_words
    FROM placement p CROSS JOIN mailbox m ON m.id = p.mailbox AND m.epoch = p.epoch AND m.gone = 0
    WHERE p.message = ?1
    ORDER BY coalesce(m.role_by_user, m.role, '') IN ('trash', 'junk'), p.mailbox LIMIT 1";

/// What a list is over, and how far it reaches.
struct Over {
    sources: Vec<Source>,
    total: Option<u64>,
    /// Rows fewer than messages, among those that are here.
    folded: u64,
    behind: Vec<MailboxId>,
    ends_at: i64,
}

impl Over {
    fn of(read: &Read<'_>, query: &ListQuery, silent: &[MailboxId]) -> Result<Self, Error> {
        let mailboxes: Vec<MailboxId> = match query.inboxes {
            true => read.all(WITH_INBOX, [], |row| row.get(0).map(MailboxId))?,
            false => query.mailboxes.clone(),
        };
        let mut over = Self {
            sources: Vec::new(),
            total: Some(0),
            folded: 0,
            behind: Vec::new(),
            ends_at: i64::MIN,
        };
        let mut unified = BTreeSet::new();
        let mut horizons: Vec<(Reach, MailboxId)> = Vec::new();
        for mailbox in mailboxes {
            let Some(facts) = facts(read, mailbox)? else { continue };
            over.total = over.total.zip(facts.total).map(|(sum, total)| sum + total);
            over.folded += facts.folded;
            let reach = reach(read, mailbox, &facts)?;
            if reach != Reach::Whole && !silent.contains(&mailbox) {
                horizons.push((reach, mailbox));
            }
            // One whose rows have not all been told whether they stand in the inbox is read by itself.
            if query.inboxes && facts.told {
                unified.insert((mailbox.0, facts.epoch));
            } else {
                over.sources.push(Source::Mailbox(mailbox.0, facts.epoch));
            }
        }
        if !unified.is_empty() {
            over.sources.push(Source::Inboxes(unified));
        }
        horizons.sort_by_key(|(reach, _)| Reverse(*reach));
        over.ends_at = horizons.iter().find_map(|(reach, _)| reach.date()).unwrap_or(i64::MIN);
        over.behind = horizons.into_iter().map(|(_, mailbox)| mailbox).collect();
        Ok(over)
    }

    fn window(&self, query: &ListQuery) -> Window {
        Window { threads: query.threads, before: query.before, ends_at: self.ends_at }
    }
}

struct Facts {
    epoch: i64,
    total: Option<u64>,
    folded: u64,
    told: bool,
}

fn facts(read: &Read<'_>, mailbox: MailboxId) -> Result<Option<Facts>, Error> {
    read.one(FACTS, [mailbox.0], |row| {
        Ok(Facts { epoch: row.get(0)?, total: row.get(1)?, folded: row.get(2)?, told: row.get(3)? })
    })
}

/// Where a mailbox's cached stretch ends, the newest last: one of which nothing is here is behind them all, but
/// has no rows to be put in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Whole,
    Since(i64),
    Nothing,
}

impl Reach {
    fn date(self) -> Option<i64> {
        match self {
            Self::Since(date) => Some(date),
            Self::Whole | Self::Nothing => None,
        }
    }
}

/// A week: a row older than its neighbours in UID by more than this was moved or copied in.
const ODD: i64 = 7 * 86_400;

/// The server's order (UID) stands for date until a mailbox is cached to its end: what lies under the stretch is
/// held to be older than its lowest rows.
fn reach(read: &Read<'_>, mailbox: MailboxId, facts: &Facts) -> Result<Reach, Error> {
    let Some((low, high)) = covered::top(read, mailbox)? else {
        return Ok(if facts.total == Some(0) { Reach::Whole } else { Reach::Nothing });
    };
    if low.0 <= 1 {
        return Ok(Reach::Whole);
    }
    let dates = read
        .all(LOWEST, params![mailbox.0, facts.epoch, low.0, high.0], |row| row.get::<_, i64>(0))?;
    let Some((lowest, rest)) = dates.split_first() else { return Ok(Reach::Nothing) };
    let neighbours = rest.iter().min().copied().unwrap_or(*lowest);
    // The lowest row itself may be an old message that was copied in late: it waits for its turn.
    Ok(Reach::Since(if *lowest < neighbours - ODD { neighbours } else { *lowest }))
}

pub(crate) fn reaches(read: &Read<'_>, mailbox: MailboxId) -> Result<Reach, Error> {
    match facts(read, mailbox)? {
        Some(facts) => reach(read, mailbox, &facts),
        None => Ok(Reach::Whole),
    }
}

/// The date of the newest row that is here.
pub(crate) fn newest(read: &Read<'_>, mailbox: MailboxId) -> Result<Option<i64>, Error> {
    read.one(NEWEST, [mailbox.0], |row| row.get(0))
}

const NEWEST: &str = "SELECT date FROM placement WHERE mailbox = ?1
    AND epoch = (SELECT epoch FROM mailbox WHERE id = ?1) ORDER BY date DESC, uid DESC LIMIT 1";

const FACTS: &str = "SELECT epoch, total, max(cached - heads, 0), standing IS NULL
    FROM mailbox WHERE id = ?1 AND gone = 0";

/// Few rows, of a table that does not grow with mail.
const WITH_INBOX: &str = "SELECT id FROM mailbox
    WHERE gone = 0 AND coalesce(role_by_user, role, '') = 'inbox'
      AND account IN (SELECT id FROM account WHERE removing = 0) ORDER BY id";

const LOWEST: &str = "SELECT date FROM placement INDEXED BY placement_uid
    WHERE mailbox = ?1 AND epoch = ?2 AND uid BETWEEN ?3 AND ?4 ORDER BY uid LIMIT 5";

const ROW: &str = "SELECT thread, account, people, subject, preview, size, attachments FROM message WHERE id = ?1";

/// Makes rows, and remembers what several of them need.
struct Rows<'r, 'c> {
    read: &'r Read<'c>,
    own: BTreeMap<i64, String>,
    known: Known,
}

impl<'r, 'c> Rows<'r, 'c> {
    fn new(read: &'r Read<'c>) -> Result<Self, Error> {
        let sql = "SELECT id, email FROM account WHERE removing = 0";
        let own = read.all(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect();
        Ok(Self { read, own, known: Known::default() })
    }

    /// None where it is of an account that is being removed.
    fn row(&mut self, placed: Placed, threads: bool) -> Result<Option<ListRow>, Error> {
        let found = self.read.one(ROW, [placed.message], |row| {
            let Some(own) = self.own.get(&row.get(1)?) else { return Ok(None) };
            let people = People::unpack(&row.get::<_, Vec<u8>>(2)?, own).unwrap_or_default();
            Ok(Some(ListRow {
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
                conversation: Conversation::default(),
            }))
        })?;
        let Some(mut row) = found.flatten() else { return Ok(None) };
        row.conversation = if threads {
            let own = self.own.get(&row.account.0).map_or("", String::as_str);
            conversation::of(self.read, &mut self.known, row.thread.0, row.mailbox.0, own)?
        } else {
            Conversation::of_one(&row.from, &row.flags, row.has_attachments)
        };
        Ok(Some(row))
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
        let heads = "SEARCH placement USING INDEX placement_head (mailbox=? AND epoch=? AND date>? AND (date,uid)<(?,?))";
        let inbox = |index: &str| {
            format!("SEARCH placement USING INDEX {index} (date>? AND (date,uid)<(?,?))")
        };
        assert_eq!(
            plan(&conn, scan::MAILBOX),
            [
                "SEARCH placement USING PRIMARY KEY (mailbox=? AND epoch=? AND date>? AND (date,uid)<(?,?))"
            ],
        );
        assert_eq!(plan(&conn, scan::MAILBOX_HEADS), [heads]);
        assert_eq!(plan(&conn, scan::INBOXES), [inbox("placement_inbox")]);
        assert_eq!(plan(&conn, scan::INBOXES_HEADS), [inbox("placement_inbox_head")]);
        for sql in [scan::MAILBOX_HEADS_BARE, scan::INBOXES_BARE, scan::INBOXES_HEADS_BARE] {
            let plan = plan(&conn, sql);
            assert!(plan.len() == 1 && plan[0].contains("USING COVERING INDEX"), "{sql}: {plan:?}");
        }
        assert_eq!(plan(&conn, ROW), ["SEARCH message USING INTEGER PRIMARY KEY (rowid=?)"]);
        assert_eq!(
            plan(&conn, LOWEST),
            [
                "SEARCH placement USING COVERING INDEX placement_uid (mailbox=? AND epoch=? AND uid>? AND uid<?)"
            ]
        );
        let mut others = vec![
            FACTS,
            NEWEST,
            crate::covered::TOP,
            crate::stand::NEWEST,
            crate::thread::MEMBERS,
            crate::conversation::PLACES,
            crate::conversation::MAILBOX,
            crate::find::WALK,
            crate::find::ROW,
            crate::find::PLACES,
            scan::MAILBOX_BARE,
        ];
        others.extend(crate::placement::QUERIES);
        for sql in others {
            for line in plan(&conn, sql) {
                let searched = line.starts_with("SEARCH") || line.starts_with("SCALAR SUBQUERY");
                let bounded = line.starts_with("CO-ROUTINE") || line.starts_with("SCAN (subquery");
                assert!(searched || bounded, "{sql}: {line}");
                assert!(!line.contains("TEMP B-TREE"), "{sql}: {line}");
            }
        }
        // Of this index only what waits is part.
        let pending = "SCAN thread_merge USING COVERING INDEX thread_merge_pending";
        assert_eq!(plan(&conn, PENDING), [pending]);
        let found = plan(&conn, crate::find::FIND);
        assert!(
            found.len() == 1 && found[0].starts_with("SCAN search VIRTUAL TABLE INDEX"),
            "{found:?}"
        );
    }
}
