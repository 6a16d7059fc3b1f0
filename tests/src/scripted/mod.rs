//! A server that says exactly what a scenario wants, however wrong: for what real servers get wrong, or might.
//!
//! `Scripted` listens and hands each connection to a closure of the scenario; `Peer` is that connection. `Answers`
//! is a small well-behaved mailbox in which single answers are replaced, so that a scenario tells only the lie.

mod answers;
mod peer;

pub use answers::{Answers, Reply};
pub use peer::{Command, Peer};

use crate::certs::{Authority, Leaf};
use crate::runtime;
use anyhow::{Context, Result};
use rustls::ServerConfig;
use std::future::Future;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use tempfile::NamedTempFile;
use tokio::net::TcpListener;

/// How a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    Tls,
    /// In clear; `Peer::secure` starts TLS.
    Clear,
}

pub struct Scripted {
    address: SocketAddr,
    cover: Cover,
    ca_file: NamedTempFile,
    leaf: Leaf,
    said: Arc<Mutex<Vec<String>>>,
    /// What `answering` serves; empty for a script of one's own.
    answers: Arc<Mutex<Arc<Answers>>>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Scripted {
    /// Each connection is given to `script`; it is closed when that ends.
    pub fn start<F, R>(cover: Cover, script: F) -> Result<Self>
    where
        F: Fn(Peer) -> R + Send + Sync + 'static,
        R: Future<Output = Result<()>> + Send + 'static,
    {
        let authority = Authority::new("Satchel rig CA")?;
        let leaf = authority.leaf()?;
        Self::start_with(cover, authority.pem(), leaf, script)
    }

    /// With a certificate of the scenario's choice; `root` is what `ca_file` will hold.
    pub fn start_with<F, R>(cover: Cover, root: &str, leaf: Leaf, script: F) -> Result<Self>
    where
        F: Fn(Peer) -> R + Send + Sync + 'static,
        R: Future<Output = Result<()>> + Send + 'static,
    {
        let mut ca_file = NamedTempFile::with_prefix("satchel-rig-ca-")?;
        ca_file.write_all(root.as_bytes())?;
        let config = leaf.server_config()?;
        let listener = runtime()
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .context("binding the scripted server")?;
        let address = listener.local_addr()?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let accepting = runtime().spawn(accept(listener, cover, config, said.clone(), script));
        Ok(Self { address, cover, ca_file, leaf, said, answers: Arc::default(), accepting })
    }

    /// The small mailbox, with the answers that it was given.
    pub fn answering(answers: Answers) -> Result<Self> {
        let answers = Arc::new(Mutex::new(Arc::new(answers)));
        let served = answers.clone();
        let mut server = Self::start(Cover::Tls, move |mut peer| {
            let answers = lock(&served).clone();
            async move { answers.serve(&mut peer).await }
        })?;
        server.answers = answers;
        Ok(server)
    }

    /// What connections opened from now on are answered.
    pub fn answer(&self, answers: Answers) {
        *lock(&self.answers) = Arc::new(answers);
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        match self.cover {
            Cover::Tls => format!("imaps://localhost:{}", self.port()),
            Cover::Clear => format!("imap+starttls://localhost:{}", self.port()),
        }
    }

    pub fn ca_file(&self) -> &Path {
        self.ca_file.path()
    }

    /// Of the certificate that it shows.
    pub fn fingerprint(&self) -> String {
        self.leaf.fingerprint()
    }

    /// Every command line that clients sent, over all connections; those before TLS too.
    pub fn said(&self) -> Vec<String> {
        lock(&self.said).clone()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept<F, R>(
    listener: TcpListener,
    cover: Cover,
    config: Arc<ServerConfig>,
    said: Arc<Mutex<Vec<String>>>,
    script: F,
) where
    F: Fn(Peer) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    let script = Arc::new(script);
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        let (config, said, script) = (config.clone(), said.clone(), script.clone());
        tokio::spawn(async move {
            let mut peer = Peer::new(socket, config, said);
            // A client that refuses the certificate, or hangs up in the middle, is what many scenarios want to see.
            if cover == Cover::Tls && peer.secure().await.is_err() {
                return;
            }
            let _ = script(peer).await;
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
