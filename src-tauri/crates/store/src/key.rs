use crate::Error;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use zeroize::{Zeroize, Zeroizing};

/// The file's key: 32 random octets, kept by the keyring or the sealed file, never printed.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Key {
    pub fn new(octets: [u8; 32]) -> Self {
        Self(octets)
    }

    pub fn random() -> Self {
        use rand::TryRngCore;
        let mut octets = [0; 32];
        // Falls back to the thread's generator, itself seeded by the system.
        if rand::rngs::OsRng.try_fill_bytes(&mut octets).is_err() {
            rand::RngCore::fill_bytes(&mut rand::rng(), &mut octets);
        }
        Self(octets)
    }

    pub fn from_hex(text: &str) -> Result<Self, Error> {
        let text = text.trim().as_bytes();
        let mut key = Self([0; 32]);
        if text.len() != 64 {
            return Err(Error::BadKey);
        }
        for (octet, pair) in key.0.iter_mut().zip(text.chunks_exact(2)) {
            for digit in pair {
                let value = char::from(*digit).to_digit(16).ok_or(Error::BadKey)?;
                *octet = *octet << 4 | value as u8;
            }
        }
        Ok(key)
    }

    pub fn to_hex(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        hex(&self.0, &mut text);
        text
    }

    /// SQLCipher's form of a raw key with its salt: `x'…'`. The salt is the file's first 16 octets, in clear.
    pub(crate) fn spec(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(100));
        text.push_str("x'");
        hex(&self.0, &mut text);
        hex(&self.salt(), &mut text);
        text.push('\'');
        text
    }

    /// Derived from the key instead of random, so that the first octets of a file tell whether the key is
    /// its own: without that a wrong key and a damaged page look alike. With a random 256-bit raw key the
    /// salt protects nothing (there is no passphrase to guess at).
    pub(crate) fn salt(&self) -> [u8; 16] {
        self.digest(b"satchel store salt\0")
    }

    /// What the lock file remembers of the key, for a file whose very first page is gone.
    pub(crate) fn mark(&self) -> [u8; 16] {
        self.digest(b"satchel store mark\0")
    }

    fn digest(&self, purpose: &[u8]) -> [u8; 16] {
        let digest = Sha256::new().chain_update(purpose).chain_update(self.0).finalize();
        let mut out = [0; 16];
        out.copy_from_slice(&digest[..16]);
        out
    }
}

fn hex(octets: &[u8], out: &mut String) {
    for octet in octets {
        // Writing to a String does not fail.
        let _ = write!(out, "{octet:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_comes_back() {
        let key = Key::random();
        let again = Key::from_hex(&key.to_hex()).unwrap();
        assert_eq!(*key.to_hex(), *again.to_hex());
        assert_ne!(*key.to_hex(), *Key::random().to_hex());
        for bad in ["", "zz", &"g".repeat(64), &"é".repeat(32)] {
            assert!(matches!(Key::from_hex(bad), Err(Error::BadKey)));
        }
    }
}
