//! A private Dovecot (Debian 12's 2.3): its folder, ports and users are its own, it listens on loopback only,
//! and it ends with whoever started it. As root it runs as `nobody`; else as whoever runs the tests.

mod config;
mod fill;

pub use config::{Layout, Settings};
pub use fill::Filled;

use crate::certs::Authority;
use crate::minder::{Minded, free_port, listens};
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

pub struct Dovecot {
    dir: PathBuf,
    ports: Ports,
    ca_file: PathBuf,
    fingerprint: String,
    owner: Owner,
    // Ends the process and clears `dir`.
    minded: Minded,
}

#[derive(Clone, Copy, Debug)]
struct Ports {
    imaps: u16,
    imap: u16,
    lmtp: u16,
}

/// Whose processes and files they are.
#[derive(Clone, Debug)]
struct Owner {
    user: String,
    group: String,
    /// Set where we are root and must step down.
    ids: Option<(u32, u32)>,
}

/// The address of connections in clear: from its own address Dovecot would count a client as secure, so this one
/// differs from the 127.0.0.1 that clients come from.
const CLEAR_IP: &str = "127.0.0.2";

impl Dovecot {
    /// With the usual settings: every capability that Debian's Dovecot has, mdbox, one user for each of `users`
    /// (address, password).
    pub fn start(users: &[(&str, &str)]) -> Result<Self> {
        Self::with(&Settings::new(users))
    }

    pub fn with(settings: &Settings) -> Result<Self> {
        // The ports are chosen before Dovecot binds them: somebody may be quicker.
        let mut tries = 0;
        loop {
            match Self::once(settings) {
                Err(e) if tries < 3 && format!("{e:#}").contains("Address already in use") => {
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    fn once(settings: &Settings) -> Result<Self> {
        let owner = Owner::find()?;
        let dir = tempfile::Builder::new().prefix("satchel-dovecot-").tempdir()?.keep();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o755))?;
        let authority = Authority::new("Satchel rig CA")?;
        let leaf = authority.leaf()?;
        let ca_file = dir.join("ca.pem");
        fs::write(&ca_file, authority.pem())?;
        fs::write(dir.join("cert.pem"), &leaf.chain_pem)?;
        fs::write(dir.join("key.pem"), &leaf.key_pem)?;
        for name in ["run", "state", "mail", "work"] {
            fs::create_dir(dir.join(name))?;
        }
        let ports = Ports {
            imaps: free_port("127.0.0.1")?,
            imap: free_port(CLEAR_IP)?,
            lmtp: free_port("127.0.0.1")?,
        };
        fs::write(dir.join("users"), config::users(settings))?;
        let conf = dir.join("dovecot.conf");
        fs::write(&conf, config::write(settings, &dir, ports, &owner))?;
        owner.own(&dir)?;

        let mut command = owner.command(&program("dovecot", "/usr/sbin/dovecot")?);
        command.arg("-F").arg("-c").arg(&conf);
        let minded = Minded::start(&command, &dir.join("start.log"), Some(&dir))?;
        let server = Self { dir, ports, ca_file, fingerprint: leaf.fingerprint(), owner, minded };
        server
            .minded
            .until("its ports", Duration::from_secs(30), || {
                (listens(server.imaps()) && listens(server.imap())).then_some(())
            })
            .with_context(|| server.log())?;
        Ok(server)
    }

    /// TLS from the first byte.
    pub fn imaps(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.ports.imaps))
    }

    /// In clear, with STARTTLS; LOGINDISABLED before it.
    pub fn imap(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 2], self.ports.imap))
    }

    pub fn lmtp(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.ports.lmtp))
    }

    /// `imaps://localhost:PORT`
    pub fn url(&self) -> String {
        format!("imaps://localhost:{}", self.ports.imaps)
    }

    /// The root that its certificate hangs from.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// SHA-256 of its certificate, lower-case hex.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("log")).unwrap_or_default() + &self.minded.log()
    }

    /// One of its administrator's commands; what it prints.
    pub fn doveadm(&self, args: &[&str]) -> Result<String> {
        let mut command = self.owner.command(&program("doveadm", "/usr/bin/doveadm")?);
        command.arg("-c").arg(self.dir.join("dovecot.conf")).args(["-o", "mail_fsync=never"]);
        let output = command.args(args).output().context("running doveadm")?;
        if !output.status.success() {
            bail!(
                "doveadm {} failed: {}{}",
                args.join(" "),
                String::from_utf8_lossy(&output.stderr),
                self.log()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // The folder goes with the minder; on the way down from a failure its log is worth more.
        if std::thread::panicking() {
            eprintln!("--- dovecot's log\n{}", self.log());
        }
    }
}

impl Owner {
    fn find() -> Result<Self> {
        let id = |flags: &[&str]| -> Result<String> {
            let output = Command::new("id").args(flags).output().context("running id")?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        if id(&["-u"])? != "0" {
            return Ok(Self { user: id(&["-un"])?, group: id(&["-gn"])?, ids: None });
        }
        // Dovecot serves no mail as root. `nobody` owns nothing that could be harmed.
        let ids = (id(&["-u", "nobody"])?.parse()?, id(&["-g", "nobody"])?.parse()?);
        Ok(Self { user: "nobody".into(), group: id(&["-gn", "nobody"])?, ids: Some(ids) })
    }

    fn command(&self, program: &Path) -> Command {
        let Some((uid, gid)) = self.ids else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        command
            .arg(format!("--reuid={uid}"))
            .arg(format!("--regid={gid}"))
            .arg("--clear-groups")
            .arg(program);
        command
    }

    /// Hands a folder and all in it over.
    fn own(&self, path: &Path) -> Result<()> {
        let Some((uid, gid)) = self.ids else { return Ok(()) };
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                self.own(&entry?.path())?;
            }
        }
        chown(path, Some(uid), Some(gid))
            .with_context(|| format!("handing over {}", path.display()))
    }
}

fn program(name: &str, usual: &str) -> Result<PathBuf> {
    let path = PathBuf::from(usual);
    if path.exists() {
        return Ok(path);
    }
    bail!(
        "{name} is not installed: `make test` and `make demo` install it (dovecot-imapd, dovecot-lmtpd)"
    )
}
