//! Search on this device: candidates from the index, or row by row where a query has no words or the index is
//! being built, each looked at for what the index does not know (phrases, flags, mailboxes). What one call looks
//! at is bounded; the next goes on behind it.

use crate::flags::stored;
use crate::list::{self, Cursor};
use crate::pack::People;
use crate::search::{self, FIRST, GRAIN};
use crate::texts::Texts;
use crate::words::{self, Term};
use crate::{Error, Read, account, mailbox};
use model::query::{Query, Text};
use model::{AccountId, MailboxId, MessageId};
use rusqlite::{Rows, params};
use std::collections::{BTreeMap, BTreeSet};

/// Candidates that one call looks at.
pub const MOST_LOOKED: u32 = 5000;
/// How far from its date's own place a row of the index may stand, where very many came in the same seconds.
const SPREAD: i64 = 1 << 22;

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Empty: all.
    pub accounts: Vec<AccountId>,
}

/// One found message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub message: MessageId,
    pub internal_date: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// For the next call; None where nothing is left.
    pub next: Option<Cursor>,
    /// All was looked at. Where it is false and hits are few, `next` goes on.
    pub exhausted: bool,
    /// Candidates that were looked at.
    pub looked: u32,
}

/// How far back this device knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// All that arrived since is here. None where all is, or where of some mailbox nothing is.
    pub from: Option<i64>,
    /// The newest that is here.
    pub to: Option<i64>,
    pub messages: u64,
    /// All of every mailbox is here.
    pub whole: bool,
}

/// Messages for which all of `query` holds, the newest first. Nothing is found for a query that asks nothing.
pub fn find(
    read: &Read<'_>,
    query: &Query,
    scope: &Scope,
    before: Option<Cursor>,
    limit: u32,
) -> Result<Found, Error> {
    if query.is_empty() {
        return Ok(Found { exhausted: true, ..Found::default() });
    }
    let wanted = Wanted::of(query);
    let judge = Judge::new(read, query, &wanted, scope)?;
    let mut low = before.map_or(0, |at| at.doc());
    if let Some(before) = query.before {
        low = low.max((FIRST - before / GRAIN).saturating_sub(SPREAD));
    }
    let high = query.after.map_or(i64::MAX, |after| (FIRST - after / GRAIN).saturating_add(SPREAD));
    let mut found = Found { exhausted: true, ..Found::default() };
    let indexed = match search::is_dropping(read)? {
        true => 0,
        false => search::from(read)?.unwrap_or(i64::MAX),
    };
    let mut at = low;
    let mut stopped = false;
    if let Some(expression) = wanted.expression().filter(|_| low < indexed) {
        let mut statement = read.prepare(FIND)?;
        let end = high.min(indexed.saturating_sub(1));
        let mut rows = statement.query(params![expression, low, end])?;
        stopped = judge.walk(&mut rows, true, limit, &mut found, &mut at)?;
        at = if stopped { at } else { end.max(low) };
    }
    if !stopped && at < high && (wanted.expression().is_none() || indexed != i64::MAX) {
        let mut statement = read.prepare(WALK)?;
        let mut rows = statement.query(params![at, high])?;
        stopped = judge.walk(&mut rows, false, limit, &mut found, &mut at)?;
    }
    found.exhausted = !stopped;
    found.next = stopped.then(|| Cursor::of_doc(at));
    Ok(found)
}

pub(crate) const FIND: &str = "SELECT rowid FROM search
    WHERE search MATCH ?1 AND rowid > ?2 AND rowid <= ?3 ORDER BY rowid";
pub(crate) const WALK: &str = "SELECT doc FROM message WHERE doc > ?1 AND doc <= ?2 ORDER BY doc";
pub(crate) const ROW: &str = "SELECT id, account, date, attachments, people, subject, preview
    FROM message WHERE doc = ?1";
pub(crate) const PLACES: &str = "SELECT p.mailbox, p.base, p.base_words, p.local, p.local_words
    FROM placement p CROSS JOIN mailbox m ON m.id = p.mailbox AND m.epoch = p.epoch AND m.gone = 0
    WHERE p.message = ?1";

/// One text of the query, cut as the index is.
struct Want {
    terms: Vec<Term>,
    phrase: bool,
    not: bool,
    field: Field,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Any,
    Sender,
    Recipient,
    Subject,
}

struct Wanted(Vec<Want>);

