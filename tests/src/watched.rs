//! `satchel watch`: every account live, and each change as a line, read as it comes.

use crate::cli::Satchel;
use crate::minder::Minded;
use anyhow::Result;
use serde_json::Value;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub struct Watched {
    minded: Minded,
    _log: TempDir,
}

impl Watched {
    pub fn start(satchel: &Satchel) -> Result<Self> {
        let log = tempfile::tempdir()?;
        let command = satchel.command(&["--json", "watch"])?;
        let minded = Minded::start(&command, &log.path().join("watch.log"), None)?;
        Ok(Self { minded, _log: log })
    }

    /// All that was said so far.
    pub fn lines(&self) -> Vec<Value> {
        let log = self.minded.log();
        // A line is whole once it has ended.
        let whole = log.rfind('\n').map_or("", |end| &log[..end]);
        whole.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The first line of that kind from the `after`-th on, and when it was there.
    pub fn until(
        &self,
        after: usize,
        limit: Duration,
        fits: impl Fn(&Value) -> bool,
    ) -> Result<(Instant, Value)> {
        self.minded.until("such a line", limit, || {
            let found = self.lines().into_iter().skip(after).find(|line| fits(line))?;
            Some((Instant::now(), found))
        })
    }

    /// Waits until that account is current: everything known, and the server being listened to.
    pub fn current(&self, account: i64, limit: Duration) -> Result<()> {
        self.until(0, limit, |line| {
            line["kind"] == "state"
                && line["account"] == account
                && line["state"]["kind"] == "current"
        })
        .map(drop)
    }

    /// What it was told on its way: changes and complaints.
    pub fn log(&self) -> String {
        self.minded.log()
    }
}
