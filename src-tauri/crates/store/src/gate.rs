//! The gate between readers and the emptying of the log. Of its own, since it knows neither connection nor
//! transaction: only who is inside, and whether the writer wants them out.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Lets readers in until the writer wants them out.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<GateState>,
    moved: Condvar,
}

#[derive(Default)]
struct GateState {
    inside: u32,
    closing: bool,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn enter(&self) -> Inside<'_> {
        let mut state = self.state();
        while state.closing {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.inside += 1;
        Inside(self)
    }

    /// Keeps new readers out and waits for those inside; false if they are still there after `patience`.
    pub fn drain(&self, patience: Duration) -> Drained<'_> {
        let mut state = self.state();
        state.closing = true;
        let (state, timeout) = self
            .moved
            .wait_timeout_while(state, patience, |state| state.inside > 0)
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        Drained { gate: self, empty: !timeout.timed_out() }
    }

    pub fn is_closing(&self) -> bool {
        self.state().closing
    }
}

pub(crate) struct Inside<'g>(&'g Gate);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.state().inside -= 1;
        self.0.moved.notify_all();
    }
}

pub(crate) struct Drained<'g> {
    gate: &'g Gate,
    pub empty: bool,
}

impl Drop for Drained<'_> {
    fn drop(&mut self) {
        self.gate.state().closing = false;
        self.gate.moved.notify_all();
    }
}
