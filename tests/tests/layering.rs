//! The layering rule, as the build sees it: who may know whom, and which crate alone knows a library. Shipped code
//! only; tests and dev-dependencies are free.

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Every shipped crate, and those of ours that it may know.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("mime", &["model"]),
    ("plan", &["model"]),
    ("net", &["model"]),
    ("secrets", &["model"]),
    ("store", &["model"]),
    ("imap", &["model", "net"]),
    ("smtp", &["model", "net"]),
    ("signin", &["model", "net"]),
    ("engine", &["model", "plan", "mime", "net", "imap", "smtp", "signin", "secrets", "store"]),
    ("api", &["model", "engine", "mime", "secrets", "store"]),
    ("cli", &["model", "api"]),
    ("app", &["model", "api"]),
];

/// A library, by the beginning of its name, and the crates that alone may know it.
const ALONE: &[(&str, &[&str])] = &[
    ("tauri", &["app"]),
    ("wry", &["app"]),
    ("webkit2gtk", &["app"]),
    ("rusqlite", &["store"]),
    ("libsqlite3", &["store"]),
    ("async-imap", &["imap"]),
    ("imap-proto", &["imap"]),
    ("lettre", &["smtp"]),
    ("rustls", &["net"]),
    ("tokio-rustls", &["net"]),
    ("keyring", &["secrets"]),
    ("zbus", &["secrets", "net"]),
    ("ammonia", &["mime"]),
    ("axum", &["cli"]),
    ("clap", &["cli"]),
];

/// These compute; they neither wait nor touch the world.
const PURE: &[&str] = &["model", "mime", "plan"];
const NOT_PURE: &[&str] = &["tokio", "async-", "futures", "reqwest", "hyper", "socket2", "rand"];
const NOT_PURE_WORDS: &[&str] = &[
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "std::process",
    "std::thread",
    "std::env",
    "tokio::",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
];

#[derive(Debug, Default)]
struct Crate {
    name: String,
    /// Of its code that ships: build-dependencies count, dev-dependencies do not.
    knows: BTreeSet<String>,
    sources: BTreeMap<PathBuf, String>,
}

#[test]
fn every_crate_knows_only_what_it_may() {
    let found = shipped();
    assert!(found.len() >= 10, "only {} crates were found", found.len());
    let broken = violations(&found);
    assert!(broken.is_empty(), "the layering rule is broken:\n  {}", broken.join("\n  "));
}

#[test]
fn only_one_file_of_the_interface_knows_tauri() {
    let ui = root().join("ui");
    let mut files = 0;
    let mut broken = Vec::new();
    for folder in ["src", "dev"] {
        walk(&ui.join(folder), &mut |path| {
            let known = ["ts", "js", "svelte", "html"];
            if !path.extension().is_some_and(|e| known.iter().any(|k| e == *k)) {
                return;
            }
            files += 1;
            let text = fs::read_to_string(path).unwrap();
            if text.contains("@tauri-apps/") && path != ui.join("src/platform/tauri.ts") {
                broken.push(path.display().to_string());
            }
        });
    }
    assert!(files > 10, "only {files} files of the interface were found");
    assert!(broken.is_empty(), "@tauri-apps belongs in ui/src/platform/tauri.ts alone: {broken:?}");
}

#[test]
fn each_kind_of_breach_is_seen() {
    let breach = |name: &str, knows: &[&str], source: &str| {
        violations(&[Crate {
            name: name.into(),
            knows: knows.iter().map(|k| (*k).to_owned()).collect(),
            sources: [(PathBuf::from("lib.rs"), source.to_owned())].into(),
        }])
    };
    assert_eq!(
        breach("imap", &["satchel-net", "async-imap"], "use net::Wire;"),
        Vec::<String>::new()
    );
    assert_eq!(breach("imap", &["satchel-store"], "").len(), 1);
    assert_eq!(breach("store", &["satchel-engine"], "").len(), 1);
    assert_eq!(breach("cli", &["tauri-plugin-opener"], "").len(), 1);
    assert_eq!(breach("engine", &["rusqlite"], "").len(), 1);
    assert_eq!(breach("plan", &["tokio"], "").len(), 1);
    assert_eq!(breach("mime", &[], "let now = std::fs::read(path)?;").len(), 1);
    assert_eq!(breach("mime", &[], "// as std::fs::read does").len(), 0);
    assert_eq!(breach("novel", &[], "").len(), 1);
    assert_eq!(breach("api", &[], "fn f(e: rusqlite::Error) {}").len(), 1);
}

fn violations(crates: &[Crate]) -> Vec<String> {
    let mut broken = Vec::new();
    for one in crates {
        let Some((name, may)) = MAY_KNOW.iter().find(|(name, _)| *name == one.name) else {
            broken.push(format!(
                "{}: a crate that this test does not know: give it its place",
                one.name
            ));
            continue;
        };
        for known in &one.knows {
            if let Some(ours) = known.strip_prefix("satchel-") {
                if !may.contains(&ours) {
                    broken.push(format!("{name} may not know {ours}"));
                }
                continue;
            }
            for (library, alone) in ALONE {
                if known.starts_with(library) && !alone.contains(name) {
                    broken.push(format!("{name} knows {known}, which belongs to {alone:?} alone"));
                }
            }
            if PURE.contains(name) && NOT_PURE.iter().any(|n| known.starts_with(n)) {
                broken.push(format!("{name} is pure, and knows {known}"));
            }
        }
        for (path, text) in &one.sources {
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let at = || format!("{}:{}", path.display(), number + 1);
                for (library, alone) in ALONE {
                    let path_root = format!("{}::", library.replace('-', "_"));
                    if names(code, &path_root) && !alone.contains(name) {
                        broken.push(format!("{}: {library} belongs to {alone:?} alone", at()));
                    }
                }
                if PURE.contains(name) {
                    for word in NOT_PURE_WORDS.iter().filter(|w| code.contains(**w)) {
                        broken.push(format!("{}: {name} is pure, and says {word}", at()));
                    }
                }
            }
        }
    }
    broken
}

/// Whether `path` stands in the line as a path of its own: `rustls::`, not `tokio_rustls::`.
fn names(code: &str, path: &str) -> bool {
    code.match_indices(path)
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

fn shipped() -> Vec<Crate> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".into()])
        .exec()
        .expect("cargo metadata");
    let mut crates = Vec::new();
    for package in &metadata.packages {
        let name =
            package.name.as_str().strip_prefix("satchel-").expect("our crates are satchel-*");
        if name == "tests" {
            continue;
        }
        let mut one = Crate { name: name.to_owned(), ..Crate::default() };
        one.knows = package
            .dependencies
            .iter()
            .filter(|d| d.kind != DependencyKind::Development)
            .map(|d| d.name.clone())
            .collect();
        let folder = package.manifest_path.parent().expect("a manifest lies in a folder");
        walk(folder.join("src").as_std_path(), &mut |path| {
            let test_code = path.file_stem().is_some_and(|s| s == "tests")
                || path.components().any(|c| c.as_os_str() == "tests");
            if path.extension().is_some_and(|e| e == "rs") && !test_code {
                let text = fs::read_to_string(path).unwrap();
                // Tests stand at the end of a file, and are free.
                let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned();
                let short = path.strip_prefix(root()).unwrap_or(path).to_owned();
                one.sources.insert(short, code);
            }
        });
        crates.push(one);
    }
    crates
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the project")
}

fn walk(folder: &Path, each: &mut impl FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|n| n == "node_modules" || n == "gen") {
                continue;
            }
            walk(&path, each);
        } else {
            each(&path);
        }
    }
}
