//! The documents, read in place beside the corpora.

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// No such name exists (RFC 2606), and here every name is the sink's.
const HOST: &str = "sink.test";

#[derive(Deserialize)]
pub struct Vector {
    pub id: String,
    pub kind: String,
    #[serde(default)]
    pub html: String,
}

/// All that are documents; what lies in MIME structure and header fields never reaches a window.
pub fn read() -> anyhow::Result<Vec<Vector>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let corpus = std::env::var_os("SATCHEL_CORPUS")
        .map_or_else(|| root.join("../shared/corpus"), |path| root.join(PathBuf::from(path)));
    let file = corpus.join("../security/leak-vectors.json");
    let text = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let mut vectors: Vec<Vector> = serde_json::from_slice(&text)?;
    vectors.retain(|v| v.kind == "html");
    ensure!(vectors.len() > 300, "few documents: {}", vectors.len());
    for vector in &mut vectors {
        vector.html = fill(&vector.html, &vector.id);
    }
    Ok(vectors)
}

/// Whether a call is this document's: by name, server name or path. Ids are not prefixes of words.
pub fn names(call: &str, id: &str) -> bool {
    call.to_ascii_lowercase().split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == id)
}

fn fill(html: &str, id: &str) -> String {
    let mut text = html.replace("{{ID}}", id).replace("{{HOST}}", HOST);
    while let Some((before, after)) = text.split_once("{{B64:") {
        let Some((inside, after)) = after.split_once("}}") else { break };
        text = format!("{before}{}{after}", STANDARD.encode(inside));
    }
    text
}
