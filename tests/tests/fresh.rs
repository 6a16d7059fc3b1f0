//! Everything, and always fresh: the figures of the header sync and of the deltas, counted by the proxy on the wire
//! between the command line and a real Dovecot.

use satchel_tests::bare::{Bare, FIELDS};
use satchel_tests::cli::Satchel;
use satchel_tests::dovecot::{Dovecot, Settings};
use satchel_tests::proxy::{Burst, Proxy, Seen, Weather};
use satchel_tests::serve::Served;
use satchel_tests::watched::Watched;
use satchel_tests::{lmtp, mail};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NORA: &str = "nora@kontor.example";
const MANY: u64 = 100_000;

/// Room for all headers of a large mailbox, so that the budget decides nothing here.
const ROOMY: &str = "400000000";

/// A hang is found, not waited for; it is no figure.
const GUARD: Duration = Duration::from_secs(60);

fn signed_in(server: &Dovecot, proxy: &Proxy) -> Satchel {
    let satchel = Satchel::new().unwrap();
    satchel.json(&["storage", "--budget", ROOMY]).unwrap();
    satchel.add(NORA, "ochre", &proxy.url(), server.ca_file()).unwrap();
    satchel
}

/// Runs `work`, and gives what the wire saw of it: every connection opened meanwhile, closed by now.
fn seen_of(proxy: &Proxy, work: impl FnOnce()) -> Vec<Seen> {
    let before = proxy.seen().len();
    work();
    proxy.settled(Duration::from_secs(30)).unwrap().split_off(before)
}

fn down(seen: &[Seen]) -> u64 {
    seen.iter().map(|s| s.down).sum()
}

fn busiest(seen: Vec<Seen>) -> Seen {
    seen.into_iter().max_by_key(|s| s.up + s.down).unwrap()
}

fn inbox(satchel: &Satchel) -> Value {
    let boxes = satchel.json(&["mailboxes"]).unwrap();
    boxes.as_array().unwrap().iter().find(|b| b["role"] == "inbox").unwrap().clone()
}

/// Octets on disk of all that the account costs.
fn on_disk(satchel: &Satchel) -> u64 {
    let mut sum = 0;
    let mut folders = vec![satchel.data_dir().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => sum += entry.metadata().unwrap().len(),
            }
        }
    }
    sum
}

/// What a bare client pays for one command, compressed as ours is.
fn bare_cost(server: &Dovecot, command: &str) -> (u64, Duration) {
    let proxy = Proxy::start(server.imaps()).unwrap();
    let mut bare =
        Bare::signed_in(proxy.address(), server.ca_file(), NORA, "ochre", "INBOX").unwrap();
    bare.compress().unwrap();
    let before = proxy.sum().1;
    let start = Instant::now();
    bare.count(command).unwrap();
    (proxy.sum().1 - before, start.elapsed())
}

fn told(bursts: &[Burst]) -> String {
    bursts.iter().map(|b| format!("{}/{}", b.up, b.down)).collect::<Vec<_>>().join(" ")
}

/// The bursts of one look, and what the server said to those behind SELECT. Signing in over TLS 1.3 takes two, what
/// the server can do and SELECT one more; LOGOUT and the farewell of TLS are the last.
fn look(proxy: &Proxy, satchel: &Satchel) -> Look {
    let seen = busiest(seen_of(proxy, || {
        satchel.json(&["sync"]).unwrap();
    }));
    let (selecting, farewell) = (3, 2);
    let behind = seen.bursts.get(selecting..).unwrap_or_default();
    let behind = &behind[..behind.len().saturating_sub(farewell)];
    println!("a look: {}", told(&seen.bursts));
    Look { trips: behind.len(), down: behind.iter().map(|b| b.down).sum() }
}

#[derive(Debug)]
struct Look {
    trips: usize,
    down: u64,
}

