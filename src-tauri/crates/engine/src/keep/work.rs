//! Everything that nobody waits for, one thing after the other: mailboxes that are behind, header rows that are
//! missing, text that will be read next, the slow comparison. On a connection of its own, so that whoever looks at
//! the screen never waits for it.

use crate::error::{Error, Result};
use crate::live::{Live, Phase, Progress, Urgency, on_connection};
use crate::sync::headers::{self, Filled, Watch};
use crate::sync::{audit, delta, folders, prefetch};
use crate::{Engine, Inner};
use jiff::Timestamp;
use model::{AccountId, Code, MailboxId, Role, Tag};
use net::Traffic;
use plan::Waiting;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::mailbox::MailboxRow;
use tokio::time::{Instant, sleep, timeout};

/// The text of INBOX's and flagged messages of so many days is brought before it is asked for.
const DAYS: i64 = 30;
/// Of them at most so many.
const TEXTS: u32 = 500;
/// A mailbox is compared with the server once a day.
const AUDIT: i64 = 24 * 3600;
/// After a failure that is the server's own.
const REST: Duration = Duration::from_secs(30);
/// Without a reason.
const LONG: Duration = Duration::from_secs(60 * 60);
/// Between two words on how far it is.
const TOLD: Duration = Duration::from_millis(250);

/// Rows after which what takes space is another figure.
const WORTH_TELLING: u64 = 2_000;

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    pub prefetch: bool,
    pub audit: bool,
}

/// What it brought.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Brought {
    pub headers: u64,
    pub traffic: Traffic,
}

pub(crate) async fn work(inner: Arc<Inner>, account: AccountId) {
    let live = inner.live(account);
    let engine = Engine::within(Arc::clone(&inner));
    loop {
        // Whichever comes first.
        let _ = timeout(LONG, live.work.notified()).await;
        let reachable = !live.is_out_of_reach() || live.state().is_out_of_room();
        if inner.is_suspended() || !reachable {
            continue;
        }
        let reach = Reach { prefetch: true, audit: true };
        let generation = live.generation();
        let Err(error) = engine.bring(account, reach).await else {
            inner.has_room(account);
            continue;
        };
        tracing::info!(%account, code = error.code().as_str(), "the work was left");
        if error.code() == Code::ServerBusy && !live.is_frugal() {
            // A second connection was one too many: from now on there is one.
            live.be_frugal();
            live.close(Duration::ZERO).await;
            continue;
        }
        if error.code() == Code::DiskFull {
            let retry_at = inner.host.now() + REST;
            let trouble = error.trouble(Some(account));
            inner.enter(account, Phase::Waiting { trouble, retry_at });
        }
        tokio::select! {
            () = sleep(REST) => live.work.notify_one(),
            () = live.outlived(generation) => {}
        }
    }
}

/// Counts what is written and tells of it, not more often than anybody can read.
struct Counting<'a> {
    inner: &'a Inner,
    live: &'a Live,
    generation: u64,
    begun: u64,
    total: u64,
    wrote: AtomicU64,
    told: std::sync::Mutex<Option<Instant>>,
    /// A front end waits for the end: the person's pause holds for what goes on by itself.
    by_itself: bool,
}

impl Counting<'_> {
    fn tell(&self, full: bool) {
        let done = (self.begun + self.wrote.load(Ordering::Relaxed)).min(self.total);
        let paused = self.live.rests() && self.by_itself;
        let progress = Progress { done, total: self.total, paused, full };
        if self.live.set_state(|state| state.progress = Some(progress)) {
            self.inner.tell_state(self.live.account);
        }
    }
}

impl Watch for Counting<'_> {
    fn wrote(&self, rows: u64) {
        let before = self.wrote.fetch_add(rows, Ordering::Relaxed);
        if before / WORTH_TELLING != (before + rows) / WORTH_TELLING {
            self.inner.tell(Tag::Storage);
        }
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.is_none_or(|at| at.elapsed() >= TOLD) {
            *told = Some(Instant::now());
            self.tell(false);
        }
    }

    fn stop(&self) -> bool {
        (self.live.rests() && self.by_itself) || self.live.generation() != self.generation
    }
}

