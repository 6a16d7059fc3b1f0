//! The two ways in: TLS from the first octet, or a clear stream that is to be upgraded.

use crate::clear::Clear;
use crate::counted::{Counted, Counters, counted};
use crate::dial::dial;
use crate::error::Error;
use crate::host::Host;
use crate::tls;
use crate::trust::Trust;
use model::Endpoint;
use rustls::ClientConfig;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// Whatever a protocol can be spoken on: a secured socket, or a pipe in memory in tests.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug + 'static {}

impl<S> Wire for S where S: AsyncRead + AsyncWrite + Unpin + Send + Sync + fmt::Debug + 'static {}

/// A stream that is secured and counted.
#[derive(Debug)]
pub struct Connected {
    pub stream: Box<dyn Wire>,
    pub counters: Counters,
    /// As the endpoint named it.
    pub host: String,
}

impl Connected {
    /// Over a stream of one's own, counted from here: for servers that live in the same process.
    pub fn over(stream: impl Wire, host: &str) -> Self {
        let (stream, counters) = counted(stream);
        Self { stream: Box::new(stream), counters, host: host.to_owned() }
    }
}

/// TLS from the first octet (RFC 8314 3.3), whatever `endpoint.security` says. `limit` is for all of
/// it: address, connection, handshake. Dropping the future gives everything up.
pub async fn connect(
    endpoint: &Endpoint,
    trust: &Trust,
    limit: Duration,
) -> Result<Connected, Error> {
    let deadline = deadline(limit);
    let host = Host::parse(&endpoint.host, endpoint.port)?;
    let (stream, config) =
        tokio::try_join!(dial(&host, deadline), tls::config(trust, &host, deadline))?;
    secured(counted(stream).0, config, &host, deadline, false).await
}

/// A clear stream for the dialogue before STARTTLS, and for nothing else.
pub async fn connect_clear(endpoint: &Endpoint, limit: Duration) -> Result<Clear, Error> {
    let host = Host::parse(&endpoint.host, endpoint.port)?;
    let stream = dial(&host, deadline(limit)).await?;
    Ok(Clear::new(counted(stream).0, host))
}

pub(crate) async fn secured(
    stream: Counted<TcpStream>,
    config: Arc<ClientConfig>,
    host: &Host,
    deadline: Instant,
    upgrade: bool,
) -> Result<Connected, Error> {
    let counters = stream.counters().clone();
    let stream = tls::handshake(stream, config, host, deadline, upgrade).await?;
    let version = stream.get_ref().1.protocol_version();
    tracing::debug!(host = %host.shown, port = host.port, ?version, "the connection is secured");
    Ok(Connected { stream: Box::new(stream), counters, host: host.shown.clone() })
}

pub(crate) fn deadline(limit: Duration) -> Instant {
    // A limit past all clocks is a day.
    let now = Instant::now();
    now.checked_add(limit).unwrap_or(now + Duration::from_secs(86_400))
}