/// One new message, and a hundred flags changed by somebody else.
fn change_elsewhere(server: &Dovecot) {
    let ordinary = mail::ordinary(777_777, NORA, jiff::Timestamp::now());
    lmtp::deliver(server.lmtp(), NORA, &ordinary).unwrap();
    let address = server.imaps();
    let mut other = Bare::signed_in(address, server.ca_file(), NORA, "ochre", "INBOX").unwrap();
    // Here and there, as a person with another device would.
    for n in 0..100u64 {
        let sequence = 1 + n * (MANY / 100);
        other.command(&format!("STORE {sequence} +FLAGS.SILENT (\\Flagged)")).unwrap();
    }
}

/// By search, page after page: each looks at so many rows and no more.
fn flagged(satchel: &Satchel) -> usize {
    let (mut found, mut cursor) = (0, None::<String>);
    loop {
        let mut args = vec!["search", "is:flagged", "--limit", "200"];
        args.extend(cursor.iter().flat_map(|c| ["--before", c.as_str()]));
        let page = satchel.json(&args).unwrap();
        found += page["rows"].as_array().unwrap().len();
        match page["cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return found,
        }
    }
}

#[test]
fn a_hundred_thousand_headers_and_what_a_look_costs_after_them() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", MANY).unwrap();
    let (raw, raw_took) = bare_cost(&server, &format!("UID FETCH 1:* {FIELDS}"));

    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = signed_in(&server, &proxy);
    let start = Instant::now();
    let seen = seen_of(&proxy, || {
        satchel.json(&["sync", "--until", "window"]).unwrap();
    });
    let took = start.elapsed();
    let whole = inbox(&satchel);
    assert_eq!((&whole["total"], &whole["cached"]), (&json!(MANY), &json!(MANY)), "{whole}");
    let ratio = down(&seen) as f64 / raw as f64;
    let row = on_disk(&satchel) as f64 / MANY as f64;
    println!(
        "header sync: {} octets down, the raw fetch {raw}: {ratio:.2} ×; {took:.1?} and {raw_took:.1?}; \
         {row:.0} octets on disk a row",
        down(&seen)
    );
    assert!(ratio <= 1.3, "{ratio:.2} × the octets of a raw fetch");
    assert!(row <= 800.0, "{row:.0} octets on disk a row");

    // From the second look on the server's count of changes is known.
    look(&proxy, &satchel);
    let quiet = look(&proxy, &satchel);
    assert!(quiet.trips <= 1 && quiet.down < 1_000, "nothing has changed: {quiet:?}");

    change_elsewhere(&server);
    let stirred = look(&proxy, &satchel);
    // The look at the other mailboxes' counts is one more.
    assert!(stirred.trips <= 3 && stirred.down <= 25_000, "one new, 100 flags: {stirred:?}");
    assert_eq!(flagged(&satchel), 100);
    assert_eq!(inbox(&satchel)["cached"], MANY + 1);
}

#[test]
fn without_a_count_of_changes_a_look_costs_little() {
    let settings = Settings::new(&[(NORA, "ochre")]).without(&["CONDSTORE", "QRESYNC"]);
    let server = Dovecot::with(&settings).unwrap();
    server.fill_ordinary(NORA, "INBOX", MANY).unwrap();
    let (flags, _) = bare_cost(&server, "UID FETCH 1:* (UID FLAGS)");
    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = signed_in(&server, &proxy);
    satchel.json(&["sync", "--until", "window"]).unwrap();
    look(&proxy, &satchel);
    let quiet = look(&proxy, &satchel);
    let share = quiet.down as f64 / flags as f64;
    println!("bare tier: {} of {flags} octets, {:.2} %", quiet.down, share * 100.0);
    assert!(share < 0.03, "{:.1} % of a full flag fetch", share * 100.0);

    change_elsewhere(&server);
    look(&proxy, &satchel);
    assert_eq!(flagged(&satchel), 100, "the rarely changed ones are found too");
    assert_eq!(inbox(&satchel)["cached"], MANY + 1);
}

