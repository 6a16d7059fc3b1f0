//! Connections that break at any octet, and servers that send without end: the command line comes back with a word,
//! in bounded memory, and the next try finds everything in order.

use satchel_tests::cli::Satchel;
use satchel_tests::dovecot::Dovecot;
use satchel_tests::proxy::{Break, Proxy, Weather};
use satchel_tests::scripted::{Answers, Reply, Scripted};
use std::time::Duration;

const NORA: &str = "nora@kontor.example";

/// What a server sends that never ends; and what may be held of it, with the 64 MB that opening a sealed file takes.
const ENDLESS: u64 = 100_000_000;
const MOST_MEMORY: u64 = 130_000_000;

#[test]
fn cut_anywhere_it_says_so_and_the_next_try_heals() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 80).unwrap();
    let proxy = Proxy::start(server.imaps()).unwrap();

    // How much a whole first screen is, on a folder of its own.
    let whole = Satchel::new().unwrap();
    whole.add(NORA, "ochre", &proxy.url(), server.ca_file()).unwrap();
    let before = proxy.seen().len();
    whole.json(&["sync"]).unwrap();
    proxy.settled(Duration::from_secs(20)).unwrap();
    let (up, down) = {
        let seen = &proxy.seen()[before];
        (seen.up, seen.down)
    };

    let satchel = Satchel::new().unwrap();
    satchel.add(NORA, "ochre", &proxy.url(), server.ca_file()).unwrap();
    let points = |all: u64, many: u64| (0..many).map(move |n| n * all / many);
    let downs = points(down - 400, 24)
        .map(|at| Weather { down: Break::CutAfter(at), ..Weather::default() });
    let ups =
        points(up - 100, 10).map(|at| Weather { up: Break::CutAfter(at), ..Weather::default() });
    for weather in downs.chain(ups) {
        proxy.set(weather);
        let ran = satchel.run(&["--json", "sync"]).unwrap();
        assert!(ran.took < Duration::from_secs(60), "{weather:?}: {:?}", ran.took);
        assert!(matches!(ran.status, 0 | 1), "{weather:?}: {ran:?}");
        assert!(!ran.stderr.contains("panicked"), "{weather:?}: {}", ran.stderr);
        if ran.status == 1 {
            assert!(!ran.stderr.trim().is_empty(), "{weather:?}: no word");
        }
        // What is here can be read at any time.
        satchel.json(&["storage"]).unwrap();
    }
    proxy.set(Weather { down: Break::CutAfter(1_000), ..Weather::default() });
    let cut = satchel.run(&["--json", "sync"]).unwrap();
    assert_eq!(cut.status, 1, "{cut:?}");
    proxy.set(Weather::default());
    satchel.json(&["sync"]).unwrap();
    let page = satchel.json(&["list", "--limit", "50"]).unwrap();
    assert_eq!(page["rows"].as_array().unwrap().len(), 50);
    let fresh = whole.json(&["list", "--limit", "50"]).unwrap();
    let subjects = |page: &serde_json::Value| {
        page["rows"].as_array().unwrap().iter().map(|r| r["subject"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(subjects(&page), subjects(&fresh), "the same as if nothing had happened");
    assert_eq!(satchel.json(&["doctor"]).unwrap()["store"]["intact"], true);
}

#[test]
fn a_server_that_never_ends_costs_no_memory_and_no_other_account() {
    let good = Dovecot::start(&[("n.albrecht@bigmail.example", "opa")]).unwrap();
    good.fill_ordinary("n.albrecht@bigmail.example", "INBOX", 60).unwrap();
    let flood = |piece: &[u8]| Reply::Flood(piece.to_vec(), ENDLESS);
    let nested = [b"* 1 FETCH (BODYSTRUCTURE ".as_slice(), &b"(".repeat(10_000)].concat();
    let lies: Vec<(&str, Answers)> = vec![
        (
            "an endless line",
            Answers::default().on("FETCH", flood(b"* 1 FETCH (ENVELOPE \"xxxxxxxxxxxxxxxx")),
        ),
        ("endless rows", Answers::default().on("FETCH", flood(b"* 1 FETCH (UID 1 FLAGS ())\r\n"))),
        ("endless news", Answers::default().on("SELECT", flood(b"* 7 EXISTS\r\n* 1 EXPUNGE\r\n"))),
        ("endless mailboxes", Answers::default().on("LIST", flood(b"* LIST () \"/\" \"box\"\r\n"))),
        (
            "a literal of 5 GB",
            Answers::default()
                .on("FETCH", flood(b"* 1 FETCH (BODY[1] {5368709120}\r\nxxxxxxxxxxxxxxxxxxxx")),
        ),
        ("nesting without end", Answers::default().on("FETCH", Reply::Cut(nested))),
        (
            "an end amid a literal",
            Answers::default().on("FETCH", Reply::Cut(b"* 1 FETCH (BODY[1] {99}\r\nhal".to_vec())),
        ),
        (
            "a farewell",
            Answers::default().on("SELECT", Reply::Cut(b"* BYE shutting down\r\n".to_vec())),
        ),
        (
            "NO to FETCH",
            Answers::default().on("FETCH", Reply::Raw(b"{tag} NO not today\r\n".to_vec())),
        ),
        (
            "BAD to SELECT",
            Answers::default().on("SELECT", Reply::Raw(b"{tag} BAD what?\r\n".to_vec())),
        ),
        (
            "INTERNALDATE NIL",
            Answers::default().on(
                "FETCH",
                Reply::Before(
                    b"* 1 FETCH (UID 1 INTERNALDATE NIL)\r\n* OK [ALERT]\xc3\xa9\r\n* XFOO bar\r\n"
                        .to_vec(),
                ),
            ),
        ),
    ];
    let liar = Scripted::answering(Answers::default()).unwrap();
    for (lie, answers) in lies {
        // Added while it behaved; nothing of it is here yet.
        liar.answer(Answers::default());
        let satchel = Satchel::new().unwrap();
        satchel.add(NORA, "secret", &liar.url(), liar.ca_file()).unwrap();
        satchel.add("n.albrecht@bigmail.example", "opa", &good.url(), good.ca_file()).unwrap();
        liar.answer(answers);
        let ran = satchel.run(&["--json", "sync"]).unwrap();
        assert!(!ran.stderr.contains("panicked"), "{lie}: {}", ran.stderr);
        assert!(
            ran.peak > 1_000_000 && ran.peak < MOST_MEMORY,
            "{lie}: {} octets of memory",
            ran.peak
        );
        assert!(ran.took < Duration::from_secs(150), "{lie}: {:?}", ran.took);
        if lie != "INTERNALDATE NIL" {
            assert_eq!(ran.status, 1, "{lie}: {ran:?}");
            assert!(!ran.stderr.trim().is_empty(), "{lie}: no word");
        } else {
            assert_eq!(ran.status, 0, "{lie}: {ran:?}");
        }
        let inbox = ["list", "--mailbox", "inbox", "--account", "2", "--limit", "50"];
        let page = satchel.json(&inbox).unwrap();
        assert_eq!(page["rows"].as_array().unwrap().len(), 50, "{lie}: the other account's rows");
        println!("{lie}: {:?}, {} MB at most", ran.took, ran.peak / 1_000_000);
    }
}
