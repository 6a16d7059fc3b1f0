//! The data folder, opened: where secrets are, and the engine on it.

use engine::Engine;
use engine::{Keyring, SealedFile, Vault};
use model::{Code, Trouble};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::RwLock;

pub struct Config {
    pub data_dir: PathBuf,
    pub secrets: SecretsChoice,
    /// Where a front end loads parts from: `mail://localhost`, `http://127.0.0.1:PORT`.
    pub part_base: String,
    /// The demo says that it is one.
    pub demo: bool,
    /// Read beside a running engine where the folder is taken: a command line may, a window may not.
    pub beside: bool,
}

#[derive(Clone)]
pub enum SecretsChoice {
    Keyring,
    /// Sealed with a passphrase.
    File {
        path: PathBuf,
        passphrase: Option<SecretString>,
    },
}

impl SecretsChoice {
    /// `keyring` or `file:PATH`, as on the command line and in `SATCHEL_SECRETS`.
    pub fn parse(text: &str, passphrase: Option<SecretString>) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "keyring" => Ok(Self::Keyring),
            Some(("file", path)) if !path.is_empty() => {
                Ok(Self::File { path: path.into(), passphrase })
            }
            _ => Err(format!("`{text}` says not where secrets are: write keyring or file:PATH")),
        }
    }
}

/// The file that a person chose over a keyring, in the data folder.
pub(crate) const SEALED: &str = "secrets.sealed";

pub(crate) struct Session {
    pub data_dir: PathBuf,
    pub part_base: String,
    pub demo: bool,
    beside: bool,
    secrets: Mutex<SecretsChoice>,
    engine: RwLock<Option<Engine>>,
}

impl Session {
    pub fn new(config: Config) -> Self {
        let sealed = config.data_dir.join(SEALED);
        let secrets = match config.secrets {
            SecretsChoice::Keyring if sealed.exists() => {
                SecretsChoice::File { path: sealed, passphrase: None }
            }
            other => other,
        };
        Self {
            data_dir: config.data_dir,
            part_base: config.part_base,
            demo: config.demo,
            beside: config.beside,
            secrets: Mutex::new(secrets),
            engine: RwLock::new(None),
        }
    }

    pub async fn engine(&self) -> Result<Engine, Trouble> {
        self.engine.read().await.clone().ok_or_else(|| {
            Trouble::new(Code::Internal, "the data folder is not open yet: call app.start first")
        })
    }

    pub async fn close(&self) {
        let engine = self.engine.write().await.take();
        if let Some(engine) = engine {
            engine.close().await;
        }
    }

    /// The engine, opened where it is not yet.
    pub async fn open(&self) -> Result<(Engine, bool), Trouble> {
        let mut slot = self.engine.write().await;
        if let Some(engine) = slot.as_ref() {
            return Ok((engine.clone(), false));
        }
        let opened = match Engine::open(self.config().await?).await {
            Err(error) if self.beside && error.trouble(None).code == Code::AlreadyOpen => {
                Engine::open_beside(self.config().await?).await
            }
            other => other,
        };
        let engine = opened.map_err(|e| e.trouble(None))?;
        *slot = Some(engine.clone());
        Ok((engine, true))
    }

    pub async fn config(&self) -> Result<engine::Config, Trouble> {
        let choice = self.secrets.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let data_dir = self.data_dir.clone();
        std::fs::create_dir_all(&data_dir).map_err(|e| {
            Trouble::new(Code::FileFailed, format!("{}: {e}", data_dir.display()))
                .with("path", data_dir.display())
                .with("detail", e)
        })?;
        let dir = data_dir.clone();
        // A keyring is another process, and a passphrase costs a tenth of a second on purpose.
        let vault = tokio::task::spawn_blocking(move || vault(&dir, choice))
            .await
            .map_err(|_| Trouble::new(Code::Internal, "the keyring could not be asked"))??;
        Ok(engine::Config { data_dir, vault, host: Arc::new(engine::System) })
    }

    pub fn choose(&self, choice: SecretsChoice) {
        *self.secrets.lock().unwrap_or_else(PoisonError::into_inner) = choice;
    }
}

fn vault(data_dir: &Path, choice: SecretsChoice) -> Result<Arc<dyn Vault>, Trouble> {
    let opened: Result<Arc<dyn Vault>, engine::VaultError> = match choice {
        SecretsChoice::Keyring => {
            Keyring::open(&service(data_dir)).map(|v| Arc::new(v) as Arc<dyn Vault>)
        }
        SecretsChoice::File { passphrase: None, path } => {
            return Err(Trouble::new(
                Code::PassphraseMissing,
                format!(
                    "{} is sealed with a passphrase: give it in SATCHEL_PASSPHRASE",
                    path.display()
                ),
            )
            .with("path", path.display()));
        }
        SecretsChoice::File { path, passphrase: Some(passphrase) } => {
            SealedFile::open(&path, &passphrase).map(|v| Arc::new(v) as Arc<dyn Vault>)
        }
    };
    opened.map_err(|e| engine::Error::from(e).trouble(None))
}

/// One name in the keyring for each data folder.
fn service(data_dir: &Path) -> String {
    let whole = std::fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    format!("Satchel {}", whole.display())
}
