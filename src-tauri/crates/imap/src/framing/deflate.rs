//! COMPRESS=DEFLATE (RFC 4978): both directions, from the octet after the server's OK.
//!
//! Not async-imap's: its `compress` gives the whole session up when the server says NO.

use super::Pipe;
use async_compression::tokio::bufread::DeflateDecoder;
use async_compression::tokio::write::DeflateEncoder;
use bytes::{Buf, BytesMut};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, BufReader, ReadBuf};

pub(super) struct Deflated(DeflateDecoder<BufReader<Writing>>);

/// The stream as the decoder reads it (what had come already first) and the encoder writes it.
struct Writing {
    early: BytesMut,
    encoder: DeflateEncoder<Pipe>,
    ended: bool,
}

impl Deflated {
    /// `early`: octets that came behind the OK, and are compressed already.
    pub fn new(pipe: Pipe, early: BytesMut) -> Self {
        let writing = Writing { early, encoder: DeflateEncoder::new(pipe), ended: false };
        Self(DeflateDecoder::new(BufReader::new(writing)))
    }

    fn encoder(&mut self) -> Pin<&mut DeflateEncoder<Pipe>> {
        Pin::new(&mut self.0.get_mut().get_mut().encoder)
    }
}

impl fmt::Debug for Deflated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deflated")
    }
}

impl AsyncRead for Writing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            let before = buf.filled().len();
            ready!(Pin::new(self.encoder.get_mut()).poll_read(cx, buf))?;
            self.ended |= buf.filled().len() == before && buf.remaining() > 0;
            return Poll::Ready(Ok(()));
        }
        let length = self.early.len().min(buf.remaining());
        buf.put_slice(self.early.get(..length).unwrap_or_default());
        self.early.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Deflated {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.0).poll_read(cx, buf));
        // A server that closes does not end its deflate stream first: that is an end, and no fault.
        let ended = self.0.get_ref().get_ref().ended;
        Poll::Ready(read.map_err(|e| if ended { io::ErrorKind::UnexpectedEof.into() } else { e }))
    }
}

impl AsyncWrite for Deflated {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.encoder().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.encoder().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.encoder().poll_shutdown(cx))?;
        Poll::Ready(Ok(()))
    }
}