/// The network is slower than the client and far away: a batch that is asked for only when the one before has come
/// leaves the line empty for a round trip, and the proxy sees it.
#[test]
fn no_round_trip_is_wasted_between_batches() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 20_000).unwrap();
    // The server's own index is warm then: what is left of silence is the client's.
    bare_cost(&server, &format!("UID FETCH 1:* {FIELDS}"));
    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = signed_in(&server, &proxy);
    proxy.set(Weather {
        delay: Duration::from_millis(100),
        rate: Some(60_000),
        ..Weather::default()
    });
    let seen = busiest(seen_of(&proxy, || {
        satchel.json(&["sync", "--until", "window"]).unwrap();
    }));
    assert_eq!(inbox(&satchel)["cached"], 20_000);
    let dry = seen.bursts.iter().filter(|b| b.dry).count();
    println!("{} bursts, {dry} of them waited for: {}", seen.bursts.len(), told(&seen.bursts));
    // TLS twice, signing in, the first screen, the mailboxes, COMPRESS, what there is, the first batch, the end twice.
    assert!(dry <= 11, "{dry} round trips were waited for");
}

#[test]
fn a_delivered_message_is_in_the_list_at_once() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 500).unwrap();
    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = signed_in(&server, &proxy);
    satchel.json(&["sync", "--until", "window"]).unwrap();
    let watched = Watched::start(&satchel).unwrap();
    watched.current(1, GUARD).unwrap();
    // What going live still had to look at is over.
    let mut before = proxy.sum();
    loop {
        std::thread::sleep(Duration::from_millis(1500));
        let now = proxy.sum();
        if now == before {
            break;
        }
        before = now;
    }
    for round in 0..3u64 {
        let heard = watched.lines().len();
        let before = proxy.sum();
        let message = mail::ordinary(900_000 + round, NORA, jiff::Timestamp::now());
        lmtp::deliver(server.lmtp(), NORA, &message).unwrap();
        // The server has it; its EXISTS is on the way.
        let delivered = Instant::now();
        let (at, new) = watched.until(heard, GUARD, |line| line["kind"] == "new").unwrap();
        let trips = proxy.sum().2 - before.2;
        assert!(new["row"]["subject"].as_str().unwrap().contains(&(900_000 + round).to_string()));
        println!("in the list {:.0?} after delivery, {trips} round trips", at - delivered);
        for seen in proxy.seen() {
            let tail = seen.bursts.len().saturating_sub(8);
            println!("   {}", told(&seen.bursts[tail..]));
        }
        // DONE, and the row; the count of unread and the next IDLE follow before the line is read here. (That two
        // suffice is held on paused time, among the engine's scenarios.)
        assert!(trips <= 4, "{trips} round trips");
        // Ten times the figure: a hang guard, no measurement.
        assert!(at - delivered < Duration::from_secs(10), "{:?}", at - delivered);
        std::thread::sleep(Duration::from_millis(1500));
    }
    // Gone elsewhere, and flagged elsewhere: heard of as well.
    let heard = watched.lines().len();
    let address = server.imaps();
    let mut other = Bare::signed_in(address, server.ca_file(), NORA, "ochre", "INBOX").unwrap();
    other.command("STORE 503 +FLAGS (\\Flagged)").unwrap();
    watched.until(heard, GUARD, |line| line["kind"] == "flags").unwrap();
    other.expunge(502).unwrap();
    watched.until(heard, GUARD, |line| line["kind"] == "gone").unwrap();
}

