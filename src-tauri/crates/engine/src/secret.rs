//! Passwords and the store's key, kept by the vault. It may block (a keyring asks another process), so it is
//! asked away from the runtime's own threads.

use crate::error::{Error, Result};
use crate::{Config, Inner, store_path};
use model::{Code, Trouble};
use secrecy::{ExposeSecret, SecretString};
use secrets::Vault;
use std::sync::Arc;

const STORE_KEY: &str = "store-key";

impl Inner {
    pub(crate) async fn secret(&self, name: String) -> Result<Option<SecretString>> {
        apart(&self.vault, move |vault| vault.get(&name)).await
    }

    pub(crate) async fn keep_secret(&self, name: String, secret: SecretString) -> Result<()> {
        apart(&self.vault, move |vault| vault.set(&name, &secret)).await
    }

    pub(crate) async fn drop_secret(&self, name: String) -> Result<()> {
        apart(&self.vault, move |vault| vault.delete(&name)).await
    }
}

/// The key of the store's file; a new one where there is no file yet.
pub(crate) async fn store_key(config: &Config, make: bool) -> Result<store::Key> {
    let kept = apart(&config.vault, |vault| vault.get(STORE_KEY)).await?;
    if let Some(text) = kept {
        return store::Key::from_hex(text.expose_secret()).map_err(Error::from);
    }
    let path = store_path(&config.data_dir);
    if path.exists() || !make {
        return Err(Trouble::new(
            Code::StoreKey,
            format!(
                "the key of {} is not in the {}: unlock or restore it, or begin anew",
                path.display(),
                config.vault.kind()
            ),
        )
        .with("path", path.display())
        .into());
    }
    let key = store::Key::random();
    let text = SecretString::from(key.to_hex().as_str().to_owned());
    apart(&config.vault, move |vault| vault.set(STORE_KEY, &text)).await?;
    Ok(key)
}

async fn apart<T: Send + 'static>(
    vault: &Arc<dyn Vault>,
    ask: impl FnOnce(&dyn Vault) -> std::result::Result<T, secrets::Error> + Send + 'static,
) -> Result<T> {
    let vault = Arc::clone(vault);
    let asked = tokio::task::spawn_blocking(move || ask(&*vault)).await;
    match asked {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Error::new(Code::Internal, "the keyring could not be asked")),
    }
}
