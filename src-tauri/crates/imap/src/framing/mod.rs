//! The stream between the server and async-imap.
//!
//! It cuts the server's octets into whole responses and keeps each for the parsers of this crate. For
//! each, async-imap is given one short line to read, of a form that imap-proto always takes: the
//! completion, condition or continuation that the response is, or a stand-in for data. So the two stay
//! in step, response by response, and no octet of the server's choosing reaches a parser that could
//! panic, recurse or end the session over it.
//!
//! Memory: one response within `Limits`, `FRAMES` responses that nobody has taken yet, and what the
//! stream gives in one read.

mod cut;
mod deflate;
mod head;
mod outbox;

pub(crate) use cut::{Broken, Limits};
pub(crate) use head::{Condition, Head};
pub(crate) use outbox::Splice;

use bytes::{Bytes, BytesMut};
use cut::Cutter;
use deflate::Deflated;
use net::Wire;
use outbox::Outbox;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

type Pipe = Box<dyn Wire>;

/// Read at once.
const CHUNK: usize = 16 * 1024;
/// Asked for at once while a literal comes.
const LITERAL_CHUNK: usize = 256 * 1024;
/// Responses that lie here while async-imap waits for a completion (in LOGIN and before it).
const FRAMES: usize = 1_000;
const FRAMES_OCTETS: usize = 1024 * 1024;

pub(crate) struct Framing {
    pipe: Pipe,
    input: BytesMut,
    cutter: Cutter,
    limits: Limits,
    /// What async-imap has not yet read of the present note.
    note: VecDeque<u8>,
    frames: VecDeque<Bytes>,
    frames_octets: usize,
    outbox: Outbox,
    heard: Instant,
    /// Why the stream takes nothing more. What the server said before it closed is read all the same:
    /// a BYE tells the reason.
    unsendable: Option<io::Error>,
    broken: Option<Broken>,
    ended: bool,
}

impl fmt::Debug for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The buffers hold passwords and mail.
        f.debug_struct("Framing").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
}

impl Framing {
    pub fn new(pipe: Pipe) -> Self {
        Self {
            pipe,
            input: BytesMut::new(),
            cutter: Cutter::default(),
            limits: Limits::default(),
            note: VecDeque::new(),
            frames: VecDeque::new(),
            frames_octets: 0,
            outbox: Outbox::default(),
            heard: Instant::now(),
            unsendable: None,
            broken: None,
            ended: false,
        }
    }

    pub fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The response that the last note stood for.
    pub fn take_frame(&mut self) -> Option<Bytes> {
        let frame = self.frames.pop_front()?;
        self.frames_octets = self.frames_octets.saturating_sub(frame.len());
        Some(frame)
    }

    /// When the server was last heard.
    pub fn heard(&self) -> Instant {
        self.heard
    }

    /// Why reading failed, where a bound was passed.
    pub fn broken(&self) -> Option<Broken> {
        self.broken
    }

    /// What came and is no whole response.
    pub fn unframed(&self) -> &[u8] {
        &self.input
    }

    pub fn splice(&mut self, splices: impl IntoIterator<Item = Splice>) {
        self.outbox.splice(splices);
    }

    pub fn forget_splices(&mut self) {
        self.outbox.forget_splices();
    }

    pub fn follow(&mut self, octets: &[u8]) {
        self.outbox.follow(octets);
    }

    /// From here on commands gather, until `let_go`.
    pub fn hold(&mut self) {
        self.outbox.hold();
    }

    pub fn let_go(&mut self) {
        self.outbox.let_go();
    }

    /// From here on both directions are compressed.
    pub fn deflate(&mut self) {
        let early = std::mem::take(&mut self.input);
        self.cutter = Cutter::default();
        let plain = std::mem::replace(&mut self.pipe, Box::new(tokio::io::empty()));
        self.pipe = Box::new(Deflated::new(plain, early));
    }

    /// Sends what the stream takes now.
    fn poll_send(&mut self, cx: &mut Context<'_>) {
        if self.unsendable.is_none()
            && let Poll::Ready(Err(error)) = self.outbox.poll_send(&mut self.pipe, cx)
        {
            self.unsendable = Some(error);
        }
    }

    /// Turns the octets that are there into a note, if they are a whole response.
    fn frame(&mut self) -> Result<bool, Broken> {
        loop {
            let Some(length) = self.cutter.cut(&self.input, &self.limits)? else {
                return Ok(false);
            };
            let frame = self.input.split_to(length).freeze();
            if crate::wire::trim_line(&frame).is_empty() {
                continue;
            }
            let head = Head::of(&frame);
            match head {
                Head::Continue => self.outbox.go_on(),
                Head::Tagged(_, Condition::No | Condition::Bad) => self.outbox.refused(),
                _ => {}
            }
            self.note.extend(head.note().into_bytes());
            self.frames_octets += frame.len();
            // One response may be larger: it was let in by its own limits.
            if !self.frames.is_empty()
                && (self.frames.len() >= FRAMES || self.frames_octets > FRAMES_OCTETS)
            {
                return Err(Broken::Line { limit: FRAMES_OCTETS as u64 });
            }
            self.frames.push_back(frame);
            return Ok(true);
        }
    }
}