impl Wanted {
    fn of(query: &Query) -> Self {
        let mut all = Vec::new();
        let mut take = |texts: &[Text], field| {
            for text in texts {
                let terms = words::terms(&text.text, text.prefix, text.phrase);
                if !terms.is_empty() {
                    all.push(Want { terms, phrase: text.phrase, not: text.not, field });
                }
            }
        };
        take(&query.terms, Field::Any);
        take(&query.from, Field::Sender);
        take(&query.to, Field::Recipient);
        take(&query.subject, Field::Subject);
        Self(all)
    }

    /// For FTS5; None where nothing is asked that the index could begin with. Words hold nothing but letters and
    /// digits: quoted, they are no operators.
    fn expression(&self) -> Option<String> {
        let side = |not: bool| {
            let wants = self.0.iter().filter(move |want| want.not == not);
            // A phrase that must not be there may have its words apart from one another.
            wants.filter(move |want| !not || !want.phrase).map(Want::expression).collect::<Vec<_>>()
        };
        let (positive, negative) = (side(false), side(true));
        if positive.is_empty() {
            return None;
        }
        let mut text = format!("({})", positive.join(" AND "));
        for want in negative {
            text.push_str(&format!(" NOT {want}"));
        }
        Some(text)
    }
}

impl Want {
    fn expression(&self) -> String {
        let column = match self.field {
            Field::Any => "",
            Field::Sender => "sender : ",
            Field::Recipient => "recipient : ",
            Field::Subject => "subject : ",
        };
        let star = |prefix: bool| if prefix { "*" } else { "" };
        // The single character that ends a run inside of a phrase is in the index as itself.
        let words: Vec<String> = self
            .terms
            .iter()
            .map(|term| format!("{column}\"{}\"{}", term.word, star(term.prefix)))
            .collect();
        format!("({})", words.join(" AND "))
    }

    /// Whether it is in these texts, the minus aside.
    fn is_in(&self, texts: &Texts) -> bool {
        let all = [
            (Field::Sender, &texts.sender),
            (Field::Recipient, &texts.recipient),
            (Field::Subject, &texts.subject),
            (Field::Any, &texts.preview),
            (Field::Any, &texts.body),
        ];
        let fields =
            || all.iter().filter(|(field, _)| self.field == Field::Any || *field == self.field);
        let fits = |term: &Term, word: &str| {
            if term.prefix { word.starts_with(&term.word) } else { word == term.word }
        };
        if !self.phrase {
            return self.terms.iter().all(|term| {
                fields().any(|(_, text)| text.split(' ').any(|word| fits(term, word)))
            });
        }
        fields().any(|(_, text)| {
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            words
                .windows(self.terms.len())
                .any(|some| some.iter().zip(&self.terms).all(|(word, term)| fits(term, word)))
        })
    }
}

/// Looks at candidates.
struct Judge<'j, 'c> {
    read: &'j Read<'c>,
    query: &'j Query,
    wanted: &'j Wanted,
    /// The accounts that are looked into, with their own addresses.
    accounts: BTreeMap<i64, String>,
    /// None: any.
    mailboxes: Option<BTreeSet<i64>>,
}

impl<'j, 'c> Judge<'j, 'c> {
    fn new(
        read: &'j Read<'c>,
        query: &'j Query,
        wanted: &'j Wanted,
        scope: &Scope,
    ) -> Result<Self, Error> {
        let accounts = accounts(read, scope)?;
        let mailboxes = match query.in_mailbox.as_slice() {
            [] => None,
            names => Some(named(read, names)?),
        };
        Ok(Self { read, query, wanted, accounts, mailboxes })
    }

    /// True where it stopped before the end; `at` is then the last that was looked at.
    fn walk(
        &self,
        rows: &mut Rows<'_>,
        indexed: bool,
        limit: u32,
        found: &mut Found,
        at: &mut i64,
    ) -> Result<bool, Error> {
        let mut last = None;
        while let Some(row) = rows.next()? {
            if found.hits.len() >= limit as usize || found.looked >= MOST_LOOKED {
                return Ok(true);
            }
            let doc = row.get(0)?;
            // A row that was indexed more than once comes more than once.
            if last == Some(doc) {
                continue;
            }
            last = Some(doc);
            found.looked += 1;
            *at = doc;
            found.hits.extend(self.look(doc, indexed)?);
        }
        Ok(false)
    }

