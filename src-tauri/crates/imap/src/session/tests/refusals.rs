//! NO, BAD, BYE, silence and the end of the connection, to every verb.

use super::*;
use model::{Section, SeqNum, Uid, UidSet};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::Instant;

type Verb = for<'a> fn(&'a mut Session) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;

macro_rules! verb {
    ($session:ident => $call:expr) => {
        (|$session: &mut Session| Box::pin(async move { $call.await.map(drop) })) as Verb
    };
}

fn verbs() -> Vec<(&'static str, Verb)> {
    vec![
        ("capability", verb!(s => s.capability())),
        ("id", verb!(s => s.id(&[("name", "Satchel")]))),
        ("enable", verb!(s => s.enable(&["CONDSTORE"]))),
        ("namespace", verb!(s => s.namespace())),
        ("list", verb!(s => s.list(&ListWant { special_use: true, status: true }))),
        ("status", verb!(s => s.status(&MailboxName("a".into())))),
        ("select", verb!(s => s.select(&MailboxName("a".into()), true))),
        ("examine", verb!(s => s.examine(&MailboxName("a".into()), false))),
        ("unselect", verb!(s => s.unselect())),
        ("search", verb!(s => s.uid_search(&SearchKey::All))),
        ("count", verb!(s => s.uid_search_count(&SearchKey::Seen))),
        ("noop", verb!(s => s.noop())),
        ("idle", verb!(s => s.idle(Duration::from_secs(600), std::future::pending()))),
        (
            "fetch",
            verb!(s => s.fetch(
            &FetchSet::Uids(UidSet::range(Uid(1), Uid(9))),
            &FetchWant { uid: true, envelope: true, ..FetchWant::default() },
            |_| ())),
        ),
        (
            "fetch by position",
            verb!(s => s.fetch(
            &FetchSet::Seq { low: SeqNum(1), high: None },
            &FetchWant { parts: vec![PartWant { section: Section::root(), what: crate::PartWhat::Text, range: None }], ..FetchWant::default() },
            |_| ())),
        ),
    ]
}

/// Answers every command with `answer` until the client goes.
async fn echo(peer: &mut Peer, answer: &str) {
    loop {
        peer.line().await;
        if peer.tag.is_empty() {
            return;
        }
        peer.answer(answer).await;
    }
}

