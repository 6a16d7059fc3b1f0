//! Passwords, refresh tokens and the store's key: in the keyring of the operating system, or, where
//! there is none, in a file sealed with a passphrase that the person chose knowingly.
//!
//! One trait for both, so that nobody above knows which it is. Every call may wait (for the disk, for
//! the person at a prompt to unlock): call from a thread that may block. What is kept here is text.

mod error;
mod keyring;
mod sealed;

pub use error::Error;
pub use keyring::Keyring;
pub use sealed::SealedFile;
pub use secrecy::{ExposeSecret, SecretString};

pub trait Vault: Send + Sync {
    /// `None` where nothing is kept under this key.
    fn get(&self, key: &str) -> Result<Option<SecretString>, Error>;

    /// Replaces what was there. When this returns, the secret outlives a crash.
    fn set(&self, key: &str, value: &SecretString) -> Result<(), Error>;

    /// What is not there is deleted already.
    fn delete(&self, key: &str) -> Result<(), Error>;

    /// `keyring` or `file`.
    fn kind(&self) -> &'static str;
}
