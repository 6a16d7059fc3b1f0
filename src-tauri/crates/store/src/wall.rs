//! The arithmetic of the budget: how many pages the file may have, how long the log may grow.

/// SQLCipher's page.
pub(crate) const PAGE: u64 = 4096;

pub const DEFAULT_BUDGET: u64 = 256_000_000;
pub const LEAST_BUDGET: u64 = 24_000_000;

/// Header rows in one transaction.
pub const MOST_ROWS: usize = 250;
/// What one transaction may change, in octets: a row of a list counts [`ROW_COST`], a chunk its length.
/// Beside 250 rows there is room for the small things that are written with them.
pub(crate) const MOST_COST: usize = MOST_ROWS * ROW_COST + 64_000;
pub(crate) const ROW_COST: usize = 4_300;
/// A row that leaves touches a page in each of ten trees, where it was not written in the order of time.
pub(crate) const REMOVAL_COST: usize = 16_000;

/// A header row with its share of the index, before it is written.
pub(crate) const ROW_SPACE: u64 = 900;

/// Who writes: the cache stops at wall − reserve, the sacred and eviction itself may use half of the reserve;
/// the log has the other half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    Cache,
    Sacred,
    Room,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Walls {
    pub budget: u64,
}

impl Walls {
    pub fn reserve(self) -> u64 {
        (self.budget / 8).max(4_000_000)
    }

    /// The file's part that cached rows may fill.
    pub fn cache(self) -> u64 {
        self.budget.saturating_sub(self.reserve())
    }

    /// Where the log is emptied, at the latest.
    pub fn log(self) -> u64 {
        self.reserve() / 2
    }

    /// What one transaction adds to the log at the very most. In a small file the trees have few pages to touch.
    /// (Measured: tests/outside/walls.rs, with rows in no order at all.)
    pub fn transaction(self) -> u64 {
        (self.log() / 10 * 9).min(3_500_000)
    }

    pub fn pages(self, duty: Duty) -> u64 {
        match duty {
            Duty::Cache => self.cache() / PAGE,
            Duty::Sacred | Duty::Room => (self.budget - self.log()) / PAGE,
        }
    }

    /// Header rows and index: what leaves room for the largest part that is kept at all (on disk a chunk takes
    /// a thirtieth more than its octets), so that text can always be opened. That is some three quarters of
    /// the budget.
    pub fn headers(self) -> u64 {
        self.cache() - self.largest_part() / 16 * 17 - 128_000
    }

    /// The least budget whose cache's part is as large as this, in whole megabytes.
    pub fn least_for(octets: u64) -> u64 {
        let least = (octets + 4_000_000).max(octets / 7 * 8 + 8);
        least.div_ceil(1_000_000).max(LEAST_BUDGET / 1_000_000) * 1_000_000
    }

    pub fn pinned(self) -> u64 {
        self.cache() / 2
    }

    /// A larger file streams to where the person saves it.
    pub fn largest_part(self) -> u64 {
        self.budget / 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_and_log_fit_the_budget() {
        for budget in [LEAST_BUDGET, 32_000_000, 100_000_000, DEFAULT_BUDGET, 4_000_000_000] {
            let walls = Walls { budget };
            assert!(walls.pages(Duty::Sacred) * PAGE + walls.log() <= budget);
            assert!(walls.pages(Duty::Cache) * PAGE + walls.reserve() <= budget);
            assert!(walls.transaction() <= walls.log());
            assert!(Walls::least_for(walls.cache()) <= budget + 1_000_000);
            assert!(Walls { budget: Walls::least_for(walls.cache()) }.cache() >= walls.cache());
            assert!(walls.headers() <= budget / 4 * 3);
            assert!(walls.cache() - walls.headers() >= walls.largest_part());
        }
    }
}
