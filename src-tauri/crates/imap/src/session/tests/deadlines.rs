use super::*;
use model::{Uid, UidSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_no_silence() {
    let (mut session, mut peer) = selected().await;
    let want = FetchWant {
        parts: vec![PartWant {
            section: model::Section::root(),
            what: crate::PartWhat::Body,
            range: Some((0, 40)),
        }],
        ..FetchWant::default()
    };
    let mut octets = 0;
    let set = FetchSet::Uids(UidSet::range(Uid(1), Uid(1)));
    let fetched = both(session.fetch(&set, &want, |f| octets += f.parts[0].bytes.len()), async {
        peer.line().await;
        peer.send("* 1 FETCH (UID 1 BODY[]<0> {10}\r\n").await;
        for _ in 0..10 {
            sleep(Duration::from_secs(50)).await;
            peer.send("x").await;
        }
        peer.send(")\r\n").await;
        peer.answer("{tag} OK\r\n").await;
    });
    fetched.await.unwrap();
    assert_eq!(octets, 10);
}

#[tokio::test(start_paused = true)]
async fn a_drip_without_end_has_an_end() {
    let (mut session, mut peer) = selected().await;
    let began = Instant::now();
    let dripped = tokio::select! {
        result = session.noop() => result,
        () = async {
            peer.line().await;
            loop {
                peer.send("* 1 EXISTS\r\n").await;
                sleep(Duration::from_secs(5)).await;
            }
        } => unreachable!(),
    };
    assert_eq!(dripped, Err(Error::Timeout { what: "NOOP" }));
    assert_eq!(began.elapsed(), Deadlines::default().whole);
}

#[tokio::test(start_paused = true)]
async fn no_greeting_and_half_a_greeting() {
    for said in ["", "* OK hal"] {
        let (connected, mut peer) = pipe();
        peer.send(said).await;
        let began = Instant::now();
        let greeted = Session::greet(connected, &Deadlines::default()).await.err();
        assert_eq!(began.elapsed(), Duration::from_secs(20));
        match said {
            "" => assert_eq!(greeted, Some(Error::Timeout { what: "the greeting" })),
            said => assert_eq!(greeted, Some(Error::NotImap { first: said.into() })),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_nothing_is_a_timeout() {
    let (near, far) = tokio::io::duplex(64);
    let mut peer = Peer::new(far);
    peer.send("* OK hi\r\n").await;
    let connected = Connected::over(near, "mail.kontor.example");
    let mut session = Session::greet(connected, &Deadlines::default()).await.unwrap();
    let secret = password(&"x".repeat(500));
    let began = Instant::now();
    assert!(matches!(session.login("anna", &secret).await, Err(Error::Timeout { .. })));
    assert_eq!(began.elapsed(), Duration::from_secs(30));
}
