use jiff::Timestamp;
use model::Trouble;

/// How an account fares, for the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing was asked of the server since the app was opened.
    Resting,
    Checking,
    Current {
        checked_at: Timestamp,
    },
    Trouble {
        trouble: Trouble,
        last_heard: Option<Timestamp>,
    },
}

impl State {
    pub fn last_heard(&self) -> Option<Timestamp> {
        match self {
            State::Current { checked_at } => Some(*checked_at),
            State::Trouble { last_heard, .. } => *last_heard,
            State::Resting | State::Checking => None,
        }
    }
}
