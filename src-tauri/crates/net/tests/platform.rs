//! What the platform trusts, where it can be set: on Linux and its kin by SSL_CERT_FILE, which is read
//! when the process first connects. So each test runs itself again with its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod rig;

use rig::{Authority, BOTH, Identity, LIMIT, Tls, serve_tls};
use satchel_net::{Error, Reason, Trust, connect};
use std::process::Command;
use tokio::io::AsyncReadExt;

const IDENTITY: &str = "SATCHEL_TEST_IDENTITY";

/// Runs the test again in a process that trusts `roots`, and hands it what its server shall show.
fn rerun(name: &str, roots: &str, identity: &Identity) {
    let folder = tempfile::tempdir().unwrap();
    let [file, leaf, key] = ["roots.pem", "leaf", "key"].map(|n| folder.path().join(n));
    std::fs::write(&file, roots).unwrap();
    std::fs::write(&leaf, identity.leaf()).unwrap();
    std::fs::write(&key, identity.key.serialize_pem()).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("SSL_CERT_FILE", &file)
        .env_remove("SSL_CERT_DIR")
        .env(IDENTITY, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn handed() -> Option<Identity> {
    let folder = std::path::PathBuf::from(std::env::var_os(IDENTITY)?);
    let key = std::fs::read_to_string(folder.join("key")).unwrap();
    Some(Identity {
        chain: vec![std::fs::read(folder.join("leaf")).unwrap()],
        key: std::sync::Arc::new(rcgen::KeyPair::from_pem(&key).unwrap()),
    })
}

async fn tried(identity: &Identity, trust: &Trust) -> Result<(), Error> {
    let at = serve_tls(&Tls::new(identity, BOTH), |mut stream| async move {
        let _ = stream.read(&mut [0u8; 8]).await;
    })
    .await;
    connect(&at, trust, LIMIT).await.map(|_| ())
}

fn reason(result: Result<(), Error>) -> Reason {
    match result {
        Err(Error::Untrusted(facts)) => facts.reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_the_platform_trusts_is_trusted_by_default() {
    let Some(identity) = handed() else {
        let authority = Authority::new("Platform Root");
        let identity = authority.issue(&["localhost"], |_| ());
        let name = "what_the_platform_trusts_is_trusted_by_default";
        return rerun(name, &authority.pem(), &identity);
    };
    assert_eq!(tried(&identity, &Trust::default()).await, Ok(()));
    // A root of the account's comes besides, and takes nothing away.
    let other = Authority::new("Another Root");
    assert_eq!(tried(&identity, &other.trust()).await, Ok(()));
    assert_eq!(tried(&other.issue(&["localhost"], |_| ()), &other.trust()).await, Ok(()));
    let stranger = other.issue(&["localhost"], |_| ());
    assert_eq!(reason(tried(&stranger, &Trust::default()).await), Reason::UnknownIssuer);
    // A pin asks again though the platform would take the new one.
    assert_eq!(reason(tried(&identity, &stranger.pin()).await), Reason::PinChanged);
}

#[tokio::test]
async fn names_and_dates_hold_under_the_platform_too() {
    let Some(identity) = handed() else {
        let authority = Authority::new("Platform Root");
        let name = "names_and_dates_hold_under_the_platform_too";
        for identity in [
            authority.issue(&["localhost"], rig::expired),
            authority.issue(&["elsewhere.example"], |_| ()),
        ] {
            rerun(name, &authority.pem(), &identity);
        }
        return;
    };
    let wanted = if identity.leaf().windows(9).any(|w| w == b"elsewhere") {
        Reason::WrongName
    } else {
        Reason::Expired
    };
    assert_eq!(reason(tried(&identity, &Trust::default()).await), wanted);
}

#[tokio::test]
async fn a_platform_without_roots_still_serves_pins_and_further_roots() {
    let Some(identity) = handed() else {
        let name = "a_platform_without_roots_still_serves_pins_and_further_roots";
        return rerun(name, "", &Identity::self_signed(&["localhost"], |_| ()));
    };
    assert_eq!(reason(tried(&identity, &Trust::default()).await), Reason::SelfSigned);
    assert_eq!(tried(&identity, &identity.pin()).await, Ok(()));
    let authority = Authority::new("Kontor Root");
    let issued = authority.issue(&["localhost"], |_| ());
    assert_eq!(tried(&issued, &authority.trust()).await, Ok(()));
    assert_eq!(reason(tried(&issued, &Trust::default()).await), Reason::UnknownIssuer);
}
