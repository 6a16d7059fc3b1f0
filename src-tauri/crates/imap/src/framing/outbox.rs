//! What we send, between async-imap's small writes and the stream.
//!
//! Three things happen to a command on its way out: secrets and raw octets take the place of their
//! marks (so that async-imap and the log never see them), what may not go out before the server's `+`
//! waits for it, and a whole group leaves in one write.

use super::Pipe;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;
use zeroize::Zeroizing;

type Octets = Zeroizing<Vec<u8>>;

/// Stands in a command until it is sent.
pub(crate) struct Splice {
    pub mark: Vec<u8>,
    pub octets: Octets,
}

#[derive(Default)]
pub(super) struct Outbox {
    draft: Vec<u8>,
    splices: Vec<Splice>,
    follow: Vec<u8>,
    held: bool,
    ready: Octets,
    sent: usize,
    unflushed: bool,
    /// Behind synchronising literals (RFC 9051 4.3): one goes out with each `+`.
    waiting: VecDeque<Octets>,
}

impl Outbox {
    pub fn write(&mut self, octets: &[u8]) {
        self.draft.extend_from_slice(octets);
    }

    pub fn splice(&mut self, splices: impl IntoIterator<Item = Splice>) {
        self.splices.extend(splices);
    }

    pub fn forget_splices(&mut self) {
        self.splices.clear();
    }

    /// Goes out behind the next command, in the same write.
    pub fn follow(&mut self, octets: &[u8]) {
        self.follow.extend_from_slice(octets);
    }

    /// Flushing does nothing until `let_go`.
    pub fn hold(&mut self) {
        self.held = true;
    }

    pub fn let_go(&mut self) {
        self.held = false;
        self.commit();
    }

    /// The draft is a whole command, or several: it may go.
    pub fn commit(&mut self) {
        if self.held || self.draft.is_empty() {
            return;
        }
        let mut group = std::mem::take(&mut self.draft);
        group.append(&mut self.follow);
        trace(&group);
        let mut group = Zeroizing::new(group);
        self.splices.retain(|splice| {
            let found = find(&group, &splice.mark);
            if let Some(at) = found {
                group = spliced(&group, at, splice);
            }
            found.is_none()
        });
        for piece in pieces(&group) {
            let piece = Zeroizing::new(piece.to_vec());
            // Behind a literal that the server has not agreed to yet, everything waits.
            if self.waiting.is_empty() && !ends_in_literal(&self.ready) {
                self.ready.extend_from_slice(&piece);
            } else {
                self.waiting.push_back(piece);
            }
        }
    }

    /// The server said `+`.
    pub fn go_on(&mut self) {
        if let Some(piece) = self.waiting.pop_front() {
            self.ready.extend_from_slice(&piece);
        }
    }

    /// The server refused the command whose literal it was to take.
    pub fn refused(&mut self) {
        self.waiting.clear();
    }

    /// Sends what is ready. Pending only when the stream takes no more.
    pub fn poll_send(&mut self, pipe: &mut Pipe, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.ready.get(self.sent..).filter(|rest| !rest.is_empty()) {
            let sent = ready!(Pin::new(&mut *pipe).poll_write(cx, rest))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += sent;
            self.unflushed = true;
        }
        if self.sent > 0 {
            // Overwrites what was sent, passwords among it.
            self.ready = Octets::default();
            self.sent = 0;
        }
        if self.unflushed {
            ready!(Pin::new(pipe).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

fn spliced(group: &[u8], at: usize, splice: &Splice) -> Octets {
    let mut whole = Vec::with_capacity(group.len() + splice.octets.len());
    whole.extend_from_slice(group.get(..at).unwrap_or_default());
    whole.extend_from_slice(&splice.octets);
    whole.extend_from_slice(group.get(at + splice.mark.len()..).unwrap_or_default());
    Zeroizing::new(whole)
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len().max(1)).position(|window| window == mark)
}

/// A group cut behind every `{n}` CR LF, the literals themselves passed over.
fn pieces(group: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(end) =
        group.get(at..).and_then(|rest| find(rest, b"\r\n")).map(|offset| at + offset)
    {
        let line = group.get(at..end).unwrap_or_default();
        at = end + 2;
        if let Some((length, synchronising)) = announced(line) {
            if synchronising {
                found.push(group.get(start..at).unwrap_or_default());
                start = at;
            }
            at = at.saturating_add(length);
        }
    }
    found.extend(group.get(start..).filter(|rest| !rest.is_empty()));
    found
}

/// The literal that a line of ours announces. Quoted strings hold no line ends, so nothing else can
/// stand there.
fn announced(line: &[u8]) -> Option<(usize, bool)> {
    let inner = line.strip_suffix(b"}")?;
    let (inner, synchronising) = match inner.strip_suffix(b"+") {
        Some(inner) => (inner, false),
        None => (inner, true),
    };
    let open = inner.iter().rposition(|b| *b == b'{')?;
    let length = crate::wire::number(inner.get(open + 1..)?)?;
    Some((usize::try_from(length).ok()?, synchronising))
}

fn ends_in_literal(ready: &[u8]) -> bool {
    ready
        .strip_suffix(b"\r\n")
        .and_then(|text| announced(text.rsplit(|b| *b == b'\n').next()?))
        .is_some_and(|(_, synchronising)| synchronising)
}

/// The draft holds marks, never secrets.
fn trace(group: &[u8]) {
    if tracing::enabled!(tracing::Level::TRACE) {
        for line in group.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            tracing::trace!(line = %crate::wire::clean(line), "sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_where_the_server_must_agree() {
        let group = b"1 LOGIN {2}\r\n{} {5+}\r\n{9}\r\n {3}\r\nabc\r\n2 NOOP \"{4}\"\r\n";
        let found = pieces(group);
        assert_eq!(
            found,
            [&b"1 LOGIN {2}\r\n"[..], b"{} {5+}\r\n{9}\r\n {3}\r\n", b"abc\r\n2 NOOP \"{4}\"\r\n"]
        );
    }

    #[test]
    fn marks_are_replaced_once_and_what_follows_is_behind() {
        let mut outbox = Outbox::default();
        let octets = Zeroizing::new(b"\"u\" {6}\r\nsealed".to_vec());
        outbox.splice([Splice { mark: b"sealed".to_vec(), octets }]);
        outbox.follow(b"2 NOOP\r\n");
        outbox.write(b"1 LOGIN ");
        outbox.write(b"sealed\r\n");
        outbox.commit();
        assert_eq!(outbox.ready.as_slice(), b"1 LOGIN \"u\" {6}\r\n");
        outbox.go_on();
        assert_eq!(outbox.ready.as_slice(), b"1 LOGIN \"u\" {6}\r\nsealed\r\n2 NOOP\r\n");
        assert!(outbox.splices.is_empty());
    }

    #[test]
    fn what_is_held_leaves_together() {
        let mut outbox = Outbox::default();
        outbox.hold();
        outbox.write(b"1 NOOP\r\n");
        outbox.commit();
        assert!(outbox.ready.is_empty());
        outbox.write(b"2 NOOP\r\n");
        outbox.let_go();
        assert_eq!(outbox.ready.as_slice(), b"1 NOOP\r\n2 NOOP\r\n");
    }
}
