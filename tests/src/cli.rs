//! `satchel`, run as a person or a script would, with a data folder and a sealed file of its own.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A built program beside this one.
pub fn program(name: &str) -> Result<PathBuf> {
    let here = std::env::current_exe()?;
    let mut dir = here.parent().context("no folder")?;
    // Tests lie one folder deeper than programs.
    if dir.ends_with("deps") {
        dir = dir.parent().context("no folder")?;
    }
    let path = dir.join(name);
    ensure!(path.exists(), "{} is not built: run `cargo build --workspace --bins`", path.display());
    Ok(path)
}

/// One data folder, and the command line on it.
pub struct Satchel {
    folder: Folder,
    passphrase: String,
}

enum Folder {
    /// Goes with the value.
    Own(TempDir),
    Given(PathBuf),
}

#[derive(Clone, Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
    /// The most memory that it held, in octets.
    pub peak: u64,
}

/// Nothing that the command line does in a test takes longer; a hang is found, not waited for.
const HANG: Duration = Duration::from_secs(300);

impl Satchel {
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("satchel-data-").tempdir()?;
        Ok(Self { folder: Folder::Own(folder), passphrase: "only for tests".into() })
    }

    pub fn at(folder: &Path) -> Self {
        Self { folder: Folder::Given(folder.to_owned()), passphrase: "only for tests".into() }
    }

    /// With another passphrase than the right one, on the same folder.
    pub fn with_passphrase(&self, passphrase: &str) -> Self {
        Self {
            folder: Folder::Given(self.data_dir().to_owned()),
            passphrase: passphrase.to_owned(),
        }
    }

    pub fn data_dir(&self) -> &Path {
        match &self.folder {
            Folder::Own(dir) => dir.path(),
            Folder::Given(dir) => dir,
        }
    }

    pub fn secrets(&self) -> String {
        format!("file:{}", self.data_dir().join("secrets").display())
    }

    /// What the window app is told of the same folder.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        vec![
            ("SATCHEL_DATA_DIR", self.data_dir().display().to_string()),
            ("SATCHEL_SECRETS", self.secrets()),
            ("SATCHEL_PASSPHRASE", self.passphrase.clone()),
        ]
    }

    /// The command, ready to be started.
    pub fn command(&self, args: &[&str]) -> Result<Command> {
        let mut command = Command::new(program("satchel")?);
        command
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(["--secrets", &self.secrets()])
            .args(args)
            .env("SATCHEL_PASSPHRASE", &self.passphrase);
        Ok(command)
    }

    pub fn run(&self, args: &[&str]) -> Result<Ran> {
        self.run_with(args, "")
    }

    /// `input` comes on stdin.
    pub fn run_with(&self, args: &[&str], input: &str) -> Result<Ran> {
        let start = Instant::now();
        let mut child = self
            .command(args)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("starting satchel")?;
        let pid = child.id();
        if let Some(mut stdin) = child.stdin.take() {
            // It may have refused its arguments without reading.
            let _ = stdin.write_all(input.as_bytes());
        }
        let (done, watch) = std::sync::mpsc::channel::<()>();
        let guard = std::thread::spawn(move || {
            let mut peak = 0;
            while watch.recv_timeout(Duration::from_millis(10)) == Err(RecvTimeoutError::Timeout) {
                peak = peak.max(most_memory(pid));
                if start.elapsed() > HANG {
                    let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
                    return (true, peak);
                }
            }
            (false, peak)
        });
        let output = child.wait_with_output()?;
        drop(done);
        let (hung, peak) = guard.join().unwrap_or_default();
        if hung {
            bail!("satchel {} hung for {HANG:?}", args.join(" "));
        }
        Ok(Ran {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: start.elapsed(),
            peak,
        })
    }

    /// With `--json`; the document, where it went well.
    pub fn json(&self, args: &[&str]) -> Result<Value> {
        let ran = self.run(&[&["--json"], args].concat())?;
        ran.document(&args.join(" "))
    }

    /// With `--json`, expected to fail: the `error` object.
    pub fn refused(&self, args: &[&str]) -> Result<Value> {
        self.run(&[&["--json"], args].concat())?.error(&args.join(" "))
    }

    /// `account add`, the password on stdin.
    pub fn add(&self, email: &str, password: &str, imap: &str, ca_file: &Path) -> Result<Value> {
        self.try_add(email, password, imap, Some(ca_file))?.document("account add")
    }

    pub fn try_add(
        &self,
        email: &str,
        password: &str,
        imap: &str,
        ca_file: Option<&Path>,
    ) -> Result<Ran> {
        let mut args = vec!["--json", "account", "add", email, "--imap", imap, "--password-stdin"];
        let ca = ca_file.map(|f| f.display().to_string());
        if let Some(ca) = &ca {
            args.extend(["--ca-file", ca]);
        }
        self.run_with(&args, &format!("{password}\n"))
    }
}

impl Ran {
    pub fn ok(&self) -> bool {
        self.status == 0
    }

    fn document(&self, what: &str) -> Result<Value> {
        ensure!(
            self.ok(),
            "satchel {what}: status {}\n{}{}",
            self.status,
            self.stdout,
            self.stderr
        );
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("satchel {what} printed no JSON document:\n{}", self.stdout))
    }

    /// The `error` of a run that was refused: status 1, one document, one line for people.
    pub fn error(&self, what: &str) -> Result<Value> {
        ensure!(
            self.status == 1,
            "satchel {what}: status {}\n{}{}",
            self.status,
            self.stdout,
            self.stderr
        );
        ensure!(!self.stderr.trim().is_empty(), "satchel {what}: no word on stderr");
        let document: Value = serde_json::from_str(&self.stdout).with_context(|| {
            format!("satchel {what} printed no JSON document:\n{}", self.stdout)
        })?;
        document.get("error").cloned().context("no `error` in it")
    }
}

/// VmHWM of a process, in octets; nothing where it has ended.
fn most_memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) * 1024
}
