//! Everything of an account that is to be on this device, one thing after the other: mailboxes that are behind,
//! header rows that are missing, text that will be read next, the slow comparison. On a connection of its own, so
//! that whoever looks at the screen never waits for it.

mod counting;
mod later;

use crate::Engine;
use crate::error::{Error, Result};
use crate::live::{Live, Urgency, on_connection};
use crate::sync::headers::{self, Filled, Watch};
use crate::sync::{delta, folders};
use counting::Counting;
use model::{AccountId, MailboxId, Tag};
use net::Traffic;
use plan::Waiting;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use store::mailbox::MailboxRow;

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
            .map(folders::waiting)
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
                    folders::count_unread(&inner.db, conn, mailbox, name).await?;
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
        brought.traffic += traffic;
        Ok(filled)
    }
}
