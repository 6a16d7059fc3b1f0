//! The private Dovecot does what the scenarios count on.

use satchel_tests::dovecot::{Dovecot, Layout, Settings};
use satchel_tests::mail;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

const NORA: &str = "nora@kontor.example";

/// In clear: what the server says to `lines`, until it hangs up.
fn talk(server: &Dovecot, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect(server.imap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    for line in lines {
        stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }
    BufReader::new(stream).lines().map_while(Result::ok).collect::<Vec<_>>().join("\n")
}

/// Over TLS, checked against the rig's root, by a client that is not ours.
fn talk_tls(server: &Dovecot, commands: &str) -> String {
    let output = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-verify_hostname", "localhost"])
        .args(["-crlf", "-ign_eof", "-CAfile"])
        .arg(server.ca_file())
        .args(["-connect", &server.imaps().to_string()])
        .stdin({
            let file = tempfile::tempfile().unwrap();
            let mut writer = file.try_clone().unwrap();
            writer.write_all(commands.as_bytes()).unwrap();
            use std::io::Seek;
            writer.rewind().unwrap();
            file
        })
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn it_starts_takes_mail_and_ends_without_a_trace() {
    let server = Dovecot::start(&[(NORA, "pa ss")]).unwrap();
    let mut fill = server.fill(NORA, "INBOX").unwrap();
    let first = "2026-03-01T10:00:00Z".parse().unwrap();
    fill.add(&mail::ordinary(1, NORA, first), first, &["\\Seen", "$Forwarded"]).unwrap();
    let second = "2026-03-02T11:30:00Z".parse().unwrap();
    fill.add(&mail::ordinary(2, NORA, second), second, &["\\Flagged"]).unwrap();
    assert_eq!(fill.finish().unwrap(), 2);
    let mut fill = server.fill(NORA, "Angebote & Verträge").unwrap();
    fill.add(&mail::ordinary(3, NORA, first), first, &[]).unwrap();
    fill.finish().unwrap();

    let said = talk_tls(
        &server,
        "a LOGIN nora@kontor.example \"pa ss\"\nb LIST \"\" *\nc SELECT INBOX\n\
         d FETCH 1:* (FLAGS INTERNALDATE)\ne LOGOUT\n",
    );
    assert!(said.contains("a OK"), "{said}");
    assert!(said.contains("Angebote &- Vertr&AOQ-ge"), "{said}");
    assert!(said.contains("* 2 EXISTS"), "{said}");
    assert!(
        said.contains(
            "FLAGS (\\Seen \\Recent $Forwarded) INTERNALDATE \"01-Mar-2026 10:00:00 +0000\""
        ),
        "{said}"
    );
    assert!(
        said.contains("FLAGS (\\Flagged \\Recent) INTERNALDATE \"02-Mar-2026 11:30:00 +0000\""),
        "{said}"
    );

    let (address, dir) = (server.imaps(), server.dir().to_owned());
    drop(server);
    assert!(TcpStream::connect(address).is_err(), "it still listens");
    assert!(!dir.exists(), "its folder is still there");
}

#[test]
fn in_clear_it_offers_tls_and_no_login() {
    let server = Dovecot::start(&[(NORA, "secret")]).unwrap();
    let said = talk(&server, &["a CAPABILITY", "b LOGIN nora@kontor.example secret", "c LOGOUT"]);
    assert!(said.contains("STARTTLS") && said.contains("LOGINDISABLED"), "{said}");
    assert!(said.contains("b NO [PRIVACYREQUIRED]"), "{said}");
}

#[test]
fn capabilities_can_be_hidden() {
    let settings = Settings::new(&[(NORA, "secret")]).without(&["PREVIEW", "SNIPPET"]);
    let server = Dovecot::with(&settings).unwrap();
    let said = talk_tls(&server, "a LOGIN nora@kontor.example secret\nb CAPABILITY\nc LOGOUT\n");
    assert!(said.contains("CONDSTORE") && said.contains("a OK"), "{said}");
    assert!(!said.contains("PREVIEW"), "{said}");
}

#[test]
fn logindisabled_can_be_announced_over_tls() {
    let settings = Settings::new(&[(NORA, "secret")]).announcing("LOGINDISABLED");
    let server = Dovecot::with(&settings).unwrap();
    let said = talk_tls(&server, "a CAPABILITY\nc LOGOUT\n");
    assert!(said.contains("LOGINDISABLED") && said.contains("AUTH=PLAIN"), "{said}");
    assert!(said.contains("SASL-IR"), "{said}");
}

#[test]
fn wrong_passwords_are_answered_at_once_however_many() {
    let server = Dovecot::start(&[(NORA, "secret")]).unwrap();
    let start = std::time::Instant::now();
    for _ in 0..5 {
        let said = talk_tls(&server, "a LOGIN nora@kontor.example wrong\nb LOGOUT\n");
        assert!(said.contains("a NO [AUTHENTICATIONFAILED]"), "{said}");
    }
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_maildir_serves_as_well() {
    let settings = Settings::new(&[(NORA, "secret")]).layout(Layout::Maildir);
    let server = Dovecot::with(&settings).unwrap();
    server.fill_ordinary(NORA, "INBOX", 120).unwrap();
    server.fill_ordinary(NORA, "Archive", 30).unwrap();
    assert_eq!(server.count(NORA, "INBOX").unwrap(), 120);
    assert_eq!(server.count(NORA, "Archive").unwrap(), 30);
    server
        .append(
            NORA,
            "INBOX",
            &mail::with_attachment(NORA, "Plans", "See there.", "plan.bin", 5000),
        )
        .unwrap();
    assert_eq!(server.count(NORA, "INBOX").unwrap(), 121);
}
