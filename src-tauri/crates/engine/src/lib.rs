//! The engine: accounts, their connections, what is brought from the server and what is answered from the
//! store. It knows every crate below it; none of them knows it. Front ends reach it through `api` alone.
//!
//! `live` holds connections and knows nobody; `sync` knows how, `bring` does all of it, `ask` answers,
//! `keep` decides when. Nothing here knows
//! a window.

mod account;
mod ask;
mod bring;
mod db;
mod error;
mod host;
mod keep;
mod live;
mod noted;
mod secret;
mod sync;

pub use account::add::NewAccount;
pub use account::change::AccountChange;
pub use ask::{
    Asked, AskedState, Coverage, FirstScreen, Form, Found, ListAsk, Listed, Opened, PartFile,
    Report, Saved, SearchAsk, Until,
};
pub use error::{Error, Result};
pub use host::{Change, Host, System};
pub use live::{Heard, Phase, Progress, State};
pub use net::fingerprint_from_text;
pub use noted::Noted;
pub use secrets::{Error as VaultError, Keyring, SealedFile, Vault};
pub use store::list::{Cursor, ListRow};
pub use store::mailbox::MailboxRow;
pub use store::{Kind, LEAST_BUDGET};
pub use sync::folders::label;

use db::Db;
use live::Live;
use model::{AccountId, Code, MailboxId, Tag, Trouble};
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
    /// None in the engine's own tasks: they end with the front ends.
    guard: Option<Arc<keep::Guard>>,
}

pub(crate) struct Inner {
    db: Db,
    vault: Arc<dyn Vault>,
    host: Arc<dyn Host>,
    live: Mutex<HashMap<AccountId, Arc<Live>>>,
    suspended: AtomicBool,
    /// Its accounts are kept live.
    kept: AtomicBool,
    /// Asleep, but for one look that the system allowed.
    refreshing: AtomicBool,
    tags: broadcast::Sender<Tag>,
    noted: broadcast::Sender<Noted>,
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
                kept: AtomicBool::new(false),
                refreshing: AtomicBool::new(false),
                tags,
                noted: broadcast::channel(TAGS).0,
            }),
            guard: Some(Arc::default()),
        }
    }

    /// The engine as its own tasks know it.
    pub(crate) fn within(inner: Arc<Inner>) -> Self {
        Self { inner, guard: None }
    }

    /// What happens to the mail, one thing after the other.
    pub fn noted(&self) -> broadcast::Receiver<Noted> {
        self.inner.noted.subscribe()
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
        self.inner.look_about();
    }

    /// Says goodbye to the servers. The store closes with the last clone.
    pub async fn close(&self) {
        if let Some(guard) = &self.guard {
            guard.end();
        }
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

    pub(crate) fn enter(&self, account: AccountId, phase: Phase) {
        if self.live(account).set_state(|state| state.phase = phase) {
            self.tell_state(account);
        }
    }

    /// The server is being asked. What is known of the account stays on the screen until it answered.
    pub(crate) fn checking(&self, account: AccountId) {
        let told = self.live(account).set_state(|state| {
            if matches!(state.phase, Phase::Resting | Phase::Trouble { .. }) {
                state.phase = Phase::Checking;
            }
        });
        if told {
            self.tell_state(account);
        }
    }

    /// The server answered, and what it said is here.
    pub(crate) fn heard_by(&self, account: AccountId, by: Heard) {
        let now = self.host.now();
        let told = self.live(account).set_state(|state| {
            state.last_heard = Some(now);
            // Who listens goes on listening, whoever else asks something meanwhile.
            // And what rests goes on resting, though the person looked into it.
            let listening =
                by == Heard::Check && matches!(state.phase, Phase::Current { .. } | Phase::Paused);
            // That the server is heard makes no room on the disk.
            if !listening && !state.is_out_of_room() {
                state.phase = Phase::Current { by };
            }
        });
        if told {
            self.tell_state(account);
        }
    }

    /// What was brought here could be written.
    pub(crate) fn has_room(&self, account: AccountId) {
        if self.live(account).state().is_out_of_room() {
            self.enter(account, Phase::Current { by: Heard::Check });
        }
    }

    pub(crate) fn tell_state(&self, account: AccountId) {
        self.tell(Tag::Account(account));
        let _ = self.noted.send(Noted::State { account });
    }

    /// What a look at a mailbox brought, for those who follow along.
    pub(crate) fn note(&self, account: AccountId, mailbox: MailboxId, news: &sync::delta::News) {
        let tell = |noted| {
            // Nobody listening is no fault.
            let _ = self.noted.send(noted);
        };
        for &message in &news.new {
            tell(Noted::New { account, mailbox, message });
        }
        for &message in &news.flags {
            tell(Noted::Flags { account, mailbox, message });
        }
        for &message in &news.gone {
            tell(Noted::Gone { account, mailbox, message });
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
        if self.is_suspended() && !self.refreshing.load(Ordering::SeqCst) {
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
