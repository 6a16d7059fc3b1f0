//! What both ways in end with: a stream that is secured and counted. It lies below them, since a clear stream
//! becomes one by itself when STARTTLS was agreed on.

use crate::counted::{Counted, Counters, counted};
use crate::error::Error;
use crate::host::Host;
use crate::tls;
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
