use std::path::{Path, PathBuf};
use thiserror::Error;

/// What can go wrong with the file, in words that say what to do.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the store is in use and did not become free in time: try again")]
    Busy,
    #[error("the budget has no room left for this: raise it, or free some of what is kept")]
    Full,
    #[error("headers already take their share of the budget: raise it to keep older mail here")]
    HeadersFull,
    #[error("what is kept pinned already takes half of the budget: raise it, or unpin something")]
    PinnedFull,
    #[error("this file is too large to be kept within the budget: save it instead")]
    TooLarge,
    #[error("the budget can't be less than {least} bytes")]
    BudgetTooSmall { least: u64 },
    #[error("{} is damaged: its cache can be rebuilt, unsent work is rescued first", .path.display())]
    Corrupt { path: PathBuf },
    #[error(
        "the store was written by a newer Satchel (schema {found}, this one knows {known}): update, or rebuild the cache"
    )]
    NewerSchema { found: u32, known: u32 },
    #[error(
        "the store waits to be upgraded (schema {found}, this one reads {known}): open it for writing once"
    )]
    OlderSchema { found: u32, known: u32 },
    #[error("the key does not open {}: it belongs to another file", .path.display())]
    WrongKey { path: PathBuf },
    #[error("another Satchel has {} open: close it, or use that one", .path.display())]
    AlreadyOpen { path: PathBuf },
    #[error("the disk is full: free some space and try again")]
    DiskFull,
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("there is no {0}")]
    NotFound(&'static str),
    #[error("{what}: at most {most} in one transaction")]
    TooMany { what: &'static str, most: usize },
    /// The mailbox's UIDVALIDITY is another one than the caller's: select it again.
    #[error("the mailbox was renumbered by the server meanwhile: select it again")]
    EpochChanged,
    #[error("the store is closed")]
    Closed,
    #[error("a key is 64 hexadecimal digits")]
    BadKey,
    #[error("`{0}` is no place in a list")]
    BadCursor(String),
    /// A fault of ours.
    #[error("the store refused a statement: {0}")]
    Sql(rusqlite::Error),
    #[error("the store failed: {0}")]
    Internal(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound("such row"),
            other => Self::Sql(other),
        }
    }
}

impl Error {
    /// The writer has rolled back because max_page_count, or the disk, allowed no more pages.
    pub(crate) fn out_of_pages(&self) -> bool {
        self.sql_code() == Some(rusqlite::ErrorCode::DiskFull)
    }

    pub(crate) fn not_a_database(&self) -> bool {
        self.sql_code() == Some(rusqlite::ErrorCode::NotADatabase)
    }

    fn sql_code(&self) -> Option<rusqlite::ErrorCode> {
        match self {
            Self::Sql(rusqlite::Error::SqliteFailure(failure, _)) => Some(failure.code),
            _ => None,
        }
    }

    /// SQLite's code as one of ours, now that the file is known.
    pub(crate) fn at(self, path: &Path) -> Self {
        use rusqlite::ErrorCode as C;
        let Self::Sql(rusqlite::Error::SqliteFailure(failure, text)) = self else { return self };
        match failure.code {
            C::DatabaseBusy | C::DatabaseLocked | C::OperationInterrupted => Self::Busy,
            C::DatabaseCorrupt | C::NotADatabase => Self::Corrupt { path: path.to_owned() },
            C::DiskFull => Self::Full,
            C::CannotOpen | C::ReadOnly | C::PermissionDenied | C::SystemIoFailure => Self::Io {
                path: path.to_owned(),
                source: std::io::Error::other(text.unwrap_or_else(|| failure.to_string())),
            },
            _ => Self::Sql(rusqlite::Error::SqliteFailure(failure, text)),
        }
    }
}
