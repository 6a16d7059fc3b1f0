//! The dialogue before TLS (RFC 9051 6.2.1), read line by line with nothing kept.
//!
//! Whatever stands on this stream may be an attacker's. So nothing is learnt from it but that the
//! server agreed; capabilities, alerts and referrals are passed over; and an octet that is there when
//! TLS should begin ends the connection (CVE-2011-0411).

use super::{Deadlines, Session};
use crate::error::Error;
use crate::framing::{Condition, Head};
use crate::wire::trim_line;
use net::{Clear, Connected, Trust};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

const TAG: &str = "T0";
/// Octets of one line, and lines before the answer.
const LINE: usize = 8 * 1024;
const LINES: usize = 100;

pub(super) async fn upgrade(
    mut clear: Clear,
    trust: &Trust,
    deadlines: &Deadlines,
) -> Result<Connected, Error> {
    let limit = deadlines.greeting + deadlines.command;
    let host = clear.host().to_owned();
    timeout(limit, dialogue(&mut clear, &host))
        .await
        .map_err(|_| Error::Timeout { what: "STARTTLS" })??;
    Ok(clear.secure(trust, deadlines.connect).await?)
}

/// Ends where the server has said OK and nothing else has come behind it.
pub(super) async fn dialogue<S>(stream: &mut S, host: &str) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut lines = Lines { stream, host, buffer: Vec::new() };
    let greeting = lines.next().await?;
    match Head::of(&greeting) {
        Head::Condition(Condition::Ok) => {}
        // P cases of the STARTTLS study: to go on would be to work in clear.
        Head::Condition(Condition::Preauth) => return Err(Error::Preauth),
        Head::Condition(Condition::Bye) => return Err(refused("the server ended the connection")),
        Head::Tagged(..) => return Err(refused("a tagged greeting")),
        _ => return Err(Error::NotImap { first: Session::first_words(&greeting) }),
    }
    lines.send(format!("{TAG} STARTTLS\r\n").as_bytes()).await?;
    for _ in 0..LINES {
        let line = lines.next().await?;
        match Head::of(&line) {
            Head::Tagged(TAG, Condition::Ok) => return lines.nothing_left(),
            Head::Tagged(TAG, _) => return Err(refused("the server does not offer STARTTLS")),
            Head::Tagged(..) => return Err(refused("an answer to another command")),
            Head::Continue => {
                return Err(refused("the server asks for more instead of starting TLS"));
            }
            Head::Condition(Condition::Preauth) => return Err(Error::Preauth),
            Head::Condition(Condition::Bye) => {
                return Err(refused("the server ended the connection"));
            }
            Head::Junk => return Err(refused("an answer that is not of IMAP")),
            Head::Condition(_) | Head::Data => {}
        }
    }
    Err(refused("no answer to STARTTLS among many lines"))
}

fn refused(why: &str) -> Error {
    Error::Plaintext(why.to_owned())
}

struct Lines<'a, S> {
    stream: &'a mut S,
    host: &'a str,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<'_, S> {
    async fn next(&mut self) -> Result<Vec<u8>, Error> {
        loop {
            if let Some(end) = self.buffer.iter().position(|b| *b == b'\n') {
                let rest = self.buffer.split_off(end + 1);
                let line = std::mem::replace(&mut self.buffer, rest);
                return Ok(trim_line(&line).to_vec());
            }
            if self.buffer.len() > LINE {
                return Err(Error::NotImap { first: Session::first_words(&self.buffer) });
            }
            let mut chunk = [0u8; 1024];
            let read = self.stream.read(&mut chunk).await;
            match read.map_err(|e| Error::Net(net::Error::on_stream(self.host, &e)))? {
                0 if self.buffer.is_empty() => return Err(Error::Closed),
                0 => return Err(Error::NotImap { first: Session::first_words(&self.buffer) }),
                length => self.buffer.extend(chunk.iter().take(length)),
            }
        }
    }

    async fn send(&mut self, octets: &[u8]) -> Result<(), Error> {
        let failed = |e: std::io::Error| Error::Net(net::Error::on_stream(self.host, &e));
        self.stream.write_all(octets).await.map_err(failed)?;
        self.stream.flush().await.map_err(failed)
    }

    fn nothing_left(&self) -> Result<(), Error> {
        if self.buffer.is_empty() {
            Ok(())
        } else {
            Err(refused("something was said in clear behind the answer to STARTTLS"))
        }
    }
}

#[cfg(test)]
mod tests;
