//! A page of a list, newest first. Past what is cached, the mailbox whose cached stretch ends first is asked
//! for its next fifty.

use crate::error::{Error, Result};
use crate::live::{Urgency, on_connection};
use crate::sync::{folders, headers};
use crate::{Engine, sync};
use model::{Code, MailboxId, MessageId, ThreadId, Trouble};
use store::list::{Cursor, ListQuery, ListRow};

#[derive(Clone, Debug, Default)]
pub struct ListAsk {
    /// One mailbox, or several as one list.
    pub mailboxes: Vec<MailboxId>,
    /// The one inbox over all accounts; `mailboxes` are then theirs.
    pub inboxes: bool,
    /// One row a conversation.
    pub threads: bool,
    pub before: Option<Cursor>,
    /// The page that begins with this row, counted from the newest.
    pub at: Option<u64>,
    pub limit: u32,
    /// The store alone: answers at once, and says so where the page is not whole.
    pub cached_only: bool,
}

#[derive(Clone, Debug)]
pub struct Listed {
    pub rows: Vec<ListRow>,
    /// Which row of the list the first one is, where a place was asked for.
    pub first: Option<u64>,
    /// None at the end of every mailbox.
    pub next: Option<Cursor>,
    pub total: Option<u64>,
    /// False where the store alone could not fill the page.
    pub complete: bool,
}

/// A page is never more than this.
const MOST: u32 = 500;

impl Engine {
    pub async fn list(&self, ask: ListAsk) -> Result<Listed> {
        match ask.at {
            Some(0) => {
                let page = self.page(&ask, None).await?;
                Ok(Listed { first: Some(0), ..page })
            }
            Some(at) => self.list_at(&ask, at).await,
            None => self.page(&ask, ask.before).await,
        }
    }

    async fn page(&self, ask: &ListAsk, before: Option<Cursor>) -> Result<Listed> {
        let limit = ask.limit.clamp(1, MOST);
        // A mailbox that cannot be asked (offline, refused) is passed over for this page, not asked again and again.
        let mut silent: Vec<MailboxId> = Vec::new();
        let mut trouble: Option<Error> = None;
        // Each round covers fifty more of one mailbox. One whose server moves under it is not followed for ever.
        let mailboxes = u32::try_from(ask.mailboxes.len()).unwrap_or(u32::MAX);
        let mut rounds = (limit / plan::SCREEN + 4).saturating_mul(mailboxes.max(1));
        loop {
            let query = query(ask, before, limit);
            let over = silent.clone();
            let page =
                self.inner.db.read(move |read| store::list::page_over(read, &query, &over)).await?;
            let full = page.rows.len() as u64 >= u64::from(limit);
            let open: Option<MailboxId> = page.behind.iter().copied().find(|m| !silent.contains(m));
            let done = full || page.behind.is_empty();
            let Some(mailbox) = open
                .filter(|_| !done && rounds > 0 && !ask.cached_only && self.inner.db.is_writer())
            else {
                if page.rows.is_empty()
                    && let Some(error) = trouble
                {
                    return Err(error);
                }
                // What could not be asked is not the end of the mailbox: from here on it is asked again.
                let complete = full || (done && trouble.is_none());
                let last = page.rows.last().map(store::list::ListRow::position);
                self.complete_previews(&page.rows);
                return Ok(Listed {
                    next: page.next.or(last.filter(|_| !complete)),
                    total: total(ask, &page),
                    first: None,
                    complete,
                    rows: page.rows,
                });
            };
            rounds -= 1;
            match self.extend(mailbox).await {
                Ok(true) => {}
                Ok(false) => {
                    silent.push(mailbox);
                }
                Err(error) => {
                    silent.push(mailbox);
                    trouble = Some(error);
                }
            }
        }
    }

    /// The page that begins with row `at`: out of the store where everything above it is there, else from the
    /// server by its position, in one round trip.
    async fn list_at(&self, ask: &ListAsk, at: u64) -> Result<Listed> {
        let limit = ask.limit.clamp(1, MOST);
        let query = query(ask, None, limit);
        let cursor =
            self.inner.db.read(move |read| store::list::cursor_at(read, &query, at)).await?;
        if let Some(cursor) = cursor {
            let page = self.page(ask, Some(cursor)).await?;
            return Ok(Listed { first: Some(at), ..page });
        }
        // Beyond what is here. Positions on the server are of one mailbox, and of messages.
        if let [mailbox] = ask.mailboxes.as_slice()
            && !ask.cached_only
            && self.inner.db.is_writer()
        {
            return self.island(ask, *mailbox, at, limit).await;
        }
        let total =
            self.page(&ListAsk { cached_only: true, limit: 1, ..ask.clone() }, None).await?.total;
        Ok(Listed { rows: Vec::new(), first: Some(at), next: None, total, complete: false })
    }

