//! Readers: a few connections beside the writer, each used for less than a second at a time. Before the log
//! is emptied they are waited for; one in another process sees to its own time.

use crate::shared::{Shared, blocking};
use crate::tx::Read;
use crate::{Error, Integrity, Key, Usage, check, open, schema, setting, usage};
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After this a read that stands in the way is interrupted.
pub(crate) const READ_TIME: Duration = Duration::from_millis(900);

/// One read in one snapshot. `impatient` says whether it must end once its time is over.
pub(crate) fn snapshot<T>(
    conn: &Connection,
    shared: &Arc<Shared>,
    impatient: fn(&Shared) -> bool,
    f: impl FnOnce(&Read<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let (deadline, watch) = (Instant::now() + READ_TIME, shared.clone());
    conn.progress_handler(2000, Some(move || Instant::now() > deadline && impatient(&watch)))?;
    let result = (|| {
        conn.execute_batch("BEGIN")?;
        f(&Read { conn, shared })
    })();
    conn.progress_handler(0, None::<fn() -> bool>)?;
    if !conn.is_autocommit()
        && let Err(error) = conn.execute_batch("ROLLBACK")
        && !conn.is_autocommit()
    {
        return Err(Error::from(error).at(&shared.path));
    }
    result.map_err(|error| error.at(&shared.path))
}

pub(crate) fn in_the_way(shared: &Shared) -> bool {
    shared.gate.is_closing()
}

/// A reader in a process of its own, beside a running engine. It never writes, not even a checkpoint.
#[derive(Clone)]
pub struct Reader {
    conn: Arc<Mutex<Connection>>,
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn open(path: &Path, key: Key, budget: u64) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::NotFound("store yet"));
        }
        let conn = open::reader(path, &key)?;
        let (found, known) = (schema::version(&conn)?, schema::KNOWN);
        if found > known {
            return Err(Error::NewerSchema { found, known });
        }
        if found < known {
            return Err(Error::OlderSchema { found, known });
        }
        let shared = Arc::new(Shared::new(path, key, budget));
        setting::recall_budget(&Read { conn: &conn, shared: &shared })?;
        Ok(Self { conn: Arc::new(Mutex::new(conn)), shared })
    }

    /// Ends with [`Error::Busy`] after a second: the engine's log could not be emptied otherwise.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Read<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (conn, shared) = (self.conn.clone(), self.shared.clone());
        blocking(move || {
            let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
            snapshot(&conn, &shared, |_| true, f)
        })
        .await
    }

    pub async fn usage(&self) -> Result<Usage, Error> {
        self.read(usage::usage).await
    }

    /// A glance: looking at every page would take longer than a reader has.
    pub async fn check(&self) -> Result<Integrity, Error> {
        self.read(check::glance).await
    }
}
