//! One file that holds every secret, sealed with a key made from a passphrase.
//!
//! ```text
//! head   magic 8 · format 1 · memory KiB 4 · passes 4 · lanes 4 · salt 16 · check 16 · digest 8
//! body   nonce 24 · the map as JSON under XChaCha20-Poly1305, with the head as associated data
//! ```
//! Argon2id (RFC 9106) makes 48 octets of the passphrase: 32 are the key, 16 the check, which tells a
//! wrong passphrase from a damaged file. The digest does the same for damage to the head. The whole map
//! is sealed again at each write, so that a file shows neither how many secrets there are nor whose.

mod file;
mod format;

use crate::{Error, SecretString, Vault};
use file::Lock;
use format::{Cost, Head, Key, Map};
use secrecy::ExposeSecret;
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The derived key is kept while this lives, so that a call costs no more than reading a small file.
pub struct SealedFile {
    path: PathBuf,
    head: Head,
    key: Key,
}

impl SealedFile {
    /// Opens the file, or makes it if there is none. Takes a fraction of a second and 64 MiB, once.
    pub fn open(path: &Path, passphrase: &SecretString) -> Result<Self, Error> {
        Self::open_at(path, passphrase, Cost::USUAL)
    }

    fn open_at(path: &Path, passphrase: &SecretString, new: Cost) -> Result<Self, Error> {
        if passphrase.expose_secret().is_empty() {
            return Err(Error::PassphraseEmpty);
        }
        // A link stays a link: what it points to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let _lock = Lock::take(&path)?;
        if let Some(octets) = file::read(&path)? {
            let (head, _) = Head::read(&path, &octets)?;
            let key = head.key(&path, passphrase)?;
            let opened = Self { path, head, key };
            opened.unseal(&octets)?;
            return Ok(opened);
        }
        let (head, key) = Head::fresh(&path, passphrase, new)?;
        let made = Self { path, head, key };
        made.store(&Map::default())?;
        Ok(made)
    }

    fn load(&self) -> Result<Map, Error> {
        let octets = file::read(&self.path)?
            .ok_or_else(|| Error::io(&self.path, &std::io::ErrorKind::NotFound.into()))?;
        self.unseal(&octets)
    }

    fn unseal(&self, octets: &[u8]) -> Result<Map, Error> {
        let (head, body) = Head::read(&self.path, octets)?;
        if head != self.head {
            // Made anew by another process, with another passphrase or salt.
            return Err(Error::PassphraseWrong(self.path.clone()));
        }
        let text = self.key.unseal(&head, body).ok_or_else(|| Error::Corrupt(self.path.clone()))?;
        Map::from_json(&text).ok_or_else(|| Error::Corrupt(self.path.clone()))
    }

    fn store(&self, map: &Map) -> Result<(), Error> {
        let text: Zeroizing<Vec<u8>> = map.to_json();
        let octets = self.key.seal(&self.head, &text).filter(|o| o.len() <= file::LARGEST);
        file::replace(&self.path, &octets.ok_or_else(|| Error::TooLarge(self.path.clone()))?)
    }

    /// Another process may have written since: the file is read again under the lock.
    fn change(&self, edit: impl FnOnce(&mut Map) -> bool) -> Result<(), Error> {
        let _lock = Lock::take(&self.path)?;
        let mut map = self.load()?;
        if edit(&mut map) { self.store(&map) } else { Ok(()) }
    }
}

impl Vault for SealedFile {
    fn get(&self, key: &str) -> Result<Option<SecretString>, Error> {
        // No lock: a file is replaced whole.
        Ok(self.load()?.get(key).map(SecretString::from))
    }

    fn set(&self, key: &str, value: &SecretString) -> Result<(), Error> {
        self.change(|map| map.set(key, value.expose_secret()))
    }

    fn delete(&self, key: &str) -> Result<(), Error> {
        self.change(|map| map.remove(key))
    }

    fn kind(&self) -> &'static str {
        "file"
    }
}

impl fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedFile").field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
