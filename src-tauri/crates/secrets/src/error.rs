use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    #[error("there is no keyring on this system ({0}): use a sealed file instead")]
    NoKeyring(String),
    /// Also where the person dismissed the prompt that would have unlocked it.
    #[error("the keyring is locked: unlock it and try again")]
    Locked,
    #[error("the keyring failed: {0}")]
    Keyring(String),
    #[error("the passphrase does not open {}", .0.display())]
    PassphraseWrong(PathBuf),
    #[error("the passphrase is empty: give one")]
    PassphraseEmpty,
    /// It is left as it is.
    #[error("{} is damaged, or is no sealed file of Satchel: put a copy back, or choose another file", .0.display())]
    Corrupt(PathBuf),
    #[error("{} was written by a newer version of Satchel (format {found}, known is {known})", .path.display())]
    Newer { path: PathBuf, found: u8, known: u8 },
    /// Another process holds the file's lock, longer than writing takes.
    #[error("{} is in use by another process", .0.display())]
    Busy(PathBuf),
    /// More than a file of secrets may hold.
    #[error("{} would be larger than a sealed file may be", .0.display())]
    TooLarge(PathBuf),
    #[error("{}: {detail}", .path.display())]
    Io { path: PathBuf, kind: io::ErrorKind, detail: String },
}

impl Error {
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        Self::Io { path: path.to_owned(), kind: error.kind(), detail: error.to_string() }
    }
}
