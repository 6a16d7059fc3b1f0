//! Opening the data folder for a front end, and what to do where something stands in the way.

use crate::app::App;
use crate::session::{SEALED, SecretsChoice};
use crate::wire::{Nothing, Recover, Recovery, Started};
use engine::Engine;
use model::{Code, Trouble};
use std::sync::atomic::Ordering;

/// What a person can do about it.
fn choices(code: Code) -> Vec<Recovery> {
    match code {
        Code::StoreCorrupt | Code::StoreNewer | Code::StoreKey => {
            vec![Recovery::Retry, Recovery::Rebuild]
        }
        Code::NoKeyring | Code::KeyringLocked | Code::PassphraseMissing | Code::PassphraseWrong => {
            vec![Recovery::Retry, Recovery::Passphrase]
        }
        _ => vec![Recovery::Retry],
    }
}

impl App {
    /// Opens the data folder; what stands in the way is an answer, not a failure.
    pub async fn start(&self, _: Nothing) -> Result<Started, Trouble> {
        let session = &self.inner.session;
        let opened = match session.open().await {
            Ok((engine, fresh)) => {
                if fresh {
                    self.inner.events.follow(engine.changes());
                }
                if self.inner.live.load(Ordering::SeqCst) {
                    engine.go_live();
                }
                engine.accounts().await.map_err(|e| e.trouble(None))
            }
            Err(trouble) => Err(trouble),
        };
        Ok(match opened {
            Ok(accounts) => Started::Ready {
                accounts: u32::try_from(accounts.len()).unwrap_or(u32::MAX),
                demo: session.demo,
            },
            Err(trouble) => Started::Trouble { choices: choices(trouble.code), trouble },
        })
    }

    pub(crate) async fn recover(&self, recover: Recover) -> Result<Started, Trouble> {
        let session = &self.inner.session;
        session.close().await;
        match recover.choice {
            Recovery::Retry => {}
            Recovery::Rebuild => {
                Engine::rebuild(&session.config().await?).await.map_err(|e| e.trouble(None))?;
            }
            Recovery::Passphrase => {
                let passphrase = recover.passphrase.map(|p| p.0).ok_or_else(|| {
                    Trouble::new(Code::PassphraseMissing, "a passphrase is needed to seal the file")
                })?;
                let path = session.data_dir.join(SEALED);
                session.choose(SecretsChoice::File { path, passphrase: Some(passphrase) });
            }
        }
        self.start(Nothing {}).await
    }
}