impl Engine {
    /// Brings everything of an account here that is not, as far as the budget has room.
    pub(crate) async fn bring(&self, account: AccountId, reach: Reach) -> Result<Brought> {
        let inner = &*self.inner;
        let live = inner.live(account);
        let _one = live.filling.lock().await;
        let mut brought = Brought::default();
        let outcome = self.bring_all(account, &live, reach, &mut brought).await;
        let rests = live.rests() && reach.audit;
        let told = live.set_state(|state| {
            // What rests, or has no room, is still to be seen.
            state.progress = state.progress.filter(|p| rests || p.full);
        });
        if told {
            inner.tell_state(account);
        }
        outcome.map(|()| brought)
    }

    async fn bring_all(
        &self,
        account: AccountId,
        live: &Live,
        reach: Reach,
        brought: &mut Brought,
    ) -> Result<()> {
        let inner = &*self.inner;
        let behind = live.take_behind();
        let rows: Vec<MailboxRow> = self.mailboxes(Some(account)).await?;
        let rows: Vec<MailboxRow> = rows.into_iter().filter(|row| row.selectable).collect();
        let waiting = self.waiting(&rows, &behind).await?;
        let (begun, total) =
            inner.db.read(move |read| store::mailbox::progress(read, account)).await?;
        let counting = Counting {
            inner,
            live,
            generation: live.generation(),
            begun,
            total,
            wrote: AtomicU64::new(0),
            told: std::sync::Mutex::new(None),
            by_itself: reach.audit,
        };
        let mut full = false;
        let mut undone: BTreeSet<MailboxId> = behind.clone();
        for mailbox in plan::order(waiting) {
            let Some(row) = rows.iter().find(|row| row.id == mailbox) else { continue };
            let late = behind.contains(&mailbox);
            let outcome = self.bring_one(row, late, full, &counting, brought).await;
            match outcome {
                Ok(filled) => {
                    undone.remove(&mailbox);
                    full |= filled == Filled::Full;
                }
                // This one may not be looked into; the others may.
                Err(Error::Server(failure)) if failure.is_of_one_thing() => {
                    undone.remove(&mailbox);
                    tracing::info!(%mailbox, "the server refused a mailbox");
                }
                Err(error) => {
                    live.add_behind(undone);
                    return Err(error);
                }
            }
            if counting.stop() {
                break;
            }
        }
        let wrote = counting.wrote.load(Ordering::Relaxed);
        brought.headers += wrote;
        if wrote > 0 {
            inner.tell(Tag::Storage);
        }
        if counting.stop() || full {
            counting.tell(full);
        } else if live.set_state(|state| state.progress = None) {
            inner.tell_state(account);
        }
        if reach.prefetch && !counting.stop() {
            self.prefetch(&rows).await?;
        }
        if reach.audit && !counting.stop() {
            self.audit_due(account, &rows).await?;
        }
        Ok(())
    }

    /// Mailboxes with holes, or of which the server says something else than is here.
    async fn waiting(
        &self,
        rows: &[MailboxRow],
        behind: &BTreeSet<MailboxId>,
    ) -> Result<Vec<Waiting>> {
        let ids: Vec<(MailboxId, bool)> =
            rows.iter().map(|row| (row.id, row.total == Some(0))).collect();
        let open = self
            .inner
            .db
            .read(move |read| {
                let mut open = BTreeSet::new();
                for (id, empty) in ids {
                    let top = store::covered::top(read, id)?;
                    if !empty && top.is_none_or(|(low, _)| low.0 > 1) {
                        open.insert(id);
                    }
                }
                Ok(open)
            })
            .await?;
        Ok(rows
            .iter()
            .filter(|row| open.contains(&row.id) || behind.contains(&row.id))
            .map(|row| Waiting {
                mailbox: row.id,
                role: row.role,
                opened: row.opened,
                subscribed: row.subscribed,
            })
            .collect())
    }

    async fn bring_one(
        &self,
        row: &MailboxRow,
        late: bool,
        full: bool,
        counting: &Counting<'_>,
        brought: &mut Brought,
    ) -> Result<Filled> {
        let inner = &*self.inner;
        let (mailbox, name) = (row.id, &row.name);
        let seen = row.uidvalidity.is_some();
        let outcome =
            on_connection!(inner, row.account, Urgency::Background, Some(name), |conn| async {
                let before = conn.begin_counting();
                let only = folders::only(conn, row);
                let mut news = delta::News::default();
                if late && seen && only.is_none() {
                    news = delta::look(&inner.db, conn, mailbox, name).await?;
                    let unread = folders::unread(conn, name).await?;
                    inner
                        .db
                        .write(move |tx| store::mailbox::set_counts(tx, mailbox, None, unread))
                        .await?;
                } else if late {
                    conn.select(name).await?;
                }
                // Where the budget is full, what is newer still takes the place of what is older.
                let filled = if counting.stop() || (full && seen) {
                    Filled::Stopped
                } else {
                    headers::fill(&inner.db, conn, mailbox, name, only.as_ref(), counting).await?
                };
                Ok((news, filled, conn.counted_since(before)))
            });
        let (news, filled, traffic) = outcome?;
        inner.note(row.account, mailbox, &news);
        brought.headers += news.count;
        brought.traffic.bytes_in += traffic.bytes_in;
        brought.traffic.bytes_out += traffic.bytes_out;
        brought.traffic.round_trips += traffic.round_trips;
        Ok(filled)
    }

