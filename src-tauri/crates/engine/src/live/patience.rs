//! How long a server's silence is borne. A connection that was cut without a word should be noticed within
//! seconds; a server that is merely slow must be waited for. So the first silence is short, and each that ends
//! work makes the next one longer.

use crate::error::{Error, Result};
use imap::Deadlines;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Doublings of the first silence.
const MOST: u32 = 4;

#[derive(Debug, Default)]
pub(crate) struct Patience(AtomicU32);

impl Patience {
    pub fn deadlines(&self) -> Deadlines {
        let silence = Duration::from_secs(10) * (1 << self.0.load(Ordering::Relaxed).min(MOST));
        Deadlines { command: silence, fetch_idle: silence, ..Deadlines::default() }
    }

    pub fn note<T>(&self, outcome: &Result<T>) {
        let silent = matches!(outcome, Err(Error::Server(failure)) if failure.is_silence());
        let order = Ordering::Relaxed;
        if silent {
            self.0.fetch_update(order, order, |steps| Some((steps + 1).min(MOST))).ok();
        }
    }
}
