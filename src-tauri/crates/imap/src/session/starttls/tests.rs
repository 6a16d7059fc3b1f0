//! The IMAP cases of the STARTTLS study (read in place): what a client must not do before TLS.

use super::*;
use std::path::Path;

/// Runs the dialogue against a server that greets, answers STARTTLS, and gives what the client sent.
async fn against(greeting: &str, answer: &str) -> (Result<(), Error>, String) {
    let (mut near, mut far) = tokio::io::duplex(4096);
    let server = async move {
        let _ = far.write_all(greeting.as_bytes()).await;
        if !greeting.ends_with('\n') {
            let _ = far.shutdown().await;
        }
        let mut line = vec![0u8; "T0 STARTTLS\r\n".len()];
        let mut sent = String::new();
        if far.read_exact(&mut line).await.is_ok() {
            sent.push_str(&String::from_utf8_lossy(&line));
            let _ = far.write_all(answer.as_bytes()).await;
        }
        let _ = far.shutdown().await;
        let mut rest = Vec::new();
        let _ = far.read_to_end(&mut rest).await;
        sent + &String::from_utf8_lossy(&rest)
    };
    let client = async move {
        let result = dialogue(&mut near, "mail.kontor.example").await;
        drop(near);
        result
    };
    tokio::join!(client, server)
}

#[tokio::test]
async fn agreed_and_nothing_behind() {
    let answers = ["T0 OK go\r\n", "* CAPABILITY IMAP4rev1\r\n* OK [ALERT] x\r\nt0 ok go\r\n"];
    let (result, sent) = against("* OK hi\r\n", answers[0]).await;
    assert_eq!((result, sent.as_str()), (Ok(()), "T0 STARTTLS\r\n"));
    // Tags are compared as they were sent.
    let (result, _) = against("* OK hi\r\n", answers[1]).await;
    assert!(matches!(result, Err(Error::Plaintext(_))));
}

#[tokio::test]
async fn whatever_breaks_the_rule_ends_it() {
    for (greeting, answer) in [
        ("* OK hi\r\n", "T0 OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"),
        ("* OK hi\r\n", "T0 OK go\r\nx"),
        ("* OK hi\r\n", "T0 NO later\r\n"),
        ("* OK hi\r\n", "T0 BAD what\r\n"),
        ("* OK hi\r\n", "+ go on\r\n"),
        ("* OK hi\r\n", "A9 OK other\r\n"),
        ("* OK hi\r\n", "* BYE x\r\n"),
        ("* OK hi\r\n", "220 ready\r\n"),
        ("T0 OK hi\r\nT0 OK go\r\n", ""),
        ("* OK hi\r\nT0 OK go\r\n\x16\x03", ""),
        ("* BYE [REFERRAL imap://attacker.example/] x\r\n", ""),
    ] {
        let (result, sent) = against(greeting, answer).await;
        assert!(matches!(result, Err(Error::Plaintext(_))), "{greeting}{answer}: {result:?}");
        assert!(sent.is_empty() || sent == "T0 STARTTLS\r\n", "{sent}");
    }
    let flood = "* OK x\r\n".repeat(200);
    assert!(matches!(against("* OK hi\r\n", &flood).await.0, Err(Error::Plaintext(_))));
    for said in ["* PREAUTH in\r\n", "* OK hi\r\n* PREAUTH in\r\n"] {
        assert_eq!(against(said, "").await.0, Err(Error::Preauth));
    }
    for said in ["220 mx ESMTP\r\n", "+OK POP3\r\n", "HTTP/1.1 400 x\r\n", "SSH-2.0-x"] {
        assert!(matches!(against(said, "").await.0, Err(Error::NotImap { .. })), "{said}");
    }
    assert!(matches!(against(&"x".repeat(10_000), "").await.0, Err(Error::NotImap { .. })));
    assert_eq!(against("", "").await.0, Err(Error::Closed));
}

/// The text in a case's `Some("…")`.
fn said(text: &str) -> String {
    let inner = text.split_once("Some(\"").map_or(text, |(_, rest)| rest);
    let inner = inner.rsplit_once("\")").map_or(inner, |(inner, _)| inner);
    let inner = inner.replace("<tag>", "T0").replace("\\r", "\r").replace("\\n", "\n");
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

/// The greeting of a case: its `kind`, and its capabilities as they would be sent.
fn greeting_of(case: &serde_json::Value) -> Option<String> {
    let text = case.get("greeting")?.as_str()?;
    let kind = if text.contains("PreAuth") {
        "PREAUTH"
    } else if text.contains("kind: Bye") {
        "BYE"
    } else {
        "OK"
    };
    let code = if text.contains("Capability") {
        let starttls = if text.contains("StartTls") { " STARTTLS" } else { "" };
        format!("[CAPABILITY IMAP4rev1{starttls} AUTH=PLAIN] ")
    } else {
        String::new()
    };
    let after = case.get("after_greeting").and_then(|a| a.as_str()).map(said).unwrap_or_default();
    Some(format!("* {kind} {code}ready\r\n{after}"))
}

#[tokio::test]
async fn the_cases_of_the_study() {
    let given = std::env::var_os("SATCHEL_CORPUS").unwrap_or_else(|| "../shared/corpus".into());
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..").join(given);
    let text = std::fs::read(corpus.join("../security/starttls-cases.json")).unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    let (mut upgraded, mut refused) = (0, 0);
    for case in &cases {
        let name = case["case"].as_str().unwrap();
        let Some(greeting) = greeting_of(case).filter(|_| name.contains("/imap/")) else {
            continue;
        };
        let hidden = case["hide"].as_str().is_some_and(|h| h.contains("starttls"));
        let manual = case["manual"].as_array().into_iter().flatten().filter_map(|m| m.as_str());
        let injected = manual.clone().find(|m| m.starts_with("starttls_response")).map(said);
        let answer = case["starttls_response"].as_str().map(said).or(injected);
        let plain = "T0 OK begin TLS now.\r\n".to_owned();
        let answer =
            if hidden { "T0 BAD unknown command\r\n".to_owned() } else { answer.unwrap_or(plain) };
        let (result, sent) = against(&greeting, &answer).await;
        // Whatever the case: no command but STARTTLS before TLS.
        assert!(sent.is_empty() || sent == "T0 STARTTLS\r\n", "{name}: {sent}");
        let tagged = answer.find("T0 ").and_then(|at| answer.get(at..)).unwrap_or_default();
        let agreed = tagged.starts_with("T0 OK") && tagged.lines().count() == 1;
        // Lines of a literal are no lines of IMAP: refused, as well.
        let literal = (greeting.clone() + &answer).contains("{28}")
            && matches!(result, Err(Error::Plaintext(_)));
        if greeting.starts_with("* OK") && agreed && !literal {
            // What was injected before is nowhere: the dialogue gives nothing back.
            assert_eq!(result, Ok(()), "{name}");
            upgraded += 1;
        } else {
            assert!(
                matches!(result, Err(Error::Plaintext(_) | Error::Preauth)),
                "{name}: {result:?}"
            );
            refused += 1;
        }
    }
    assert!(refused >= 12 && upgraded >= 20, "{refused} {upgraded}");
}
