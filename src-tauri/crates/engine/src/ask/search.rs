//! Search: on this device first, at once; then, if that is wanted, on every account's server. What a server found
//! and is not here is fetched, so that one list has it all, and any hit opens.

use crate::error::{Error, Result};
use crate::live::{Urgency, on_connection};
use crate::sync::{self, compare, folders, screen};
use crate::{Engine, Inner};
use futures::future::join_all;
use imap::{FetchSet, SearchKey};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::query::{Query, Text};
use model::{AccountId, Code, MessageId, Role, Trouble, Uid, UidSet};
use std::collections::BTreeSet;
use std::time::Duration;
use store::list::{Cursor, ListRow};
use store::mailbox::MailboxRow;
use store::search::Scope;

#[derive(Clone, Debug, Default)]
pub struct SearchAsk {
    pub query: String,
    /// Empty: all.
    pub accounts: Vec<AccountId>,
    pub server: bool,
    pub before: Option<Cursor>,
    pub limit: u32,
}

#[derive(Clone, Debug)]
pub struct Found {
    pub rows: Vec<ListRow>,
    pub next: Option<Cursor>,
    pub coverage: Coverage,
}

/// How far it was looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    pub local: store::search::Coverage,
    pub server: Vec<Asked>,
}

/// What became of one account's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub account: AccountId,
    pub state: AskedState,
    /// Mailboxes that were searched.
    pub mailboxes: u32,
    pub found: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedState {
    Answered,
    Failed(Trouble),
}

/// Of one mailbox's hits that are not here, the newest are fetched.
const FETCHED: usize = 100;
/// A server that has not answered by then is passed over.
const PATIENCE: Duration = Duration::from_secs(30);
const MOST: u32 = 500;

impl Engine {
    pub async fn search(&self, ask: SearchAsk) -> Result<Found> {
        let query = Query::parse(&ask.query);
        let scope = Scope { accounts: ask.accounts.clone() };
        let server = match ask.server && !query.is_empty() && self.inner.db.is_writer() {
            true => self.ask_servers(&query, &ask.accounts).await?,
            false => Answers::default(),
        };
        let limit = ask.limit.clamp(1, MOST);
        let before = ask.before;
        let also = server.hits;
        let (rows, next, local) = self
            .inner
            .db
            .read(move |read| {
                let found = store::search::find(read, &query, &scope, before, limit)?;
                let mut ids: Vec<MessageId> = found.hits.iter().map(|hit| hit.message).collect();
                // What only the server could find (its text is not here) stands below, in its own order.
                let known: BTreeSet<MessageId> = ids.iter().copied().collect();
                if before.is_none() {
                    ids.extend(also.into_iter().filter(|id| !known.contains(id)));
                }
                let rows = store::list::rows(read, &ids)?;
                Ok((rows, found.next, store::search::coverage(read, &scope)?))
            })
            .await?;
        self.complete_previews(&rows);
        Ok(Found { rows, next, coverage: Coverage { local, server: server.asked } })
    }

    async fn ask_servers(&self, query: &Query, accounts: &[AccountId]) -> Result<Answers> {
        let all = self.inner.db.read(store::account::list).await?;
        let wanted: Vec<AccountId> = all
            .into_iter()
            .filter(|account| !account.paused)
            .map(|account| account.id)
            .filter(|id| accounts.is_empty() || accounts.contains(id))
            .collect();
        let runs = wanted.iter().map(|&account| async move {
            let asking = self.ask_server(account, query);
            let outcome = tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| {
                let slow = "the server did not answer the search in time: try again";
                Err(Error::new(Code::Timeout, slow))
            });
            (account, outcome)
        });
        let mut answers = Answers::default();
        for (account, outcome) in join_all(runs).await {
            let asked = match outcome {
                Ok((mailboxes, hits)) => {
                    let found = hits.len() as u64;
                    answers.hits.extend(hits);
                    Asked { account, state: AskedState::Answered, mailboxes, found }
                }
                Err(error) => Asked {
                    account,
                    state: AskedState::Failed(error.trouble(Some(account))),
                    mailboxes: 0,
                    found: 0,
                },
            };
            answers.asked.push(asked);
        }
        Ok(answers)
    }

    /// Every mailbox of one account, the likeliest first; on one connection.
    async fn ask_server(&self, account: AccountId, query: &Query) -> Result<(u32, Vec<MessageId>)> {
        let inner = &*self.inner;
        let rows = self.mailboxes(Some(account)).await?;
        let rows: Vec<MailboxRow> = rows
            .into_iter()
            .filter(|row| row.selectable && row.total != Some(0) && may_hold(row, query))
            .collect();
        let mut hits = Vec::new();
        let mut searched = 0;
        for row in in_order(rows) {
            let outcome =
                on_connection!(inner, account, Urgency::Background, Some(&row.name), |conn| {
                    ask_mailbox(inner, conn, &row, query)
                });
            match outcome {
                Ok(found) => {
                    searched += 1;
                    hits.extend(found);
                }
                // One that may not be searched does not silence the others.
                Err(Error::Server(failure)) if failure.is_of_one_thing() => {}
                Err(error) => return Err(error),
            }
        }
        Ok((searched, hits))
    }
}