impl AsyncRead for Framing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if this.broken.is_some() {
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
            if !this.note.is_empty() {
                while buf.remaining() > 0
                    && let Some(octet) = this.note.pop_front()
                {
                    buf.put_slice(&[octet]);
                }
                return Poll::Ready(Ok(()));
            }
            match this.frame() {
                Ok(true) => continue,
                Ok(false) => {}
                Err(broken) => {
                    this.broken = Some(broken);
                    continue;
                }
            }
            if this.ended {
                return Poll::Ready(Ok(()));
            }
            // Nobody else sends: async-imap's flush does not wait.
            this.poll_send(cx);
            let wants = this.cutter.wants(this.input.len());
            this.input.reserve(wants.clamp(CHUNK, LITERAL_CHUNK));
            let pipe = Pin::new(&mut this.pipe);
            let read = match tokio_util::io::poll_read_buf(pipe, cx, &mut this.input) {
                Poll::Ready(read) => read,
                Poll::Pending => match this.unsendable.take() {
                    Some(error) => Err(error),
                    None => return Poll::Pending,
                },
            };
            match read {
                Ok(0) => this.ended = true,
                Ok(_) => this.heard = Instant::now(),
                // Many servers just drop the TCP connection, without TLS's farewell.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => this.ended = true,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Framing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.outbox.write(buf);
        Poll::Ready(Ok(buf.len()))
    }

    /// Starts sending and does not wait for the end: a server that waits for us to read its answers
    /// takes no more commands meanwhile. Reading goes on with it.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        this.outbox.commit();
        this.poll_send(cx);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.outbox.poll_send(&mut this.pipe, cx))?;
        Pin::new(&mut this.pipe).poll_shutdown(cx)
    }
}

/// Whole responses, as the stream would cut them.
#[cfg(test)]
pub(crate) fn cut_all(mut input: &[u8], limits: &Limits) -> Result<Vec<Vec<u8>>, Broken> {
    let (mut cutter, mut found) = (Cutter::default(), Vec::new());
    while let Some(length) = cutter.cut(input, limits)? {
        found.push(input[..length].to_vec());
        input = &input[length..];
    }
    Ok(found)
}

/// The other end of a compressed connection.
#[cfg(test)]
pub(crate) fn deflated(pipe: Pipe) -> impl AsyncRead + AsyncWrite + Unpin {
    Deflated::new(pipe, BytesMut::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn note(framing: &mut Framing) -> String {
        let mut buf = [0; 64];
        let length = framing.read(&mut buf).await.unwrap();
        String::from_utf8_lossy(&buf[..length]).into_owned()
    }

    #[tokio::test]
    async fn one_note_for_each_response_and_the_octets_beside_it() {
        let (near, mut far) = tokio::io::duplex(4096);
        let mut framing = Framing::new(Box::new(near));
        far.write_all(
            b"* OK [ALERT]\xc3\xa9\r\n\r\n* 1 FETCH (BODY[] {2}\r\n\r\n)\r\nA1 NO [X] y\n",
        )
        .await
        .unwrap();
        assert_eq!(note(&mut framing).await, "* OK -\r\n");
        assert_eq!(framing.take_frame().unwrap(), "* OK [ALERT]é\r\n");
        assert_eq!(note(&mut framing).await, "* 0 EXISTS\r\n");
        assert_eq!(framing.take_frame().unwrap(), "* 1 FETCH (BODY[] {2}\r\n\r\n)\r\n");
        assert_eq!(note(&mut framing).await, "A1 NO -\r\n");
        assert_eq!(framing.take_frame().unwrap(), "A1 NO [X] y\n");
        drop(far);
        assert_eq!(note(&mut framing).await, "");
    }

    #[tokio::test]
    async fn responses_that_nobody_takes_have_a_bound() {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        let mut framing = Framing::new(Box::new(near));
        let writer =
            tokio::spawn(async move { while far.write_all(b"* 1 EXISTS\r\n").await.is_ok() {} });
        let mut buf = [0; 64];
        while framing.read(&mut buf).await.is_ok() {}
        assert!(framing.frames.len() <= FRAMES && framing.broken().is_some());
        drop(framing);
        writer.await.unwrap();
    }

    #[tokio::test]
    async fn a_server_that_writes_before_it_reads_is_no_deadlock() {
        let (near, mut far) = tokio::io::duplex(64);
        let mut framing = Framing::new(Box::new(near));
        framing.write_all(&b"1 NOOP\r\n".repeat(100)).await.unwrap();
        framing.flush().await.unwrap();
        let server = tokio::spawn(async move {
            far.write_all(&b"* 1 EXISTS\r\n".repeat(100)).await.unwrap();
            let mut all = vec![0; 800];
            far.read_exact(&mut all).await.unwrap();
            far.write_all(b"1 OK\r\n").await.unwrap();
        });
        let mut count = 0;
        while note(&mut framing).await != "1 OK -\r\n" {
            count += 1;
            framing.take_frame();
        }
        assert_eq!(count, 100);
        server.await.unwrap();
    }
}
