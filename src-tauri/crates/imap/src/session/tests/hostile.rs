//! Servers that lie, flood and nest.

use super::*;
use crate::parse::Fetched;
use model::{SeqNum, Structure, Uid, UidSet};

async fn fetch_one(
    want: FetchWant,
    answer: Vec<u8>,
) -> (Session, Vec<Fetched>, Result<FetchSummary, Error>) {
    let (mut session, mut peer) = selected().await;
    let mut found = Vec::new();
    let set = FetchSet::Uids(UidSet::range(Uid(1), Uid(9)));
    let result = both(session.fetch(&set, &want, |f| found.push(f)), async {
        peer.line().await;
        peer.send(answer).await;
        peer.answer("{tag} OK\r\n").await;
    })
    .await;
    (session, found, result)
}

fn structure_want() -> FetchWant {
    FetchWant { uid: true, structure: true, envelope: true, ..FetchWant::default() }
}

fn depth(structure: &Structure) -> usize {
    1 + structure.children.iter().map(depth).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_levels_are_cut() {
    let leaf = "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)";
    let multipart = format!("{}{leaf}{}", "(".repeat(10_000), " \"MIXED\")".repeat(10_000));
    let opened =
        "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 1 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ";
    let messages = format!("{}{leaf}{}", opened.repeat(5_000), " 1)".repeat(5_000));
    for body in [multipart, messages] {
        let answer = format!(
            "* 1 FETCH (UID 1 BODYSTRUCTURE {body} ENVELOPE (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n"
        );
        let (_, found, result) = fetch_one(structure_want(), answer.into_bytes()).await;
        assert_eq!(result, Ok(FetchSummary { answered: 1, unreadable: 0 }));
        let structure = found[0].structure.as_ref().unwrap();
        assert!(
            (60..=Structure::MAX_DEPTH + 1).contains(&depth(structure)),
            "{}",
            depth(structure)
        );
        assert_eq!(found[0].envelope.as_ref().unwrap().subject, "s");
        assert!(Structure::unpack(&structure.pack()).is_ok());
    }
    for nested in ["((((((((".repeat(5_000), ")))".repeat(1_000), "(\"".repeat(9_000)] {
        let answer = format!(
            "* 1 FETCH (UID 1 BODYSTRUCTURE {nested}\r\n* NAMESPACE {nested}\r\n* LIST {nested}\r\n* FLAGS {nested}\r\n* ID {nested}\r\n"
        );
        let (_, _, result) = fetch_one(structure_want(), answer.into_bytes()).await;
        assert!(result.is_ok(), "{result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_counted_and_the_rest_stands() {
    let answer = b"* 1 FETCH (UID 1 ENVELOPE (garbage) BODYSTRUCTURE x)\r\n* 2 FETCH UID 2\r\n\
        * 3 FETCH (UID 3 ENVELOPE NIL)\r\n* 4 FETCH (UID 4 BODYSTRUCTURE (((\r\n\
        * 5 FETCH (UID 5 INTERNALDATE NIL ENVELOPE (NIL \"ok\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n\
        * 6 FETCH (UID 6 INTERNALDATE \"never\" RFC822.SIZE -1 ENVELOPE (NIL \"say \"hi\" to\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n";
    let (_, found, result) = fetch_one(structure_want(), answer.to_vec()).await;
    let subjects: Vec<_> =
        found.iter().filter_map(|f| f.envelope.as_ref()).map(|e| e.subject.as_str()).collect();
    assert_eq!(subjects, ["ok", "say \"hi\" to"]);
    let summary = result.unwrap();
    assert!(summary.answered >= 2 && summary.unreadable == summary.answered - 2, "{summary:?}");
}

#[tokio::test(start_paused = true)]
async fn literals_past_what_was_asked_for_end_the_session() {
    for (announced, limit) in
        [("5368709120", 1 << 20), ("18446744073709551616", 1 << 20), ("1048577", 1 << 20)]
    {
        let answer = format!("* 1 FETCH (UID 1 BODY[] {{{announced}}}\r\n");
        let (mut session, found, result) = fetch_one(structure_want(), answer.into_bytes()).await;
        assert_eq!(result, Err(Error::TooLarge { what: "a part of the answer", limit }));
        assert!(found.is_empty());
        assert_eq!(session.noop().await, Err(Error::Closed));
    }
    // A part in ranges opens the bound as far as it asks.
    let part = |length| PartWant {
        section: model::Section::root(),
        what: crate::PartWhat::Body,
        range: Some((0, length)),
    };
    let want = FetchWant { parts: vec![part(3 << 20)], ..FetchWant::default() };
    let body = vec![b'x'; 3 << 20];
    let answer =
        [format!("* 1 FETCH (UID 1 BODY[]<0> {{{}}}\r\n", body.len()).as_bytes(), &body, b")\r\n"]
            .concat();
    let (_, found, result) = fetch_one(want, answer).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(found[0].parts[0].bytes.len(), 3 << 20);
}

#[tokio::test(start_paused = true)]
async fn a_line_without_end_ends_the_session() {
    for (head, limit) in [
        ("* OK ", 64 << 10),
        ("* 1 FETCH (", 1 << 20),
        ("* SEARCH ", 8 << 20),
        ("A9 OK ", 64 << 10),
    ] {
        let (mut session, mut peer) = selected().await;
        let result = tokio::select! {
            result = session.noop() => result,
            () = async {
                peer.line().await;
                peer.send(head).await;
                loop { peer.send(" 7".repeat(32 << 10)).await; tokio::task::yield_now().await; }
            } => unreachable!(),
        };
        assert_eq!(result, Err(Error::TooLarge { what: "a line of the answer", limit }), "{head}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_what_nobody_asked_for_is_bounded() {
    let (mut session, mut peer) = selected().await;
    session.take_events();
    let flood =
        "* 1 EXPUNGE\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* OK [ALERT] x\r\n* LIST () NIL a\r\n"
            .repeat(10_000);
    both(session.noop(), async {
        peer.line().await;
        peer.send(&flood).await;
        peer.answer("* 77 EXISTS\r\n{tag} OK\r\n").await;
    })
    .await
    .unwrap();
    let events = session.take_events();
    assert_eq!(events.first(), Some(&Event::Overflow));
    assert_eq!(events.last(), Some(&Event::Exists(77)));
    assert!(events.len() <= Events::MOST + 2, "{}", events.len());
}

#[tokio::test(start_paused = true)]
async fn a_flood_during_the_sign_in_ends_it() {
    let (mut session, mut peer) = greeted(GREETING).await;
    let secret = password("b");
    let result = tokio::select! {
        result = session.login("a", &secret) => result,
        () = async { loop { peer.send("* OK x\r\n".repeat(1_000)).await; tokio::task::yield_now().await; } } => unreachable!(),
    };
    assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn numbers_that_lie() {
    let (mut session, mut peer) = selected().await;
    let huge = both(session.uid_search(&SearchKey::All), async {
        peer.line().await;
        peer.answer("* ESEARCH UID ALL 4294967295:1,7:3\r\n{tag} OK\r\n").await;
    })
    .await
    .unwrap();
    assert_eq!(huge.ranges(), [(1, u32::MAX)]);
    for wrong in ["0", "4294967296", "1:x", "*", "-1"] {
        let answer = format!(
            "* ESEARCH UID ALL {wrong}\r\n* VANISHED {wrong}\r\n* SEARCH {wrong}\r\n{{tag}} OK\r\n"
        );
        let found = both(session.uid_search(&SearchKey::All), async {
            peer.line().await;
            peer.answer(&answer).await;
        });
        assert_eq!(found.await, Ok(UidSet::new()), "{wrong}");
    }
    let selected = both(session.select(&inbox(), true), async {
        peer.line().await;
        peer.answer("* 4294967296 EXISTS\r\n* OK [UIDNEXT 0] x\r\n* OK [UIDVALIDITY -1] x\r\n* OK [HIGHESTMODSEQ 0] x\r\n* OK [PERMANENTFLAGS x] x\r\n{tag} OK\r\n").await;
    })
    .await
    .unwrap();
    assert_eq!(selected, Selected { permanent_flags: Some(vec![]), ..Selected::default() });
}

#[tokio::test(start_paused = true)]
async fn a_hostile_order_of_ranges_costs_nothing() {
    let ranges: Vec<String> = (1..200_000u32).rev().map(|n| (n * 3).to_string()).collect();
    let (mut session, mut peer) = selected().await;
    let began = std::time::Instant::now();
    let found = both(session.uid_search(&SearchKey::All), async {
        peer.line().await;
        peer.answer(&format!("* ESEARCH UID ALL {}\r\n{{tag}} OK\r\n", ranges.join(","))).await;
    });
    assert_eq!(found.await.unwrap().len(), 199_999);
    assert!(began.elapsed().as_secs() < 10);
}

#[tokio::test(start_paused = true)]
async fn answers_to_one_search_are_joined_at_no_cost() {
    let (mut session, mut peer) = selected().await;
    let lines: String = (1..100_000u32).rev().map(|n| format!("* SEARCH {}\r\n", n * 3)).collect();
    let began = std::time::Instant::now();
    for (before, count) in [("", 99_999), ("* ESEARCH UID ALL 1:4294967295\r\n", u32::MAX)] {
        let answer = format!("{before}{lines}{{tag}} OK\r\n");
        let found = both(session.uid_search(&SearchKey::All), async {
            peer.line().await;
            peer.answer(&answer).await;
        });
        assert_eq!(found.await.unwrap().len(), u64::from(count));
    }
    assert!(began.elapsed().as_secs() < 10);
}

#[tokio::test(start_paused = true)]
async fn text_of_the_server_is_cleaned_and_short() {
    let (mut session, mut peer) = selected().await;
    let text = format!("{{tag}} NO [X\u{1b}] \u{1b}[31m\u{7}{}\r\n", "é".repeat(5_000));
    let refused = both(session.noop(), peer.expect("NOOP", &text)).await.unwrap_err();
    let Error::No { code, text, .. } = refused else { panic!() };
    assert_eq!(code, None);
    assert!(text.chars().count() <= 1_000 && !text.chars().any(char::is_control));
}

#[tokio::test(start_paused = true)]
async fn answers_to_commands_that_nobody_sent_are_passed_over() {
    let (mut session, mut peer) = selected().await;
    let sequence = FetchSet::Seq { low: SeqNum(1), high: Some(SeqNum(1)) };
    let want = FetchWant { uid: true, ..FetchWant::default() };
    let fetched = both(session.fetch(&sequence, &want, |_| ()), async {
        peer.expect(
            "FETCH 1:1 (UID)",
            "A9999 NO x\r\nA0001 BAD y\r\n+ what\r\n* 1 FETCH (UID 4)\r\n{tag} OK\r\n",
        )
        .await;
    });
    assert_eq!(fetched.await.unwrap().answered, 1);
}