#[test]
fn a_network_that_is_pulled_is_noticed_and_caught_up_with() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 300).unwrap();
    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = signed_in(&server, &proxy);
    satchel.json(&["sync", "--until", "window"]).unwrap();
    let served = Served::start(&satchel).unwrap();
    served.call("app.start", json!({})).unwrap();
    let state = || {
        let accounts = served.call("account.list", json!({})).unwrap();
        accounts[0]["state"].clone()
    };
    wait("the account to be current", || state()["kind"] == "current");
    std::thread::sleep(Duration::from_secs(2));

    // A black hole: no FIN, no RST, and what is dialled meanwhile hangs.
    proxy.pull();
    let pulled = Instant::now();
    let message = mail::ordinary(880_001, NORA, jiff::Timestamp::now());
    lmtp::deliver(server.lmtp(), NORA, &message).unwrap();
    // A person looks: with a command in flight ten seconds are the figure.
    let asked = served.call("account.check", json!({ "id": 1 }));
    let noticed = pulled.elapsed();
    println!("pulled: {asked:?} after {noticed:.1?}: {}", state());
    wait("the trouble to be told", || {
        ["waiting", "offline", "trouble"].contains(&state()["kind"].as_str().unwrap_or_default())
    });
    println!("told after {:.1?}: {}", pulled.elapsed(), state());
    // What is here is shown all the while.
    let page = served.call("message.list", json!({ "limit": 50, "cached_only": true })).unwrap();
    assert_eq!(page["rows"].as_array().unwrap().len(), 50);

    proxy.plug();
    let plugged = Instant::now();
    served.call("app.network", json!({ "online": true })).unwrap();
    wait("the message that came meanwhile", || {
        let page = json!({ "limit": 1, "cached_only": true });
        let page = served.call("message.list", page).unwrap();
        page["rows"][0]["subject"].as_str().is_some_and(|s| s.contains("(880001)"))
    });
    println!("caught up {:.1?} after it was plugged", plugged.elapsed());
    assert!(plugged.elapsed() < Duration::from_secs(20), "{:?}", plugged.elapsed());
    wait("the account to be current", || state()["kind"] == "current");
}

#[test]
fn two_accounts_and_a_large_one_side_by_side() {
    let (ada, jonas) = ("ada@kontor.example", "jonas@kontor.example");
    let server = Dovecot::start(&[(NORA, "ochre"), (ada, "slate"), (jonas, "umber")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", MANY).unwrap();
    server.fill_ordinary(ada, "INBOX", 700).unwrap();
    server.fill_ordinary(jonas, "INBOX", 400).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.json(&["storage", "--budget", ROOMY]).unwrap();
    for (email, password) in [(NORA, "ochre"), (ada, "slate"), (jonas, "umber")] {
        satchel.add(email, password, &server.url(), server.ca_file()).unwrap();
    }
    let served = Served::start(&satchel).unwrap();
    served.call("app.start", json!({})).unwrap();
    let accounts = || served.call("account.list", json!({})).unwrap();
    // The small ones do not wait for the large one.
    let start = Instant::now();
    wait("both small accounts", || {
        let boxes = served.call("mailbox.list", json!({})).unwrap();
        let whole = |account: i64, many: u64| {
            boxes
                .as_array()
                .unwrap()
                .iter()
                .any(|b| b["account"] == account && b["role"] == "inbox" && b["cached"] == many)
        };
        whole(2, 700) && whole(3, 400)
    });
    println!("both small accounts after {:.1?}: {}", start.elapsed(), accounts());
    // The list answers while the large one is on its way, and mail comes in.
    let message = mail::ordinary(870_001, ada, jiff::Timestamp::now());
    lmtp::deliver(server.lmtp(), ada, &message).unwrap();
    wait("the message at ada's", || {
        let asked = Instant::now();
        let page = json!({ "limit": 50, "cached_only": true });
        let page = served.call("message.list", page).unwrap();
        assert!(asked.elapsed() < Duration::from_secs(5), "{:?} for a page", asked.elapsed());
        page["rows"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["subject"].as_str().is_some_and(|s| s.contains("(870001)")))
    });
    let mut last = 0;
    let end = Instant::now() + Duration::from_secs(240);
    loop {
        let boxes = served.call("mailbox.list", json!({})).unwrap();
        let large = boxes.as_array().unwrap().iter();
        let large = large.filter(|b| b["account"] == 1 && b["role"] == "inbox");
        let cached = large.map(|b| b["cached"].as_u64().unwrap_or(0)).sum::<u64>();
        assert!(cached >= last, "it goes forward only: {last}, then {cached}");
        last = cached;
        if cached == MANY {
            break;
        }
        assert!(Instant::now() < end, "{cached} of {MANY}: {}", accounts());
        std::thread::sleep(Duration::from_millis(300));
    }
    println!("all three after {:.1?}", start.elapsed());
}

#[track_caller]
fn wait(what: &str, mut until: impl FnMut() -> bool) {
    let start = Instant::now();
    while !until() {
        assert!(start.elapsed() < GUARD, "no end of waiting for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
