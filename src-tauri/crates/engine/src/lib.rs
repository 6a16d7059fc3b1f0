//! The engine: accounts, their connections, what is brought from the server and what is answered from the
//! store. It knows every crate below it; none of them knows it. Front ends reach it through `api` alone.
//!
//! `live` asks `sync` and `ask` for nothing and is asked by both; nothing here knows a window.

mod account;
mod ask;
mod db;
mod error;
mod host;
mod live;
mod secret;
mod sync;

pub use account::add::NewAccount;
pub use ask::{FirstScreen, Form, ListAsk, Listed, Opened, PartFile, Report, Saved};
pub use error::{Error, Result};
pub use host::{Host, System};
pub use live::State;
pub use net::fingerprint_from_text;
pub use secrets::{Error as VaultError, Keyring, SealedFile, Vault};
pub use store::list::Cursor;
pub use store::{Kind, LEAST_BUDGET};
pub use sync::folders::label;

use db::Db;
use live::Live;
use model::{AccountId, Code, Tag, Trouble};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;

/// What an engine is opened with.
pub struct Config {
    pub data_dir: PathBuf,
    pub vault: Arc<dyn Vault>,
    pub host: Arc<dyn Host>,
}

/// One engine runs on a data folder. Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    db: Db,
    vault: Arc<dyn Vault>,
    host: Arc<dyn Host>,
    live: Mutex<HashMap<AccountId, Arc<Live>>>,
    suspended: AtomicBool,
    tags: broadcast::Sender<Tag>,
}

/// Root certificates out of a PEM file, for one account.
pub fn roots_from_pem(pem: &[u8]) -> std::result::Result<Vec<Vec<u8>>, String> {
    net::roots_from_pem(pem).map_err(|e| e.to_string())
}

/// The store's file in a data folder.
pub fn store_path(data_dir: &Path) -> PathBuf {
    data_dir.join("satchel.db")
}

/// Tags that may wait for a slow listener before it is told to fetch everything again.
const TAGS: usize = 1_024;

impl Engine {
    /// Opens the store, makes its key where there is none yet, and takes the folder's lock.
    pub async fn open(config: Config) -> Result<Engine> {
        std::fs::create_dir_all(&config.data_dir).map_err(|e| file_failed(&config.data_dir, &e))?;
        let key = secret::store_key(&config, true).await?;
        let store =
            store::Store::open(&store_path(&config.data_dir), key, store::DEFAULT_BUDGET).await?;
        Ok(Self::on(config, Db::Writer(store)))
    }

    /// Reads what another engine has in the folder: no network, no writing.
    pub async fn open_beside(config: Config) -> Result<Engine> {
        let key = secret::store_key(&config, false).await?;
        let reader = store::Store::open_reader(&store_path(&config.data_dir), key).await?;
        Ok(Self::on(config, Db::Reader(reader)))
    }

    /// Puts a damaged or newer file aside and begins anew; what exists only here is taken along as far as it
    /// can be read.
    pub async fn rebuild(config: &Config) -> Result<store::rescue::Rescued> {
        let key = secret::store_key(config, true).await?;
        Ok(store::rescue::rebuild(&store_path(&config.data_dir), key).await?)
    }

    fn on(config: Config, db: Db) -> Self {
        let (tags, _) = broadcast::channel(TAGS);
        db.forward_changes(tags.clone());
        Self {
            inner: Arc::new(Inner {
                db,
                vault: config.vault,
                host: config.host,
                live: Mutex::default(),
                suspended: AtomicBool::new(false),
                tags,
            }),
        }
    }

    /// What changed, after it was committed.
    pub fn changes(&self) -> broadcast::Receiver<Tag> {
        self.inner.tags.subscribe()
    }

    pub async fn accounts(&self) -> Result<Vec<(store::account::Account, State)>> {
        let rows = self.inner.db.read(store::account::list).await?;
        Ok(rows
            .into_iter()
            .map(|row| (self.inner.live(row.id).state(), row))
            .map(|(s, r)| (r, s))
            .collect())
    }

