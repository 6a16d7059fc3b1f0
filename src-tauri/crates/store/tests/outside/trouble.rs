//! Files that are not as they should be: each is said in words, with a way out.

use crate::kit::*;
use model::{Flags, Uid};
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use store::{Error, Key, Store, account, flags, intent, message, rescue};

/// Accounts, an intent on a message, and a flag; then rows around them.
async fn a_life() -> Fixture {
    let f = Fixture::new(BUDGET).await;
    let (account, inbox) = (f.account, f.inbox);
    f.put(inbox, rows(1..=2000)).await;
    f.store
        .write_sacred(move |tx| {
            let named = message::by_uid(tx, inbox, Uid(5))?.unwrap();
            intent::add(
                tx,
                &intent::New {
                    account,
                    kind: "move".into(),
                    payload: "to the archive".into(),
                    mailbox: Some(inbox),
                    messages: vec![named],
                    next_at: Some(9),
                    created: 1,
                },
            )?;
            let wanted: Flags = [Flags::FLAGGED].into_iter().collect();
            flags::want(tx, inbox, Uid(7), &wanted)
        })
        .await
        .unwrap();
    f.store.set_budget(64_000_000).await.unwrap();
    f.store.close().await;
    f
}

fn overwrite(path: &Path, at: u64, octets: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(octets).unwrap();
}

async fn open(f: &Fixture) -> Result<Store, Error> {
    Store::open(&f.path(), f.key.clone(), BUDGET).await
}

#[test]
fn a_wrong_key_is_no_damage_and_damage_is_no_wrong_key() {
    runtime().block_on(async {
        let f = a_life().await;
        let path = f.path();
        let wrong = || Store::open(&path, Key::random(), BUDGET);
        let said = wrong().await.err().unwrap();
        assert!(matches!(said, Error::WrongKey { .. }), "{said}");
        let beside = Store::open_reader(&path, Key::random()).await.err().unwrap();
        assert!(matches!(beside, Error::WrongKey { .. }), "{beside}");
        // A wrong key has changed nothing.
        open(&f).await.unwrap().close().await;
        // A page in the middle of the first one's text.
        overwrite(&path, 2000, &noise(1, 200));
        let said = open(&f).await.err().unwrap();
        assert!(matches!(said, Error::Corrupt { .. }), "{said}");
        assert!(said.to_string().contains("rebuilt"));
        // The whole first page, salt and all: the lock file still knows the key.
        overwrite(&path, 0, &noise(2, 4096));
        assert!(matches!(open(&f).await.err().unwrap(), Error::Corrupt { .. }));
        assert!(matches!(wrong().await.err().unwrap(), Error::WrongKey { .. }));
        // Cut to a stump.
        fs::write(&path, b"SQLite format 3\0 or so").unwrap();
        assert!(matches!(open(&f).await.err().unwrap(), Error::Corrupt { .. }));
    });
}

#[test]
fn a_newer_file_is_left_alone_until_the_person_says_so() {
    runtime().block_on(async {
        let f = a_life().await;
        let known = {
            let store = open(&f).await.unwrap();
            let known = store.schema_version();
            store.close().await;
            known
        };
        make_newer(&f, known + 1);
        let before = fs::read(f.path()).unwrap();
        let said = open(&f).await.err().unwrap();
        assert!(matches!(said, Error::NewerSchema { found, .. } if found == known + 1), "{said}");
        let beside = Store::open_reader(&f.path(), f.key.clone()).await.err().unwrap();
        assert!(matches!(beside, Error::NewerSchema { .. }));
        assert!(fs::read(f.path()).unwrap() == before, "the file was touched");
        let rescued = rescue::rebuild(&f.path(), f.key.clone()).await.unwrap();
        assert_eq!((rescued.accounts, rescued.intents, rescued.flags), (1, 1, 1));
        assert!(rescued.lost.is_empty() && rescued.kept.is_none(), "{rescued:?}");
        all_is_rescued(&f).await;
    });
}

/// As a later Satchel might leave it: a column more here, a table more there.
fn make_newer(f: &Fixture, version: u32) {
    let conn = rusqlite::Connection::open(f.path()).unwrap();
    let salt: String =
        fs::read(f.path()).unwrap()[..16].iter().map(|b| format!("{b:02x}")).collect();
    conn.pragma_update(None, "key", format!("x'{}{salt}'", *f.key.to_hex())).unwrap();
    conn.execute_batch(
        "ALTER TABLE account ADD COLUMN signature TEXT NOT NULL DEFAULT 'x';
         CREATE TABLE draft (id INTEGER PRIMARY KEY) STRICT;",
    )
    .unwrap();
    conn.pragma_update(None, "user_version", version).unwrap();
}

