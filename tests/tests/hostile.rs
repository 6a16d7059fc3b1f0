//! Servers that lie, stall, flood and break off: a clear word for that account, in bounded time, and the other
//! account as if nothing had happened.

use satchel_tests::certs::{Authority, Leaf};
use satchel_tests::cli::Satchel;
use satchel_tests::dovecot::Dovecot;
use satchel_tests::scripted::{Answers, Cover, Reply, Scripted};
use serde_json::Value;
use std::path::Path;

const NORA: &str = "nora@kontor.example";

/// The error of adding an account on that server; that nothing of it stays.
fn refused(url: &str, ca_file: Option<&Path>) -> Value {
    let satchel = Satchel::new().unwrap();
    let error =
        satchel.try_add(NORA, "secret", url, ca_file).unwrap().error("account add").unwrap();
    assert_eq!(
        satchel.json(&["account", "list"]).unwrap(),
        serde_json::json!([]),
        "half an account"
    );
    let message = error["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty() && !message.contains("secret"), "{error}");
    error
}

fn add_to(answers: Answers) -> Value {
    let server = Scripted::answering(answers).unwrap();
    refused(&server.url(), Some(server.ca_file()))
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

#[track_caller]
fn says(error: &Value, code: &str) {
    assert_eq!(error["code"], code, "{error}");
}

#[test]
fn what_is_no_imap_server_is_called_so() {
    for greeting in
        ["HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail.example ESMTP\r\n", "+OK POP3 ready\r\n"]
    {
        says(&add_to(Answers::default().greeting(raw(greeting))), "not-imap");
    }
    says(&add_to(Answers::default().greeting(raw("* PREAUTH at your service\r\n"))), "protocol");
    let bye =
        add_to(Answers::default().greeting(Reply::Cut(b"* BYE too many connections\r\n".to_vec())));
    says(&bye, "server-busy");
    assert_eq!(bye["params"]["reply"], "too many connections");
}

#[test]
fn a_wrong_password_comes_with_the_servers_words() {
    let no = raw("{tag} NO [AUTHENTICATIONFAILED] no such friend\r\n");
    let error = add_to(Answers::default().on("LOGIN", no.clone()).on("AUTHENTICATE", no));
    says(&error, "wrong-password");
    assert_eq!(error["params"]["reply"], "no such friend");
    assert_eq!(error["params"]["user"], NORA);
}

#[test]
fn answers_that_break_off_flood_or_never_end() {
    let nested = format!("* LIST {}", "(".repeat(10_000));
    for (reply, code) in [
        (raw("{tag} NO not today\r\n"), "server-refused"),
        (Reply::Cut(b"* LIST (\\HasNoChildren) \"/\" INB".to_vec()), "offline"),
        (Reply::Cut(b"* BYE see you\r\n".to_vec()), "server-busy"),
        (raw("* LIST () \"/\" {5000000000}\r\n"), "protocol"),
        (Reply::Flood(b"x".to_vec(), 64 * 1024 * 1024), "protocol"),
        (Reply::Flood(nested.into_bytes(), 64 * 1024 * 1024), "protocol"),
    ] {
        let told = format!("{reply:?}").chars().take(60).collect::<String>();
        let error = add_to(Answers::default().on("LIST", reply));
        assert_eq!(error["code"], code, "{told}: {error}");
    }
}

#[test]
fn silence_ends_after_a_deadline() {
    let error = add_to(Answers::default().greeting(Reply::Stall));
    says(&error, "timeout");
}

#[test]
fn certificates_that_nobody_vouches_for_are_shown() {
    let ordinary = Authority::new("A root of the rig").unwrap();
    let with = |leaf: Leaf| {
        Scripted::start_with(Cover::Tls, ordinary.pem(), leaf, |mut peer| async move {
            Answers::default().serve(&mut peer).await
        })
        .unwrap()
    };
    let reason = |server: &Scripted, ca: bool| {
        let error = refused(&server.url(), ca.then(|| server.ca_file()));
        says(&error, "certificate-untrusted");
        let shown =
            error["params"]["fingerprint"].as_str().unwrap().replace(':', "").to_lowercase();
        assert_eq!(shown, server.fingerprint());
        assert!(server.said().is_empty(), "something was sent: {:?}", server.said());
        error["params"]["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(reason(&with(ordinary.expired().unwrap()), true), "expired");
    assert_eq!(
        reason(&with(ordinary.leaf_for(&["mail.verein.example"]).unwrap()), true),
        "wrong-name"
    );
    assert_eq!(reason(&with(ordinary.leaf().unwrap()), false), "unknown-issuer");
    let own = with(Leaf::self_signed(&["localhost"]).unwrap());
    assert_eq!(reason(&own, false), "self-signed");

    // Trusted knowingly, by its fingerprint, and by no other.
    let satchel = Satchel::new().unwrap();
    let url = own.url();
    let add = |print: &str| {
        let args = [
            "--json",
            "account",
            "add",
            NORA,
            "--imap",
            &url,
            "--password-stdin",
            "--trust",
            print,
        ];
        satchel.run_with(&args, "secret\n").unwrap()
    };
    let other = with(Leaf::self_signed(&["localhost"]).unwrap());
    let changed = add(&other.fingerprint()).error("account add").unwrap();
    assert_eq!(changed["params"]["reason"], "changed", "{changed}");
    assert!(add(&own.fingerprint()).ok());
}

#[test]
fn in_clear_nothing_is_said_but_starttls() {
    for (greeting, reply) in [
        ("* OK [CAPABILITY IMAP4rev1] hello\r\n", "{tag} BAD what\r\n"),
        ("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n", "{tag} NO not today\r\n"),
        // An answer that somebody put behind the line on which TLS begins.
        (
            "* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n",
            "{tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA0002 OK done\r\n",
        ),
        ("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] in already\r\n", "{tag} OK begin\r\n"),
    ] {
        let (greeting, reply) = (greeting.to_owned(), reply.to_owned());
        let server = Scripted::start(Cover::Clear, move |mut peer| {
            let (greeting, reply) = (greeting.clone(), reply.clone());
            async move {
                peer.send(&greeting).await?;
                loop {
                    let command = peer.command().await?;
                    let plain = match command.verb.as_str() {
                        "STARTTLS" => reply.replace("{tag}", &command.tag),
                        "CAPABILITY" => format!("* CAPABILITY IMAP4rev1\r\n{} OK\r\n", command.tag),
                        _ => format!("{} BAD\r\n", command.tag),
                    };
                    peer.send(&plain).await?;
                }
            }
        })
        .unwrap();
        let error = refused(&server.url(), Some(server.ca_file()));
        assert!(
            ["not-encrypted", "protocol"].contains(&error["code"].as_str().unwrap_or_default()),
            "{error}"
        );
        for line in server.said() {
            assert!(!line.to_uppercase().contains("LOGIN") && !line.contains("secret"), "{line}");
        }
    }
}

#[test]
fn another_account_is_untouched() {
    let healthy = Dovecot::start(&[("n.albrecht@bigmail.example", "opa")]).unwrap();
    healthy.fill_ordinary("n.albrecht@bigmail.example", "INBOX", 60).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add("n.albrecht@bigmail.example", "opa", &healthy.url(), healthy.ca_file()).unwrap();
    let broken =
        Answers::default().on("FETCH", Reply::Cut(b"* 1 FETCH (UID 1 ENVELOPE (\"x".to_vec()));
    let hostile = Scripted::answering(broken).unwrap();
    satchel.add(NORA, "secret", &hostile.url(), hostile.ca_file()).unwrap();

    let ran = satchel.run(&["--json", "sync"]).unwrap();
    assert_eq!(ran.status, 1, "{}{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(report["first_screen"]["rows"], 50);
    assert_eq!(report["failed"].as_array().unwrap().len(), 1);
    assert_eq!(report["failed"][0]["account"], 2);
    let page = satchel.json(&["list", "--mailbox", "inbox", "--account", "1"]).unwrap();
    assert_eq!(page["rows"].as_array().unwrap().len(), 50);
}
