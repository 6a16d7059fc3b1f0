//! Where the corpora lie, and an eye of its own on what the sanitiser lets through.
#![allow(dead_code)]

pub mod checker;

use std::path::{Path, PathBuf};

/// The message corpora, read in place; None where there are none, which CI does not accept.
pub fn corpus() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let told = std::env::var_os("SATCHEL_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let path = checkout.join(told);
    if path.is_dir() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "no corpora at {}", path.display());
    eprintln!("no corpora at {}: set SATCHEL_CORPUS", path.display());
    None
}

/// The security material beside them.
pub fn security() -> Option<PathBuf> {
    let path = corpus()?.join("../security");
    assert!(path.is_dir(), "no security material at {}", path.display());
    Some(path)
}

pub fn files(under: &Path, wanted: &mut dyn FnMut(&Path, Vec<u8>)) {
    let mut entries: Vec<_> =
        std::fs::read_dir(under).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, wanted);
        } else {
            wanted(&path, std::fs::read(&path).unwrap());
        }
    }
}
