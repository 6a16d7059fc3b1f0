//! A page of a list, newest first. Past what is cached, the mailbox whose cached stretch ends first is asked
//! for its next fifty.

use crate::error::{Error, Result};
use crate::live::{Urgency, on_connection};
use crate::{Engine, sync};
use model::{Code, MailboxId, Trouble};
use store::list::{Cursor, ListQuery, ListRow};

#[derive(Clone, Debug)]
pub struct ListAsk {
    /// One mailbox, or several as one list.
    pub mailboxes: Vec<MailboxId>,
    pub before: Option<Cursor>,
    pub limit: u32,
    /// The store alone: answers at once, and says so where the page is not whole.
    pub cached_only: bool,
}

#[derive(Clone, Debug)]
pub struct Listed {
    pub rows: Vec<ListRow>,
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
        let limit = ask.limit.clamp(1, MOST);
        // A mailbox that cannot be asked (offline, refused) is passed over for this page, not asked again and again.
        let mut silent: Vec<MailboxId> = Vec::new();
        let mut trouble: Option<Error> = None;
        // Each round covers fifty more of one mailbox. One whose server moves under it is not followed for ever.
        let mailboxes = u32::try_from(ask.mailboxes.len()).unwrap_or(u32::MAX);
        let mut rounds = (limit / plan::SCREEN + 4).saturating_mul(mailboxes.max(1));
        loop {
            let query = ListQuery { mailboxes: ask.mailboxes.clone(), before: ask.before, limit };
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
                return Ok(Listed {
                    next: page.next.or(last.filter(|_| !complete)),
                    total: page.total,
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

    /// Fifty more of a mailbox. False where there are none.
    async fn extend(&self, mailbox: MailboxId) -> Result<bool> {
        let inner = &*self.inner;
        let row = self.mailbox(mailbox).await?;
        if !row.selectable {
            return Ok(false);
        }
        let outcome =
            on_connection!(inner, row.account, Urgency::Interactive, Some(&row.name), |conn| {
                sync::page::extend(&inner.db, conn, mailbox, &row.name)
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
