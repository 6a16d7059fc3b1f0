//! How far a fill is, told not more often than anybody can read.

use crate::Inner;
use crate::live::{Live, Progress};
use crate::sync::headers::Watch;
use model::Tag;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Between two words on it.
const TOLD: Duration = Duration::from_millis(250);
/// Rows after which what takes space is another figure.
const WORTH_TELLING: u64 = 2_000;

/// Counts what is written and tells of it, not more often than anybody can read.
pub(super) struct Counting<'a> {
    pub inner: &'a Inner,
    pub live: &'a Live,
    pub generation: u64,
    pub begun: u64,
    pub total: u64,
    pub wrote: AtomicU64,
    pub told: Mutex<Option<Instant>>,
    /// A front end waits for the end: the person's pause holds for what goes on by itself.
    pub by_itself: bool,
}

impl Counting<'_> {
    pub fn tell(&self, full: bool) {
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
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|at| at.elapsed() >= TOLD) {
            *told = Some(Instant::now());
            self.tell(false);
        }
    }

    fn stop(&self) -> bool {
        (self.live.rests() && self.by_itself) || self.live.generation() != self.generation
    }
}
