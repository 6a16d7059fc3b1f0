//! One connection, seen from the server: reads commands whole, says whatever it is told to.

use anyhow::{Context, Result, bail};
use rustls::ServerConfig;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub struct Peer {
    stream: Option<Box<dyn Stream>>,
    pending: Vec<u8>,
    config: Arc<ServerConfig>,
    said: Arc<Mutex<Vec<String>>>,
}

/// A command as it came, its literals put in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub tag: String,
    /// Upper case; `UID FETCH` is one verb.
    pub verb: String,
    pub arguments: String,
}

/// More than a client of ours ever sends in one command.
const LONGEST: usize = 64 * 1024;

impl Peer {
    pub(super) fn new(
        socket: TcpStream,
        config: Arc<ServerConfig>,
        said: Arc<Mutex<Vec<String>>>,
    ) -> Self {
        Self { stream: Some(Box::new(socket)), pending: Vec::new(), config, said }
    }

    /// TLS from here on.
    pub async fn secure(&mut self) -> Result<()> {
        let stream = self.stream.take().context("the connection is gone")?;
        let tls = TlsAcceptor::from(self.config.clone()).accept(stream).await?;
        self.stream = Some(Box::new(tls));
        self.pending.clear();
        Ok(())
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        let stream = self.stream()?;
        stream.write_all(bytes.as_ref()).await?;
        stream.flush().await?;
        Ok(())
    }

    /// The next command; synchronising literals are asked for.
    pub async fn command(&mut self) -> Result<Command> {
        let mut whole = Vec::new();
        loop {
            let line = self.line().await?;
            let literal = literal(&line);
            whole.extend_from_slice(&line);
            if whole.len() > LONGEST {
                bail!("a command longer than {LONGEST} octets");
            }
            let Some((octets, synchronising)) = literal else { break };
            if synchronising {
                self.send("+ go on\r\n").await?;
            }
            let bytes = self.take(octets).await?;
            whole.extend_from_slice(b"\r\n");
            whole.extend_from_slice(&bytes);
        }
        let text = String::from_utf8_lossy(&whole).into_owned();
        self.note(&text);
        Ok(Command::parse(&text))
    }

    /// One line without its end: what follows a `+`.
    pub async fn line(&mut self) -> Result<Vec<u8>> {
        loop {
            if let Some(at) = self.pending.windows(2).position(|w| w == b"\r\n") {
                let line = self.pending[..at].to_vec();
                self.pending.drain(..at + 2);
                return Ok(line);
            }
            if self.pending.len() > LONGEST {
                bail!("a line longer than {LONGEST} octets");
            }
            self.read().await?;
        }
    }

    /// `* BYE`, or any tagged answer.
    pub async fn reply(&mut self, command: &Command, words: &str) -> Result<()> {
        self.send(format!("{} {words}\r\n", command.tag)).await
    }

    /// Keeps the connection open and says nothing until the client goes, at most ten minutes.
    pub async fn stall(&mut self) -> Result<()> {
        let _ = tokio::time::timeout(Duration::from_secs(600), async {
            while self.read().await.is_ok() {
                self.pending.clear();
            }
        })
        .await;
        Ok(())
    }

    /// Sends `piece` again and again until the client hangs up or `octets` are out. Returns how many went out.
    pub async fn flood(&mut self, piece: &[u8], octets: u64) -> Result<u64> {
        let many = (64 * 1024 / piece.len().max(1)).max(1);
        let block = piece.repeat(many);
        let mut sent = 0u64;
        while sent < octets {
            if self.send(&block).await.is_err() {
                break;
            }
            sent += block.len() as u64;
        }
        Ok(sent)
    }

    async fn take(&mut self, octets: usize) -> Result<Vec<u8>> {
        if octets > LONGEST {
            bail!("a literal of {octets} octets");
        }
        while self.pending.len() < octets {
            self.read().await?;
        }
        Ok(self.pending.drain(..octets).collect())
    }

    async fn read(&mut self) -> Result<()> {
        let mut buffer = [0u8; 8192];
        let n = self.stream()?.read(&mut buffer).await?;
        if n == 0 {
            bail!("the client has gone");
        }
        self.pending.extend_from_slice(&buffer[..n]);
        Ok(())
    }

    fn stream(&mut self) -> Result<&mut Box<dyn Stream>> {
        self.stream.as_mut().context("the connection is gone")
    }

    fn note(&self, text: &str) {
        self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(text.to_owned());
    }
}

impl Command {
    fn parse(text: &str) -> Self {
        let (tag, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (first, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut verb = first.to_ascii_uppercase();
        let mut arguments = rest;
        if verb == "UID" {
            let (second, after) = rest.split_once(' ').unwrap_or((rest, ""));
            verb = format!("UID {}", second.to_ascii_uppercase());
            arguments = after;
        }
        Self { tag: tag.to_owned(), verb, arguments: arguments.to_owned() }
    }
}

/// A literal that the line announces at its end (RFC 9051 4.3), and whether the client waits for `+`.
fn literal(line: &[u8]) -> Option<(usize, bool)> {
    let text = std::str::from_utf8(line).ok()?;
    let inside = text.strip_suffix('}')?.rsplit('{').next()?;
    let (number, synchronising) = match inside.strip_suffix(['+', '-']) {
        Some(number) => (number, false),
        None => (inside, true),
    };
    Some((number.parse().ok()?, synchronising))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_cut_as_they_are_meant() {
        let command = Command::parse("A7 uid fetch 1:* (FLAGS)");
        assert_eq!((command.tag.as_str(), command.verb.as_str()), ("A7", "UID FETCH"));
        assert_eq!(command.arguments, "1:* (FLAGS)");
        assert_eq!(literal(b"a LOGIN {5}"), Some((5, true)));
        assert_eq!(literal(b"a LOGIN {5+}"), Some((5, false)));
        assert_eq!(literal(b"a LOGIN x"), None);
    }
}
