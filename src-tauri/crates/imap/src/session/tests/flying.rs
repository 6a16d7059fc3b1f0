//! Fetches in flight together.

use super::*;
use model::{ModSeq, Section, SeqNum, Uid, UidSet};
use tokio::time::{Instant, sleep, timeout};

fn uids(low: u32, high: u32) -> FetchSet {
    FetchSet::Uids(UidSet::range(Uid(low), Uid(high)))
}

fn sizes() -> FetchWant {
    FetchWant { uid: true, size: true, ..FetchWant::default() }
}

fn row(uid: u32) -> String {
    format!("* {uid} FETCH (UID {uid} RFC822.SIZE 1)\r\n")
}

fn told(step: Result<Option<Step>, Error>) -> String {
    match step {
        Ok(Some(Step::Message(number, fetched))) => format!("{number}: {}", fetched.uid.unwrap()),
        Ok(Some(Step::Done(number, Ok(summary)))) => format!("{number} done {}", summary.answered),
        Ok(Some(Step::Done(number, Err(error)))) => format!("{number} {error}"),
        Ok(None) => "nothing".to_owned(),
        Err(error) => format!("lost {error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn more_is_asked_while_answers_are_read() {
    let (mut session, mut peer) = selected().await;
    session.take_events();
    let server = async {
        peer.expect("UID FETCH 1:2 (UID RFC822.SIZE)", &row(1)).await;
        let first = peer.tag.clone();
        // The second is here before the first is answered, and the third before that one's end.
        assert_eq!(peer.line().await, "UID FETCH 3 (UID RFC822.SIZE)");
        let second = peer.tag.clone();
        peer.send(format!(
            "{}* 2 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen))\r\n{first} OK\r\n{}",
            row(2),
            row(3)
        ))
        .await;
        assert_eq!(peer.line().await, "UID FETCH 4 (UID RFC822.SIZE)");
        peer.send(format!("* 9 EXISTS\r\n{second} OK\r\n{}", row(4))).await;
        peer.answer("{tag} OK\r\n").await;
        peer.expect("NOOP", "{tag} OK\r\n").await;
    };
    let client = async {
        let mut fetching = session.fetching();
        assert_eq!(fetching.ask(&uids(1, 2), &sizes()).await, Ok(0));
        assert_eq!(told(fetching.next().await), "0: 1");
        assert_eq!(fetching.ask(&uids(3, 3), &sizes()).await, Ok(1));
        for step in ["0: 2", "0 done 2"] {
            assert_eq!(told(fetching.next().await), step);
        }
        assert_eq!(fetching.ask(&uids(4, 4), &sizes()).await, Ok(2));
        for step in ["1: 3", "1 done 1", "2: 4", "2 done 1", "nothing", "nothing"] {
            assert_eq!(told(fetching.next().await), step);
        }
        drop(fetching);
        let events = session.take_events();
        assert!(
            matches!(
                events.as_slice(),
                [Event::Expunge(SeqNum(2)), Event::Flags(flags), Event::Exists(9)]
                    if flags.seq == SeqNum(1)
            ),
            "{events:?}"
        );
        session.noop().await
    };
    both(client, server).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_refusal_is_that_fetch_alone() {
    for refusal in ["NO [EXPUNGEISSUED] gone", "BAD [X] gone"] {
        let (mut session, mut peer) = selected().await;
        let server = async {
            peer.line().await;
            let first = peer.tag.clone();
            peer.line().await;
            peer.send(format!("{}{first} {refusal}\r\n{}", row(1), row(3))).await;
            peer.answer("{tag} OK\r\n").await;
            peer.expect("NOOP", "{tag} OK\r\n").await;
        };
        let client = async {
            let mut fetching = session.fetching();
            fetching.ask(&uids(1, 2), &sizes()).await.unwrap();
            fetching.ask(&uids(3, 3), &sizes()).await.unwrap();
            assert_eq!(told(fetching.next().await), "0: 1");
            match fetching.next().await {
                Ok(Some(Step::Done(0, Err(error)))) => {
                    assert!(error.session_lives() && error.code().is_some(), "{error:?}");
                }
                other => panic!("{other:?}"),
            }
            for step in ["1: 3", "1 done 1", "nothing"] {
                assert_eq!(told(fetching.next().await), step);
            }
            drop(fetching);
            session.noop().await
        };
        both(client, server).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_set_is_one_fetch_of_several_lines() {
    let (mut session, mut peer) = selected().await;
    let set: UidSet = (1..60_000u32).map(|n| Uid(n * 2)).collect();
    let (count, last) = (set.len(), "UID FETCH 200001 (UID RFC822.SIZE)");
    let server = async {
        let (mut lines, mut octets, mut refused) = (0usize, 0usize, false);
        // What is in flight has a bound, and goes on as it is answered.
        let mut open = Vec::new();
        loop {
            match timeout(Duration::from_millis(1), peer.line()).await {
                Ok(line) if line == last => break,
                Ok(line) => {
                    assert!(line.len() < 8_000, "{}", line.len());
                    (lines, octets) = (lines + 1, octets + line.len());
                    open.push(peer.tag.clone());
                    assert!(open.len() <= 9, "{}", open.len());
                }
                Err(_) => {
                    let tag = open.remove(0);
                    let end = if refused { "OK" } else { "NO [X] some" };
                    refused = true;
                    peer.send(format!("{tag} {end}\r\n")).await;
                }
            }
        }
        for tag in open {
            peer.send(format!("{tag} OK\r\n")).await;
        }
        peer.answer("{tag} OK\r\n").await;
        assert!(octets as u64 > count * 4 && lines > 40, "{lines} {octets}");
    };
    let client = async {
        let mut fetching = session.fetching();
        fetching.ask(&FetchSet::Uids(set), &sizes()).await.unwrap();
        fetching.ask(&uids(200_001, 200_001), &sizes()).await.unwrap();
        let refused = fetching.next().await.unwrap().unwrap();
        assert!(matches!(refused, Step::Done(0, Err(Error::No { .. }))), "{refused:?}");
        assert_eq!(told(fetching.next().await), "1 done 0");
        assert_eq!(told(fetching.next().await), "nothing");
    };
    both(client, server).await;
}

#[tokio::test(start_paused = true)]
async fn silence_counts_only_while_somebody_waits() {
    let (mut session, mut peer) = selected().await;
    let idle = Duration::from_secs(7);
    session.set_deadlines(Deadlines { fetch_idle: idle, ..Deadlines::default() });
    let mut fetching = session.fetching();
    fetching.ask(&uids(1, 9), &sizes()).await.unwrap();
    peer.line().await;
    for uid in 1..4 {
        // Whoever writes rows down takes long.
        sleep(idle * 10).await;
        peer.send(row(uid)).await;
        assert_eq!(told(fetching.next().await), format!("0: {uid}"));
    }
    // Asked for and let go: nothing is lost.
    assert!(timeout(idle / 2, fetching.next()).await.is_err());
    peer.send(row(4)).await;
    assert_eq!(told(fetching.next().await), "0: 4");
    let began = Instant::now();
    assert_eq!(fetching.next().await, Err(Error::Timeout { what: "FETCH" }));
    assert_eq!(began.elapsed(), idle);
    assert_eq!(fetching.next().await, Err(Error::Closed));
    assert_eq!(fetching.ask(&uids(5, 5), &sizes()).await, Err(Error::Closed));
    drop(fetching);
    assert_eq!(session.noop().await, Err(Error::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_drip_of_rows_has_an_end_too() {
    let (mut session, mut peer) = selected().await;
    let whole = session.deadlines.whole;
    let began = Instant::now();
    let mut fetching = session.fetching();
    fetching.ask(&FetchSet::UidFrom(Uid(1)), &sizes()).await.unwrap();
    let lost = tokio::select! {
        lost = async {
            loop {
                if let Err(error) = fetching.next().await {
                    break error;
                }
            }
        } => lost,
        () = async {
            peer.line().await;
            loop {
                peer.send(row(1)).await;
                sleep(Duration::from_secs(50)).await;
            }
        } => unreachable!(),
    };
    assert_eq!(lost, Error::Timeout { what: "FETCH" });
    assert!(began.elapsed() <= whole + session.deadlines.fetch_idle, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn dropped_in_flight_it_closes_the_session() {
    let (mut session, mut peer) = selected().await;
    let mut fetching = session.fetching();
    fetching.ask(&uids(1, 2), &sizes()).await.unwrap();
    peer.line().await;
    drop(fetching);
    peer.answer("{tag} OK\r\n").await;
    assert_eq!(session.noop().await, Err(Error::Closed));
    assert_eq!(session.fetching().ask(&uids(1, 2), &sizes()).await, Err(Error::Closed));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_sent_leaves_all_as_it_was() {
    let (mut session, mut peer) = selected().await;
    let by_position = FetchSet::Seq { low: SeqNum(1), high: None };
    let mut fetching = session.fetching();
    assert!(fetching.ask(&uids(1, 1), &FetchWant::default()).await.is_err());
    // Nothing to ask for is done at once, in its turn.
    let none = FetchSet::Uids(UidSet::new());
    assert_eq!(fetching.ask(&none, &sizes()).await, Ok(0));
    assert_eq!(told(fetching.next().await), "0 done 0");
    assert_eq!(fetching.ask(&by_position, &sizes()).await, Ok(1));
    let among = Err(Error::NotSendable { what: "a FETCH by position among others" });
    assert_eq!(fetching.ask(&uids(1, 1), &sizes()).await, among);
    peer.expect("FETCH 1:* (UID RFC822.SIZE)", "{tag} OK\r\n").await;
    assert_eq!(told(fetching.next().await), "1 done 0");
    assert_eq!(fetching.ask(&uids(1, 1), &sizes()).await, Ok(2));
    assert_eq!(fetching.ask(&by_position, &sizes()).await, among);
    peer.expect("UID FETCH 1 (UID RFC822.SIZE)", "{tag} OK\r\n").await;
    assert_eq!(told(fetching.next().await), "2 done 0");
    drop(fetching);
    both(session.noop(), peer.expect("NOOP", "{tag} OK\r\n")).await.unwrap();

    let (mut session, _peer) = greeted(GREETING).await;
    let before = session.fetching().ask(&uids(1, 1), &sizes()).await;
    assert!(matches!(before, Err(Error::NotSendable { .. })), "{before:?}");
}

#[tokio::test(start_paused = true)]
async fn literals_are_as_wide_as_the_widest_in_flight() {
    let (mut session, mut peer) = selected().await;
    let part = PartWant {
        section: Section::root(),
        what: crate::PartWhat::Body,
        range: Some((0, 3 << 20)),
    };
    let parts = FetchWant { uid: true, parts: vec![part], ..FetchWant::default() };
    let body = "x".repeat(3 << 20);
    let wide =
        |uid| format!("* {uid} FETCH (UID {uid} BODY[]<0> {{{}}}\r\n{body})\r\n", body.len());
    let server = async {
        peer.line().await;
        peer.line().await;
        let second = peer.tag.clone();
        peer.answer(&wide(1)).await;
        peer.send(format!("A0003 OK\r\n{}{second} OK\r\n", row(2))).await;
        let announced = format!("* 3 FETCH (UID 3 BODY[]<0> {{{}}}\r\n", body.len());
        peer.expect("UID FETCH 3 (UID RFC822.SIZE)", &announced).await;
    };
    let client = async {
        let mut fetching = session.fetching();
        fetching.ask(&uids(1, 1), &parts).await.unwrap();
        fetching.ask(&uids(2, 2), &sizes()).await.unwrap();
        for step in ["0: 1", "0 done 1", "1: 2", "1 done 1"] {
            assert_eq!(told(fetching.next().await), step);
        }
        // Nothing so large is asked for any more.
        fetching.ask(&uids(3, 3), &sizes()).await.unwrap();
        let limit = 1 << 20;
        let large = Err(Error::TooLarge { what: "a part of the answer", limit });
        assert_eq!(fetching.next().await, large);
    };
    both(client, server).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_repeats_itself_is_given_up() {
    let (mut session, mut peer) = selected().await;
    let mut fetching = session.fetching();
    fetching.ask(&uids(1, 10), &sizes()).await.unwrap();
    peer.line().await;
    peer.send(row(1).repeat(1_000)).await;
    let mut rows = 0;
    let lost = loop {
        match fetching.next().await {
            Ok(_) => rows += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((rows, lost), (80, Error::TooLarge { what: "the number of answers", limit: 80 }));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_ahead_of_whoever_asks() {
    let (near, far) = tokio::io::duplex(4 * 1024);
    let mut peer = Peer::new(far);
    let connected = Connected::over(near, "mail.kontor.example");
    peer.send(GREETING).await;
    let mut session = Session::greet(connected, &Deadlines::default()).await.unwrap();
    let secret = password("b");
    both(session.login("a", &secret), async {
        peer.line().await;
        peer.answer("{tag} OK [CAPABILITY IMAP4rev1] in\r\n").await;
    })
    .await
    .unwrap();
    let mut fetching = session.fetching();
    fetching.ask(&FetchSet::UidFrom(Uid(1)), &sizes()).await.unwrap();
    peer.line().await;
    let sent = std::sync::atomic::AtomicUsize::new(0);
    let flood = async {
        loop {
            peer.send(row(1)).await;
            sent.fetch_add(row(1).len(), std::sync::atomic::Ordering::Relaxed);
        }
    };
    tokio::select! {
        () = flood => unreachable!(),
        () = async {
            fetching.next().await.unwrap();
            sleep(Duration::from_secs(3_600)).await;
        } => {}
    }
    let sent = sent.into_inner();
    assert!(sent <= 32 * 1024, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn what_changed_since_is_asked_only_where_that_is_known() {
    let want = FetchWant {
        uid: true,
        flags: true,
        modseq: true,
        thread_id: true,
        changed_since: Some(ModSeq(12_345)),
        ..FetchWant::default()
    };
    let since = "UID FETCH 1:9 (UID FLAGS MODSEQ THREADID) (CHANGEDSINCE 12345)";
    for (capabilities, code, line) in [
        (AFTER, "HIGHESTMODSEQ 20", since),
        // RFC 7162 3.1.2.2: such a mailbox answers BAD to mod-sequences.
        (AFTER, "NOMODSEQ", "UID FETCH 1:9 (UID FLAGS THREADID)"),
        ("IMAP4rev1", "UNSEEN 1", "UID FETCH 1:9 (UID FLAGS THREADID)"),
    ] {
        let (mut session, mut peer) = signed_in_with(capabilities).await;
        let opened = format!("* 9 EXISTS\r\n* OK [{code}] x\r\n{{tag}} OK\r\n");
        both(session.select(&inbox(), true), async {
            peer.line().await;
            peer.answer(&opened).await;
        })
        .await
        .unwrap();
        let mut found = Vec::new();
        let (set, answer) = (
            uids(1, 9),
            "* 2 FETCH (UID 2 FLAGS () MODSEQ (20) THREADID (T1))\r\n\
             * 3 FETCH (UID 3 FLAGS () THREADID NIL)\r\n* 4 FETCH (UID 4 FLAGS () THREADID ())\r\n\
             {tag} OK\r\n",
        );
        let fetched = session.fetch(&set, &want, |f| found.push((f.uid.unwrap().0, f.thread_id)));
        both(fetched, peer.expect(line, answer)).await.unwrap();
        assert_eq!(found, [(2, Some("T1".to_owned())), (3, None), (4, None)]);
    }
    // The next mailbox may have them again.
    let (mut session, mut peer) = signed_in().await;
    for code in ["NOMODSEQ", "HIGHESTMODSEQ 20"] {
        let opened = format!("* 9 EXISTS\r\n* OK [{code}] x\r\n{{tag}} OK\r\n");
        both(session.select(&inbox(), true), async {
            peer.line().await;
            peer.answer(&opened).await;
        })
        .await
        .unwrap();
    }
    let set = uids(1, 9);
    both(session.fetch(&set, &want, |_| ()), peer.expect(since, "{tag} OK\r\n")).await.unwrap();
    let zero = FetchWant { uid: true, changed_since: Some(ModSeq(0)), ..FetchWant::default() };
    both(session.fetch(&set, &zero, |_| ()), peer.expect("UID FETCH 1:9 (UID)", "{tag} OK\r\n"))
        .await
        .unwrap();
}
