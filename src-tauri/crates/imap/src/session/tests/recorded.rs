//! What real servers answered, recorded by others (read in place, see `SATCHEL_CORPUS`): every response
//! is read, or dropped with the connection alive.

use super::*;
use crate::framing::{Head, Limits};
use crate::parse::{Reply, reply};
use std::path::{Path, PathBuf};

pub(crate) fn corpus() -> PathBuf {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let given = std::env::var_os("SATCHEL_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let path = checkout.join(given);
    assert!(path.is_dir(), "{} is not there: set SATCHEL_CORPUS", path.display());
    path
}

fn files(root: &Path, extension: &str) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Recorded with LF; on the wire it was CR LF, and so literals were counted.
fn as_on_the_wire(text: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(text.len() * 21 / 20);
    for (at, &byte) in text.iter().enumerate() {
        if byte == b'\n' && (at == 0 || text[at - 1] != b'\r') {
            wire.push(b'\r');
        }
        wire.push(byte);
    }
    if !wire.ends_with(b"\n") {
        wire.extend(b"\r\n");
    }
    wire
}

fn responses(wire: &[u8]) -> Vec<Vec<u8>> {
    let limits = Limits { literal: 1 << 24, literals: 1 << 26, ..Limits::default() };
    crate::framing::cut_all(wire, &limits).unwrap()
}

fn recorded() -> Vec<(String, Vec<u8>)> {
    let root = corpus().join("mailkit-transcripts/Net/Imap");
    let found: Vec<_> = files(&root, "txt")
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            (name, as_on_the_wire(&std::fs::read(&path).unwrap()))
        })
        .collect();
    assert!(found.len() > 200, "{}", found.len());
    found
}

#[tokio::test(start_paused = true)]
async fn no_recorded_answer_costs_the_session() {
    for (name, wire) in recorded() {
        let (mut session, mut peer) = selected().await;
        session.link.framing().unwrap().limit(Limits {
            literal: 1 << 24,
            literals: 1 << 26,
            ..Limits::default()
        });
        let result = both(session.noop(), async {
            peer.line().await;
            peer.send(&wire).await;
            peer.answer("{tag} OK done\r\n").await;
        })
        .await;
        assert!(result.is_ok() || wire.windows(5).any(|w| w == b"* BYE"), "{name}: {result:?}");
    }
}

#[test]
fn recorded_answers_are_read() {
    // Extensions that are not ours.
    let unknown =
        ["QUOTA", "QUOTAROOT", "ACL", "MYRIGHTS", "LISTRIGHTS", "METADATA", "THREAD", "SORT"];
    let (mut read, mut fetched) = (0, 0);
    for (name, wire) in recorded() {
        for response in responses(&wire) {
            if Head::of(&response) != Head::Data {
                continue;
            }
            read += 1;
            match reply(&response, false) {
                Reply::Dropped { word, why } => {
                    assert!(
                        why == "unknown" && unknown.contains(&word.as_str()),
                        "{name}: {word} {why}"
                    );
                }
                Reply::Fetch { fetched: f, whole } => {
                    fetched += 1;
                    // One recording announces three octets fewer than it holds.
                    let miscounted =
                        name.ends_with("headers.1+unsolicited-info.txt") && f.parts.len() == 1;
                    assert!(whole || miscounted, "{name}: {}", String::from_utf8_lossy(&response));
                    let text = String::from_utf8_lossy(&response);
                    let holds = |item: &str| text.contains(item);
                    assert!(!holds("ENVELOPE (") || f.envelope.is_some(), "{name}");
                    assert!(!holds("BODYSTRUCTURE (") || f.structure.is_some(), "{name}");
                    assert!(!holds("UID ") || f.uid.is_some(), "{name}");
                }
                _ => {}
            }
        }
    }
    assert!(read > 500 && fetched > 200, "{read} {fetched}");
}

#[tokio::test(start_paused = true)]
async fn wire_files_of_another_client() {
    let root = corpus().join("libetpan/imap/data");
    let found = files(&root, "imap");
    let mut count = 0;
    for path in found.iter().filter(|p| !p.to_string_lossy().contains("/command-")) {
        count += 1;
        let wire = as_on_the_wire(&std::fs::read(path).unwrap());
        for response in responses(&wire).iter().filter(|r| Head::of(r) == Head::Data) {
            let read = reply(response, false);
            assert!(!matches!(read, Reply::Dropped { .. }), "{}: {read:?}", path.display());
            assert!(
                !matches!(read, Reply::Fetch { whole: false, .. }),
                "{}: {read:?}",
                path.display()
            );
        }
        let (mut session, mut peer) = selected().await;
        let result = both(session.noop(), async {
            peer.line().await;
            peer.send(&wire).await;
            peer.answer("{tag} OK done\r\n").await;
        })
        .await;
        assert_eq!(result, Ok(()), "{}", path.display());
    }
    assert!(count > 30, "{count}");
}
