//! Mail as it comes from outside: by LMTP (RFC 2033), so that the server files and announces it as it would any.

use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Hands one message over, and returns once the server has it.
pub fn deliver(address: SocketAddr, to: &str, message: &[u8]) -> Result<()> {
    let stream = TcpStream::connect(address).context("connecting to LMTP")?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut talk = Talk { answers: BufReader::new(stream.try_clone()?), stream };
    talk.expect("220")?;
    talk.say("LHLO rig.example", "250")?;
    talk.say("MAIL FROM:<rig@office.example>", "250")?;
    talk.say(&format!("RCPT TO:<{to}>"), "250")?;
    talk.say("DATA", "354")?;
    let mut data = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            data.push(b'.');
        }
        data.extend_from_slice(line);
    }
    if !data.ends_with(b"\r\n") {
        data.extend_from_slice(b"\r\n");
    }
    data.extend_from_slice(b".\r\n");
    talk.stream.write_all(&data)?;
    // One answer for each recipient; there is one.
    talk.expect("250")?;
    talk.say("QUIT", "221")
}

struct Talk {
    stream: TcpStream,
    answers: BufReader<TcpStream>,
}

impl Talk {
    fn say(&mut self, line: &str, code: &str) -> Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())?;
        self.expect(code).with_context(|| format!("to {line}"))
    }

    /// The whole reply, its continued lines included.
    fn expect(&mut self, code: &str) -> Result<()> {
        loop {
            let mut line = String::new();
            ensure!(self.answers.read_line(&mut line)? > 0, "LMTP ended");
            ensure!(line.starts_with(code), "LMTP said {}", line.trim_end());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }
}
