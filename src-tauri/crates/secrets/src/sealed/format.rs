//! The octets of a sealed file, and the key. No file is touched here.

use crate::{Error, SecretString};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rand::TryRngCore;
use rand::rngs::OsRng;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

const MAGIC: &[u8; 8] = b"SATCHELK";
const FORMAT: u8 = 1;
const HEAD: usize = 61;
const NONCE: usize = 24;

/// What a guess costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cost {
    pub kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Cost {
    /// RFC 9106 4, second recommendation, in one lane: a phone of today has the memory.
    pub const USUAL: Self = Self { kib: 64 * 1024, passes: 3, lanes: 1 };
    /// A file that asks for more was not written by us.
    const MOST: Self = Self { kib: 256 * 1024, passes: 16, lanes: 16 };

    fn is_bearable(self) -> bool {
        self.kib <= Self::MOST.kib
            && self.passes <= Self::MOST.passes
            && self.lanes <= Self::MOST.lanes
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    cost: Cost,
    salt: [u8; 16],
    check: [u8; 16],
}

impl Head {
    pub fn fresh(path: &Path, passphrase: &SecretString, cost: Cost) -> Result<(Self, Key), Error> {
        let salt = random(path)?;
        let (key, check) = stretch(passphrase, cost, &salt).ok_or_else(|| no_memory(path))?;
        Ok((Self { cost, salt, check }, key))
    }

    /// The head, and what follows it.
    pub fn read<'a>(path: &Path, octets: &'a [u8]) -> Result<(Self, &'a [u8]), Error> {
        let corrupt = || Error::Corrupt(path.to_owned());
        let mut rest = octets;
        if take::<8>(&mut rest).ok_or_else(corrupt)? != *MAGIC {
            return Err(corrupt());
        }
        let [format] = take::<1>(&mut rest).ok_or_else(corrupt)?;
        if format > FORMAT {
            return Err(Error::Newer { path: path.to_owned(), found: format, known: FORMAT });
        }
        let mut number = || take::<4>(&mut rest).map(u32::from_le_bytes);
        let (kib, passes, lanes) = number()
            .zip(number())
            .zip(number())
            .map(|((a, b), c)| (a, b, c))
            .ok_or_else(corrupt)?;
        let cost = Cost { kib, passes, lanes };
        let salt = take::<16>(&mut rest).ok_or_else(corrupt)?;
        let check = take::<16>(&mut rest).ok_or_else(corrupt)?;
        let head = Self { cost, salt, check };
        let digest = take::<8>(&mut rest).ok_or_else(corrupt)?;
        if format == 0 || digest != head.digest() || !cost.is_bearable() {
            return Err(corrupt());
        }
        Ok((head, rest))
    }

    pub fn key(&self, path: &Path, passphrase: &SecretString) -> Result<Key, Error> {
        // Parameters that Argon2 refuses, under a good digest: not ours.
        if params(self.cost).is_none() {
            return Err(Error::Corrupt(path.to_owned()));
        }
        let (key, check) =
            stretch(passphrase, self.cost, &self.salt).ok_or_else(|| no_memory(path))?;
        if check == self.check { Ok(key) } else { Err(Error::PassphraseWrong(path.to_owned())) }
    }

    fn undigested(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(HEAD);
        octets.extend_from_slice(MAGIC);
        octets.push(FORMAT);
        for number in [self.cost.kib, self.cost.passes, self.cost.lanes] {
            octets.extend_from_slice(&number.to_le_bytes());
        }
        octets.extend_from_slice(&self.salt);
        octets.extend_from_slice(&self.check);
        octets
    }

    fn digest(&self) -> [u8; 8] {
        let whole: [u8; 32] = Sha256::digest(self.undigested()).into();
        let mut digest = [0; 8];
        digest.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        digest
    }

    fn octets(&self) -> Vec<u8> {
        let mut octets = self.undigested();
        octets.extend_from_slice(&self.digest());
        octets
    }
}

pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// The whole file; none if the text is too long for the cipher.
    pub fn seal(&self, head: &Head, text: &[u8]) -> Option<Vec<u8>> {
        let mut octets = head.octets();
        let mut nonce = [0; NONCE];
        OsRng.try_fill_bytes(&mut nonce).ok()?;
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: text, aad: &octets })
            .ok()?;
        octets.extend_from_slice(&nonce);
        octets.extend_from_slice(&sealed);
        Some(octets)
    }

    pub fn unseal(&self, head: &Head, body: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut rest = body;
        let nonce = take::<NONCE>(&mut rest)?;
        let payload = Payload { msg: rest, aad: &head.octets() };
        self.cipher().decrypt(XNonce::from_slice(&nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_ref().into())
    }
}

/// Names and their secrets, wiped when dropped.
#[derive(Default)]
pub(super) struct Map(BTreeMap<String, String>);

impl Map {
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Whether that changed anything.
    pub fn set(&mut self, key: &str, value: &str) -> bool {
        match self.0.insert(key.to_owned(), value.to_owned()) {
            Some(mut old) => {
                let changed = old != value;
                old.zeroize();
                changed
            }
            None => true,
        }
    }

    pub fn remove(&mut self, key: &str) -> bool {
        self.0.remove(key).map(|mut old| old.zeroize()).is_some()
    }

    pub fn from_json(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().map(Self)
    }

    pub fn to_json(&self) -> Zeroizing<Vec<u8>> {
        // Room for the worst case (each octet written as \u00xx), since growing would leave copies.
        let room: usize = self.0.iter().map(|(key, value)| 6 * (key.len() + value.len()) + 8).sum();
        let mut text = Zeroizing::new(Vec::with_capacity(room + 2));
        // A map of texts has a JSON form, and memory takes all of it.
        let _ = serde_json::to_writer(&mut *text, &self.0);
        text
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

fn stretch(passphrase: &SecretString, cost: Cost, salt: &[u8]) -> Option<(Key, [u8; 16])> {
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params(cost)?);
    let mut made = Zeroizing::new([0u8; 48]);
    argon.hash_password_into(passphrase.expose_secret().as_bytes(), salt, &mut *made).ok()?;
    let mut rest = made.as_slice();
    let key = Key(Zeroizing::new(take::<32>(&mut rest)?));
    Some((key, take::<16>(&mut rest)?))
}

fn params(cost: Cost) -> Option<Params> {
    Params::new(cost.kib, cost.passes, cost.lanes, Some(48)).ok()
}

fn no_memory(path: &Path) -> Error {
    Error::io(path, &io::ErrorKind::OutOfMemory.into())
}

fn random<const N: usize>(path: &Path) -> Result<[u8; N], Error> {
    let mut octets = [0; N];
    OsRng.try_fill_bytes(&mut octets).map_err(|e| Error::io(path, &io::Error::other(e)))?;
    Ok(octets)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*taken)
}

#[cfg(test)]
impl Head {
    pub fn octets_for_test(&self) -> Vec<u8> {
        self.octets()
    }

    pub fn with_cost_for_test(cost: Cost) -> Self {
        Self { cost, salt: [7; 16], check: [7; 16] }
    }
}
