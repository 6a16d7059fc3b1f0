//! Looking for new mail: of one mailbox, of an account, of all.

use crate::bring::Reach;
use crate::error::Result;
use crate::live::{self, Heard, Phase, Urgency, on_connection};
use crate::sync::{delta, folders};
use crate::{Engine, Inner};
use model::{AccountId, MailboxId, Role, Tag, Trouble};
use net::Traffic;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::Instant;

/// How far a sync goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// The newest screen of every INBOX, and the list of mailboxes.
    #[default]
    FirstScreen,
    /// Every header that the budget has room for, in every mailbox.
    Window,
    /// And the text that is brought before it is asked for.
    Done,
}

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
                delta::look(&inner.db, conn, mailbox, &row.name)
            });
        self.heard(row.account, &outcome);
        if let Ok(news) = &outcome {
            inner.note(row.account, mailbox, news);
            // What was opened is what is filled next.
            inner.live(row.account).work.notify_one();
        }
        let now = inner.host.now().as_second();
        inner.db.write(move |tx| store::mailbox::opened(tx, mailbox, now)).await?;
        outcome.map(|news| news.count)
    }

    /// Looks at the account's INBOX, then at its list of mailboxes.
    pub async fn check_account(&self, account: AccountId) -> Result<u64> {
        let outcome = self.first_screen(account).await;
        outcome.map(|(screen, _)| screen.rows)
    }

    /// Every account that is not paused (or one, paused or not), side by side; a trouble in one touches no other.
    pub async fn sync(&self, account: Option<AccountId>, until: Until) -> Result<Report> {
        let begun = Instant::now();
        let accounts = match account {
            Some(_) => self.account_ids(account).await?,
            None => self.unpaused().await?,
        };
        let runs = accounts.iter().map(|id| async move { (*id, self.sync_one(*id, until).await) });
        let mut report = Report::default();
        for (id, outcome) in futures::future::join_all(runs).await {
            match outcome {
                Ok((screen, all, headers)) => {
                    report.headers += headers;
                    report.traffic += all;
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
        self.inner.refreshing.store(slept, Ordering::SeqCst);
        let goodbyes = if slept { live::GOODBYE.min(deadline / 4) } else { Duration::ZERO };
        let looking = self.sync(None, Until::FirstScreen);
        let looked = tokio::time::timeout(deadline - goodbyes, looking).await;
        if slept {
            self.inner.refreshing.store(false, Ordering::SeqCst);
            self.suspend_within(goodbyes).await;
        }
        looked.unwrap_or_else(|_| Ok(Report::default()))
    }

    async fn sync_one(
        &self,
        account: AccountId,
        until: Until,
    ) -> Result<(FirstScreen, Traffic, u64)> {
        let (screen, mut traffic) = self.first_screen(account).await?;
        let mut headers = screen.rows;
        if until != Until::FirstScreen {
            let reach = Reach { prefetch: until == Until::Done, audit: false };
            let outcome = self.bring(account, reach).await;
            self.heard(account, &outcome);
            let brought = outcome?;
            headers += brought.headers;
            traffic += brought.traffic;
        }
        Ok((screen, traffic, headers))
    }

    pub(crate) async fn first_screen(&self, account: AccountId) -> Result<(FirstScreen, Traffic)> {
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
                let news = delta::look(&inner.db, conn, inbox.id, &inbox.name).await?;
                let rows = news.count;
                let screen = FirstScreen {
                    took: begun.elapsed(),
                    traffic: conn.counted_since(before),
                    rows,
                };
                let behind = folders::round(inner, conn, account, None, true).await?;
                Ok((screen, conn.counted_since(before), news, behind))
            });
        let outcome = outcome.map(|(screen, traffic, news, behind)| {
            inner.note(account, inbox.id, &news);
            let live = inner.live(account);
            live.add_behind(behind.into_iter().filter(|mailbox| *mailbox != inbox.id));
            live.work.notify_one();
            (screen, traffic)
        });
        match &outcome {
            // An INBOX that may not be looked at is no mailbox that is up to date.
            Err(error @ crate::Error::Server(_)) => self.failed(account, error),
            outcome => self.heard(account, outcome),
        }
        outcome
    }

    pub(crate) async fn account_ids(&self, one: Option<AccountId>) -> Result<Vec<AccountId>> {
        let all = self.inner.db.read(store::account::list).await?;
        let ids: Vec<AccountId> =
            all.iter().map(|a| a.id).filter(|id| one.is_none_or(|o| o == *id)).collect();
        match one {
            Some(account) if ids.is_empty() => Err(crate::account::unknown(account).into()),
            _ => Ok(ids),
        }
    }

    async fn unpaused(&self) -> Result<Vec<AccountId>> {
        let all = self.inner.db.read(store::account::list).await?;
        Ok(all.iter().filter(|account| !account.paused).map(|account| account.id).collect())
    }

    /// What a conversation with the server says of the account.
    pub(crate) fn heard<T>(&self, account: AccountId, outcome: &Result<T>) {
        let inner: &Inner = &self.inner;
        match outcome {
            Ok(_) => inner.heard_by(account, Heard::Check),
            // One thing was refused; the server is there and talks to us.
            Err(crate::Error::Server(failure)) if failure.is_of_one_thing() => {
                inner.heard_by(account, Heard::Check);
            }
            Err(error @ crate::Error::Server(_)) => self.failed(account, error),
            // Of our own: the account is not to blame.
            Err(_) => {}
        }
        inner.tell(Tag::Account(account));
    }

    fn failed(&self, account: AccountId, error: &crate::Error) {
        let live = self.inner.live(account);
        // Where somebody listens, that one finds out, and knows when it looks again.
        live.nudge.notify_waiters();
        let trouble = error.trouble(Some(account));
        let out_of_reach = error.obstacle() == Some(plan::Obstacle::Network);
        let phase = match out_of_reach && self.inner.kept.load(Ordering::SeqCst) {
            true => Phase::Offline,
            false => Phase::Trouble { trouble },
        };
        self.inner.enter(account, phase);
    }
}

/// An account is being checked, until this is dropped: a question that is cancelled leaves it as it was.
struct Checking<'a> {
    inner: &'a Inner,
    account: AccountId,
    before: Phase,
}

impl<'a> Checking<'a> {
    fn begin(inner: &'a Inner, account: AccountId) -> Self {
        let before = inner.live(account).state().phase;
        inner.checking(account);
        Self { inner, account, before }
    }
}

impl Drop for Checking<'_> {
    fn drop(&mut self) {
        if self.inner.live(self.account).state().phase == Phase::Checking {
            self.inner.enter(self.account, self.before.clone());
        }
    }
}
