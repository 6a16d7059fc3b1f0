//! Waiting for the server to speak.

use super::*;
use model::{SeqNum, Uid, UidSet};
use std::future::{pending, ready};
use tokio::time::{Instant, sleep};

const LONG: Duration = Duration::from_secs(25 * 60);

async fn began(peer: &mut Peer) {
    peer.expect("IDLE", "+ idling\r\n").await;
}

async fn done(peer: &mut Peer) {
    assert_eq!(peer.raw_line().await, "DONE\r\n");
}

#[tokio::test(start_paused = true)]
async fn each_word_of_the_mailbox_stirs_at_once() {
    let seen = "* 3 FETCH (FLAGS (\\Seen))\r\n";
    for (word, count) in
        [("* 101 EXISTS\r\n", 1), ("* 3 EXPUNGE\r\n", 1), ("* VANISHED 7:9\r\n", 1), (seen, 1)]
    {
        let (mut session, mut peer) = selected().await;
        session.take_events();
        let start = Instant::now();
        let server = async {
            began(&mut peer).await;
            sleep(Duration::from_secs(600)).await;
            // None of these is of the mailbox.
            peer.send("* OK Still here\r\n* 0 RECENT\r\n+ again\r\n* XFOO\r\n").await;
            sleep(Duration::from_secs(600)).await;
            peer.send(word).await;
            done(&mut peer).await;
            assert_eq!(start.elapsed().as_secs(), 1_200);
            peer.answer("{tag} OK done\r\n").await;
            peer.expect("NOOP", "{tag} OK\r\n").await;
        };
        let client = async {
            assert_eq!(session.idle(LONG, pending()).await, Ok(Idled::Stirred), "{word}");
            assert_eq!(session.take_events().len(), count);
            session.noop().await
        };
        both(client, server).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_together_is_taken_together() {
    let (mut session, mut peer) = selected().await;
    session.take_events();
    let server = async {
        began(&mut peer).await;
        peer.send("* 2 EXPUNGE\r\n* 100 EXISTS\r\n* VANISHED 8\r\n").await;
        done(&mut peer).await;
        // And what crossed with DONE.
        peer.answer("* 1 FETCH (UID 4 FLAGS ())\r\n{tag} OK done\r\n").await;
    };
    let idled = both(session.idle(LONG, pending()), server).await;
    assert_eq!(idled, Ok(Idled::Stirred));
    let events = session.take_events();
    assert_eq!(
        events[..3],
        [
            Event::Expunge(SeqNum(2)),
            Event::Exists(100),
            Event::Vanished { earlier: false, uids: UidSet::range(Uid(8), Uid(8)) }
        ]
    );
    assert!(matches!(&events[3..], [Event::Flags(f)] if f.uid == Some(Uid(4))));
}

#[tokio::test(start_paused = true)]
async fn what_came_before_the_plus_counts_and_done_waits_for_it() {
    let (mut session, mut peer) = selected().await;
    let start = Instant::now();
    let server = async {
        peer.expect("IDLE", "* 101 EXISTS\r\n").await;
        sleep(Duration::from_secs(9)).await;
        peer.send("+\r\n").await;
        done(&mut peer).await;
        assert_eq!(start.elapsed().as_secs(), 9);
        peer.answer("{tag} OK\r\n").await;
    };
    assert_eq!(both(session.idle(LONG, pending()), server).await, Ok(Idled::Stirred));
    assert_eq!(session.take_events().last(), Some(&Event::Exists(101)));
}

#[tokio::test(start_paused = true)]
async fn quiet_is_as_long_as_was_asked_for() {
    for limit in [Duration::ZERO, Duration::from_millis(1), LONG] {
        let (mut session, mut peer) = selected().await;
        let start = Instant::now();
        let server = async {
            began(&mut peer).await;
            done(&mut peer).await;
            assert_eq!(start.elapsed().as_secs(), limit.as_secs());
            peer.answer("{tag} OK\r\n").await;
            peer.expect("NOOP", "{tag} OK\r\n").await;
        };
        let client = async {
            assert_eq!(session.idle(limit, pending()).await, Ok(Idled::Quiet));
            session.noop().await
        };
        both(client, server).await.unwrap();
    }
    // What crosses with DONE is not quiet.
    let (mut session, mut peer) = selected().await;
    let server = async {
        began(&mut peer).await;
        done(&mut peer).await;
        peer.answer("* 101 EXISTS\r\n{tag} OK\r\n").await;
    };
    let idled = both(session.idle(LONG, pending()), server).await;
    assert_eq!(idled, Ok(Idled::Stirred));
}

#[tokio::test(start_paused = true)]
async fn stopped_at_once_and_before_the_plus() {
    let (mut session, mut peer) = selected().await;
    let start = Instant::now();
    let server = async {
        began(&mut peer).await;
        done(&mut peer).await;
        assert_eq!(start.elapsed().as_secs(), 77);
        peer.answer("{tag} OK\r\n").await;
        // The next one is told to stop before it has begun.
        peer.line().await;
        sleep(Duration::from_secs(5)).await;
        peer.answer("+ idling\r\n").await;
        done(&mut peer).await;
        peer.answer("{tag} OK\r\n").await;
        peer.expect("NOOP", "{tag} OK\r\n").await;
    };
    let client = async {
        let stop = sleep(Duration::from_secs(77));
        assert_eq!(session.idle(LONG, stop).await, Ok(Idled::Stopped));
        assert_eq!(session.idle(LONG, ready(())).await, Ok(Idled::Stopped));
        session.noop().await
    };
    both(client, server).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_flood_does_not_keep_stop_from_being_heard() {
    let (mut session, mut peer) = selected().await;
    let stop = sleep(Duration::from_secs(3));
    let server = async {
        began(&mut peer).await;
        for _ in 0..40 {
            peer.send("* OK Still here\r\n".repeat(100)).await;
            sleep(Duration::from_millis(100)).await;
        }
        done(&mut peer).await;
        peer.answer("{tag} OK\r\n").await;
    };
    let start = Instant::now();
    let client = async { (session.idle(LONG, stop).await, start.elapsed().as_secs()) };
    assert_eq!(both(client, server).await, (Ok(Idled::Stopped), 4));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_news_is_bounded() {
    let (mut session, mut peer) = selected().await;
    session.take_events();
    let server = async {
        began(&mut peer).await;
        let counts: String = (0..50_000).map(|n| format!("* {n} EXISTS\r\n")).collect();
        peer.send(counts).await;
        done(&mut peer).await;
        peer.send("* 1 EXPUNGE\r\n".repeat(50_000)).await;
        peer.answer("* 7 EXISTS\r\n{tag} OK\r\n").await;
    };
    let idled = both(session.idle(LONG, pending()), server).await;
    assert_eq!(idled, Ok(Idled::Stirred));
    let events = session.take_events();
    assert!(events.len() <= Events::MOST + 2, "{}", events.len());
    assert_eq!(events.first(), Some(&Event::Overflow));
    assert_eq!(events.last(), Some(&Event::Exists(7)));
}

#[tokio::test(start_paused = true)]
async fn a_flood_without_news_has_an_end() {
    let (mut session, mut peer) = selected().await;
    let result = tokio::select! {
        result = session.idle(LONG, pending()) => result,
        () = async {
            began(&mut peer).await;
            loop {
                peer.send("* OK Still here\r\n".repeat(10_000)).await;
                tokio::task::yield_now().await;
            }
        } => unreachable!(),
    };
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn refused_it_is_an_error_and_the_session_lives() {
    for (before, answer) in [
        ("", "{tag} NO [X] not now\r\n"),
        ("", "{tag} BAD not that\r\n"),
        ("+ idling\r\n", "{tag} NO [X] not now\r\n"),
        // Ended at once: whoever asked again would ask without end.
        ("", "{tag} OK there\r\n"),
        ("+ idling\r\n", "{tag} OK there\r\n"),
    ] {
        let (mut session, mut peer) = selected().await;
        let server = async {
            peer.expect("IDLE", before).await;
            peer.answer(answer).await;
            peer.expect("NOOP", "{tag} OK\r\n").await;
        };
        let client = async {
            let refused = session.idle(LONG, pending()).await;
            let named = matches!(
                refused,
                Err(Error::No { command: "IDLE", .. } | Error::Bad { command: "IDLE", .. })
            );
            assert!(named, "{before}{answer}: {refused:?}");
            session.noop().await
        };
        both(client, server).await.unwrap();
    }
    let (mut session, mut peer) = signed_in_with("IMAP4rev1").await;
    assert_eq!(session.idle(LONG, pending()).await, Err(Error::NotOffered("IDLE")));
    both(session.noop(), peer.expect("NOOP", "{tag} OK\r\n")).await.unwrap();
    let (mut session, _peer) = greeted("* OK [CAPABILITY IMAP4rev1 IDLE] hi\r\n").await;
    assert_eq!(session.idle(LONG, pending()).await, Err(Error::NotOffered("IDLE")));
}

#[tokio::test(start_paused = true)]
async fn a_server_with_a_limit_of_its_own_was_quiet() {
    let (mut session, mut peer) = selected().await;
    let server = async {
        began(&mut peer).await;
        sleep(Duration::from_secs(300)).await;
        peer.answer("{tag} OK IDLE terminated\r\n").await;
        peer.expect("NOOP", "{tag} OK\r\n").await;
    };
    let client = async {
        assert_eq!(session.idle(LONG, pending()).await, Ok(Idled::Quiet));
        session.noop().await
    };
    both(client, server).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_connection_is_no_quiet() {
    for (said, error) in [
        ("", Error::Closed),
        ("* 101 EXIS", Error::Closed),
        ("* BYE idle for too long\r\n", Error::Bye("idle for too long".into())),
    ] {
        let (mut session, mut peer) = selected().await;
        let server = async {
            began(&mut peer).await;
            sleep(Duration::from_secs(600)).await;
            peer.send(said).await;
            drop(peer);
        };
        assert_eq!(both(session.idle(LONG, pending()), server).await, Err(error.clone()));
        assert_eq!(session.noop().await, Err(error));
    }
    // BYE, and it is left to us to close.
    let (mut session, mut peer) = selected().await;
    let start = Instant::now();
    let idled = both(session.idle(LONG, pending()), async {
        began(&mut peer).await;
        peer.send("* BYE bye\r\n").await;
    });
    assert_eq!(idled.await, Err(Error::Bye("bye".into())));
    assert!(start.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn silence_where_an_answer_is_due_ends_it() {
    // No `+`; no answer to DONE; and none in spite of much talk.
    for (plus, talk) in [(false, false), (true, false), (true, true)] {
        let (mut session, mut peer) = selected().await;
        let start = Instant::now();
        let server = async {
            peer.line().await;
            if plus {
                peer.send("+\r\n").await;
                done(&mut peer).await;
            }
            if !talk {
                pending::<()>().await;
            }
            loop {
                peer.send("* OK Still here\r\n* 5 EXISTS\r\n").await;
                sleep(Duration::from_secs(1)).await;
            }
        };
        let idled = tokio::select! {
            idled = session.idle(Duration::from_secs(100), pending()) => idled,
            () = server => unreachable!(),
        };
        assert_eq!(idled, Err(Error::Timeout { what: "IDLE" }));
        let waited = if plus { 130 } else { 30 };
        assert_eq!(start.elapsed().as_secs(), waited);
        assert_eq!(session.noop().await, Err(Error::Closed));
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_it_closes_the_session() {
    let (mut session, mut peer) = selected().await;
    let dropped = tokio::time::timeout(
        Duration::from_secs(60),
        both(session.idle(LONG, pending()), async {
            began(&mut peer).await;
            pending::<()>().await;
        }),
    );
    assert!(dropped.await.is_err());
    assert_eq!(session.noop().await, Err(Error::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_limit_past_all_clocks_is_no_panic() {
    let (mut session, mut peer) = selected().await;
    let server = async {
        began(&mut peer).await;
        sleep(Duration::from_secs(3 * 24 * 60 * 60)).await;
        peer.send("* 101 EXISTS\r\n").await;
        done(&mut peer).await;
        peer.answer("{tag} OK\r\n").await;
    };
    let idled = both(session.idle(Duration::MAX, pending()), server).await;
    assert_eq!(idled, Ok(Idled::Stirred));
}

#[tokio::test(start_paused = true)]
async fn compressed_it_stirs_and_ends_alike() {
    #[derive(Debug, PartialEq)]
    enum End {
        News,
        Bye,
        Finished,
        Dropped,
        Garbage,
    }
    for end in [End::News, End::Bye, End::Finished, End::Dropped, End::Garbage] {
        let (mut session, mut peer) = selected().await;
        let server = async {
            peer.expect("COMPRESS DEFLATE", "{tag} OK on\r\n").await;
            let mut pipe = peer.stream.into_inner();
            if end == End::Garbage {
                pipe.write_all(&[0xFF; 64]).await.unwrap();
                return;
            }
            let mut line = [0; 12];
            let mut deflated = crate::framing::deflated(Box::new(pipe));
            deflated.read_exact(&mut line).await.unwrap();
            assert_eq!(&line, b"A0004 IDLE\r\n");
            deflated.write_all(b"+ idling\r\n").await.unwrap();
            deflated.flush().await.unwrap();
            sleep(Duration::from_secs(60)).await;
            match end {
                End::News => {
                    deflated.write_all(b"* 101 EXISTS\r\n").await.unwrap();
                    deflated.flush().await.unwrap();
                    deflated.read_exact(&mut line[..6]).await.unwrap();
                    assert_eq!(&line[..6], b"DONE\r\n");
                    deflated.write_all(b"A0004 OK\r\n").await.unwrap();
                    deflated.flush().await.unwrap();
                }
                End::Finished => {
                    deflated.write_all(b"* 101 EX").await.unwrap();
                    deflated.shutdown().await.unwrap();
                }
                End::Bye => {
                    deflated.write_all(b"* 101 EXISTS\r\n* BYE down\r\n").await.unwrap();
                    deflated.flush().await.unwrap();
                }
                End::Dropped | End::Garbage => {}
            }
        };
        let client = async {
            assert_eq!(session.compress().await, Ok(true));
            session.idle(LONG, pending()).await
        };
        let idled = both(client, server).await;
        match end {
            End::News => assert_eq!(idled, Ok(Idled::Stirred)),
            End::Bye => assert_eq!(idled, Err(Error::Bye("down".into()))),
            End::Garbage => assert!(matches!(idled, Err(Error::Net(_))), "{idled:?}"),
            _ => assert_eq!(idled, Err(Error::Closed), "{end:?}"),
        }
    }
}
