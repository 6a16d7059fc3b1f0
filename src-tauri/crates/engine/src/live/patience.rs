//! How long a server's silence is borne. A connection that was cut without a word should be noticed within
//! seconds; a server that is merely slow must be waited for. So the first silence is short, and each that ends
//! work makes the next one longer, until there was none for an hour.

use crate::error::{Error, Result};
use imap::Deadlines;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Silence in the middle of a command, and after a question that every server answers at once.
pub(crate) const FIRST: Duration = Duration::from_secs(10);
/// Doublings of it.
const MOST: u32 = 4;
const FORGIVEN: Duration = Duration::from_secs(3600);

/// Of a server that was never waited for.
pub(crate) fn first_deadlines() -> Deadlines {
    Deadlines { command: FIRST, fetch_idle: FIRST, ..Deadlines::default() }
}

#[derive(Debug, Default)]
pub(crate) struct Patience(Mutex<Option<(u32, Instant)>>);

impl Patience {
    pub fn deadlines(&self) -> Deadlines {
        let silence = FIRST * (1 << self.steps());
        Deadlines { command: silence, fetch_idle: silence, ..Deadlines::default() }
    }

    fn steps(&self) -> u32 {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.filter(|(_, at)| at.elapsed() < FORGIVEN).map_or(0, |(steps, _)| steps)
    }

    pub fn note<T>(&self, outcome: &Result<T>) {
        if matches!(outcome, Err(Error::Server(failure)) if failure.is_silence()) {
            let steps = (self.steps() + 1).min(MOST);
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((steps, Instant::now()));
        }
    }
}
