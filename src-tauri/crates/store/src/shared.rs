//! What writer and readers both know, beneath all of them: where the file is, how large it may be, what was
//! used when, who listens.

use crate::gate::Gate;
use crate::wall::{LEAST_BUDGET, Walls};
use crate::{Error, Key};
use model::Tag;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::broadcast;

pub(crate) struct Shared {
    pub path: PathBuf,
    pub gate: Gate,
    pub changes: broadcast::Sender<Vec<Tag>>,
    pub key: Key,
    budget: AtomicU64,
    clock: AtomicI64,
    touched: Mutex<BTreeMap<i64, i64>>,
}

impl Shared {
    pub fn new(path: &Path, key: Key, budget: u64) -> Self {
        Self {
            path: path.to_owned(),
            gate: Gate::default(),
            changes: broadcast::Sender::new(1024),
            key,
            budget: AtomicU64::new(budget.max(LEAST_BUDGET)),
            clock: AtomicI64::new(0),
            touched: Mutex::default(),
        }
    }

    pub fn walls(&self) -> Walls {
        Walls { budget: self.budget.load(Ordering::Relaxed) }
    }

    pub fn set_budget(&self, budget: u64) {
        self.budget.store(budget, Ordering::Relaxed);
    }

    /// Ticks with each use: what was used longest ago has the smallest number.
    pub fn tick(&self) -> i64 {
        self.clock.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Goes on from what the file remembers.
    pub fn tick_from(&self, used: i64) {
        self.clock.store(used, Ordering::Relaxed);
    }

    pub fn touch(&self, part: i64) {
        let now = self.tick();
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        // In a reader's process nobody ever takes them.
        if touched.len() < 10_000 || touched.contains_key(&part) {
            touched.insert(part, now);
        }
    }

    pub fn take_touches(&self, enough: usize) -> Vec<(i64, i64)> {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if touched.len() < enough.max(1) {
            return Vec::new();
        }
        std::mem::take(&mut *touched).into_iter().collect()
    }

    pub fn announce(&self, tags: Vec<Tag>) {
        if !tags.is_empty() {
            // Nobody listening is no failure.
            let _ = self.changes.send(tags);
        }
    }
}

/// tokio's paused clock stands still while such a task runs; for a thread of one's own it would jump ahead.
pub(crate) async fn blocking<T: Send + 'static>(
    f: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(f).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Error::Closed),
    }
}
