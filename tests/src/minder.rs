//! A process that can't outlive the one that started it: not a passed test, a panic, nor a kill.
//!
//! A small shell stands between: it holds the reading end of a pipe whose other end is ours alone, and ends the
//! process, and clears its folder, when the pipe closes, however that came about.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `$1` is the folder to clear ("" for none), the rest is the command. Ten seconds for a clean end, then a kill of the
/// whole group, the shell included: so the folder is cleared first by then.
const SHELL: &str = r#"
clear=$1; shift
trap '' INT HUP
"$@" </dev/null >&2 &
pid=$!
echo "$pid"
exec 1>&2
while read -r _; do :; done
kill -TERM "$pid" 2>/dev/null
n=0
while kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
[ -n "$clear" ] && rm -rf -- "$clear"
trap '' TERM
kill -TERM 0 2>/dev/null
kill -0 "$pid" 2>/dev/null && kill -KILL 0
exit 0
"#;

#[derive(Debug)]
pub struct Minded {
    shell: Child,
    pid: u32,
    name: String,
    log: PathBuf,
}

impl Minded {
    /// Starts `command` in a process group of its own. What it prints goes to `log`. `clear` is removed after its end.
    pub fn start(command: &Command, log: &Path, clear: Option<&Path>) -> Result<Self> {
        let name = Path::new(command.get_program())
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let out = fs::File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(SHELL)
            .arg("minder")
            .arg(clear.map_or(OsStr::new(""), |p| p.as_os_str()))
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(out)
            .process_group(0);
        for (key, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(key, value),
                None => shell.env_remove(key),
            };
        }
        if let Some(dir) = command.get_current_dir() {
            shell.current_dir(dir);
        }
        let mut shell = shell.spawn().with_context(|| format!("starting {name}"))?;
        let pid = {
            use std::io::{BufRead, BufReader};
            let mut line = String::new();
            let out = shell.stdout.take().context("the minder has no stdout")?;
            BufReader::new(out).read_line(&mut line)?;
            line.trim().parse().with_context(|| format!("starting {name}: no process id"))?
        };
        Ok(Self { shell, pid, name, log: log.to_owned() })
    }

    /// The minded process itself.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn alive(&self) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.pid)) else { return false };
        // The name in parentheses may hold anything; the state follows the last of them.
        stat.rsplit(')').next().is_some_and(|rest| !rest.trim_start().starts_with('Z'))
    }

    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until `ready` says so; fails with the log where the process ends first or `limit` passes.
    pub fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        let start = Instant::now();
        loop {
            if let Some(value) = ready() {
                return Ok(value);
            }
            if !self.alive() {
                bail!("{} ended before {what}:\n{}", self.name, self.log());
            }
            if start.elapsed() > limit {
                bail!("{}: no {what} after {limit:?}:\n{}", self.name, self.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it without farewell, as a crash would.
    pub fn kill(&self) {
        let _ = Command::new("kill").arg("-KILL").arg(self.pid.to_string()).status();
    }

    /// Waits for it to end by itself.
    pub fn ended(&self, limit: Duration) -> bool {
        let start = Instant::now();
        while self.alive() {
            if start.elapsed() > limit {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }
}

impl Drop for Minded {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// Whether something takes connections there.
pub fn listens(address: std::net::SocketAddr) -> bool {
    std::net::TcpStream::connect_timeout(&address, Duration::from_millis(500)).is_ok()
}

/// A port that was free a moment ago. Servers that can choose one themselves are better asked to.
pub fn free_port(ip: &str) -> Result<u16> {
    let socket =
        std::net::TcpListener::bind((ip, 0)).with_context(|| format!("binding on {ip}"))?;
    Ok(socket.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_with_its_holder_and_clears_up() {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("work");
        fs::create_dir(&work).unwrap();
        let mut sleep = Command::new("sleep");
        sleep.arg("600");
        let minded = Minded::start(&sleep, &dir.path().join("log"), Some(&work)).unwrap();
        let proc = PathBuf::from(format!("/proc/{}", minded.pid()));
        assert!(minded.alive() && proc.exists() && work.exists());
        drop(minded);
        assert!(!proc.exists() && !work.exists());
    }

    #[test]
    fn an_early_end_is_reported_with_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let mut sh = Command::new("sh");
        sh.args(["-c", "echo no such luck; exit 3"]);
        let minded = Minded::start(&sh, &dir.path().join("log"), None).unwrap();
        let error = minded.until("port", Duration::from_secs(10), || None::<()>).unwrap_err();
        assert!(error.to_string().contains("ended before port"), "{error}");
        assert!(error.to_string().contains("no such luck"), "{error}");
    }
}