    pub async fn mailboxes(
        &self,
        account: Option<AccountId>,
    ) -> Result<Vec<store::mailbox::MailboxRow>> {
        self.inner.db.read(move |read| store::mailbox::list(read, account)).await
    }

    pub async fn usage(&self) -> Result<store::Usage> {
        self.inner.db.usage().await
    }

    pub async fn set_budget(&self, bytes: u64) -> Result<()> {
        self.inner.db.store()?.set_budget(bytes).await?;
        self.inner.tell(Tag::Storage);
        Ok(())
    }

    /// Lets go of what the server still has.
    pub async fn free(&self, kind: store::Kind, account: Option<AccountId>) -> Result<u64> {
        let freed = self.inner.db.store()?.free(kind, account).await?;
        self.inner.tell(Tag::Storage);
        Ok(freed)
    }

    pub async fn integrity(&self) -> Result<store::Integrity> {
        self.inner.db.check().await
    }

    /// What the server offers and what was learnt of it.
    pub async fn server_facts(
        &self,
        account: AccountId,
    ) -> Result<(Vec<String>, Vec<String>, bool)> {
        let (capabilities, quirks) = self
            .inner
            .db
            .read(move |read| {
                Ok((
                    store::account::capabilities(read, account)?,
                    store::account::quirks(read, account)?,
                ))
            })
            .await?;
        let secret = self.inner.secret(account::secret_name(account)).await?.is_some();
        Ok((capabilities, quirks, secret))
    }

    pub fn secrets_kind(&self) -> &'static str {
        self.inner.vault.kind()
    }

    /// Closes every connection and ends what was under way on them; questions that need one are refused until
    /// [`Engine::resume`]. When it returns no transaction is open.
    pub async fn suspend(&self) {
        self.suspend_within(live::GOODBYE).await;
    }

    /// The same, with so much time for saying goodbye.
    pub(crate) async fn suspend_within(&self, goodbyes: Duration) {
        self.inner.suspended.store(true, Ordering::SeqCst);
        let all: Vec<_> = self.inner.all_live();
        futures::future::join_all(all.iter().map(|live| live.close(goodbyes))).await;
        // A question that was ended may have left a transaction with the writer: it takes one after the other.
        if self.inner.db.is_writer()
            && let Err(error) = self.inner.db.write(|_| Ok(())).await
        {
            tracing::warn!(%error, "the store was not at rest");
        }
    }

    pub fn resume(&self) {
        self.inner.suspended.store(false, Ordering::SeqCst);
    }

    /// Says goodbye to the servers. The store closes with the last clone.
    pub async fn close(&self) {
        self.suspend().await;
    }
}

impl Inner {
    pub(crate) fn live(&self, account: AccountId) -> Arc<Live> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(live.entry(account).or_insert_with(|| Live::new(account)))
    }

    fn all_live(&self) -> Vec<Arc<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Ends what runs for an account that is being removed.
    pub(crate) async fn forget(&self, account: AccountId) {
        let live = self.live.lock().unwrap_or_else(PoisonError::into_inner).remove(&account);
        if let Some(live) = live {
            live.close(live::GOODBYE).await;
        }
    }

    pub(crate) fn enter(&self, account: AccountId, state: State) {
        if self.live(account).set_state(state) {
            self.tell(Tag::Account(account));
        }
    }

    pub(crate) fn tell(&self, tag: Tag) {
        // Nobody listening is no fault.
        let _ = self.tags.send(tag);
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.suspended.load(Ordering::SeqCst)
    }

    /// Whether the network may be used now.
    pub(crate) fn awake(&self) -> Result<()> {
        if self.is_suspended() {
            return Err(live::put_away());
        }
        self.db.store().map(|_| ())
    }
}

pub(crate) fn file_failed(path: &Path, error: &std::io::Error) -> Error {
    let code = if error.kind() == std::io::ErrorKind::StorageFull {
        Code::DiskFull
    } else {
        Code::FileFailed
    };
    Trouble::new(code, format!("{}: {error}", path.display()))
        .with("path", path.display())
        .with("detail", error)
        .into()
}
