//! The two ways in: TLS from the first octet, or a clear stream that is to be upgraded.

use crate::clear::Clear;
use crate::connected::{Connected, deadline, secured};
use crate::counted::counted;
use crate::dial::dial;
use crate::error::Error;
use crate::host::Host;
use crate::tls;
use crate::trust::Trust;
use model::Endpoint;
use std::time::Duration;

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
