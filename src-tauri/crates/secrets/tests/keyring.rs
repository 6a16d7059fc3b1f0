//! The real gnome-keyring, in a D-Bus session of its own with a home of its own. Each test runs itself
//! again inside such a session; what is between `inside` and its end happens there.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic)]

use satchel_secrets::{Error, ExposeSecret, Keyring, SecretString, Vault};
use std::path::Path;
use std::process::{Command, Stdio};

const INSIDE: &str = "SATCHEL_TEST_INSIDE_SESSION";
const SERVICE: &str = "Satchel (test)";

/// Starts the daemon on the session's bus with an unlocked keyring, and ends it afterwards.
const UNLOCKED: &str = r#"
eval "$(printf %s "a keyring's own password" | gnome-keyring-daemon --unlock --components=secrets | sed 's/^/export /')"
"$@"
"#;
/// The bus starts the daemon by itself when it is asked for: locked, and nobody to prompt.
const LOCKED: &str = r#""$@""#;

fn rerun(name: &str, home: &Path, script: &str, bus: &[&str]) {
    let mut command = Command::new("dbus-run-session");
    command.args(bus).args(["--", "sh", "-c", script, "sh"]);
    run(command.arg(std::env::current_exe().unwrap()), name, home);
}

fn run(command: &mut Command, name: &str, home: &Path) {
    for part in ["config", "data", "cache"] {
        std::fs::create_dir_all(home.join(part)).unwrap();
    }
    // The daemon's control socket lies here: its path must be short and its folder private.
    let runtime = tempfile::tempdir().unwrap();
    let output = command
        .args(["--exact", name, "--nocapture"])
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_RUNTIME_DIR", runtime.path())
        .env(INSIDE, name)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| {
            panic!("{:?}: {e} (Debian: dbus, gnome-keyring)", command.get_program())
        });
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn is_inside(name: &str) -> bool {
    std::env::var(INSIDE).is_ok_and(|inside| inside == name)
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn got(vault: &Keyring, key: &str) -> Option<String> {
    vault.get(key).unwrap().map(|s| s.expose_secret().to_owned())
}

#[test]
fn secrets_come_back() {
    if !is_inside("secrets_come_back") {
        let home = tempfile::tempdir().unwrap();
        return rerun("secrets_come_back", home.path(), UNLOCKED, &[]);
    }
    let vault = Keyring::open(SERVICE).unwrap();
    assert_eq!(vault.kind(), "keyring");
    assert_eq!(got(&vault, "account/1"), None);
    vault.delete("account/1").unwrap();
    vault.set("account/1", &secret("first")).unwrap();
    vault.set("account/1", &secret("zweitens ü→\u{1f4ee}")).unwrap();
    vault.set("account/2", &secret("other")).unwrap();
    let again = Keyring::open(SERVICE).unwrap();
    assert_eq!(got(&again, "account/1").as_deref(), Some("zweitens ü→\u{1f4ee}"));
    assert_eq!(got(&again, "account/2").as_deref(), Some("other"));

    // Another data folder has other secrets under the same key.
    let beside = Keyring::open("Satchel (beside)").unwrap();
    assert_eq!(got(&beside, "account/1"), None);
    beside.set("account/1", &secret("beside")).unwrap();
    vault.delete("account/1").unwrap();
    assert_eq!(got(&vault, "account/1"), None);
    assert_eq!(got(&beside, "account/1").as_deref(), Some("beside"));

    // As libsecret sees it, that is, as the person's own program shows it.
    let listed = Command::new("secret-tool")
        .args(["search", "--all", "service", SERVICE])
        .output()
        .expect("secret-tool (Debian: libsecret-tools)");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("label = Satchel (test): account/2"), "{listed}");
    assert!(listed.contains("secret = other"), "{listed}");
}

