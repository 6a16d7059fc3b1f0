//! One account's connections: who may use one, which are kept, and how the account fares. Work asks for a
//! connection and gives it back; nothing else holds one.

mod conn;
mod dial;
mod lease;
mod patience;
mod state;

pub(crate) use conn::{Conn, GOODBYE, Place, Stirred, connect};
pub(crate) use lease::{Lease, Urgency, learn};
pub(crate) use patience::first_deadlines;
pub use state::{Heard, Phase, Progress, State};

use crate::error::Error;

use imap::Deadlines;
use jiff::Timestamp;
use model::{AccountId, Code, MailboxId};
use patience::Patience;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};

/// Connections that work at once, beside the one that waits for new mail.
const WORKING: usize = 2;
/// Kept while nobody needs them.
const IDLE_KEPT: usize = 2;

pub(crate) struct Live {
    pub account: AccountId,
    idle: Mutex<Vec<Conn>>,
    seats: Arc<Semaphore>,
    /// Work that nobody waits for leaves a seat free for the person.
    background: Arc<Semaphore>,
    /// Rises when everything open must go: work of an older generation ends where it stands.
    generation: watch::Sender<u64>,
    state: Mutex<State>,
    patience: Patience,
    /// Whoever keeps the account live should look again now.
    pub nudge: Notify,
    /// There may be something to fill, compare or prefetch.
    pub work: Notify,
    /// One fill of an account at a time.
    pub filling: tokio::sync::Mutex<()>,
    /// The person let the header sync rest.
    pub rests: AtomicBool,
    /// Mailboxes that are not as the server has them, as far as its last word goes.
    behind: Mutex<BTreeSet<MailboxId>>,
    /// The server has no connection to spare for waiting.
    frugal: AtomicBool,
}

impl Live {
    pub fn new(account: AccountId) -> Arc<Self> {
        Arc::new(Self {
            account,
            idle: Mutex::default(),
            seats: Arc::new(Semaphore::new(WORKING)),
            background: Arc::new(Semaphore::new(WORKING - 1)),
            generation: watch::Sender::new(0),
            state: Mutex::new(State::NEW),
            patience: Patience::default(),
            nudge: Notify::new(),
            work: Notify::new(),
            filling: tokio::sync::Mutex::default(),
            rests: AtomicBool::new(false),
            behind: Mutex::default(),
            frugal: AtomicBool::new(false),
        })
    }

    pub fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True where this is news.
    pub fn set_state(&self, change: impl FnOnce(&mut State)) -> bool {
        let mut now = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = now.clone();
        change(&mut now);
        let minute = |at: Option<Timestamp>| at.map(|at| at.as_second() / 60);
        // That the server was heard again within the same minute is none.
        before.phase != now.phase
            || before.progress != now.progress
            || minute(before.last_heard) != minute(now.last_heard)
    }

    pub fn deadlines(&self) -> Deadlines {
        self.patience.deadlines()
    }

    /// A server that is slow is given longer the next time; one that answered is not.
    pub fn note_patience<T>(&self, outcome: &crate::error::Result<T>) {
        self.patience.note(outcome);
    }

    pub fn rests(&self) -> bool {
        self.rests.load(Ordering::SeqCst)
    }

    pub fn add_behind(&self, mailboxes: impl IntoIterator<Item = MailboxId>) {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner).extend(mailboxes);
    }

    pub fn take_behind(&self) -> BTreeSet<MailboxId> {
        std::mem::take(&mut *self.behind.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is kept may be dead: it is not tried first.
    pub fn drop_idle(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Nobody answers there now: whoever listens says when that changes.
    pub fn is_out_of_reach(&self) -> bool {
        let phase = self.state().phase;
        !matches!(phase, Phase::Current { .. } | Phase::Checking | Phase::Resting)
    }

    /// From now on one connection does everything.
    pub fn be_frugal(&self) {
        if !self.frugal.swap(true, Ordering::SeqCst) {
            self.seats.forget_permits(WORKING - 1);
        }
    }

    pub fn is_frugal(&self) -> bool {
        self.frugal.load(Ordering::SeqCst)
    }

    /// Keeps a connection that is at rest for whoever comes next.
    pub fn give(&self, conn: Conn) {
        if conn.generation != self.generation() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(conn.at_rest());
        if idle.len() > IDLE_KEPT {
            idle.remove(0);
        }
    }

    /// An idle connection, best one that has `mailbox` selected.
    fn take(&self, mailbox: Option<&model::MailboxName>) -> Option<Conn> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(Conn::is_young);
        let at = idle
            .iter()
            .rposition(|conn| {
                mailbox.is_some() && conn.place.as_ref().map(|p| &p.mailbox) == mailbox
            })
            .or(idle.len().checked_sub(1))?;
        Some(idle.remove(at))
    }

    pub fn generation(&self) -> u64 {
        *self.generation.borrow()
    }

    /// Ends when work that began in `generation` has to.
    pub async fn outlived(&self, generation: u64) {
        let mut seen = self.generation.subscribe();
        // The sender is ours: it can't be gone.
        let _ = seen.wait_for(|now| *now != generation).await;
    }

    /// Says goodbye on what is idle, and ends what is at work: its connection goes with it.
    pub async fn close(&self, limit: Duration) {
        self.generation.send_modify(|generation| *generation += 1);
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        let goodbyes = idle.into_iter().map(|conn| conn.goodbye(limit));
        futures::future::join_all(goodbyes).await;
    }
}

/// The network may not be used now, or what used it has to stop.
pub(crate) fn put_away() -> Error {
    Error::new(Code::Cancelled, "the app is asleep: ask again when it is awake")
}

/// Runs `$step` on a connection of the account; once more on a fresh one where a kept one had died meanwhile.
/// Whatever fails is its value, also where no connection could be had: nothing returns past whoever judges it.
macro_rules! on_connection {
    ($engine:expr, $account:expr, $urgency:expr, $mailbox:expr, |$conn:ident| $step:expr) => {{
        let live = $engine.live($account);
        let generation = live.generation();
        let work = async {
            let mut lease = $crate::live::Lease::take($engine, &live, $urgency, $mailbox).await?;
            loop {
                let outcome: $crate::error::Result<_> = {
                    let $conn = lease.conn()?;
                    $step.await
                };
                match outcome {
                    Err(error) if lease.was_kept() && error.may_be_a_dead_connection() => {
                        lease.renew($engine, $mailbox).await?;
                    }
                    outcome => {
                        live.note_patience(&outcome);
                        lease.settle(&outcome);
                        break outcome;
                    }
                }
            }
        };
        tokio::select! {
            biased;
            () = live.outlived(generation) => Err($crate::live::put_away()),
            outcome = work => outcome,
        }
    }};
}
pub(crate) use on_connection;
