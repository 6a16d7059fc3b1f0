//! Shuts the network of the engine that shows mail, below CSP and sandbox, which still leak hints
//! (preconnect, dns-prefetch, pictures on parts of controls). Each engine has its own way; the state
//! is one: until it says `Shut`, no mail is shown as HTML.
//!
//! The only place where `unsafe` is allowed: these interfaces have no safe binding.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;
use tauri::webview::{WebviewWindow, WebviewWindowBuilder};
use tauri::{AppHandle, Wry};
use tokio::sync::watch;

#[cfg(target_os = "android")]
#[path = "android.rs"]
mod engine;
#[cfg(target_vendor = "apple")]
#[path = "apple.rs"]
mod engine;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod engine;
#[cfg(windows)]
#[path = "windows.rs"]
mod engine;

/// Rules for the engines of the WebKit family. Block all; then let through what the app itself serves.
/// The app's page and its messages are for the top frame alone: the mail frame gets parts, no assets.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
const RULES: &str = r#"[
{"trigger":{"url-filter":".*"},"action":{"type":"block"}},
{"trigger":{"url-filter":"^tauri://","load-context":["top-frame"]},"action":{"type":"ignore-previous-rules"}},
{"trigger":{"url-filter":"^ipc://","load-context":["top-frame"]},"action":{"type":"ignore-previous-rules"}},
{"trigger":{"url-filter":"^mail://"},"action":{"type":"ignore-previous-rules"}},
{"trigger":{"url-filter":"^data:"},"action":{"type":"ignore-previous-rules"}},
{"trigger":{"url-filter":"^about:"},"action":{"type":"ignore-previous-rules"}},
{"trigger":{"url-filter":"^blob:"},"action":{"type":"ignore-previous-rules"}}
]"#;

/// An engine that does not answer for so long will not.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkState {
    Opening,
    Shut,
    /// It could not be shut.
    Open,
}

/// The network of the window's engine, as far as it could get out.
#[derive(Clone)]
pub struct Network {
    state: watch::Sender<NetworkState>,
    /// What the engine takes for its proxy.
    dead_end: Option<SocketAddr>,
}

impl Network {
    /// Takes a port of this machine and keeps it while the app runs: what the engine sends there ends there.
    pub fn hold() -> Self {
        let dead_end = hold_port()
            .inspect_err(|error| tracing::error!(%error, "no port for the dead proxy"))
            .ok();
        Self { state: watch::Sender::new(NetworkState::Opening), dead_end }
    }

    /// Waits until it is known: some milliseconds after the window opened, then at once.
    pub async fn settled(&self) -> NetworkState {
        self.settled_within(PATIENCE).await
    }

    async fn settled_within(&self, patience: Duration) -> NetworkState {
        let mut state = self.state.subscribe();
        match tokio::time::timeout(patience, state.wait_for(|s| *s != NetworkState::Opening)).await
        {
            Ok(Ok(settled)) => *settled,
            _ => NetworkState::Open,
        }
    }

    fn settle(&self, outcome: Result<(), String>) {
        self.state.send_replace(match outcome {
            Ok(()) => NetworkState::Shut,
            Err(error) => {
                tracing::error!(%error, "the window's network could not be shut: mail is shown as text");
                NetworkState::Open
            }
        });
    }
}

/// What must be said before the engine starts.
pub fn attributes<'a>(
    builder: WebviewWindowBuilder<'a, Wry, AppHandle>,
    network: &Network,
) -> WebviewWindowBuilder<'a, Wry, AppHandle> {
    match network.dead_end {
        Some(address) => engine::attributes(builder, address),
        None => builder,
    }
}

/// What can be said to a running engine. Returns at once; `settled` tells how it went.
pub fn shut(window: &WebviewWindow, network: &Network, data_dir: &Path) {
    if network.dead_end.is_none() {
        return network.settle(Err("there is no port for the dead proxy".to_owned()));
    }
    let (inside, data_dir) = (network.clone(), data_dir.to_owned());
    let asked = window.with_webview(move |view| {
        let outcome = inside.clone();
        engine::shut(&view, &data_dir, Box::new(move |result| outcome.settle(result)));
    });
    if let Err(error) = asked {
        network.settle(Err(error.to_string()));
    }
}

type Done = Box<dyn FnOnce(Result<(), String>) + Send>;

fn hold_port() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    // Taken and dropped: left in the queue, a connection would hang until the engine gives up.
    std::thread::Builder::new().name("dead-end".to_owned()).spawn(move || {
        for stream in listener.incoming() {
            match stream {
                Ok(_) => tracing::warn!("the window reached for the network, in vain"),
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    })?;
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn the_dead_end_answers_nothing() {
        let address = hold_port().unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty());
    }

    #[tokio::test]
    async fn an_engine_that_never_answers_counts_as_open() {
        let network = Network::hold();
        assert_eq!(network.settled_within(Duration::ZERO).await, NetworkState::Open);
        let waits = network.clone();
        let waiting = tokio::spawn(async move { waits.settled().await });
        tokio::task::yield_now().await;
        network.settle(Ok(()));
        assert_eq!(waiting.await.unwrap(), NetworkState::Shut);
        network.settle(Err("the filter went".into()));
        assert_eq!(network.settled().await, NetworkState::Open);
    }
}
