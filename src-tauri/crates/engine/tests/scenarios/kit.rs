//! An engine on a folder of its own, a network that ends in model servers, a vault that can fail.

use crate::model::Server;
use ::model::{AccountId, Code, Endpoint, MailboxId, Role, Trouble};
use engine::{Config, Cursor, Engine, Host, ListAsk, Listed, NewAccount, State, Vault, VaultError};
use futures::future::BoxFuture;
use imap::{Deadlines, Session};
use jiff::Timestamp;
use net::{Connected, Trust};
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use tokio::io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::watch;

/// Names and the servers behind them, and the one line to all of them.
#[derive(Default)]
pub struct Net {
    servers: Mutex<HashMap<String, Server>>,
    /// The line is cut, and nobody says so: what was open stays silent for ever.
    dark: watch::Sender<bool>,
}

impl Net {
    pub fn go_dark(&self, dark: bool) {
        self.dark.send_replace(dark);
    }

    /// Both directions, until the line is cut once.
    fn line(&self, near: DuplexStream, far: DuplexStream) {
        let (near_in, near_out) = tokio::io::split(near);
        let (far_in, far_out) = tokio::io::split(far);
        for (from, to) in [(near_in, far_out), (far_in, near_out)] {
            tokio::spawn(carry(from, to, self.dark.subscribe()));
        }
    }
}

async fn carry(
    mut from: ReadHalf<DuplexStream>,
    mut to: WriteHalf<DuplexStream>,
    mut dark: watch::Receiver<bool>,
) {
    tokio::select! {
        biased;
        () = async { dark.wait_for(|dark| *dark).await.map(drop).unwrap_or(()) } => {
            std::future::pending().await
        }
        carried = tokio::io::copy(&mut from, &mut to) => {
            let _ = carried;
            let _ = to.shutdown().await;
        }
    }
}

impl Host for Net {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn connect<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        _: &'a Trust,
        deadlines: &'a Deadlines,
    ) -> BoxFuture<'a, Result<Session, imap::Error>> {
        Box::pin(async move {
            let host = endpoint.host.clone();
            let server = self.servers.lock().unwrap().get(&host).cloned();
            let Some(server) = server else {
                return Err(net::Error::NoSuchHost { host }.into());
            };
            if server.state().faults.refuses {
                return Err(net::Error::Refused { host, port: endpoint.port }.into());
            }
            if *self.dark.borrow() {
                tokio::time::sleep(deadlines.connect).await;
                return Err(net::Error::Timeout { host, what: "connecting" }.into());
            }
            let (near, mid) = tokio::io::duplex(64 * 1024);
            let (other, far) = tokio::io::duplex(64 * 1024);
            self.line(mid, other);
            server.serve(far);
            Session::greet(Connected::over(near, &endpoint.host), deadlines).await
        })
    }
}

/// A vault in memory.
#[derive(Default)]
pub struct Drawer {
    pub kept: Mutex<HashMap<String, String>>,
    pub jammed: AtomicBool,
}

impl Drawer {
    fn open(&self) -> Result<(), VaultError> {
        if self.jammed.load(Ordering::SeqCst) { Err(VaultError::Locked) } else { Ok(()) }
    }

    pub fn passwords(&self) -> usize {
        self.kept.lock().unwrap().keys().filter(|key| key.starts_with("account:")).count()
    }
}

impl Vault for Drawer {
    fn get(&self, key: &str) -> Result<Option<SecretString>, VaultError> {
        self.open()?;
        Ok(self.kept.lock().unwrap().get(key).cloned().map(SecretString::from))
    }
    fn set(&self, key: &str, value: &SecretString) -> Result<(), VaultError> {
        self.open()?;
        self.kept.lock().unwrap().insert(key.to_owned(), value.expose_secret().to_owned());
        Ok(())
    }
    fn delete(&self, key: &str) -> Result<(), VaultError> {
        self.open()?;
        self.kept.lock().unwrap().remove(key);
        Ok(())
    }
    fn kind(&self) -> &'static str {
        "file"
    }
}

pub struct World {
    pub engine: Engine,
    pub net: Arc<Net>,
    pub vault: Arc<Drawer>,
    dir: tempfile::TempDir,
}

