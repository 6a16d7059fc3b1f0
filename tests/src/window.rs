//! The real window: the built app under its own display, driven through WebKitWebDriver as a person's hands would.

use crate::cli::{Satchel, program};
use crate::display::Display;
use crate::minder::{Minded, free_port, listens};
use crate::runtime;
use anyhow::{Context, Result};
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Map, Value, json};
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

pub struct Window {
    client: Client,
    // The order of the fields is the order of their end: the session, its driver, the display.
    _driver: Minded,
    display: Display,
    _dir: TempDir,
}

/// One answer of the page.
const PATIENCE: Duration = Duration::from_secs(30);

impl Window {
    /// Opens the app on `satchel`'s data folder, on a screen of that size.
    pub fn open(satchel: &Satchel, width: u32, height: u32) -> Result<Self> {
        let display = Display::start(width, height)?;
        let dir = tempfile::tempdir()?;
        let (port, native) = (free_port("127.0.0.1")?, free_port("127.0.0.1")?);
        let mut command = Command::new(driver()?);
        command
            .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
            .args(["--native-driver", "/usr/bin/WebKitWebDriver"])
            .env("DISPLAY", display.name())
            .env_remove("WAYLAND_DISPLAY")
            .env("GDK_BACKEND", "x11")
            // A user's folders of its own: no setting of this machine, and none left on it.
            .env("HOME", dir.path())
            .env("XDG_CONFIG_HOME", dir.path().join("config"))
            .env("XDG_CACHE_HOME", dir.path().join("cache"))
            .env("XDG_DATA_HOME", dir.path().join("data"))
            .env("NO_AT_BRIDGE", "1")
            .env("LIBGL_ALWAYS_SOFTWARE", "1");
        for (key, value) in satchel.environment() {
            command.env(key, value);
        }
        let driver = Minded::start(&command, &dir.path().join("driver.log"), None)?;
        driver.until("its port", Duration::from_secs(30), || {
            // It passes everything on to WebKit's own, which it starts beside itself.
            [port, native]
                .iter()
                .all(|port| listens(SocketAddr::from(([127, 0, 0, 1], *port))))
                .then_some(())
        })?;
        let mut wanted = Map::new();
        wanted.insert(
            "tauri:options".into(),
            json!({ "application": program("satchel-app")?.display().to_string() }),
        );
        let client = runtime()
            .block_on(async {
                ClientBuilder::new(hyper_connector())
                    .capabilities(wanted)
                    .connect(&format!("http://127.0.0.1:{port}"))
                    .await
            })
            .with_context(|| driver.log())?;
        Ok(Self { client, _driver: driver, display, _dir: dir })
    }

    /// Waits for an element.
    pub fn find(&self, css: &str) -> Result<fantoccini::elements::Element> {
        self.on(async { self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await })
            .with_context(|| format!("no {css} on the page:\n{}", self.text().unwrap_or_default()))
    }

    pub fn click(&self, css: &str) -> Result<()> {
        let element = self.find(css)?;
        self.on(element.click()).with_context(|| format!("clicking {css}"))
    }

    /// Clicks the button with exactly this text on it.
    pub fn press(&self, words: &str) -> Result<()> {
        let path = format!("//button[normalize-space(.)={}]", quoted(words));
        let button = self
            .on(async {
                self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&path)).await
            })
            .with_context(|| {
                format!("no button \"{words}\" on the page:\n{}", self.text().unwrap_or_default())
            })?;
        self.on(button.click()).with_context(|| format!("pressing {words}"))
    }

    /// Puts `text` in the place of what a field holds.
    pub fn fill(&self, css: &str, text: &str) -> Result<()> {
        let element = self.find(css)?;
        self.on(element.clear()).with_context(|| format!("clearing {css}"))?;
        self.on(element.send_keys(text)).with_context(|| format!("writing into {css}"))
    }

    /// A key to whatever has the focus.
    pub fn key(&self, key: char) -> Result<()> {
        let element = self.on(self.client.active_element())?;
        self.on(element.send_keys(&key.to_string()))
    }

    /// What a person reads on the page.
    pub fn text(&self) -> Result<String> {
        let text = self.run("return document.body.innerText")?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the page holds these words.
    pub fn reads(&self, words: &str) -> Result<()> {
        self.holds(&format!(
            "document.body.innerText.includes({})",
            Value::String(words.to_owned())
        ))
        .with_context(|| {
            format!("\"{words}\" is not on the page:\n{}", self.text().unwrap_or_default())
        })
    }

    /// Waits until an expression is true.
    pub fn holds(&self, expression: &str) -> Result<()> {
        let start = std::time::Instant::now();
        loop {
            if self.run(&format!("return !!({expression})"))? == Value::Bool(true) {
                return Ok(());
            }
            anyhow::ensure!(
                start.elapsed() < PATIENCE,
                "not true after {PATIENCE:?}: {expression}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn run(&self, script: &str) -> Result<Value> {
        self.on(self.client.execute(script, Vec::new())).with_context(|| script.to_owned())
    }

    pub fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.on(self.client.set_window_size(width, height)).context("resizing the window")
    }

    /// The page alone, as PNG.
    pub fn picture(&self, file: &Path) -> Result<()> {
        let png = self.on(self.client.screenshot()).context("taking a picture")?;
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir)?;
        }
        std::fs::write(file, png)?;
        Ok(())
    }

    pub fn display(&self) -> &Display {
        &self.display
    }

    fn on<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        Ok(runtime().block_on(async { tokio::time::timeout(PATIENCE * 2, work).await })??)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let client = self.client.clone();
        // Closes the app; the driver would leave it open.
        let _ = runtime().block_on(async {
            tokio::time::timeout(Duration::from_secs(10), client.close()).await
        });
    }
}

/// An XPath string; none of ours holds both kinds of quotes.
fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

/// Set-up builds it into the target folder's `tools`.
fn driver() -> Result<PathBuf> {
    if let Ok(beside) = program("../tools/bin/tauri-driver") {
        return Ok(beside);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join("tauri-driver"))
        .find(|file| file.exists())
        .context("tauri-driver is not installed: `make test` installs it")
}
