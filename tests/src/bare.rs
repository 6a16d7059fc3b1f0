//! A bare IMAP client: says one command, waits for its end, and knows nothing of what it reads. What the app is
//! measured against, and the hand of "another client" that appends, flags and expunges meanwhile.

use anyhow::{Context, Result, bail, ensure};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What the issue measures a header sync by.
pub const FIELDS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW \
                          BODY.PEEK[HEADER.FIELDS (REFERENCES)])";

/// No answer of a rig's server takes longer.
const PATIENCE: Duration = Duration::from_secs(180);

pub struct Bare {
    stream: Stream,
    /// Set once COMPRESS is on.
    inflating: Option<Box<InflateState>>,
    /// Octets off the wire that are not inflated yet.
    squeezed: Vec<u8>,
    /// The inflater may hold more than it had room to give.
    more_inside: bool,
    /// Plain octets that no answer has claimed yet.
    pending: Vec<u8>,
    next: u32,
}

enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Bare {
    /// TLS from the first byte.
    pub fn connect(address: SocketAddr, ca_file: &Path) -> Result<Self> {
        let mut bare = Self::over(Stream::Clear(dial(address)?));
        bare.secure(ca_file)?;
        bare.greeted()?;
        Ok(bare)
    }

    /// In clear first, as the rig's only client that ever speaks so; then STARTTLS.
    pub fn starttls(address: SocketAddr, ca_file: &Path) -> Result<Self> {
        let mut bare = Self::over(Stream::Clear(dial(address)?));
        bare.greeted()?;
        bare.command("STARTTLS")?;
        bare.secure(ca_file)?;
        Ok(bare)
    }

    /// Connected, signed in, the mailbox selected.
    pub fn signed_in(
        address: SocketAddr,
        ca_file: &Path,
        user: &str,
        password: &str,
        mailbox: &str,
    ) -> Result<Self> {
        let mut bare = Self::connect(address, ca_file)?;
        bare.login(user, password)?;
        bare.command(&format!("SELECT {mailbox}"))?;
        Ok(bare)
    }

    pub fn login(&mut self, user: &str, password: &str) -> Result<()> {
        self.command(&format!("LOGIN {user} {password}")).map(drop)
    }

    /// RFC 4978. What goes up from here on goes in stored blocks: commands are short.
    pub fn compress(&mut self) -> Result<()> {
        self.command("COMPRESS DEFLATE")?;
        self.inflating = Some(InflateState::new_boxed(DataFormat::Raw));
        Ok(())
    }

    /// All that was said to it, its own OK included. NO and BAD are errors.
    pub fn command(&mut self, line: &str) -> Result<String> {
        let tag = self.say(line)?;
        let mut said = Vec::new();
        self.until_done(&tag, |bytes| said.extend_from_slice(bytes))
            .with_context(|| format!("to {}", line.chars().take(60).collect::<String>()))?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// The same for answers that are too long to keep: how many octets they had.
    pub fn count(&mut self, line: &str) -> Result<u64> {
        let tag = self.say(line)?;
        let mut octets = 0;
        self.until_done(&tag, |bytes| octets += bytes.len() as u64)?;
        Ok(octets)
    }

    /// A synchronising literal, as every server knows it.
    pub fn append(&mut self, mailbox: &str, flags: &str, message: &[u8]) -> Result<()> {
        let tag = self.say(&format!("APPEND {mailbox} ({flags}) {{{}}}", message.len()))?;
        self.until_line("+", &mut |_| {})?;
        let mut whole = message.to_vec();
        whole.extend_from_slice(b"\r\n");
        self.send(&whole)?;
        self.until_done(&tag, |_| {}).context("to APPEND")
    }

    /// Another client's expunge of one message, by its sequence number.
    pub fn expunge(&mut self, sequence: u32) -> Result<()> {
        self.command(&format!("STORE {sequence} +FLAGS (\\Deleted)"))?;
        self.command("EXPUNGE").map(drop)
    }

    fn over(stream: Stream) -> Self {
        Self {
            stream,
            inflating: None,
            squeezed: Vec::new(),
            more_inside: false,
            pending: Vec::new(),
            next: 0,
        }
    }

    fn secure(&mut self, ca_file: &Path) -> Result<()> {
        let Stream::Clear(tcp) = &self.stream else { bail!("TLS twice") };
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&std::fs::read(ca_file)?)?)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost")?;
        let connection = ClientConnection::new(Arc::new(config), name)?;
        self.stream = Stream::Tls(Box::new(StreamOwned::new(connection, tcp.try_clone()?)));
        Ok(())
    }

    fn greeted(&mut self) -> Result<()> {
        self.until_line("* OK", &mut |_| {}).context("no greeting")
    }

    fn say(&mut self, line: &str) -> Result<String> {
        self.next += 1;
        let tag = format!("rig{}", self.next);
        self.send(format!("{tag} {line}\r\n").as_bytes())?;
        Ok(tag)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let mut out = Vec::with_capacity(bytes.len() + 16);
        if self.inflating.is_some() {
            for piece in bytes.chunks(0xffff) {
                // RFC 1951 3.2.4: a stored block that is not the last, and its length twice.
                let length = u16::try_from(piece.len())?;
                out.push(0);
                out.extend_from_slice(&length.to_le_bytes());
                out.extend_from_slice(&(!length).to_le_bytes());
                out.extend_from_slice(piece);
            }
        } else {
            out.extend_from_slice(bytes);
        }
        match &mut self.stream {
            Stream::Clear(tcp) => tcp.write_all(&out)?,
            Stream::Tls(tls) => {
                tls.write_all(&out)?;
                tls.flush()?;
            }
        }
        Ok(())
    }

    fn until_done(&mut self, tag: &str, mut each: impl FnMut(&[u8])) -> Result<()> {
        let mut line = Vec::new();
        self.until_line(tag, &mut |bytes| {
            each(bytes);
            line.extend_from_slice(bytes);
            let from = line.len().saturating_sub(512);
            line.drain(..from);
        })?;
        let end = String::from_utf8_lossy(&line).into_owned();
        let last = end.trim_end().rsplit("\r\n").next().unwrap_or_default();
        ensure!(last.starts_with(&format!("{tag} OK")), "the server said {last}");
        Ok(())
    }

    /// Passes all octets on, up to the end of the first line that begins with `start`.
    fn until_line(&mut self, start: &str, each: &mut dyn FnMut(&[u8])) -> Result<()> {
        // Lines are short or many: what is looked through again after a read is the last line at most.
        let (mut line, mut looked) = (0, 0);
        loop {
            while let Some(at) = self.pending[looked..].iter().position(|b| *b == b'\n') {
                let end = looked + at + 1;
                if self.pending[line..end].starts_with(start.as_bytes()) {
                    each(&self.pending[..end]);
                    self.pending.drain(..end);
                    return Ok(());
                }
                (line, looked) = (end, end);
            }
            looked = self.pending.len();
            if line > 0 {
                each(&self.pending[..line]);
                self.pending.drain(..line);
                (line, looked) = (0, looked - line);
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<()> {
        let mut buffer = [0u8; 32 * 1024];
        if self.squeezed.is_empty() && !self.more_inside {
            let n = match &mut self.stream {
                Stream::Clear(tcp) => tcp.read(&mut buffer)?,
                Stream::Tls(tls) => tls.read(&mut buffer)?,
            };
            ensure!(n > 0, "the server has gone");
            match self.inflating {
                Some(_) => self.squeezed.extend_from_slice(&buffer[..n]),
                None => self.pending.extend_from_slice(&buffer[..n]),
            }
        }
        let Some(state) = &mut self.inflating else { return Ok(()) };
        let mut plain = [0u8; 64 * 1024];
        let done = inflate(state, &self.squeezed, &mut plain, MZFlush::None);
        match done.status {
            Ok(MZStatus::Ok) | Err(MZError::Buf) => {}
            other => bail!("what came is no deflate stream: {other:?}"),
        }
        self.squeezed.drain(..done.bytes_consumed);
        self.more_inside = done.bytes_written == plain.len();
        self.pending.extend_from_slice(&plain[..done.bytes_written]);
        Ok(())
    }
}

fn dial(address: SocketAddr) -> Result<TcpStream> {
    let tcp = TcpStream::connect(address).with_context(|| format!("connecting to {address}"))?;
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    Ok(tcp)
}
