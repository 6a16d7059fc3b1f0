//! `make bench`: what the first screen of a large INBOX costs, beside a client that asks for the same things one
//! after another. Through the counting proxy, at several delays. Prints; asserts nothing about time.

use anyhow::{Context, Result, ensure};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use satchel_tests::cli::Satchel;
use satchel_tests::dovecot::Dovecot;
use satchel_tests::proxy::{Proxy, Weather};
use satchel_tests::runtime;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const NORA: &str = "nora@kontor.example";
const PASSWORD: &str = "secret";

fn main() -> Result<()> {
    let messages = match std::env::args().nth(1) {
        Some(given) => given.parse().context("usage: satchel-bench [MESSAGES]")?,
        None => 100_000,
    };
    println!("filling an INBOX with {messages} messages");
    let server = Dovecot::start(&[(NORA, PASSWORD)])?;
    server.fill_ordinary(NORA, "INBOX", messages)?;
    println!(
        "{:>9}  {:<28} {:>11} {:>8} {:>8}",
        "delay", "first screen by", "round trips", "kB down", "ms"
    );
    for delay in [0, 20, 100] {
        let bare = measure(&server, delay, bare)?;
        tell(delay, "one command after another", &bare, None);
        let ours = measure(&server, delay, satchel)?;
        tell(delay, "satchel sync", &ours, Some(&bare));
    }
    Ok(())
}

struct Cost {
    trips: usize,
    down: u64,
    took: Duration,
}

fn tell(delay: u64, who: &str, cost: &Cost, beside: Option<&Cost>) {
    let ratio = beside.map_or(String::new(), |b| {
        format!("  {:.2} of the time", cost.took.as_secs_f64() / b.took.as_secs_f64().max(0.001))
    });
    println!(
        "{:>6} ms  {who:<28} {:>11} {:>8} {:>8}{ratio}",
        2 * delay,
        cost.trips,
        cost.down / 1000,
        cost.took.as_millis()
    );
}

fn measure(
    server: &Dovecot,
    delay: u64,
    client: fn(&Dovecot, &Proxy) -> Result<Duration>,
) -> Result<Cost> {
    let proxy = Proxy::start(server.imaps())?;
    proxy.set(Weather { delay: Duration::from_millis(delay), ..Weather::default() });
    let took = client(server, &proxy)?;
    let seen = proxy.busiest();
    // What signing in for the first time costs is not what is measured here.
    Ok(Cost { trips: seen.bursts_until_last_over(1000), down: seen.down, took })
}

fn satchel(server: &Dovecot, proxy: &Proxy) -> Result<Duration> {
    let satchel = Satchel::new()?;
    satchel.add(NORA, PASSWORD, &proxy.url(), server.ca_file())?;
    let report = satchel.json(&["sync", "--until", "first-screen"])?;
    ensure!(report["first_screen"]["rows"] == 50, "{report}");
    Ok(Duration::from_millis(report["first_screen"]["ms"].as_u64().context("no time in it")?))
}

/// What a client does that waits for each answer, and asks for the same fields.
fn bare(server: &Dovecot, proxy: &Proxy) -> Result<Duration> {
    let pem = std::fs::read(server.ca_file())?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&pem)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = proxy.address();
    runtime().block_on(async move {
        let start = Instant::now();
        let tcp = TcpStream::connect(address).await?;
        let name = ServerName::try_from("localhost")?;
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        until(&mut stream, "* OK").await?;
        let steps = [
            "CAPABILITY".to_owned(),
            format!("LOGIN {NORA} {PASSWORD}"),
            "CAPABILITY".to_owned(),
            "LIST \"\" *".to_owned(),
            "SELECT INBOX".to_owned(),
        ];
        let mut exists = 0u64;
        for (number, step) in steps.iter().enumerate() {
            stream.write_all(format!("a{number} {step}\r\n").as_bytes()).await?;
            let said = until(&mut stream, &format!("a{number} OK")).await?;
            if let Some(at) = said.find(" EXISTS") {
                let digits = said[..at].rsplit(' ').next().unwrap_or_default();
                exists = digits.parse().context("no number before EXISTS")?;
            }
        }
        let from = exists.saturating_sub(49).max(1);
        let fetch = format!(
            "b FETCH {from}:{exists} (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW \
             BODY.PEEK[HEADER.FIELDS (REFERENCES)])\r\n"
        );
        stream.write_all(fetch.as_bytes()).await?;
        until(&mut stream, "b OK").await?;
        Ok(start.elapsed())
    })
}

/// Reads until a line begins so.
async fn until(stream: &mut (impl AsyncReadExt + Unpin), line: &str) -> Result<String> {
    let mut said = String::new();
    let mut buffer = [0u8; 16 * 1024];
    let inner = format!("\n{line}");
    loop {
        let n = stream.read(&mut buffer).await?;
        ensure!(n > 0, "the server has gone after {said}");
        said.push_str(&String::from_utf8_lossy(&buffer[..n]));
        let found = said.starts_with(line) || said.contains(&inner);
        if found && said.ends_with("\r\n") {
            return Ok(said);
        }
    }
}
