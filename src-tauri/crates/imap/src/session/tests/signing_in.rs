use super::*;
use crate::error::FlightError;
use model::{ModSeq, Uid, UidValidity};

#[tokio::test(start_paused = true)]
async fn the_greeting_says_what_there_is() {
    let (session, _peer) = greeted(GREETING).await;
    assert!(session.capabilities().known() && session.capabilities().has("auth=plain"));
    let (session, _peer) = greeted("* OK hello\r\n").await;
    assert!(!session.capabilities().known());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_greeting_is_said_so() {
    for (said, error) in [
        ("* PREAUTH [CAPABILITY IMAP4rev1] in\r\n", Error::Preauth),
        ("* BYE too many\r\n", Error::Bye("too many".into())),
        (
            "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
            Error::NotImap { first: "HTTP/1.1 400 Bad Request".into() },
        ),
        ("220 mx ESMTP\x1b[31m\r\n", Error::NotImap { first: "220 mx ESMTP [31m".into() }),
        ("+OK POP3 ready\r\n", Error::NotImap { first: "+OK POP3 ready".into() }),
        ("SSH-2.0-x", Error::NotImap { first: "SSH-2.0-x".into() }),
        ("A1 OK tagged\r\n", Error::NotImap { first: "tagged".into() }),
        ("", Error::Closed),
    ] {
        let (connected, mut peer) = pipe();
        peer.send(said).await;
        drop(peer);
        let greeted = Session::greet(connected, &Deadlines::default()).await;
        assert_eq!(greeted.err(), Some(error), "{said}");
    }
    let (connected, mut peer) = pipe();
    peer.send("x".repeat(9_000)).await;
    let greeted = Session::greet(connected, &Deadlines::default()).await;
    assert!(matches!(greeted.err(), Some(Error::NotImap { first }) if first.len() <= 120));
}

#[tokio::test(start_paused = true)]
async fn login_is_quoted_and_capabilities_are_new() {
    let (mut session, mut peer) = greeted(GREETING).await;
    let secret = password("a\"b\\c ");
    let signed = both(session.login("anna", &secret), async {
        peer.expect(
            "LOGIN \"anna\" \"a\\\"b\\\\c \"",
            "* CAPABILITY IMAP4rev1 OLD\r\n{tag} OK in\r\n",
        )
        .await;
    });
    signed.await.unwrap();
    // Untagged, before the completion: of the state before.
    assert!(!session.capabilities().known());
    both(
        session.capability(),
        peer.expect("CAPABILITY", "* CAPABILITY IMAP4rev1 NEW\r\n{tag} OK\r\n"),
    )
    .await
    .unwrap();
    assert!(session.capabilities().has("NEW") && !session.capabilities().has("OLD"));
    assert!(matches!(session.login("anna", &secret).await, Err(Error::Protocol(_))));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_can_be_asked_for_again() {
    let (mut session, mut peer) = greeted(GREETING).await;
    let (wrong, right) = (password("wrong"), password("right"));
    let refused = both(session.sign_in("anna", &wrong), async {
        peer.expect("LOGIN \"anna\" \"wrong\"", "{tag} NO [AUTHENTICATIONFAILED] Nö\r\n").await;
    })
    .await;
    let code = Some("AUTHENTICATIONFAILED".to_owned());
    assert_eq!(refused, Err(Error::Auth { code, text: "Nö".into() }));
    let refused = both(session.sign_in("anna", &right), async {
        peer.expect("LOGIN \"anna\" \"right\"", "{tag} NO [UNAVAILABLE] later\r\n").await;
    })
    .await;
    assert!(matches!(refused, Err(Error::No { code: Some(code), .. }) if code == "UNAVAILABLE"));
    both(session.sign_in("anna", &right), peer.expect("LOGIN \"anna\" \"right\"", "{tag} OK\r\n"))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_quoted_goes_by_authenticate() {
    // "\0änna\0pässwört"
    let message = "AMOkbm5hAHDDpHNzd8O2cnQ=";
    let secret = password("pässwört");
    let (mut session, mut peer) = greeted(GREETING).await;
    let server = peer.expect("AUTHENTICATE PLAIN AMOkbm5hAHDDpHNzd8O2cnQ=", "{tag} OK in\r\n");
    both(session.sign_in("änna", &secret), server).await.unwrap();

    let (mut session, mut peer) =
        greeted("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED] x\r\n").await;
    assert!(!session.login_flight_possible("a", &password("b")));
    both(session.sign_in("änna", &secret), async {
        peer.expect("AUTHENTICATE PLAIN", "+ \r\n").await;
        assert_eq!(peer.raw_line().await, format!("{message}\r\n"));
        peer.send("A0001 OK in\r\n").await;
    })
    .await
    .unwrap();

    // A failure that comes as a challenge first, and wants an answer.
    let (mut session, mut peer) = greeted(GREETING).await;
    let refused = both(session.sign_in("änna", &secret), async {
        peer.expect(
            "AUTHENTICATE PLAIN AMOkbm5hAHDDpHNzd8O2cnQ=",
            "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n",
        )
        .await;
        assert_eq!(peer.raw_line().await, "\r\n");
        peer.send("A0001 NO [AUTHENTICATIONFAILED] no\r\n").await;
    })
    .await;
    assert!(matches!(refused, Err(Error::Auth { .. })));
}

#[tokio::test(start_paused = true)]
async fn literals_wait_for_the_servers_word() {
    let (mut session, mut peer) = greeted("* OK [CAPABILITY IMAP4rev1] x\r\n").await;
    let secret = password("pässword");
    both(session.sign_in("anna", &secret), async {
        assert_eq!(peer.line().await, "LOGIN \"anna\" {9}");
        peer.send("* OK still here\r\n+ go\r\n").await;
        assert_eq!(peer.exactly(11).await, "pässword\r\n".as_bytes());
        peer.answer("{tag} OK in\r\n").await;
    })
    .await
    .unwrap();
    // Refused before the literal: it is not sent.
    let (mut session, mut peer) = greeted("* OK [CAPABILITY IMAP4rev1] x\r\n").await;
    let refused = both(session.sign_in("anna", &secret), async {
        peer.expect("LOGIN \"anna\" {9}", "{tag} BAD no literals\r\n").await;
    })
    .await;
    assert!(matches!(refused, Err(Error::Bad { .. })));
    drop(session);
    peer.at_end().await;
}

#[tokio::test(start_paused = true)]
async fn no_password_is_taken_anywhere() {
    let (mut session, mut peer) = greeted("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] x\r\n").await;
    assert_eq!(session.sign_in("a", &password("b")).await, Err(Error::NoPasswordLogin));
    assert_eq!(session.login("a", &password("b")).await, Err(Error::NoPasswordLogin));
    let nul = session.authenticate_plain("a", &password("b\0c")).await;
    assert!(matches!(nul, Err(Error::NotSendable { .. })));
    drop(session);
    peer.at_end().await;
}

const FLIGHT: &str =
    "A0001 LOGIN \"anna\" \"secret\"\r\nS1 CAPABILITY\r\nS2 SELECT \"Entw&APw-rfe\"\r\n";

async fn flight(answer: &str, ends: bool) -> (Session, Result<Selected, FlightError>) {
    let (mut session, mut peer) = greeted(GREETING).await;
    let before = session.traffic().round_trips;
    let drafts = MailboxName("Entwürfe".to_owned());
    let secret = password("secret");
    let flown = session.login_flight("anna", &secret, &drafts);
    let server = async {
        assert_eq!(String::from_utf8(peer.exactly(FLIGHT.len()).await).unwrap(), FLIGHT);
        peer.send(answer).await;
        if ends {
            drop(peer);
        } else {
            std::future::pending::<()>().await;
        }
    };
    let result = if ends {
        both(flown, server).await
    } else {
        tokio::select! {
            result = flown => result,
            () = server => unreachable!(),
        }
    };
    assert_eq!(session.traffic().round_trips - before, 1);
    (session, result)
}

#[tokio::test(start_paused = true)]
async fn a_flight_is_one_burst_and_brings_all() {
    let answer = "* CAPABILITY IMAP4rev1 OLD\r\nA0001 OK [CAPABILITY IMAP4rev1 MID] in\r\n\
        * CAPABILITY IMAP4rev1 CONDSTORE\r\nS1 OK\r\n* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* 0 RECENT\r\n\
        * OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 44] x\r\n* OK [HIGHESTMODSEQ 12345678901] x\r\n\
        * OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n* OK [ALERT] full\r\nS2 OK [READ-ONLY] in\r\n";
    let (mut session, result) = flight(answer, true).await;
    assert_eq!(
        result,
        Ok(Selected {
            exists: 3,
            uidvalidity: Some(UidValidity(7)),
            uidnext: Some(Uid(44)),
            highestmodseq: Some(ModSeq(12_345_678_901)),
            read_only: true,
            permanent_flags: Some(vec!["\\Seen".into(), "\\*".into()]),
            no_modseq: false,
        })
    );
    assert!(session.capabilities().has("CONDSTORE") && !session.capabilities().has("MID"));
    assert_eq!(session.selected().map(|m| m.0.as_str()), Some("Entwürfe"));
    assert_eq!(session.take_events(), [Event::Alert("full".into())]);
}

#[tokio::test(start_paused = true)]
async fn a_flight_that_fails_says_how() {
    use Error::*;
    let (_, wrong) =
        flight("A0001 NO [AUTHENTICATIONFAILED] x\r\nS1 OK\r\nS2 BAD x\r\n", true).await;
    assert!(matches!(wrong, Err(FlightError::Failed(Auth { .. }))), "{wrong:?}");
    let (_, busy) = flight("A0001 NO [INUSE] x\r\n", true).await;
    assert!(matches!(busy, Err(FlightError::Failed(No { .. }))), "{busy:?}");
    for (answer, ends) in [
        ("A0001 BAD x\r\n", true),
        ("", true),
        ("", false),
        ("A0001 OK in\r\n", false),
        ("A0001 OK in\r\nS1 BAD x\r\nS2 BAD x\r\n", true),
    ] {
        let (mut session, lost) = flight(answer, ends).await;
        assert!(matches!(lost, Err(FlightError::NotUnderstood(_))), "{answer}: {lost:?}");
        assert!(session.noop().await.is_err());
    }
    let (session, refused) =
        flight("A0001 OK in\r\nS1 BAD x\r\nS2 NO [NONEXISTENT] x\r\n", true).await;
    assert!(
        matches!(&refused, Err(FlightError::Failed(No { command: "SELECT", code: Some(code), .. })) if code == "NONEXISTENT"),
        "{refused:?}"
    );
    assert_eq!(session.selected(), None);
    let (_, lost) = flight("A0001 OK in\r\nS1 OK\r\n", true).await;
    assert_eq!(lost, Err(FlightError::Failed(Closed)));
    let (_, bye) = flight("* BYE down\r\n", true).await;
    assert_eq!(bye, Err(FlightError::Failed(Bye("down".into()))));
}

/// Everything that is logged while it runs, by async-imap (through `log`) and by us (`tracing`).
mod logged {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    pub struct Lines(pub Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(octets);
            Ok(octets.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    pub static OF_LIBRARIES: Mutex<String> = Mutex::new(String::new());

    pub struct Collector;

    impl log::Log for Collector {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, record: &log::Record<'_>) {
            OF_LIBRARIES.lock().unwrap().push_str(&format!("{}\n", record.args()));
        }
        fn flush(&self) {}
    }
}

#[tokio::test(start_paused = true)]
async fn secrets_are_in_no_log() {
    log::set_boxed_logger(Box::new(logged::Collector)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let lines = logged::Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For the whole process: one thread's subscriber may be passed over while others come and go.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let secret = password("hush-7Qx");
    let (mut session, mut peer) = greeted(GREETING).await;
    let server = peer.expect("LOGIN \"name-7Qx\" \"hush-7Qx\"", "{tag} NO no\r\n");
    assert!(both(session.login("name-7Qx", &secret), server).await.is_err());
    let encoded = "AG5hbWUtN1F4AGh1c2gtN1F4";
    let server = peer.expect("AUTHENTICATE PLAIN AG5hbWUtN1F4AGh1c2gtN1F4", "{tag} OK in\r\n");
    both(session.authenticate_plain("name-7Qx", &secret), server).await.unwrap();
    let shown = format!("{session:?}");
    let ours = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let theirs = logged::OF_LIBRARIES.lock().unwrap().clone();
    // Both were logging.
    assert!(ours.contains("AUTHENTICATE") && theirs.contains("AUTHENTICATE"), "{ours}{theirs}");
    for text in [ours, theirs, shown] {
        assert!(!text.contains("7Qx") && !text.contains(encoded), "{text}");
    }
}

/// What STARTTLS ends in: no greeting, and nothing known until the server has said it over TLS.
#[tokio::test(start_paused = true)]
async fn after_starttls_capabilities_are_asked_anew() {
    let (connected, mut peer) = pipe();
    let deadlines = Deadlines::default();
    let server = peer.expect("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK\r\n");
    let session = both(Session::secured(connected, &deadlines), server).await.unwrap();
    assert_eq!(session.capabilities().iter().collect::<Vec<_>>(), ["AUTH=PLAIN", "IMAP4REV1"]);
    let (connected, mut peer) = pipe();
    let refused =
        both(Session::secured(connected, &deadlines), peer.expect("CAPABILITY", "{tag} BAD x\r\n"));
    assert!(matches!(refused.await, Err(Error::Bad { .. })));
}
