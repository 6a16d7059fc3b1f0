//! Counting beneath TLS, on the stream that carries the octets: what a measurement of ours says is
//! what a proxy between us and the server would say.

use std::io::{self, IoSlice};
use std::ops::AddAssign;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Octets on the stream, and the client's bursts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// A burst begins with a write at the start, or with the first one after octets were read.
    pub round_trips: u64,
}

impl AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.round_trips += other.round_trips;
    }
}

/// A view on the counts of one connection; clones see the same ones.
#[derive(Clone, Debug, Default)]
pub struct Counters(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    round_trips: AtomicU64,
    in_burst: AtomicBool,
}

impl Counters {
    pub fn traffic(&self) -> Traffic {
        Traffic {
            bytes_in: self.0.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.0.bytes_out.load(Ordering::Relaxed),
            round_trips: self.0.round_trips.load(Ordering::Relaxed),
        }
    }

    fn was_read(&self, octets: usize) {
        if octets > 0 {
            self.0.bytes_in.fetch_add(octets as u64, Ordering::Relaxed);
            self.0.in_burst.store(false, Ordering::Relaxed);
        }
    }

    fn was_written(&self, octets: usize) {
        if octets > 0 {
            self.0.bytes_out.fetch_add(octets as u64, Ordering::Relaxed);
            if !self.0.in_burst.swap(true, Ordering::Relaxed) {
                self.0.round_trips.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// A stream that counts what passes. Works over a socket as over a pipe in memory.
#[derive(Debug)]
pub struct Counted<S> {
    stream: S,
    counters: Counters,
}

/// Counts from zero.
pub fn counted<S>(stream: S) -> (Counted<S>, Counters) {
    let counters = Counters::default();
    (Counted { stream, counters: counters.clone() }, counters)
}

impl<S> Counted<S> {
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    pub(crate) fn into_parts(self) -> (S, Counters) {
        (self.stream, self.counters)
    }

    /// Goes on counting where `counters` stand.
    pub(crate) fn resumed(stream: S, counters: Counters) -> Self {
        Self { stream, counters }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.counters.was_read(buf.filled().len().saturating_sub(before));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.counters.was_written(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.counters.was_written(written);
        Poll::Ready(Ok(written))
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_burst_ends_when_octets_come() {
        let (near, mut far) = tokio::io::duplex(1024);
        let (mut near, counters) = counted(near);
        let mut buf = [0u8; 16];

        far.write_all(b"* OK\r\n").await.unwrap();
        assert_eq!(near.read(&mut buf).await.unwrap(), 6);
        assert_eq!(
            counters.traffic(),
            Traffic { bytes_in: 6, bytes_out: 0, round_trips: 0 },
            "a greeting is no burst of ours"
        );

        near.write_all(b"a NOOP\r\n").await.unwrap();
        near.write_all(b"b NOOP\r\n").await.unwrap();
        near.flush().await.unwrap();
        assert_eq!(counters.traffic().round_trips, 1, "two writes, one burst");

        far.write_all(b"a OK\r\nb OK\r\n").await.unwrap();
        assert_eq!(near.read(&mut buf).await.unwrap(), 12);
        near.write_all(b"c LOGOUT\r\n").await.unwrap();
        assert_eq!(counters.traffic(), Traffic { bytes_in: 18, bytes_out: 26, round_trips: 2 });
    }

    #[tokio::test]
    async fn nothing_read_and_nothing_written_count_as_nothing() {
        let (near, far) = tokio::io::duplex(16);
        let (mut near, counters) = counted(near);
        near.write_all(b"").await.unwrap();
        assert_eq!(counters.traffic(), Traffic::default());
        near.write_all(b"x").await.unwrap();
        drop(far);
        assert_eq!(near.read(&mut [0u8; 4]).await.unwrap(), 0);
        // End of file is no octet: the burst goes on.
        assert!(near.write_all(b"y").await.is_err());
        assert_eq!(counters.traffic(), Traffic { bytes_in: 0, bytes_out: 1, round_trips: 1 });
    }
}
