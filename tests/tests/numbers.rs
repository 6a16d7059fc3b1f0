//! The figures that the first thread is held to, counted by the proxy on the wire.

use satchel_tests::cli::Satchel;
use satchel_tests::dovecot::{Dovecot, Settings};
use satchel_tests::mail;
use satchel_tests::proxy::Proxy;
use satchel_tests::serve::Served;
use serde_json::{Value, json};
use std::time::Duration;

/// An answer to one flight that is larger than this held rows.
const ROWS: u64 = 10_000;

struct Screen {
    round_trips: u64,
    down: u64,
    rows: Value,
}

/// A device that knows nothing yet signs in and brings the first screen; what the wire saw of it.
fn first_screen(server: &Dovecot, email: &str, password: &str) -> Screen {
    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add(email, password, &proxy.url(), server.ca_file()).unwrap();
    let before = proxy.seen().len();
    let report = satchel.json(&["sync", "--until", "first-screen"]).unwrap();
    let seen = proxy.settled(Duration::from_secs(20)).unwrap();
    assert_eq!(seen.len(), before + 1, "one connection did it all");
    let wire = &seen[before];
    let round_trips = wire.bursts_until_last_over(ROWS);
    let down: u64 = wire.bursts[..round_trips].iter().map(|burst| burst.down).sum();
    let said = &report["first_screen"];
    assert_eq!(
        said["round_trips"],
        json!(round_trips),
        "what is reported is what the wire saw: {said}"
    );
    assert_eq!(said["rows"], json!(50));
    // Session tickets and the like may come after the last octet of the rows was read.
    let told = said["bytes_in"].as_u64().unwrap();
    assert!(told <= down + 4_096 && down <= told + 4_096, "{told} told, {down} seen");
    // The store has them: nobody is asked now.
    proxy.close_all();
    let asked = proxy.seen().len();
    let rows = satchel.json(&["list", "--limit", "50"]).unwrap();
    assert_eq!(proxy.seen().len(), asked, "a list of what is here asks nobody");
    println!("first screen: {round_trips} round trips, {down} octets down");
    Screen { round_trips: round_trips as u64, down, rows: rows["rows"].clone() }
}

fn rows_are_whole(rows: &Value) {
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 50);
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        assert!(row["from"][0]["address"].as_str().is_some_and(|a| a.contains('@')), "{row}");
        assert!(!text("subject").is_empty() && !text("date").is_empty(), "{row}");
        assert!(!text("preview").is_empty(), "{row}");
        assert!(row["flags"].is_array(), "{row}");
    }
}

#[test]
fn a_hundred_thousand_messages_and_the_first_screen_after_four_round_trips() {
    let email = "nora@kontor.example";
    let server = Dovecot::start(&[(email, "ochre")]).unwrap();
    server.fill_ordinary(email, "INBOX", 100_000).unwrap();
    let screen = first_screen(&server, email, "ochre");
    rows_are_whole(&screen.rows);
    assert_eq!(screen.round_trips, 4);
    assert!(screen.down <= 80_000, "{} octets down", screen.down);
}

#[test]
fn a_password_that_login_cannot_carry_costs_one_round_trip_more() {
    let email = "nora@kontor.example";
    let server = Dovecot::start(&[(email, "öcher")]).unwrap();
    server.fill_ordinary(email, "INBOX", 100_000).unwrap();
    let screen = first_screen(&server, email, "öcher");
    rows_are_whole(&screen.rows);
    assert_eq!(screen.round_trips, 5);
    assert!(screen.down <= 80_000, "{} octets down", screen.down);
}

#[test]
fn a_server_that_forbids_login_costs_one_round_trip_more() {
    let email = "nora@kontor.example";
    let settings = Settings::new(&[(email, "ochre")]).announcing("LOGINDISABLED");
    let server = Dovecot::with(&settings).unwrap();
    server.fill_ordinary(email, "INBOX", 200).unwrap();
    let screen = first_screen(&server, email, "ochre");
    rows_are_whole(&screen.rows);
    assert_eq!(screen.round_trips, 5);
}

#[test]
fn a_server_without_preview_costs_at_most_one_round_trip_more() {
    let email = "nora@kontor.example";
    let settings = Settings::new(&[(email, "ochre")]).without(&["PREVIEW", "SNIPPET"]);
    let server = Dovecot::with(&settings).unwrap();
    server.fill_ordinary(email, "INBOX", 2_000).unwrap();
    let screen = first_screen(&server, email, "ochre");
    rows_are_whole(&screen.rows);
    assert_eq!(screen.round_trips, 5);
}

#[test]
fn opening_a_text_beside_a_large_attachment_and_the_next_page_cost_one_round_trip_each() {
    let email = "nora@kontor.example";
    let server = Dovecot::start(&[(email, "ochre")]).unwrap();
    server.fill_ordinary(email, "INBOX", 300).unwrap();
    let text = "The drawings are attached. ".repeat(40);
    let large = mail::with_attachment(email, "Twenty megabytes", &text, "drawings.bin", 20_000_000);
    server.append(email, "INBOX", &large).unwrap();

    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add(email, "ochre", &proxy.url(), server.ca_file()).unwrap();
    // It rests: what is counted is what was asked for, and nothing that goes on by itself.
    satchel.json(&["account", "set", "1", "--pause"]).unwrap();
    let served = Served::start(&satchel).unwrap();
    served.call("app.start", json!({})).unwrap();
    served.call("account.check", json!({ "id": 1 })).unwrap();
    let list = |params: Value| served.call("message.list", params).unwrap();
    let page = list(json!({ "limit": 50, "cached_only": true }));
    assert_eq!(page["rows"].as_array().unwrap().len(), 50);
    let row = &page["rows"][0];
    assert_eq!(row["subject"], "Twenty megabytes");
    assert_eq!(row["has_attachments"], true);
    // INBOX stands selected, as it does while its list is on screen.
    served.call("mailbox.check", json!({ "mailbox": row["mailbox"] })).unwrap();

    let (_, down, bursts) = proxy.sum();
    let shown = served.call("message.show", json!({ "id": row["id"] })).unwrap();
    let (_, down_now, bursts_now) = proxy.sum();
    assert!(shown["text"].as_str().unwrap().starts_with("The drawings are attached."));
    assert_eq!(shown["headers"]["from"][0]["address"], "harald.wiese@office4.example");
    assert_eq!(shown["parts"][0]["name"], "drawings.bin");
    assert_eq!(bursts_now - bursts, 1, "one round trip opens it");
    let part = text.len() as u64 + 2;
    assert!(down_now - down <= part + 4_096, "{} octets for a part of {part}", down_now - down);
    println!("opening: 1 round trip, {} octets for a part of {part}", down_now - down);

    // Once more: it is here.
    let again = served.call("message.show", json!({ "id": row["id"] })).unwrap();
    assert_eq!(again["fetched_bytes"], 0);
    assert_eq!(proxy.sum().2, bursts_now, "nobody is asked twice");

    let next = list(json!({ "limit": 50, "before": page["cursor"] }));
    assert_eq!(next["rows"].as_array().unwrap().len(), 50);
    assert_eq!(proxy.sum().2 - bursts_now, 1, "one round trip brings the next fifty");
}