#[test]
fn any_thread_may_ask() {
    if !is_inside("any_thread_may_ask") {
        let home = tempfile::tempdir().unwrap();
        return rerun("any_thread_may_ask", home.path(), UNLOCKED, &[]);
    }
    let vault = std::sync::Arc::new(Keyring::open(SERVICE).unwrap());
    vault.set("k", &secret("v")).unwrap();
    let ask = {
        let vault = vault.clone();
        move || assert_eq!(got(&vault, "k").as_deref(), Some("v"))
    };
    std::thread::spawn(ask.clone()).join().unwrap();
    for runtime in [
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap(),
    ] {
        runtime.block_on(async {
            tokio::task::spawn_blocking(ask.clone()).await.unwrap();
            // Not done by us, and no reason to fall over.
            ask();
            tokio::spawn({
                let ask = ask.clone();
                async move { ask() }
            })
            .await
            .unwrap();
            let opened = Keyring::open(SERVICE).unwrap();
            assert_eq!(got(&opened, "k").as_deref(), Some("v"));
        });
    }
}

#[test]
fn a_daemon_started_anew_is_found_again() {
    if !is_inside("a_daemon_started_anew_is_found_again") {
        let home = tempfile::tempdir().unwrap();
        return rerun("a_daemon_started_anew_is_found_again", home.path(), UNLOCKED, &[]);
    }
    let vault = Keyring::open(SERVICE).unwrap();
    vault.set("k", &secret("v")).unwrap();
    let script = r#"printf %s "a keyring's own password" | gnome-keyring-daemon --replace --unlock --components=secrets"#;
    let replaced = Command::new("sh").args(["-c", script]).output().unwrap();
    assert!(replaced.status.success(), "{replaced:?}");
    assert_eq!(got(&vault, "k").as_deref(), Some("v"));
    vault.set("k", &secret("w")).unwrap();
    assert_eq!(got(&vault, "k").as_deref(), Some("w"));
}

#[test]
fn a_locked_keyring_is_called_locked() {
    let name = "a_locked_keyring_is_called_locked";
    if !is_inside(name) {
        let home = tempfile::tempdir().unwrap();
        // First a session in which the keyring is made, then one in which nobody unlocks it.
        rerun("a_keyring_is_made", home.path(), UNLOCKED, &[]);
        return rerun(name, home.path(), LOCKED, &[]);
    }
    let vault = Keyring::open(SERVICE).unwrap();
    assert_eq!(vault.get("k").map(|_| ()), Err(Error::Locked));
    assert_eq!(vault.set("k", &secret("w")), Err(Error::Locked));
    assert_eq!(vault.set("new", &secret("w")), Err(Error::Locked));
    assert_eq!(vault.delete("k"), Err(Error::Locked));
}

#[test]
fn a_keyring_is_made() {
    if !is_inside("a_keyring_is_made") {
        let home = tempfile::tempdir().unwrap();
        return rerun("a_keyring_is_made", home.path(), UNLOCKED, &[]);
    }
    Keyring::open(SERVICE).unwrap().set("k", &secret("v")).unwrap();
}

#[test]
fn a_system_without_a_bus_has_no_keyring() {
    let name = "a_system_without_a_bus_has_no_keyring";
    if !is_inside(name) {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
        return run(&mut command, name, home.path());
    }
    assert!(matches!(Keyring::open(SERVICE), Err(Error::NoKeyring(_))));
}

#[test]
fn a_bus_without_a_secret_service_has_no_keyring() {
    let name = "a_bus_without_a_secret_service_has_no_keyring";
    if !is_inside(name) {
        let home = tempfile::tempdir().unwrap();
        let config = home.path().join("bus.conf");
        std::fs::write(
            &config,
            r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>"#,
        )
        .unwrap();
        let config = format!("--config-file={}", config.display());
        return rerun(name, home.path(), LOCKED, &[&config]);
    }
    assert!(matches!(Keyring::open(SERVICE), Err(Error::NoKeyring(_))));
}
