use super::*;
use std::sync::Arc;
use tempfile::TempDir;

const QUICK: Cost = Cost { kib: 64, passes: 1, lanes: 1 };

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets");
    (folder, path)
}

fn open(path: &Path, passphrase: &str) -> Result<SealedFile, Error> {
    SealedFile::open_at(path, &secret(passphrase), QUICK)
}

fn got(vault: &SealedFile, key: &str) -> Option<String> {
    vault.get(key).unwrap().map(|s| s.expose_secret().to_owned())
}

#[test]
fn what_is_set_is_there_after_opening_again() {
    let (_folder, path) = folder();
    let hostile = "q\"\\\u{0}\u{1f}ü→\u{1f4ee}";
    let vault = open(&path, "long enough").unwrap();
    assert_eq!(got(&vault, "imap"), None);
    vault.set("imap", &secret("first")).unwrap();
    vault.set("imap", &secret(hostile)).unwrap();
    vault.set("other", &secret("")).unwrap();
    vault.set("gone", &secret("x")).unwrap();
    vault.delete("gone").unwrap();
    vault.delete("never there").unwrap();
    drop(vault);

    let vault = open(&path, "long enough").unwrap();
    assert_eq!(got(&vault, "imap").as_deref(), Some(hostile));
    assert_eq!(got(&vault, "other").as_deref(), Some(""));
    assert_eq!(got(&vault, "gone"), None);
    assert_eq!(vault.kind(), "file");
}

#[test]
fn the_usual_cost_opens_too() {
    let (_folder, path) = folder();
    let vault = SealedFile::open(&path, &secret("p")).unwrap();
    vault.set("k", &secret("v")).unwrap();
    assert_eq!(got(&SealedFile::open(&path, &secret("p")).unwrap(), "k").as_deref(), Some("v"));
    assert_eq!(vault.head.octets_for_test().len(), 61);
}

#[test]
fn a_wrong_passphrase_is_told_from_damage_and_changes_nothing() {
    let (_folder, path) = folder();
    open(&path, "right").unwrap().set("k", &secret("v")).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(open(&path, "wrong").unwrap_err(), Error::PassphraseWrong(path.clone()));
    assert_eq!(open(&path, "").unwrap_err(), Error::PassphraseEmpty);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(got(&open(&path, "right").unwrap(), "k").as_deref(), Some("v"));
}

#[test]
fn damage_at_any_place_is_seen_and_left_alone() {
    let (_folder, path) = folder();
    let vault = open(&path, "p").unwrap();
    vault.set("k", &secret("value")).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole[..end].to_vec()).collect();
    for at in 0..whole.len() {
        for change in [1u8, 0x80, 0xff] {
            let mut octets = whole.clone();
            octets[at] ^= change;
            damaged.push(octets);
        }
    }
    damaged.push([whole.as_slice(), b"x"].concat());
    damaged.push(vec![0; file::LARGEST + 1]);
    damaged.push(b"a text of somebody else's".to_vec());
    for octets in damaged {
        std::fs::write(&path, &octets).unwrap();
        let refused = open(&path, "p").unwrap_err();
        assert!(matches!(refused, Error::Corrupt(_) | Error::Newer { .. }), "{refused}");
        for result in [vault.get("k").map(|_| ()), vault.set("k", &secret("w")), vault.delete("k")]
        {
            assert!(matches!(result, Err(Error::Corrupt(_) | Error::Newer { .. })), "{result:?}");
        }
        assert!(std::fs::read(&path).unwrap() == octets, "a damaged file was written to");
    }
    std::fs::write(&path, &whole).unwrap();
    assert_eq!(got(&vault, "k").as_deref(), Some("value"));
}

#[test]
fn a_newer_format_is_named() {
    let (_folder, path) = folder();
    open(&path, "p").unwrap();
    let mut octets = std::fs::read(&path).unwrap();
    octets[8] = 2;
    std::fs::write(&path, &octets).unwrap();
    assert_eq!(open(&path, "p").unwrap_err(), Error::Newer { path, found: 2, known: 1 });
}