async fn outcome(verb: &Verb, answer: &str) -> (Session, Result<(), Error>) {
    let (mut session, mut peer) = selected().await;
    let result = tokio::select! {
        biased;
        result = verb(&mut session) => result,
        () = echo(&mut peer, answer) => unreachable!(),
    };
    (session, result)
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_error_and_the_session_lives() {
    for (name, verb) in verbs() {
        let (_, refused) = outcome(&verb, "{tag} NO [XYZ] nö\r\n").await;
        assert!(
            matches!(&refused, Err(Error::No { code: Some(code), text, .. }) if code == "XYZ" && text == "nö"),
            "{name}: {refused:?}"
        );
        let (session, refused) = outcome(&verb, "{tag} BAD [] what\r\n").await;
        assert!(matches!(&refused, Err(Error::Bad { code: None, .. })), "{name}: {refused:?}");
        assert!(refused.unwrap_err().session_lives() && !session.busy);
    }
    let (mut session, mut peer) = selected().await;
    let compressed = both(
        session.compress(),
        peer.expect("COMPRESS DEFLATE", "{tag} NO [COMPRESSIONACTIVE] x\r\n"),
    );
    assert_eq!(compressed.await, Ok(false));
    both(session.noop(), peer.expect("NOOP", "{tag} OK\r\n")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_charset_that_is_not_taken_is_told_by_its_code() {
    let (mut session, mut peer) = selected().await;
    let text = |text: &str| Box::new(SearchKey::Text(text.to_owned()));
    let key = SearchKey::And(vec![
        SearchKey::Or(text("Grüße"), Box::new(SearchKey::Subject("a".into()))),
        SearchKey::Not(Box::new(SearchKey::Or(
            Box::new(SearchKey::To("b".into())),
            Box::new(SearchKey::Cc("b".into())),
        ))),
        SearchKey::Since(2024, 3, 1),
    ]);
    for answer in ["NO [BADCHARSET (US-ASCII)] x", "BAD [badcharset] x", "NO x"] {
        let refused = both(session.uid_search(&key), async {
            let line = "UID SEARCH RETURN (ALL) CHARSET UTF-8 (OR TEXT {7+}";
            assert_eq!(peer.line().await, line);
            let tag = peer.tag.clone();
            let rest = "Grüße SUBJECT \"a\" NOT OR TO \"b\" CC \"b\" SINCE 1-Mar-2024)\r\n";
            assert_eq!(peer.raw_line().await, rest);
            peer.send(format!("{tag} {answer}\r\n")).await;
        });
        let error = refused.await.unwrap_err();
        assert_eq!(error.code(), answer.contains('[').then_some("BADCHARSET"));
        assert!(error.session_lives());
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_connection_is_an_error() {
    for (name, verb) in verbs() {
        for (answer, error) in [
            ("", Error::Closed),
            ("* 1 FETCH (UID 1 BODY[] {99}\r\nxx", Error::Closed),
            ("* BYE going down\r\n", Error::Bye("going down".into())),
            ("* BYE going down\r\nA0003 O", Error::Bye("going down".into())),
        ] {
            let (mut session, mut peer) = selected().await;
            let result = both(verb(&mut session), async {
                peer.line().await;
                peer.send(answer).await;
                drop(peer);
            })
            .await;
            assert_eq!(result, Err(error.clone()), "{name} {answer}");
            // Nothing is sent on what is lost.
            assert_eq!(session.noop().await, Err(error));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closed_meanwhile_is_heard_before_we_give_up() {
    for (said, error) in [
        ("* BYE Disconnected for inactivity.\r\n", "Disconnected for inactivity."),
        ("* 5 EXISTS\r\n", ""),
    ] {
        for (name, verb) in verbs() {
            let (mut session, mut peer) = selected().await;
            peer.send(said).await;
            drop(peer);
            let error = if error.is_empty() { Error::Closed } else { Error::Bye(error.to_owned()) };
            assert_eq!(verb(&mut session).await, Err(error), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_deadline() {
    for (name, verb) in verbs() {
        let (mut session, _peer) = selected().await;
        let (began, deadlines) = (Instant::now(), session.deadlines);
        let result = verb(&mut session).await;
        assert!(matches!(result, Err(Error::Timeout { .. })), "{name}: {result:?}");
        let limit =
            if name.starts_with("fetch") { deadlines.fetch_idle } else { deadlines.command };
        assert_eq!(began.elapsed().as_secs(), limit.as_secs(), "{name}");
        assert!(matches!(session.noop().await, Err(Error::Closed)));
    }
}

#[tokio::test(start_paused = true)]
async fn signing_in_is_bounded_too() {
    for mechanism in 0..2 {
        let (mut session, _peer) = greeted(GREETING).await;
        let began = Instant::now();
        let secret = password("b");
        let result = match mechanism {
            0 => session.login("a", &secret).await,
            _ => session.authenticate_plain("a", &secret).await,
        };
        assert!(matches!(result, Err(Error::Timeout { .. })));
        assert_eq!(began.elapsed(), Duration::from_secs(30));
        assert!(matches!(session.login("a", &secret).await, Err(Error::Closed)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_verb_that_was_dropped_ends_the_session() {
    let (mut session, mut peer) = selected().await;
    let dropped = tokio::time::timeout(Duration::from_secs(1), session.noop()).await;
    assert!(dropped.is_err());
    // The late answer would be taken for that of the next command.
    peer.answer("A0003 OK\r\n").await;
    assert_eq!(session.noop().await, Err(Error::Closed));
}

#[tokio::test(start_paused = true)]
async fn logging_out_ends_however_the_server_takes_it() {
    for answer in ["", "* BYE x\r\n", "{tag} BAD x\r\n"] {
        let (session, mut peer) = selected().await;
        let began = Instant::now();
        let _ = both(session.logout(), async {
            peer.expect("LOGOUT", answer).await;
            peer.at_end().await;
        })
        .await;
        assert!(began.elapsed() <= Duration::from_secs(10));
    }
    let (session, mut peer) = greeted(GREETING).await;
    both(session.logout(), peer.expect("LOGOUT", "* BYE x\r\n{tag} OK\r\n")).await.unwrap();
}
