//! `satchel serve` in Chromium: the same interface at desktop and phone sizes, held against axe. What is looked at
//! stands in `browser/interface.test.mjs`; here are the servers behind it.

use satchel_tests::serve::Served;
use satchel_tests::stage::Stage;
use std::path::Path;
use std::process::Command;

#[test]
fn the_interface_in_chromium_at_desktop_and_phone_size() {
    let stage = Stage::set().unwrap();
    stage.satchel.json(&["sync", "--until", "first-screen"]).unwrap();
    let served = Served::start(&stage.satchel).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    assert!(folder.join("node_modules").exists(), "run tests/setup/browser first");
    let output = Command::new("node")
        .args(["--test", "--test-reporter=spec", "interface.test.mjs"])
        .current_dir(&folder)
        .env("SATCHEL_URL", served.url())
        .env("SATCHEL_LMTP", stage.server.lmtp().to_string())
        .env("SATCHEL_PICTURES", folder.join("../../build/pictures"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(
        output.status.success(),
        "{}\n--- serve\n{}",
        String::from_utf8_lossy(&output.stderr),
        served.log()
    );
    // A runner that found nothing to run is no proof.
    assert!(said.contains("pass ") && !said.contains("pass 0"), "{said}");
}