async fn all_is_rescued(f: &Fixture) {
    let store = open(f).await.unwrap();
    assert_eq!(store.budget(), 64_000_000);
    let inbox = f.inbox;
    let (accounts, intents, flagged, named) = store
        .read(move |read| {
            let intents = intent::list(read, None)?;
            let named = message::get(read, intents[0].messages[0])?;
            let flagged = message::by_uid(read, inbox, Uid(7))?.unwrap();
            let at = message::placements(read, flagged)?.remove(0);
            Ok((account::list(read)?, intents, at, named.unwrap()))
        })
        .await
        .unwrap();
    assert_eq!(accounts[0].extra_roots, [[1, 2, 3]]);
    assert_eq!((intents[0].payload.as_str(), intents[0].next_at), ("to the archive", Some(9)));
    assert!(flagged.flags.flagged() && !flagged.base.flagged());
    assert_eq!(named.subject, row(5).envelope.subject);
    // The cache begins anew, and ids go on where they were.
    store.tidy().await.unwrap();
    let hits = store.read(|read| found(read, "weber", 50)).await.unwrap();
    // Of the other, which an intent names, it is not known where it stands.
    assert_eq!(hits.len(), 1);
    let fresh =
        store.write(move |tx| message::put(tx, inbox, EPOCH, &rows(3000..=3000))).await.unwrap();
    assert!(fresh[0].0 > 2000);
    assert!(store.check().await.unwrap().intact);
    store.close().await;
}

#[test]
fn damage_anywhere_is_an_error_in_words_and_can_be_rescued() {
    runtime().block_on(async {
        let (mut noticed, mut whole) = (0, 0);
        let f = a_life().await;
        let pristine = fs::read(f.path()).unwrap();
        let pages = pristine.len() as u64 / 4096;
        for round in 0..24u64 {
            fs::write(f.path(), &pristine).unwrap();
            // A few octets somewhere, a page, or the end cut off.
            let seed = noise(round, 8);
            let at = u64::from_le_bytes(seed.try_into().unwrap()) % (pages * 4096 - 5000);
            match round % 3 {
                0 => overwrite(&f.path(), at, &noise(round, 16)),
                1 => overwrite(&f.path(), at / 4096 * 4096, &noise(round, 4096)),
                _ => fs::File::options()
                    .write(true)
                    .open(f.path())
                    .and_then(|file| file.set_len(at))
                    .unwrap(),
            }
            let mut trouble = None;
            match open(&f).await {
                Ok(store) => {
                    let check = store.check().await;
                    if !check.as_ref().is_ok_and(|c| c.intact) {
                        trouble = Some(format!("{check:?}"));
                    }
                    // Whatever else is asked: an answer or an error, never a panic.
                    let asked = store.read(|read| found(read, "weber", 9999)).await;
                    if let Err(error) = asked {
                        assert!(
                            matches!(error, Error::Corrupt { .. } | Error::Io { .. }),
                            "{error:?}"
                        );
                    }
                    store.close().await;
                }
                Err(error) => {
                    assert!(matches!(error, Error::Corrupt { .. }), "round {round}: {error:?}");
                    trouble = Some(error.to_string());
                }
            }
            assert!(trouble.is_some(), "round {round}: damage at {at} was not noticed");
            noticed += 1;
            let rescued = rescue::rebuild(&f.path(), f.key.clone()).await.unwrap();
            if rescued.lost.is_empty() {
                assert_eq!((rescued.accounts, rescued.intents), (1, 1), "round {round}");
                whole += 1;
            } else {
                let kept = rescued.kept.clone().unwrap();
                assert!(kept.exists(), "the old file is kept while something of it is missing");
                fs::remove_file(kept).unwrap();
            }
            let store = open(&f).await.unwrap();
            assert!(store.check().await.unwrap().intact);
            store.close().await;
        }
        println!("{noticed} damaged files: {whole} rescued whole");
        assert!(whole > noticed / 4, "{whole} of {noticed}");
    });
}

#[test]
fn a_rebuild_that_was_killed_is_finished_or_undone() {
    runtime().block_on(async {
        let f = a_life().await;
        let path = f.path();
        let beside = |suffix: &str| std::path::PathBuf::from(format!("{}{suffix}", path.display()));
        // Killed while the new file was being made: it does not count.
        fs::write(beside(".new"), b"half").unwrap();
        open(&f).await.unwrap().close().await;
        assert!(!beside(".new").exists());
        // Killed between the two renames: the new one is good.
        fs::rename(&path, beside(".new")).unwrap();
        let store = open(&f).await.unwrap();
        assert_eq!(store.read(account::list).await.unwrap().len(), 1);
    });
}

#[test]
fn a_folder_that_cannot_be_had_is_said() {
    runtime().block_on(async {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("data"), b"a file").unwrap();
        let said = Store::open(&file(dir.path()), Key::random(), BUDGET).await.err().unwrap();
        assert!(matches!(said, Error::Io { .. }), "{said}");
        assert!(said.to_string().contains("data"));
        let low = Store::open(&file(dir.path()), Key::random(), 1).await.err().unwrap();
        assert!(matches!(low, Error::BudgetTooSmall { least: store::LEAST_BUDGET }));
    });
}

#[cfg(unix)]
#[test]
fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        f.put(f.inbox, rows(1..=10)).await;
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let path = format!("{}{suffix}", f.path().display());
            let mode = fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{suffix}");
        }
        // And what is in it can't be read without the key.
        f.store.close().await;
        let octets = fs::read(f.path()).unwrap();
        for text in [b"kontor".as_slice(), b"SQLite format", b"CREATE TABLE"] {
            assert!(!octets.windows(text.len()).any(|w| w == text));
        }
    });
}
