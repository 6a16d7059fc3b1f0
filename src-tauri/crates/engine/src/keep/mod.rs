//! Keeping accounts live: for each one task that listens (a connection of its own, waiting for new mail) and one
//! that works (everything else that is to be brought here). They ask `sync` for every step and decide only when.

mod listen;
mod weather;
mod work;

use crate::{Engine, Inner};
use futures::StreamExt;
use model::{AccountId, Tag};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;
use tokio::task::{AbortHandle, JoinSet};

/// Ends what keeps accounts live when the last front end lets go of the engine.
#[derive(Default)]
pub(crate) struct Guard(Mutex<Option<AbortHandle>>);

impl Guard {
    pub fn end(&self) {
        if let Some(task) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.end();
    }
}

impl Engine {
    /// Keeps every account live from now on, also those that are added later. Called again it does nothing.
    pub fn go_live(&self) {
        if !self.inner.db.is_writer() {
            return;
        }
        let Some(guard) = &self.guard else { return };
        let mut task = guard.0.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        self.inner.kept.store(true, Ordering::SeqCst);
        *task = Some(tokio::spawn(keep(Arc::clone(&self.inner))).abort_handle());
    }

    /// A hint: there is a network now, or there is none any more. Whoever waits for one looks at once.
    pub fn set_network(&self, online: bool) {
        tracing::debug!(online, "the network changed");
        self.inner.look_about();
    }

    /// The header sync of one account, or of all, rests or goes on; new mail is heard of all the same.
    pub async fn pause_sync(&self, account: Option<AccountId>, paused: bool) -> crate::Result<()> {
        for account in self.account_ids(account).await? {
            let live = self.inner.live(account);
            live.rests.store(paused, Ordering::SeqCst);
            let told = live.set_state(|state| {
                if let Some(progress) = &mut state.progress {
                    progress.paused = paused;
                }
            });
            if told {
                self.inner.tell_state(account);
            }
            live.work.notify_one();
        }
        Ok(())
    }
}

impl Inner {
    /// What is open may be dead, and what was out of reach may be there again.
    pub(crate) fn look_about(&self) {
        for live in self.all_live() {
            live.drop_idle();
            live.nudge.notify_waiters();
        }
    }
}

/// As many tasks as there are accounts, for as long as it runs.
async fn keep(inner: Arc<Inner>) {
    let mut changes = inner.tags.subscribe();
    let mut weather = inner.host.changes().chain(futures::stream::pending());
    let mut kept: HashMap<AccountId, JoinSet<()>> = HashMap::new();
    loop {
        match inner.db.read(store::account::list).await {
            Ok(accounts) => {
                kept.retain(|id, _| accounts.iter().any(|account| account.id == *id));
                for account in accounts {
                    kept.entry(account.id).or_insert_with(|| {
                        let mut tasks = JoinSet::new();
                        tasks.spawn(listen::listen(Arc::clone(&inner), account.id));
                        tasks.spawn(work::work(Arc::clone(&inner), account.id));
                        tasks
                    });
                }
            }
            Err(error) => tracing::warn!(%error, "the accounts could not be read"),
        }
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(Tag::Accounts) | Err(broadcast::error::RecvError::Lagged(_)) => break,
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                Some(change) = weather.next() => weather::took(&inner, change),
            }
        }
    }
}