#[derive(Default)]
struct Answers {
    asked: Vec<Asked>,
    hits: Vec<MessageId>,
}

fn may_hold(row: &MailboxRow, query: &Query) -> bool {
    query.in_mailbox.is_empty()
        || query.in_mailbox.iter().any(|name| {
            row.name.0.eq_ignore_ascii_case(name)
                || folders::label(&row.name, row.separator).0.eq_ignore_ascii_case(name)
                || row.role.is_some_and(|role| Role::parse(name) == Some(role))
        })
}

fn in_order(rows: Vec<MailboxRow>) -> Vec<MailboxRow> {
    let order = plan::order(rows.iter().map(folders::waiting).collect());
    order.into_iter().filter_map(|id| rows.iter().find(|row| row.id == id).cloned()).collect()
}

/// Searches one mailbox; the newest hits that are not here come here.
async fn ask_mailbox(
    inner: &Inner,
    conn: &mut crate::live::Conn,
    row: &MailboxRow,
    query: &Query,
) -> Result<Vec<MessageId>> {
    let mailbox = row.id;
    let place = sync::stand_noted(&inner.db, conn, mailbox, &row.name).await?;
    let gmail = conn.capabilities().has("X-GM-EXT-1");
    let key = server_key(query, gmail);
    let found = match compare::search(conn, &key).await {
        Ok(found) => found,
        // RFC 9051 7.1: it cannot search for other letters than ASCII's. It was asked, and found nothing.
        Err(Error::Server(failure)) if failure.source.code() == Some("BADCHARSET") => UidSet::new(),
        Err(error) => return Err(error),
    };
    let mut newest: Vec<Uid> = found.iter().collect();
    newest.reverse();
    newest.truncate(FETCHED);
    let wanted = newest.clone();
    let missing: UidSet = inner
        .db
        .read(move |read| {
            let mut missing = UidSet::new();
            for uid in wanted {
                if store::placement::by_uid(read, mailbox, uid)?.is_none() {
                    missing.insert(uid);
                }
            }
            Ok(missing)
        })
        .await?;
    if !missing.is_empty() {
        let set = FetchSet::Uids(missing);
        let batch = screen::fetch(conn, &set, place.highestmodseq.is_some()).await?;
        // Hits lie apart: each covers its own place and nothing between.
        let rows = batch.rows;
        let uids: Vec<Uid> = rows.iter().map(|row| row.uid).collect();
        screen::write(&inner.db, conn, mailbox, &place, rows, None, false).await?;
        inner
            .db
            .write(move |tx| {
                for uid in &uids {
                    store::covered::add(tx, mailbox, *uid, *uid)?;
                }
                Ok(())
            })
            .await?;
    }
    sync::messages_at(&inner.db, mailbox, newest).await
}

/// The query as IMAP asks it. Servers look for pieces of text where the device looks for beginnings of words: they
/// find what the device would, and more.
fn server_key(query: &Query, gmail: bool) -> SearchKey {
    let mut keys = Vec::new();
    let mut push = |texts: &[Text], key: &dyn Fn(String) -> SearchKey| {
        for text in texts {
            let positive = key(text.text.clone());
            keys.push(if text.not { SearchKey::Not(Box::new(positive)) } else { positive });
        }
    };
    push(&query.terms, &SearchKey::Text);
    push(&query.from, &SearchKey::From);
    push(&query.to, &|text| {
        SearchKey::Or(Box::new(SearchKey::To(text.clone())), Box::new(SearchKey::Cc(text)))
    });
    push(&query.subject, &SearchKey::Subject);
    if query.unread {
        keys.push(SearchKey::Not(Box::new(SearchKey::Seen)));
    }
    if query.read {
        keys.push(SearchKey::Seen);
    }
    if query.flagged {
        keys.push(SearchKey::Flagged);
    }
    if query.has_attachment && gmail {
        keys.push(SearchKey::GmRaw("has:attachment".to_owned()));
    } else if query.has_attachment {
        // The nearest that IMAP has: mail with several parts that are not just two forms of one text.
        keys.push(SearchKey::Header("Content-Type".to_owned(), "multipart/mixed".to_owned()));
    }
    let day = |seconds: i64| {
        let date = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
        let date = date.to_zoned(TimeZone::UTC).date();
        let part = |n: i8| u8::try_from(n).unwrap_or(1);
        (u16::try_from(date.year()).unwrap_or(1970), part(date.month()), part(date.day()))
    };
    if let Some((y, m, d)) = query.after.map(day) {
        keys.push(SearchKey::Since(y, m, d));
    }
    if let Some((y, m, d)) = query.before.map(day) {
        keys.push(SearchKey::Before(y, m, d));
    }
    SearchKey::And(keys)
}