    async fn island(
        &self,
        ask: &ListAsk,
        mailbox: MailboxId,
        at: u64,
        limit: u32,
    ) -> Result<Listed> {
        let inner = &*self.inner;
        let row = self.mailbox(mailbox).await?;
        // In conversations what is here counts less rows than messages.
        let head = query(ask, None, 1);
        let facts = inner.db.read(move |read| store::list::page(read, &head)).await?;
        let folded = match (ask.threads, facts.total, facts.threads_total) {
            (true, Some(all), Some(threads)) => all.saturating_sub(threads),
            _ => 0,
        };
        let rank = u32::try_from(at + folded).unwrap_or(u32::MAX);
        let outcome =
            on_connection!(inner, row.account, Urgency::Interactive, Some(&row.name), |conn| {
                sync::page::island(&inner.db, conn, mailbox, &row.name, rank, limit)
            });
        self.heard(row.account, &outcome);
        let ids = outcome?;
        let rows = inner.db.read(move |read| store::list::rows(read, &ids)).await?;
        self.complete_previews(&rows);
        let total = total(ask, &facts);
        Ok(Listed { complete: true, first: Some(at), next: None, total, rows })
    }

    /// A whole conversation, the oldest first, whatever mailboxes it stands in.
    pub async fn thread(&self, thread: ThreadId) -> Result<Vec<ListRow>> {
        self.inner.db.read(move |read| store::list::thread(read, thread)).await
    }

    /// These messages as a list shows them, without those that stand nowhere any more.
    pub async fn rows(&self, messages: Vec<MessageId>) -> Result<Vec<ListRow>> {
        self.inner.db.read(move |read| store::list::rows(read, &messages)).await
    }

    /// What is on the screen gets its preview, where the server makes none: soon, not first.
    pub(crate) fn complete_previews(&self, rows: &[ListRow]) {
        if !self.inner.db.is_writer() || self.inner.is_suspended() {
            return;
        }
        let mut lacking: Vec<(MailboxId, Vec<model::Uid>)> = Vec::new();
        for row in rows.iter().filter(|row| row.preview.is_none()) {
            match lacking.iter_mut().find(|(mailbox, _)| *mailbox == row.mailbox) {
                Some((_, uids)) => uids.push(row.uid),
                None => lacking.push((row.mailbox, vec![row.uid])),
            }
        }
        for (mailbox, uids) in lacking {
            let engine = Engine::within(std::sync::Arc::clone(&self.inner));
            tokio::spawn(async move {
                if let Err(error) = engine.previews(mailbox, uids).await {
                    tracing::debug!(%mailbox, %error, "no previews");
                }
            });
        }
    }

    async fn previews(&self, mailbox: MailboxId, uids: Vec<model::Uid>) -> Result<()> {
        let inner = &*self.inner;
        let row = self.mailbox(mailbox).await?;
        let lacking = sync::preview::of_rows(&inner.db, mailbox, uids).await?;
        if lacking.is_empty() {
            return Ok(());
        }
        on_connection!(inner, row.account, Urgency::Background, Some(&row.name), |conn| async {
            conn.stand_in(&row.name).await?;
            sync::preview::fill(&inner.db, conn, mailbox, lacking.clone()).await
        })
    }

    /// Fifty more of a mailbox. False where there are none.
    async fn extend(&self, mailbox: MailboxId) -> Result<bool> {
        let inner = &*self.inner;
        let row = self.mailbox(mailbox).await?;
        if !row.selectable {
            return Ok(false);
        }
        let outcome =
            on_connection!(inner, row.account, Urgency::Interactive, Some(&row.name), |conn| {
                extend(&inner.db, conn, &row)
            });
        self.heard(row.account, &outcome);
        outcome
    }

    pub(crate) async fn mailbox(&self, mailbox: MailboxId) -> Result<store::mailbox::MailboxRow> {
        self.inner.db.read(move |read| store::mailbox::get(read, mailbox)).await?.ok_or_else(|| {
            Trouble::new(Code::NoSuchMailbox, format!("there is no mailbox {mailbox}")).into()
        })
    }
}

/// Rows of the whole list, as far as that is known.
fn total(ask: &ListAsk, page: &store::list::Page) -> Option<u64> {
    page.threads_total.filter(|_| ask.threads).or(page.total)
}

fn query(ask: &ListAsk, before: Option<Cursor>, limit: u32) -> ListQuery {
    ListQuery {
        mailboxes: ask.mailboxes.clone(),
        inboxes: ask.inboxes,
        threads: ask.threads,
        before,
        limit,
    }
}

/// One page more, by position; or, of a mailbox that is brought in part only, all of that part's newest rows.
async fn extend(
    db: &crate::Db,
    conn: &mut crate::live::Conn,
    row: &store::mailbox::MailboxRow,
) -> Result<bool> {
    let Some(only) = folders::only(conn, row) else {
        return sync::page::extend(db, conn, row.id, &row.name).await;
    };
    let few = Few(std::sync::atomic::AtomicU64::new(0));
    headers::fill(db, conn, row.id, &row.name, Some(&only), &few).await?;
    Ok(few.0.load(std::sync::atomic::Ordering::Relaxed) > 0)
}

/// Stops after the first batch.
struct Few(std::sync::atomic::AtomicU64);

impl headers::Watch for Few {
    fn wrote(&self, rows: u64) {
        self.0.fetch_add(rows, std::sync::atomic::Ordering::Relaxed);
    }

    fn stop(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed) > 0
    }
}