impl World {
    pub async fn new() -> Self {
        let (net, vault) = (Arc::<Net>::default(), Arc::<Drawer>::default());
        let dir = tempfile::tempdir().unwrap();
        let engine = Self::opened(&dir, &net, &vault).await;
        Self { engine, net, vault, dir }
    }

    async fn opened(dir: &tempfile::TempDir, net: &Arc<Net>, vault: &Arc<Drawer>) -> Engine {
        let (host, vault) = (Arc::clone(net), Arc::clone(vault));
        Engine::open(Config { data_dir: dir.path().to_owned(), vault, host }).await.unwrap()
    }

    /// The app is closed and opened again.
    pub async fn reopen(self) -> Self {
        let Self { engine, net, vault, dir } = self;
        engine.close().await;
        drop(engine);
        // The store closes with the last task that holds it.
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let engine = Self::opened(&dir, &net, &vault).await;
        Self { engine, net, vault, dir }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub fn host(&self, host: &str, server: &Server) {
        self.net.servers.lock().unwrap().insert(host.to_owned(), server.clone());
    }

    /// A world with one account on `server`.
    pub async fn on(server: &Server) -> (Self, AccountId) {
        let world = Self::new().await;
        world.host("imap.kontor.example", server);
        let account = world.engine.add_account(anna()).await.unwrap();
        server.take_heard();
        (world, account)
    }

    /// The same, after its first look.
    pub async fn synced(server: &Server) -> (Self, AccountId) {
        let (world, account) = Self::on(server).await;
        world.engine.check_account(account).await.unwrap();
        server.take_heard();
        (world, account)
    }

    pub async fn inbox(&self) -> MailboxId {
        let all = self.engine.mailboxes(None).await.unwrap();
        all.iter().find(|m| m.role == Some(Role::Inbox)).unwrap().id
    }

    pub async fn list(&self, limit: u32, before: Option<Cursor>) -> Result<Listed, engine::Error> {
        let mailboxes = vec![self.inbox().await];
        self.engine
            .list(ListAsk { mailboxes, before, limit, cached_only: false, ..ListAsk::default() })
            .await
    }

    /// Without a word to the server.
    pub async fn cached(&self, limit: u32) -> Listed {
        let mailboxes = vec![self.inbox().await];
        let ask =
            ListAsk { mailboxes, before: None, limit, cached_only: true, ..ListAsk::default() };
        self.engine.list(ask).await.unwrap()
    }

    pub async fn uids(&self, limit: u32) -> Vec<u32> {
        uids(&self.cached(limit).await)
    }

    /// The whole mailbox, page by page.
    pub async fn walk(&self, page: u32) -> Vec<u32> {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let listed = self.list(page, before).await.unwrap();
            found.extend(uids(&listed));
            before = listed.next;
            if before.is_none() {
                return found;
            }
            assert!(found.len() < 10_000, "a list without end");
        }
    }

    pub async fn state(&self, account: AccountId) -> State {
        let all = self.engine.accounts().await.unwrap();
        all.into_iter().find(|(row, _)| row.id == account).unwrap().1
    }
}

pub fn uids(listed: &Listed) -> Vec<u32> {
    listed.rows.iter().map(|row| row.uid.0).collect()
}

pub fn down(from: u32, to: u32) -> Vec<u32> {
    (to..=from).rev().collect()
}

pub fn anna() -> NewAccount {
    of("anna@kontor.example", "imap.kontor.example", "secret")
}

pub fn of(email: &str, host: &str, password: &str) -> NewAccount {
    NewAccount {
        email: email.to_owned(),
        imap: Some(Endpoint::imaps(host)),
        smtp: None,
        user: None,
        password: SecretString::from(password.to_owned()),
        extra_roots: Vec::new(),
        pinned: None,
    }
}

pub fn trouble<T>(outcome: Result<T, engine::Error>) -> Trouble {
    match outcome {
        Ok(_) => panic!("it should have been refused"),
        Err(error) => error.trouble(None),
    }
}

pub fn code<T>(outcome: Result<T, engine::Error>) -> Code {
    trouble(outcome).code
}

/// Asks `question` so many times and then drops it where it stands; what it answered, if it got that far.
pub async fn give_up_after<T>(polls: u32, question: impl Future<Output = T>) -> Option<T> {
    let mut question = Box::pin(question);
    let mut left = polls;
    std::future::poll_fn(|cx| match question.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}
