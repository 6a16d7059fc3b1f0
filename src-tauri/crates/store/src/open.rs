//! How the file is opened: the order is measured, not a matter of taste.
//! key · auto_vacuum · WAL · max_page_count (per connection, not remembered). auto_vacuum after WAL stays off.

use crate::{Error, Key, schema, wall::PAGE};
use rusqlite::{Connection, OpenFlags, config::DbConfig};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `satchel.db` with something behind its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

pub(crate) fn file_size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |meta| meta.len())
}

/// Held as long as the writer lives. The system takes it back when a process dies.
pub(crate) struct Lock(File);

impl Lock {
    pub fn take(path: &Path) -> Result<Self, Error> {
        let lock_path = beside(path, ".lock");
        let io = |source| Error::Io { path: lock_path.clone(), source };
        let file = private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
            .open(&lock_path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::AlreadyOpen { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// Leaves the key's mark: see [`explain`].
    pub fn sign(&mut self, key: &Key) -> std::io::Result<()> {
        let mut found = Vec::new();
        self.0.seek(SeekFrom::Start(0))?;
        Read::read_to_end(&mut (&self.0).take(17), &mut found)?;
        if found != key.mark() {
            self.0.set_len(0)?;
            self.0.seek(SeekFrom::Start(0))?;
            self.0.write_all(&key.mark())?;
        }
        Ok(())
    }
}

pub(crate) fn writer(path: &Path, key: &Key) -> Result<Connection, Error> {
    // So that nobody else on the machine can read even the sizes of what is in it.
    private(OpenOptions::new().read(true).write(true).create(true).truncate(false))
        .open(path)
        .map_err(|source| Error::Io { path: path.to_owned(), source })?;
    let conn = connect(path, key)?;
    let (found, known) = (schema::version(&conn)?, schema::KNOWN);
    if found > known {
        // Nothing of it is touched.
        return Err(Error::NewerSchema { found, known });
    }
    if found == 0 {
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "cache_size", -8000)?;
    conn.busy_timeout(Duration::from_secs(3))?;
    #[cfg(target_vendor = "apple")]
    conn.pragma_update(None, "checkpoint_fullfsync", true)?;
    Ok(conn)
}

pub(crate) fn reader(path: &Path, key: &Key) -> Result<Connection, Error> {
    let conn = connect(path, key)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -3000)?;
    conn.busy_timeout(Duration::from_millis(500))?;
    // A reader that happens to be the last to close leaves the log to the next writer.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(conn)
}

/// A damaged or newer file, to save from it what can be read.
pub(crate) fn salvage(path: &Path, key: &Key) -> Result<Connection, Error> {
    connect(path, key)
}

/// Proves the key by reading the schema. Says by name what is wrong if it can't.
pub(crate) fn prove(conn: &Connection, path: &Path, key: &Key) -> Result<(), Error> {
    let read = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    match read.map_err(Error::from) {
        Ok(_) => Ok(()),
        Err(error) if error.not_a_database() => Err(explain(path, key)),
        Err(error) => Err(error.at(path)),
    }
}

/// SQLCipher has one answer for a wrong key and a damaged first page. The salt in the file's first octets and
/// the mark in the lock file are both made from the key: either one proves that the key is right.
pub(crate) fn explain(path: &Path, key: &Key) -> Error {
    let starts = |path: &Path, with: [u8; 16]| {
        let mut found = [0; 16];
        File::open(path).and_then(|mut file| file.read_exact(&mut found)).is_ok() && found == with
    };
    let ours = starts(path, key.salt()) || starts(&beside(path, ".lock"), key.mark());
    if ours || file_size(path) < PAGE {
        Error::Corrupt { path: path.to_owned() }
    } else {
        Error::WrongKey { path: path.to_owned() }
    }
}

fn connect(path: &Path, key: &Key) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|e| Error::from(e).at(path))?;
    // Its log knows nothing of ours and would print file names.
    conn.execute_batch("PRAGMA cipher_log_level = NONE")?;
    conn.pragma_update(None, "key", key.spec().as_str())?;
    prove(&conn, path, key)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.set_prepared_statement_cache_capacity(96);
    Ok(conn)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}
