//! Looking for new mail: of one mailbox, of an account, of all.

use crate::error::Result;
use crate::live::{self, State, Urgency, on_connection};
use crate::sync::{check, folders};
use crate::{Engine, Inner};
use model::{AccountId, MailboxId, Role, Tag, Trouble};
use net::Traffic;
use std::time::Duration;
use tokio::time::Instant;

/// The first screen of INBOX, from the open TCP connection to the last octet of its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FirstScreen {
    pub took: Duration,
    pub traffic: Traffic,
    pub rows: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Of the connection that carried the most.
    pub first_screen: FirstScreen,
    pub headers: u64,
    pub took: Duration,
    pub traffic: Traffic,
    pub failed: Vec<Trouble>,
}

impl Engine {
    /// Looks at one mailbox: what is new, what of its screen changed. Says how many are new.
    pub async fn check_mailbox(&self, mailbox: MailboxId) -> Result<u64> {
        let inner = &*self.inner;
        let row = self.mailbox(mailbox).await?;
        let outcome =
            on_connection!(inner, row.account, Urgency::Interactive, Some(&row.name), |conn| {
                check::fresh_or_again(&inner.db, conn, mailbox, &row.name)
            });
        self.heard(row.account, &outcome);
        outcome
    }

    /// Looks at the account's INBOX, then at its list of mailboxes.
    pub async fn check_account(&self, account: AccountId) -> Result<u64> {
        let outcome = self.first_screen(account).await;
        outcome.map(|(screen, _)| screen.rows)
    }

    /// Every account (or one), side by side; a trouble in one touches no other.
    pub async fn sync(&self, account: Option<AccountId>) -> Result<Report> {
        let begun = Instant::now();
        let accounts = self.account_ids(account).await?;
        let runs = accounts.iter().map(|id| async move { (*id, self.first_screen(*id).await) });
        let mut report = Report::default();
        for (id, outcome) in futures::future::join_all(runs).await {
            match outcome {
                Ok((screen, all)) => {
                    report.headers += screen.rows;
                    report.traffic.bytes_in += all.bytes_in;
                    report.traffic.bytes_out += all.bytes_out;
                    report.traffic.round_trips += all.round_trips;
                    if screen.traffic.bytes_in > report.first_screen.traffic.bytes_in {
                        report.first_screen = screen;
                    }
                }
                Err(error) => report.failed.push(error.trouble(Some(id))),
            }
        }
        report.took = begun.elapsed();
        Ok(report)
    }

    /// One look at every account within `deadline`, for a system that wakes the app for a moment: transactions
    /// are finished, sockets closed and locks released when it returns.
    pub async fn refresh(&self, deadline: Duration) -> Result<Report> {
        let slept = self.inner.is_suspended();
        self.resume();
        let goodbyes = if slept { live::GOODBYE.min(deadline / 4) } else { Duration::ZERO };
        let looked = tokio::time::timeout(deadline - goodbyes, self.sync(None)).await;
        if slept {
            self.suspend_within(goodbyes).await;
        }
        looked.unwrap_or_else(|_| Ok(Report::default()))
    }

    async fn first_screen(&self, account: AccountId) -> Result<(FirstScreen, Traffic)> {
        let inner = &*self.inner;
        let inbox = inner
            .db
            .read(move |read| store::mailbox::by_role(read, account, Role::Inbox))
            .await?
            .ok_or_else(|| crate::account::unknown(account))?;
        let _checking = Checking::begin(inner, account);
        let begun = Instant::now();
        let outcome =
            on_connection!(inner, account, Urgency::Interactive, Some(&inbox.name), |conn| async {
                let before = conn.begin_counting();
                let rows = check::fresh_or_again(&inner.db, conn, inbox.id, &inbox.name).await?;
                let screen = FirstScreen {
                    took: begun.elapsed(),
                    traffic: conn.counted_since(before),
                    rows,
                };
                let listed = folders::list(conn).await?;
                folders::save(inner, account, listed).await?;
                Ok((screen, conn.counted_since(before)))
            });
        match &outcome {
            // An INBOX that may not be looked at is no mailbox that is up to date.
            Err(error @ crate::Error::Server(_)) => self.failed(account, error),
            outcome => self.heard(account, outcome),
        }
        outcome
    }

    async fn account_ids(&self, one: Option<AccountId>) -> Result<Vec<AccountId>> {
        let all = self.inner.db.read(store::account::list).await?;
        let ids: Vec<AccountId> =
            all.iter().map(|a| a.id).filter(|id| one.is_none_or(|o| o == *id)).collect();
        match one {
            Some(account) if ids.is_empty() => Err(crate::account::unknown(account).into()),
            _ => Ok(ids),
        }
    }

    /// What a conversation with the server says of the account.
    pub(crate) fn heard<T>(&self, account: AccountId, outcome: &Result<T>) {
        let inner: &Inner = &self.inner;
        let now = inner.host.now();
        match outcome {
            Ok(_) => inner.enter(account, State::Current { checked_at: now }),
            // One thing was refused; the server is there and talks to us.
            Err(crate::Error::Server(failure)) if failure.is_of_one_thing() => {
                inner.enter(account, State::Current { checked_at: now });
            }
            Err(error @ crate::Error::Server(_)) => self.failed(account, error),
            // Of our own: the account is not to blame.
            Err(_) => {}
        }
        inner.tell(Tag::Account(account));
    }

    fn failed(&self, account: AccountId, error: &crate::Error) {
        let last_heard = self.inner.live(account).state().last_heard();
        let trouble = error.trouble(Some(account));
        self.inner.enter(account, State::Trouble { trouble, last_heard });
    }
}

/// An account is being checked, until this is dropped: a question that is cancelled leaves it as it was.
struct Checking<'a> {
    inner: &'a Inner,
    account: AccountId,
    before: State,
}

impl<'a> Checking<'a> {
    fn begin(inner: &'a Inner, account: AccountId) -> Self {
        let before = inner.live(account).state();
        inner.enter(account, State::Checking);
        Self { inner, account, before }
    }
}

impl Drop for Checking<'_> {
    fn drop(&mut self) {
        if self.inner.live(self.account).state() == State::Checking {
            self.inner.enter(self.account, self.before.clone());
        }
    }
}
