//! The file as a whole: read, replaced, and locked against other processes. It never holds half a write.

use crate::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A thousand accounts' worth; a larger file is none of ours.
pub(super) const LARGEST: usize = 1024 * 1024;

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let failed = |e: std::io::Error| Error::io(path, &e);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(e)),
    };
    let mut octets = Vec::new();
    file.take(LARGEST as u64 + 1).read_to_end(&mut octets).map_err(failed)?;
    if octets.len() > LARGEST { Err(Error::Corrupt(path.to_owned())) } else { Ok(Some(octets)) }
}

/// Whole or not at all, also when power fails: written beside, synced, renamed, the folder synced.
pub(super) fn replace(path: &Path, octets: &[u8]) -> Result<(), Error> {
    let fresh = beside(path, ".new");
    let failed = |e: std::io::Error| Error::io(path, &e);
    // Left by a process that was killed; under the lock it is nobody's.
    match std::fs::remove_file(&fresh) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    let written = private(OpenOptions::new().write(true).create_new(true))
        .open(&fresh)
        .and_then(|mut file| file.write_all(octets).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&fresh, path));
    if let Err(e) = written {
        let _ = std::fs::remove_file(&fresh);
        return Err(failed(e));
    }
    sync_folder(path).map_err(failed)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

// NTFS journals the rename; a folder can't be opened as a file.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Held while one process (or one thread of it) reads, changes and replaces the file. It lies on a
/// file of its own, since the sealed one is another after each write.
pub(super) struct Lock(#[expect(dead_code, reason = "closing it unlocks")] File);

impl Lock {
    pub fn take(path: &Path) -> Result<Self, Error> {
        let failed = |e: std::io::Error| Error::io(path, &e);
        let file = private(OpenOptions::new().write(true).create(true).truncate(false))
            .open(beside(path, ".lock"))
            .map_err(failed)?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::Error(e)) => return Err(failed(e)),
                Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => {
                    return Err(Error::Busy(path.to_owned()));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
