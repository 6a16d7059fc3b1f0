//! The keyring of the operating system, by keyring-core and the store of the platform.

use crate::{Error, SecretString, Vault};
use keyring_core::{CredentialStore, Entry};
use secrecy::ExposeSecret;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroize;

/// Secrets under one service name: `service` tells two data folders apart.
pub struct Keyring {
    service: String,
    store: Mutex<Arc<Reached>>,
}

/// The platform's store. It is let go of as it is used, apart: zbus blocks then too.
struct Reached(Option<Arc<CredentialStore>>);

impl Reached {
    fn now() -> Result<keyring_core::Result<Self>, Error> {
        apart(|| platform::store().map(|store| Self(Some(store))))
    }

    fn entry(&self, service: &str, key: &str) -> keyring_core::Result<Entry> {
        let modifiers = platform::modifiers(service, key);
        let modifiers: HashMap<&str, &str> =
            modifiers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let store = self.0.as_ref().ok_or(keyring_core::Error::NoDefaultStore)?;
        store.build(service, key, Some(&modifiers))
    }
}

impl Drop for Reached {
    fn drop(&mut self) {
        let store = self.0.take();
        let _ = apart(|| drop(store));
    }
}

impl Keyring {
    /// Reaches the keyring. Whether it is locked shows when something is asked of it.
    pub fn open(service: &str) -> Result<Self, Error> {
        let store = Reached::now()?.map_err(|e| match e {
            keyring_core::Error::NoStorageAccess(_) => Error::Locked,
            other => Error::NoKeyring(in_words(&other)),
        })?;
        Ok(Self { service: service.to_owned(), store: Mutex::new(Arc::new(store)) })
    }

    fn on<T: Send>(
        &self,
        key: &str,
        act: impl Fn(&Entry) -> keyring_core::Result<T> + Sync,
    ) -> Result<Option<T>, Error> {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut done = apart(|| act(&store.entry(&self.service, key)?))?;
        if matches!(done, Err(keyring_core::Error::PlatformFailure(_))) {
            // gnome-keyring that was started anew has forgotten the session; D-Bus itself may be another.
            if let Ok(Ok(store)) = Reached::now() {
                let store = Arc::new(store);
                *self.store.lock().unwrap_or_else(PoisonError::into_inner) = store.clone();
                done = apart(|| act(&store.entry(&self.service, key)?))?;
            }
        }
        match done {
            Ok(value) => Ok(Some(value)),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(keyring_core::Error::NoStorageAccess(_)) => Err(Error::Locked),
            Err(other) => Err(Error::Keyring(in_words(&other))),
        }
    }
}

impl Vault for Keyring {
    fn get(&self, key: &str) -> Result<Option<SecretString>, Error> {
        let found = self.on(key, |entry| match entry.get_secret() {
            // Two collections of a Secret Service may each have one; `set` writes them all alike.
            Err(keyring_core::Error::Ambiguous(entries)) => {
                entries.first().ok_or(keyring_core::Error::NoEntry)?.get_secret()
            }
            one => one,
        })?;
        let Some(octets) = found else {
            return Ok(None);
        };
        match String::from_utf8(octets) {
            Ok(text) => Ok(Some(SecretString::from(text))),
            Err(not_text) => {
                not_text.into_bytes().zeroize();
                Err(Error::Keyring(format!("what it keeps for {key} is not text")))
            }
        }
    }

    fn set(&self, key: &str, value: &SecretString) -> Result<(), Error> {
        let octets = value.expose_secret().as_bytes();
        self.on(key, |entry| match entry.set_secret(octets) {
            Err(keyring_core::Error::Ambiguous(entries)) => {
                entries.iter().try_for_each(|one| one.set_secret(octets))
            }
            one => one,
        })?
        .ok_or_else(|| Error::Keyring(format!("it did not keep {key}")))
    }

    fn delete(&self, key: &str) -> Result<(), Error> {
        self.on(key, |entry| match entry.delete_credential() {
            Err(keyring_core::Error::Ambiguous(entries)) => {
                entries.iter().try_for_each(Entry::delete_credential)
            }
            one => one,
        })?;
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "keyring"
    }
}

/// On a thread of its own: zbus blocks on a runtime, which panics on a thread that already drives
/// one, and a panic in a platform's store ends here as an error.
fn apart<T: Send>(act: impl FnOnce() -> T + Send) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("keyring".to_owned())
            .spawn_scoped(scope, act)
            .map_err(|e| Error::Keyring(e.to_string()))?;
        thread.join().map_err(|_| Error::Keyring("it stopped unexpectedly".to_owned()))
    })
}

/// Never the error's own Display or Debug where it holds data: `BadEncoding` and `BadDataFormat` carry
/// the secret.
fn in_words(error: &keyring_core::Error) -> String {
    match error {
        keyring_core::Error::PlatformFailure(inner)
        | keyring_core::Error::NoStorageAccess(inner) => inner.to_string(),
        keyring_core::Error::BadEncoding(_) | keyring_core::Error::BadDataFormat(..) => {
            "what it keeps cannot be read".to_owned()
        }
        keyring_core::Error::TooLong(what, most) => {
            format!("it takes at most {most} characters as {what}")
        }
        other => other.to_string(),
    }
}

#[cfg(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))))]
mod platform {
    use keyring_core::{CredentialStore, Result};
    use std::sync::Arc;

    pub fn store() -> Result<Arc<CredentialStore>> {
        Ok(zbus_secret_service_keyring_store::Store::new()?)
    }

    /// The label is what a person sees in the keyring's own program.
    pub fn modifiers(service: &str, key: &str) -> Vec<(&'static str, String)> {
        vec![("label", format!("{service}: {key}"))]
    }
}

#[cfg(not(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android")))))]
mod platform {
    use keyring_core::{CredentialStore, Result};
    use std::sync::Arc;

    pub fn store() -> Result<Arc<CredentialStore>> {
        #[cfg(target_os = "android")]
        use android_native_keyring_store::Store;
        #[cfg(target_os = "macos")]
        use apple_native_keyring_store::keychain::Store;
        #[cfg(target_os = "ios")]
        use apple_native_keyring_store::protected::Store;
        #[cfg(windows)]
        use windows_native_keyring_store::Store;
        Ok(Store::new()?)
    }

    pub fn modifiers(_service: &str, _key: &str) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
