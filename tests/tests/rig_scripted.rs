//! The scripted server says what it is told to, over the certificate that it is given.

use satchel_tests::certs::{Authority, Leaf};
use satchel_tests::scripted::{Answers, Cover, Reply, Scripted};
use std::io::{Seek, Write};
use std::process::Command;

/// What another's client sees; its complaint about the certificate included.
fn talk(server: &Scripted, commands: &str, extra: &[&str]) -> String {
    let mut input = tempfile::tempfile().unwrap();
    input.write_all(commands.as_bytes()).unwrap();
    input.rewind().unwrap();
    let output = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-verify_hostname", "localhost"])
        .args(["-crlf", "-ign_eof", "-CAfile"])
        .arg(server.ca_file())
        .args(["-connect", &server.address().to_string()])
        .args(extra)
        .stdin(input)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn the_small_mailbox_answers_as_a_server_would() {
    let server = Scripted::answering(Answers::default()).unwrap();
    let said = talk(
        &server,
        "a LOGIN nora secret\nb SELECT INBOX\nc FETCH 2:* (UID FLAGS ENVELOPE BODY.PEEK[1]<0.5>)\n\
         d XYZZY\ne LOGOUT\n",
        &[],
    );
    assert!(said.contains("* 3 EXISTS") && said.contains("b OK [READ-WRITE]"), "{said}");
    assert!(said.contains("* 2 FETCH (UID 2 FLAGS () ENVELOPE"), "{said}");
    assert!(said.contains("BODY[1]<0> {5}\r\nThree"), "{said}");
    assert!(!said.contains("* 1 FETCH"), "{said}");
    assert!(said.contains("d BAD") && said.contains("* BYE") && said.contains("e OK"), "{said}");
    assert_eq!(server.said().len(), 5);
}

#[test]
fn single_answers_are_replaced() {
    let answers = Answers::default()
        .on("LOGIN", Reply::Raw(b"{tag} NO [AUTHENTICATIONFAILED] not you\r\n".to_vec()))
        .on("NOOP", Reply::Before(b"* 9 EXISTS\r\n".to_vec()))
        .on("SELECT", Reply::Cut(b"* 3 EXI".to_vec()));
    let server = Scripted::answering(answers).unwrap();
    let said = talk(&server, "a LOGIN x y\nb NOOP\nc SELECT INBOX\nd NOOP\n", &[]);
    assert!(said.contains("a NO [AUTHENTICATIONFAILED] not you"), "{said}");
    assert!(said.contains("* 9 EXISTS\r\nb OK done\r\n* 3 EXI"), "{said}");
    assert!(!said.contains("d OK"), "{said}");
}

#[test]
fn starttls_begins_in_clear() {
    let server = Scripted::start(Cover::Clear, |mut peer| async move {
        peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello\r\n").await?;
        loop {
            let command = peer.command().await?;
            match command.verb.as_str() {
                "STARTTLS" => {
                    peer.reply(&command, "OK now").await?;
                    peer.secure().await?;
                }
                "CAPABILITY" => {
                    peer.send("* CAPABILITY IMAP4rev1 STARTTLS\r\n").await?;
                    peer.reply(&command, "OK").await?;
                }
                _ => return peer.reply(&command, "BAD no").await,
            }
        }
    })
    .unwrap();
    let said = talk(&server, "b NOOP\n", &["-starttls", "imap"]);
    assert!(said.contains("b BAD no"), "{said}");
    assert!(server.said().iter().any(|c| c.contains("STARTTLS")), "{:?}", server.said());
}

#[test]
fn certificates_are_as_bad_as_they_are_meant_to_be() {
    let authority = Authority::new("Satchel rig CA").unwrap();
    let other = Authority::new("Somebody else").unwrap();
    let cases = [
        (authority.leaf().unwrap(), ""),
        (authority.expired().unwrap(), "certificate has expired"),
        (authority.leaf_for(&["mail.example"]).unwrap(), "hostname mismatch"),
        (other.leaf().unwrap(), "unable to get local issuer"),
        (Leaf::self_signed(&["localhost"]).unwrap(), "self-signed certificate"),
    ];
    for (leaf, complaint) in cases {
        let server =
            Scripted::start_with(Cover::Tls, authority.pem(), leaf, |mut peer| async move {
                peer.send("* BYE enough\r\n").await
            })
            .unwrap();
        let said = talk(&server, "", &[]);
        if complaint.is_empty() {
            assert!(said.contains("* BYE enough"), "{said}");
        } else {
            assert!(said.contains(complaint), "wanted {complaint}: {said}");
            assert!(!said.contains("* BYE"), "{said}");
        }
    }
}