#[test]
fn a_file_that_asks_for_too_much_is_not_obeyed() {
    let (_folder, path) = folder();
    for cost in [
        Cost { kib: 4_000_000, passes: 1, lanes: 1 },
        Cost { kib: 64, passes: 4_000_000, lanes: 1 },
        Cost { kib: 64, passes: 1, lanes: 4000 },
        Cost { kib: 0, passes: 0, lanes: 0 },
    ] {
        std::fs::write(&path, Head::with_cost_for_test(cost).octets_for_test()).unwrap();
        assert_eq!(open(&path, "p").unwrap_err(), Error::Corrupt(path.clone()), "{cost:?}");
    }
}

#[test]
fn nothing_of_it_can_be_read_in_the_file() {
    let (_folder, path) = folder();
    let vault = open(&path, "p").unwrap();
    vault.set("account-name", &secret("tell-tale")).unwrap();
    let first = std::fs::read(&path).unwrap();
    vault.set("account-name", &secret("tell-tale2")).unwrap();
    vault.set("account-name", &secret("tell-tale")).unwrap();
    let again = std::fs::read(&path).unwrap();
    for octets in [&first, &again] {
        for word in [b"account-name".as_slice(), b"tell-tale"] {
            assert!(!octets.windows(word.len()).any(|w| w == word));
        }
    }
    assert_ne!(first, again, "a nonce is used once");
    assert!(!format!("{vault:?}").contains("tell-tale"));
}

#[cfg(unix)]
#[test]
fn it_is_for_its_owner_alone_and_leaves_nothing_beside() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = folder();
    let vault = open(&path, "p").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::write(folder.path().join("secrets.new"), "left by a crash").unwrap();
    vault.set("k", &secret("v")).unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["secrets", "secrets.lock"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let (folder, path) = folder();
    open(&path, "p").unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    open(&link, "p").unwrap().set("k", &secret("v")).unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(got(&open(&path, "p").unwrap(), "k").as_deref(), Some("v"));
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let (_folder, path) = folder();
    // Some make the file, some find it; each has its own opening, as another process would.
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                let vault = open(path, "p").unwrap();
                for n in 0..10 {
                    vault.set(&format!("{writer}/{n}"), &secret(&format!("{writer}:{n}"))).unwrap();
                    if n >= 5 {
                        vault.delete(&format!("{writer}/{}", n - 5)).unwrap();
                    }
                }
            });
        }
    });
    let vault = open(&path, "p").unwrap();
    for writer in 0..4 {
        for n in 0..10 {
            let wanted = (n >= 5).then(|| format!("{writer}:{n}"));
            assert_eq!(got(&vault, &format!("{writer}/{n}")), wanted, "{writer}/{n}");
        }
    }
}

#[test]
fn a_file_made_anew_by_another_is_not_overwritten() {
    let (_folder, path) = folder();
    let mine: Arc<dyn Vault> = Arc::new(open(&path, "mine").unwrap());
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(mine.get("k"), Err(Error::Io { kind: std::io::ErrorKind::NotFound, .. })));
    let theirs = open(&path, "theirs").unwrap();
    theirs.set("k", &secret("theirs")).unwrap();
    assert_eq!(mine.set("k", &secret("mine")), Err(Error::PassphraseWrong(path)));
    assert_eq!(got(&theirs, "k").as_deref(), Some("theirs"));
}

#[test]
fn a_place_that_cannot_be_written_says_so() {
    let (folder, _) = folder();
    let nowhere = folder.path().join("no such folder").join("secrets");
    let refused = open(&nowhere, "p").unwrap_err();
    assert!(matches!(refused, Error::Io { .. }));
    assert!(refused.to_string().contains("no such folder"), "{refused}");
    assert!(matches!(open(folder.path(), "p").unwrap_err(), Error::Io { .. }));
}

#[test]
fn what_is_too_large_is_refused_and_the_rest_kept() {
    let (_folder, path) = folder();
    let vault = open(&path, "p").unwrap();
    vault.set("k", &secret("v")).unwrap();
    let large = secret(&"x".repeat(file::LARGEST));
    assert_eq!(vault.set("large", &large), Err(Error::TooLarge(path)));
    assert_eq!(got(&vault, "k").as_deref(), Some("v"));
}
