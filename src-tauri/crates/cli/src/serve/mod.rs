//! The app's own interface in a browser, over the same api: loopback only, behind a token. What the
//! window gets from Tauri (who is asking, a network that is shut) comes from `guard` and headers here.
//!
//! `Door::bind` first, so that the address is known before the api is made; then `open`.

mod assets;
mod events;
mod guard;
mod parts;
mod rpc;
#[cfg(test)]
mod tests;

use anyhow::{Context, bail};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use guard::Guard;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A question is a few kilobytes; a draft with its text is the largest.
const QUESTION_MAX: usize = 4 * 1024 * 1024;
/// How long open answers may take to end once it is asked to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// A listening address that nobody is let in by yet.
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
}

/// What every route may reach.
#[derive(Clone)]
struct Shared {
    app: api::App,
    guard: Arc<Guard>,
    stop: CancellationToken,
}

impl Door {
    /// Only this machine's own address, for nobody else may come in: 127.0.0.0/8 or ::1.
    pub async fn bind(listen: SocketAddr) -> anyhow::Result<Self> {
        if !listen.ip().is_loopback() {
            bail!(
                "{} can be reached from other machines, and `serve` is for this one alone: \
                 take 127.0.0.1 or [::1] (from elsewhere, `ssh -L` carries the port)",
                listen.ip()
            );
        }
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("{listen} can't be listened on: another port is `--listen 127.0.0.1:0`")
        })?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// `http://127.0.0.1:PORT`: what a browser calls it, and the only thing that it may call it.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until SIGINT or SIGTERM. `ready` gets the address with the token in its fragment, which
    /// a browser sends to nobody. Without a `token`, one of 256 random bits.
    pub async fn open(
        self,
        app: api::App,
        token: Option<String>,
        ready: impl FnOnce(String),
    ) -> anyhow::Result<()> {
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let signals = tokio::spawn(async move {
            crate::stop::signal().await;
            asked.cancel();
        });
        let served = self.open_until(app, token, stop, ready).await;
        signals.abort();
        served
    }

    async fn open_until(
        self,
        app: api::App,
        token: Option<String>,
        stop: CancellationToken,
        ready: impl FnOnce(String),
    ) -> anyhow::Result<()> {
        let guard = Arc::new(Guard::new(self.address, token)?);
        let door = format!("{}/#token={}", self.origin(), guard.token());
        let routes = router(Shared { app: app.clone(), guard, stop: stop.clone() });
        let asked = stop.clone();
        let serving = axum::serve(self.listener, routes)
            .with_graceful_shutdown(async move { asked.cancelled().await });
        ready(door);
        tokio::select! {
            served = serving => served.context("the browser's connections")?,
            // An answer that does not end (a large part, a slow reader) is cut.
            () = async { stop.cancelled().await; tokio::time::sleep(FAREWELL).await } => {}
        }
        app.close().await;
        Ok(())
    }
}

fn router(shared: Shared) -> Router {
    let inside = Router::new()
        .route("/rpc", post(rpc::call))
        .route("/cancel", post(rpc::cancel))
        .route("/events", get(events::stream))
        .route("/part/{message}/{section}", get(parts::part))
        .layer(from_fn_with_state(shared.clone(), guard::signed_in));
    Router::new()
        .route("/session", post(guard::sign_in))
        .merge(inside)
        .fallback(assets::file)
        .layer(DefaultBodyLimit::max(QUESTION_MAX))
        .layer(from_fn_with_state(shared.clone(), guard::at_home))
        // Outermost, so that a refusal carries them too.
        .layer(from_fn(assets::headers))
        .with_state(shared)
}
