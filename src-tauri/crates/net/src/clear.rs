//! A stream in clear, good for the few lines before STARTTLS. It ends by becoming a secured one.

use crate::connected::{Connected, deadline, secured};
use crate::counted::{Counted, Counters};
use crate::error::Error;
use crate::host::Host;
use crate::tls;
use crate::trust::Trust;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Holds no buffer of its own. Whoever reads through one must see it empty before `secure`: what is
/// in it came in clear (the attack on STARTTLS of CVE-2011-0411).
#[derive(Debug)]
pub struct Clear {
    stream: Counted<TcpStream>,
    host: Host,
}

impl Clear {
    pub(crate) fn new(stream: Counted<TcpStream>, host: Host) -> Self {
        Self { stream, host }
    }

    pub fn host(&self) -> &str {
        &self.host.shown
    }

    pub fn counters(&self) -> &Counters {
        self.stream.counters()
    }

    /// To be called when the server has agreed to STARTTLS and its answer has been read to the end.
    /// Octets that are already there, or come before the server's handshake, end the connection.
    pub async fn secure(self, trust: &Trust, limit: Duration) -> Result<Connected, Error> {
        let deadline = deadline(limit);
        let config = tls::config(trust, &self.host, deadline).await?;
        let host = self.host;
        let (stream, counters) = self.stream.into_parts();
        let stream = nothing_waits(stream, &host)?;
        secured(Counted::resumed(stream, counters), config, &host, deadline, true).await
    }
}

/// Asks the socket itself: the runtime may not have heard yet of what has arrived.
fn nothing_waits(stream: TcpStream, host: &Host) -> Result<TcpStream, Error> {
    let failed = |e: io::Error| Error::on_stream(&host.shown, &e);
    let socket = stream.into_std().map_err(failed)?;
    match socket.peek(&mut [0u8; 1]) {
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
            TcpStream::from_std(socket).map_err(failed)
        }
        Err(e) => Err(failed(e)),
        Ok(0) => Err(failed(io::ErrorKind::UnexpectedEof.into())),
        Ok(_) => Err(Error::InjectedBeforeTls { host: host.shown.clone() }),
    }
}

impl AsyncRead for Clear {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Clear {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
