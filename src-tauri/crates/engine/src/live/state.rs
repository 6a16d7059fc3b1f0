use jiff::Timestamp;
use model::{Code, Trouble};

/// How an account fares, for the status line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub phase: Phase,
    pub last_heard: Option<Timestamp>,
    /// While headers are being brought here.
    pub progress: Option<Progress>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was asked of the server since the app was opened.
    Resting,
    Checking,
    Current {
        by: Heard,
    },
    /// The server does not want to, or does not answer: it is asked again by itself.
    Waiting {
        trouble: Trouble,
        retry_at: Timestamp,
    },
    /// There is no way to the server. It is tried again as soon as there may be one.
    Offline,
    /// Nothing but the person can mend it.
    Trouble {
        trouble: Trouble,
    },
    Paused,
}

/// How new mail is heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Idle,
    Poll,
    Check,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
    pub paused: bool,
    /// The budget has no room for more.
    pub full: bool,
}

impl State {
    pub(crate) const NEW: State = State { phase: Phase::Resting, last_heard: None, progress: None };

    /// The device's disk is full: mail is heard of and cannot be kept.
    pub(crate) fn is_out_of_room(&self) -> bool {
        matches!(&self.phase, Phase::Waiting { trouble, .. } if trouble.code == Code::DiskFull)
    }
}
