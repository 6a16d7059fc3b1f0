//! The handshake, and the settings it runs under: one set for each trust, host and port, so that a
//! session is never resumed where another trust holds.

use crate::error::{Error, LOADING, SECURING};
use crate::host::Host;
use crate::trust::Trust;
use crate::verify::Judge;
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, version};
use rustls_platform_verifier::Verifier;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long settings serve: a root that is added to the platform, or taken away, counts after this.
const KEPT: Duration = Duration::from_secs(600);
const MOST_KEPT: usize = 64;
/// TLS 1.3 tickets are used once; a few serve the parallel connections of an account.
const SESSIONS: usize = 16;

/// `upgrade`: the stream had been spoken on in clear before.
pub(crate) async fn handshake<S>(
    stream: S,
    config: Arc<ClientConfig>,
    host: &Host,
    deadline: Instant,
    upgrade: bool,
) -> Result<TlsStream<S>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connecting = TlsConnector::from(config).connect(host.server_name(), stream);
    match timeout_at(deadline, connecting).await {
        Err(_) => Err(host.timeout(SECURING)),
        Ok(Err(e)) => Err(Error::on_handshake(&host.shown, host.port, &e, upgrade)),
        Ok(Ok(stream)) => Ok(stream),
    }
}

struct Kept {
    trust: Trust,
    host: String,
    port: u16,
    since: std::time::Instant,
    config: Arc<ClientConfig>,
}

pub(crate) async fn config(
    trust: &Trust,
    host: &Host,
    deadline: Instant,
) -> Result<Arc<ClientConfig>, Error> {
    static KEPT_CONFIGS: Mutex<Vec<Kept>> = Mutex::new(Vec::new());
    let fits =
        |kept: &Kept| kept.trust == *trust && kept.host == host.shown && kept.port == host.port;
    {
        let mut kept = KEPT_CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|k| k.since.elapsed() < KEPT);
        if let Some(found) = kept.iter().find(|k| fits(k)) {
            return Ok(found.config.clone());
        }
    }
    let wanted = trust.clone();
    // The platform's roots are read from disk.
    let building = tokio::task::spawn_blocking(move || build(&wanted));
    let built = timeout_at(deadline, building).await.map_err(|_| host.timeout(LOADING))?;
    let failed = |detail: String| Error::Tls { host: host.shown.clone(), detail };
    let config = match built {
        Ok(Ok(config)) => Arc::new(config),
        Ok(Err(detail)) => return Err(failed(detail)),
        Err(ended) => return Err(failed(ended.to_string())),
    };
    let mut kept = KEPT_CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|k| !fits(k));
    if kept.len() >= MOST_KEPT {
        kept.remove(0);
    }
    kept.push(Kept {
        trust: trust.clone(),
        host: host.shown.clone(),
        port: host.port,
        since: std::time::Instant::now(),
        config: config.clone(),
    });
    Ok(config)
}

fn build(trust: &Trust) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let judge = match trust.pinned {
        Some(leaf) => Judge::pinned(leaf, &provider),
        None => Judge::chain(platform(&provider), &trust.extra_roots, &provider)?,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(judge))
        .with_no_client_auth();
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(config)
}

/// Shared between all, since it holds some hundred roots; read again when it is old.
fn platform(provider: &Arc<CryptoProvider>) -> Option<Arc<dyn ServerCertVerifier>> {
    static LOADED: Mutex<Option<(std::time::Instant, Arc<Verifier>)>> = Mutex::new(None);
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((since, verifier)) = loaded.as_ref().filter(|(since, _)| since.elapsed() < KEPT) {
        tracing::trace!(age = ?since.elapsed(), "the platform's roots are known");
        return Some(verifier.clone());
    }
    match Verifier::new(provider.clone()) {
        Ok(verifier) => {
            let verifier = Arc::new(verifier);
            *loaded = Some((std::time::Instant::now(), verifier.clone()));
            Some(verifier)
        }
        Err(e) => {
            // Debian without ca-certificates. A pin or a root of the account's own still serves.
            tracing::warn!(%e, "the platform has no root certificates");
            None
        }
    }
}
