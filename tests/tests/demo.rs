//! The demo without a display: tells each step, leaves a picture that shows something, and nothing else.

use satchel_tests::cli::program;
use std::process::{Command, Stdio};

#[test]
fn the_demo_leaves_a_picture_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, scratch) = (folder.path().join("demo.png"), folder.path().join("tmp"));
    std::fs::create_dir(&scratch).unwrap();
    // As `nobody` the mail server has to be able to reach its own folder in there.
    use std::os::unix::fs::PermissionsExt;
    for dir in [folder.path(), &scratch] {
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new(program("satchel-demo").unwrap())
        .arg("--picture")
        .arg(&picture)
        .env("TMPDIR", &scratch)
        .env_remove("DISPLAY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for step in 1..=5 {
        assert!(said.contains(&format!("{step} of 5: ")), "{said}");
    }
    assert!(
        said.contains("messages of our own writing") && said.contains("4 round trips"),
        "{said}"
    );
    let png = std::fs::read(&picture).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() > 30_000, "a picture of {} octets", png.len());
    let left: Vec<_> =
        std::fs::read_dir(&scratch).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}