    fn look(&self, doc: i64, indexed: bool) -> Result<Option<Hit>, Error> {
        let found = self.read.one(ROW, [doc], |row| {
            let hit = Hit { message: MessageId(row.get(0)?), internal_date: row.get(2)? };
            let texts = (row.get::<_, Vec<u8>>(4)?, row.get(5)?, row.get::<_, Option<String>>(6)?);
            Ok((hit, row.get::<_, i64>(1)?, row.get::<_, bool>(3)?, texts))
        })?;
        let Some((hit, account, attachments, (people, subject, preview))) = found else {
            return Ok(None);
        };
        let subject: String = subject;
        let Some(own) = self.accounts.get(&account) else { return Ok(None) };
        let query = self.query;
        if query.before.is_some_and(|at| hit.internal_date >= at)
            || query.after.is_some_and(|at| hit.internal_date < at)
            || (query.has_attachment && !attachments)
            || !self.stands(hit.message)?
        {
            return Ok(None);
        }
        // What the index has answered already is not asked again.
        let open = |want: &&Want| !indexed || want.phrase;
        let mut wants = self.wanted.0.iter().filter(open).peekable();
        if wants.peek().is_none() {
            return Ok(Some(hit));
        }
        let people = People::unpack(&people, own).unwrap_or_default();
        let body = search::body(self.read, hit.message.0)?.unwrap_or_default();
        let texts = Texts { body, ..Texts::of_row(&people, own, &subject, preview.as_deref()) };
        Ok(wants.all(|want| want.is_in(&texts) != want.not).then_some(hit))
    }

    /// Whether it stands where it is looked for, with the flags that are looked for.
    fn stands(&self, message: MessageId) -> Result<bool, Error> {
        let query = self.query;
        let places = self.read.all(PLACES, [message.0], |row| {
            Ok((row.get::<_, i64>(0)?, stored(row, 1)?.shown().clone()))
        })?;
        Ok(places.iter().any(|(mailbox, flags)| {
            self.mailboxes.as_ref().is_none_or(|some| some.contains(mailbox))
                && !(query.unread && flags.seen())
                && (!query.read || flags.seen())
                && (!query.flagged || flags.flagged())
        }))
    }
}

fn accounts(read: &Read<'_>, scope: &Scope) -> Result<BTreeMap<i64, String>, Error> {
    let all = account::list(read)?.into_iter();
    let within = all.filter(|a| scope.accounts.is_empty() || scope.accounts.contains(&a.id));
    Ok(within.map(|account| (account.id.0, account.email)).collect())
}

/// Mailboxes by role, by whole name, or by the last piece of it; in any case and accent.
fn named(read: &Read<'_>, names: &[String]) -> Result<BTreeSet<i64>, Error> {
    let fold = |name: &str| {
        let mut out = String::new();
        words::feed(&mut out, name, 50);
        if out.is_empty() { name.to_lowercase() } else { out }
    };
    let wanted: BTreeSet<String> = names.iter().map(|name| fold(name)).collect();
    let fits = |row: &mailbox::MailboxRow| {
        let last = row.separator.and_then(|s| row.name.0.rsplit(s).next());
        [Some(row.name.0.as_str()), last, row.role.map(model::Role::as_str)]
            .into_iter()
            .flatten()
            .any(|name| wanted.contains(&fold(name)))
    };
    Ok(mailbox::list(read, None)?.into_iter().filter(fits).map(|row| row.id.0).collect())
}

/// How far back everything is on this device.
pub fn coverage(read: &Read<'_>, scope: &Scope) -> Result<Coverage, Error> {
    let accounts = accounts(read, scope)?;
    let mut coverage = Coverage { whole: true, ..Coverage::default() };
    let mut nothing = false;
    for row in mailbox::list(read, None)? {
        if !row.selectable || !accounts.contains_key(&row.account.0) {
            continue;
        }
        coverage.messages += row.cached;
        let id: MailboxId = row.id;
        match list::reaches(read, id)? {
            list::Reach::Whole => {}
            list::Reach::Since(date) => {
                coverage.whole = false;
                coverage.from = coverage.from.max(Some(date));
            }
            list::Reach::Nothing => {
                coverage.whole = false;
                nothing = true;
            }
        }
        coverage.to = coverage.to.max(list::newest(read, id)?);
    }
    if nothing {
        coverage.from = None;
    }
    Ok(coverage)
}
