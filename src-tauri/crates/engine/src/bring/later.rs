//! What comes once the headers are here: text that will be read next, and the slow comparison.

use crate::Engine;
use crate::error::{Error, Result};
use crate::live::{Urgency, on_connection};
use crate::sync::{audit, folders, prefetch};
use jiff::Timestamp;
use model::{AccountId, Role, Tag};
use store::mailbox::MailboxRow;

/// The text of INBOX's and flagged messages of so many days is brought before it is asked for.
const DAYS: i64 = 30;
/// Of them at most so many.
const TEXTS: u32 = 500;
/// A mailbox is compared with the server once a day.
const AUDIT: i64 = 24 * 3600;

impl Engine {
    pub(super) async fn prefetch(&self, rows: &[MailboxRow]) -> Result<()> {
        let inner = &*self.inner;
        let since = inner.host.now().as_second() - DAYS * 86_400;
        let wants = |row: &&MailboxRow| matches!(row.role, Some(Role::Inbox | Role::Flagged));
        for row in rows.iter().filter(wants) {
            let wanted = prefetch::wanted(&inner.db, row.id, since, TEXTS).await?;
            let wanted = self.within_a_quarter(wanted).await?;
            for piece in wanted.chunks(prefetch::FLIGHT) {
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
    pub(super) async fn audit_due(&self, account: AccountId, rows: &[MailboxRow]) -> Result<()> {
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
