//! `satchel serve`, and just enough HTTP to ask it: the engine stays alive between two questions, as in the window.

use crate::cli::Satchel;
use crate::minder::Minded;
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

pub struct Served {
    /// With the token in its fragment, as it was printed.
    url: String,
    host: String,
    cookie: String,
    next: AtomicU64,
    minded: Minded,
    _log: TempDir,
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Served {
    pub fn start(satchel: &Satchel) -> Result<Self> {
        let log_dir = tempfile::tempdir()?;
        let command = satchel.command(&["serve", "--listen", "127.0.0.1:0"])?;
        let minded = Minded::start(&command, &log_dir.path().join("serve.log"), None)?;
        let url = minded.until("its address", Duration::from_secs(60), || {
            let log = minded.log();
            let from = log.find("http://")?;
            let word = log[from..].split_whitespace().next()?;
            word.contains("#token=").then(|| word.trim_end_matches(['"', '.', ',']).to_owned())
        })?;
        let (host, token) = url
            .trim_start_matches("http://")
            .split_once("/#token=")
            .map(|(h, t)| (h.to_owned(), t.to_owned()))
            .with_context(|| format!("an address without token: {url}"))?;
        let mut served = Self {
            url,
            host,
            cookie: String::new(),
            next: AtomicU64::new(1),
            minded,
            _log: log_dir,
        };
        let answer = served.post("/session", &json!({ "token": token }))?;
        ensure!(answer.status < 300, "no session: {}", answer.text());
        let cookie = answer.header("set-cookie").context("no cookie")?;
        served.cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(served)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> &str {
        &self.host
    }

    /// One method of the api.
    pub fn call(&self, method: &str, params: Value) -> Result<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed).to_string();
        let answer = self.post("/rpc", &json!({ "id": id, "method": method, "params": params }))?;
        let body: Value = serde_json::from_slice(&answer.body)
            .with_context(|| format!("{method}: {} {}", answer.status, answer.text()))?;
        if answer.status >= 300 {
            bail!("{method}: {body}");
        }
        Ok(body)
    }

    pub fn get(&self, path: &str) -> Result<Answer> {
        self.request("GET", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.request("POST", path, Some(body.to_string()))
    }

    pub fn log(&self) -> String {
        self.minded.log()
    }

    fn request(&self, method: &str, path: &str, body: Option<String>) -> Result<Answer> {
        let mut stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(Duration::from_secs(180)))?;
        let body = body.unwrap_or_default();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n\
             Cookie: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.cookie,
            body.len(),
            host = self.host,
        )?;
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw)?;
        Answer::parse(&raw)
    }
}

impl Answer {
    fn parse(raw: &[u8]) -> Result<Self> {
        let end = raw.windows(4).position(|w| w == b"\r\n\r\n").context("no HTTP answer")?;
        let head = String::from_utf8_lossy(&raw[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines
            .next()
            .and_then(|l| l.split(' ').nth(1))
            .and_then(|s| s.parse().ok())
            .context("no HTTP status")?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|l| l.split_once(':'))
            .map(|(k, v)| (k.to_ascii_lowercase(), v.trim().to_owned()))
            .collect();
        let mut body = raw[end + 4..].to_vec();
        if headers.iter().any(|(k, v)| k == "transfer-encoding" && v.contains("chunked")) {
            body = unchunk(&body)?;
        }
        Ok(Self { status, headers, body })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// RFC 9112 7.1, without trailers.
fn unchunk(mut raw: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = raw.windows(2).position(|w| w == b"\r\n").context("a chunk without size")?;
        let size = std::str::from_utf8(&raw[..end])?.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16)?;
        if size == 0 {
            return Ok(out);
        }
        let chunk = raw.get(end + 2..end + 2 + size).context("a chunk cut short")?;
        out.extend_from_slice(chunk);
        raw = raw.get(end + 2 + size + 2..).context("a chunk cut short")?;
    }
}
