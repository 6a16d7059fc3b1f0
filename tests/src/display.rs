//! A display of its own for every window (Xvfb), and pictures of it.

use crate::minder::Minded;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

pub struct Display {
    name: String,
    minded: Minded,
    _log: TempDir,
}

impl Display {
    /// `width` × `height` pixels at 24 bits.
    pub fn start(width: u32, height: u32) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let number = dir.path().join("number");
        // Xvfb chooses a free number itself and writes it to the descriptor once it is ready.
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg("exec Xvfb -displayfd 3 -screen 0 \"$1\" -nolisten tcp -noreset 3>\"$2\"")
            .arg("display")
            .arg(format!("{width}x{height}x24"))
            .arg(&number);
        let minded = Minded::start(&command, &dir.path().join("xvfb.log"), None)?;
        let name = minded.until("a display", Duration::from_secs(30), || {
            let said = std::fs::read_to_string(&number).ok()?;
            said.ends_with('\n').then(|| format!(":{}", said.trim()))
        })?;
        Ok(Self { name, minded, _log: dir })
    }

    /// `:N`, for DISPLAY.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole screen as PNG.
    pub fn picture(&self, file: &Path) -> Result<()> {
        if let Some(dir) = file.parent() {
            std::fs::create_dir_all(dir)?;
        }
        let output = Command::new("import")
            .args(["-window", "root"])
            .arg(file)
            .env("DISPLAY", &self.name)
            .output()
            .context("running import (ImageMagick)")?;
        ensure!(output.status.success(), "import: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// How many colours the screen shows: one or two where nothing has been painted yet.
    pub fn colours(&self) -> Result<u32> {
        let output = Command::new("sh")
            .args(["-c", "import -window root png:- | identify -format %k png:-"])
            .env("DISPLAY", &self.name)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        said.trim().parse().with_context(|| format!("identify said {said:?}"))
    }

    pub fn alive(&self) -> bool {
        self.minded.alive()
    }
}