    async fn prefetch(&self, rows: &[MailboxRow]) -> Result<()> {
        let inner = &*self.inner;
        let since = inner.host.now().as_second() - DAYS * 86_400;
        let wants = |row: &&MailboxRow| matches!(row.role, Some(Role::Inbox | Role::Flagged));
        for row in rows.iter().filter(wants) {
            let wanted = prefetch::wanted(&inner.db, row.id, since, TEXTS).await?;
            let wanted = self.within_a_quarter(wanted).await?;
            for piece in wanted.chunks(20) {
                on_connection!(inner, row.account, Urgency::Background, Some(&row.name), |conn| {
                    prefetch::bring(&inner.db, conn, &row.name, piece)
                })?;
            }
        }
        Ok(())
    }

    /// Text that nobody asked for takes a quarter of the budget at most.
    async fn within_a_quarter(
        &self,
        wanted: Vec<prefetch::Wanted>,
    ) -> Result<Vec<prefetch::Wanted>> {
        let usage = self.usage().await?;
        let texts: u64 = usage
            .by
            .iter()
            .filter(|(_, kind, _)| *kind == store::Kind::Text)
            .map(|(.., n)| n)
            .sum();
        let mut room = (usage.budget / 4).saturating_sub(texts);
        Ok(wanted
            .into_iter()
            .take_while(|one| {
                let fits = one.size <= room;
                room = room.saturating_sub(one.size);
                fits
            })
            .collect())
    }

    /// Compares what was not compared for a day, the one that was compared longest ago first.
    async fn audit_due(&self, account: AccountId, rows: &[MailboxRow]) -> Result<()> {
        let now = self.inner.host.now();
        let mut due: Vec<&MailboxRow> = rows
            .iter()
            .filter(|row| row.uidvalidity.is_some())
            .filter(|row| row.audited.is_none_or(|at| at + AUDIT <= now.as_second()))
            .collect();
        due.sort_by_key(|row| row.audited);
        for row in due {
            match self.audit_one(row, now).await {
                Ok(()) => {}
                Err(Error::Server(failure)) if failure.is_of_one_thing() => {}
                Err(error) => return Err(error),
            }
        }
        self.inner.tell(Tag::Account(account));
        Ok(())
    }

    async fn audit_one(&self, row: &MailboxRow, now: Timestamp) -> Result<()> {
        let inner = &*self.inner;
        let outcome = on_connection!(
            inner,
            row.account,
            Urgency::Background,
            Some(&row.name),
            |conn| async {
                match folders::only(conn, row) {
                    Some(_) => Ok(None),
                    None => audit::audit(&inner.db, conn, row.id, &row.name, now.as_second())
                        .await
                        .map(Some),
                }
            }
        )?;
        if let Some((news, differences)) = outcome {
            inner.note(row.account, row.id, &news);
            if differences > 0 {
                tracing::warn!(mailbox = %row.id, differences, "this mailbox was not as the server has it");
                inner.live(row.account).work.notify_one();
            }
        }
        Ok(())
    }

    /// Compares every mailbox of the account now. How many differences were found and mended.
    pub async fn audit(&self, account: AccountId) -> Result<u64> {
        let rows = self.mailboxes(Some(account)).await?;
        let before: u64 = rows.iter().map(|row| row.repaired).sum();
        let now = self.inner.host.now();
        for row in rows.iter().filter(|row| row.selectable && row.uidvalidity.is_some()) {
            self.audit_one(row, now).await?;
        }
        let rows = self.mailboxes(Some(account)).await?;
        Ok(rows.iter().map(|row| row.repaired).sum::<u64>().saturating_sub(before))
    }
}
