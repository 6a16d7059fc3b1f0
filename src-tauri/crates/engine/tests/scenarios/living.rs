//! Accounts that are kept live: what is heard, how soon, in how many round trips, and what a cut costs.

use crate::kit::{World, of};
use crate::model::{BARE, FULL, GMAIL, Mailbox, QUICK, Server};
use ::model::{AccountId, Code, Role};
use engine::{AccountChange, Heard, ListAsk, Noted, Phase, Until};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

async fn phase(world: &World, account: AccountId) -> Phase {
    world.state(account).await.phase
}

/// How long until it is so; at most ten minutes.
async fn until(world: &World, account: AccountId, wanted: impl Fn(&Phase) -> bool) -> Duration {
    let begun = Instant::now();
    while !wanted(&phase(world, account).await) {
        assert!(begun.elapsed() < 600 * SECOND, "{:?}", phase(world, account).await);
        sleep(Duration::from_millis(50)).await;
    }
    begun.elapsed()
}

fn is_heard(phase: &Phase) -> bool {
    matches!(phase, Phase::Current { by: Heard::Idle | Heard::Poll })
}

/// Live, with everything brought here.
async fn living(server: &Server) -> (World, AccountId) {
    let (world, account) = World::on(server).await;
    world.engine.go_live();
    until(&world, account, is_heard).await;
    sleep(30 * SECOND).await;
    server.take_heard();
    (world, account)
}

fn asks(heard: &[String]) -> Vec<&String> {
    heard.iter().filter(|c| !c.starts_with("IDLE") && !c.starts_with("DONE")).collect()
}

#[tokio::test(start_paused = true)]
async fn what_arrives_is_here_within_a_second_and_in_two_round_trips() {
    for offers in [QUICK, &format!("{BARE} IDLE")] {
        let server = Server::with(Box::leak(offers.to_string().into_boxed_str()), 300);
        let (world, account) = living(&server).await;
        let mut noted = world.engine.noted();
        let begun = Instant::now();
        server.inbox(|inbox| inbox.fill(1));
        let message = loop {
            let said = timeout(20 * SECOND, noted.recv()).await.unwrap().unwrap();
            if let Noted::New { account: whose, message, .. } = said {
                assert_eq!(whose, account);
                break message;
            }
        };
        assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
        let rows = world.cached(1).await.rows;
        assert_eq!(rows[0].id, message);
        // DONE was the first; the row came with the second.
        let heard = server.take_heard();
        assert!(asks(&heard)[0].starts_with("UID FETCH 301:*"), "{heard:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_others_do_is_seen() {
    let server = Server::with(FULL_IDLE, 300);
    let (world, _) = living(&server).await;
    server.inbox(|inbox| {
        inbox.expunge(299);
        inbox.flag(10, "\\Flagged");
        inbox.expunge(2);
        inbox.fill(2);
    });
    sleep(2 * SECOND).await;
    let rows = world.cached(400).await.rows;
    let uids: Vec<u32> = rows.iter().map(|r| r.uid.0).collect();
    let expected: Vec<u32> = (1..=302).rev().filter(|u| ![299, 2].contains(u)).collect();
    assert_eq!(uids, expected);
    let flagged: Vec<u32> = rows.iter().filter(|r| r.flags.flagged()).map(|r| r.uid.0).collect();
    assert_eq!(flagged, [10]);
}

const FULL_IDLE: &str = "IMAP4rev1 LITERAL+ ENABLE UNSELECT CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS \
     SPECIAL-USE PREVIEW MOVE IDLE";

#[tokio::test(start_paused = true)]
async fn a_line_that_dies_in_silence_is_noticed_and_found_again() {
    let server = Server::with(FULL_IDLE, 100);
    let (world, account) = living(&server).await;
    for _ in 0..3 {
        world.net.go_dark(true);
        let noticed = until(&world, account, |p| *p == Phase::Offline).await;
        assert!(noticed <= 30 * SECOND, "noticed after {noticed:?}");
        sleep(95 * SECOND).await;
        assert_eq!(phase(&world, account).await, Phase::Offline);
        server.inbox(|inbox| inbox.fill(1));
        let newest = server.inbox(|inbox| inbox.uidnext - 1);
        world.net.go_dark(false);
        let back = until(&world, account, is_heard).await;
        assert!(back <= 2 * SECOND, "back after {back:?}");
        assert_eq!(world.cached(1).await.rows[0].uid.0, newest);
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_in_flight_does_not_wait_for_a_dead_line() {
    let server = Server::with(FULL, 100);
    let (world, _) = World::synced(&server).await;
    let inbox = world.inbox().await;
    world.net.go_dark(true);
    let begun = Instant::now();
    let ask = ListAsk { mailboxes: vec![inbox], at: Some(60), limit: 20, ..ListAsk::default() };
    // The line is tried once more on a fresh connection, which is not had either.
    let outcome = timeout(60 * SECOND, world.engine.list(ask)).await.unwrap();
    assert!(outcome.is_err());
    assert!(begun.elapsed() <= 31 * SECOND, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_network_that_changed_is_tried_at_once() {
    let server = Server::with(FULL_IDLE, 20);
    let (world, account) = living(&server).await;
    world.net.go_dark(true);
    world.engine.set_network(true);
    let noticed = until(&world, account, |p| *p == Phase::Offline).await;
    assert!(noticed <= 5 * SECOND, "noticed after {noticed:?}");
    world.net.go_dark(false);
    assert!(until(&world, account, is_heard).await <= 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn nothing_changed_asks_nothing_however_large_the_mailbox() {
    for count in [1_000, 100_000] {
        let server = Server::new(QUICK);
        server.act(|state| state.mailboxes[0] = Mailbox::endless("INBOX", count));
        let (world, account) = World::on(&server).await;
        let report = world.engine.sync(Some(account), Until::Window).await.unwrap();
        assert_eq!(report.headers, u64::from(count));
        let world = world.reopen().await;
        server.take_heard();
        let report = world.engine.sync(Some(account), Until::FirstScreen).await.unwrap();
        let heard = server.take_heard();
        assert_eq!(heard[..3], ["LOGIN", "CAPABILITY", "SELECT \"INBOX\""], "{count}");
        assert!(heard[3].starts_with("LIST "), "{heard:?}");
        assert_eq!(heard.len(), 4, "{heard:?}");
        assert!(report.first_screen.traffic.bytes_in < 1_000);
        // One new and a hundred flags elsewhere: one flight more.
        server.inbox(|inbox| {
            inbox.fill(1);
            (1..=100).for_each(|at| inbox.flag(at * 7, "\\Flagged"));
        });
        let world = world.reopen().await;
        let report = world.engine.sync(Some(account), Until::FirstScreen).await.unwrap();
        let heard = server.take_heard();
        let fetches: Vec<_> = heard.iter().filter(|c| c.starts_with("UID FETCH")).collect();
        assert_eq!(fetches.len(), 2, "{heard:?}");
        assert!(heard.len() <= 7, "{heard:?}");
        assert!(report.first_screen.traffic.bytes_in < 25_000);
        let inbox = world.inbox().await;
        let flagged = world.engine.mailboxes(None).await.unwrap();
        assert_eq!(flagged.iter().find(|m| m.id == inbox).unwrap().cached, u64::from(count) + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn any_place_of_a_large_mailbox_is_one_question_away() {
    let server = Server::new(QUICK);
    server.act(|state| state.mailboxes[0] = Mailbox::endless("INBOX", 1_000_000));
    let (world, account) = World::on(&server).await;
    world.engine.check_account(account).await.unwrap();
    server.take_heard();
    let inbox = world.inbox().await;
    let ask =
        ListAsk { mailboxes: vec![inbox], at: Some(700_000), limit: 50, ..ListAsk::default() };
    let page = world.engine.list(ask).await.unwrap();
    assert_eq!((page.first, page.total), (Some(700_000), Some(1_000_000)));
    let uids: Vec<u32> = page.rows.iter().map(|r| r.uid.0).collect();
    assert_eq!(uids, (300_000 - 49..=300_000).rev().collect::<Vec<_>>());
    let heard = server.take_heard();
    assert_eq!(heard.len(), 1, "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn an_account_that_rests_is_not_asked_and_wakes_when_told() {
    let server = Server::with(FULL_IDLE, 20);
    let (world, account) = living(&server).await;
    let paused = AccountChange { paused: Some(true), ..AccountChange::default() };
    world.engine.set_account(account, paused).await.unwrap();
    sleep(5 * SECOND).await;
    assert_eq!(phase(&world, account).await, Phase::Paused);
    assert_eq!(server.state().open, 0);
    server.take_heard();
    sleep(600 * SECOND).await;
    assert_eq!(server.take_heard(), Vec::<String>::new());
    let awake = AccountChange { paused: Some(false), ..AccountChange::default() };
    world.engine.set_account(account, awake).await.unwrap();
    assert!(until(&world, account, is_heard).await < 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_trouble_of_one_account_leaves_the_others_live() {
    let (bad, good) = (Server::with(FULL_IDLE, 5), Server::with(FULL_IDLE, 5));
    let (world, account) = living(&good).await;
    world.host("imap.firma.example", &bad);
    bad.state().user = "ben@firma.example".to_owned();
    let other = of("ben@firma.example", "imap.firma.example", "secret");
    let other = world.engine.add_account(other).await.unwrap();
    until(&world, other, is_heard).await;
    bad.act(|state| state.password = "another".to_owned());
    bad.faults(|f| f.some_answers.push(("SELECT".to_owned(), "* BYE restart\r\n".to_owned(), 1)));
    world.engine.set_network(true);
    until(
        &world,
        other,
        |p| matches!(p, Phase::Trouble { trouble } if trouble.code == Code::WrongPassword),
    )
    .await;
    assert!(is_heard(&phase(&world, account).await));
    good.inbox(|inbox| inbox.fill(1));
    sleep(SECOND).await;
    assert!(world.engine.usage().await.is_ok());
    bad.act(|state| state.password = "secret".to_owned());
    world.engine.set_network(true);
    assert!(until(&world, other, is_heard).await < 2 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_server_with_few_connections_is_lived_with() {
    let server = Server::with(FULL_IDLE, 400);
    server.faults(|f| f.most_connections = Some(1));
    let (world, account) = World::on(&server).await;
    world.engine.suspend().await;
    world.engine.resume();
    world.engine.go_live();
    sleep(300 * SECOND).await;
    assert!(is_heard(&phase(&world, account).await), "{:?}", phase(&world, account).await);
    let inbox = world.inbox().await;
    let all = world.engine.mailboxes(None).await.unwrap();
    assert_eq!(all.iter().find(|m| m.id == inbox).unwrap().cached, 400);
    server.inbox(|inbox| inbox.fill(1));
    sleep(70 * SECOND).await;
    assert_eq!(world.cached(1).await.rows[0].uid.0, 401);
}

#[tokio::test(start_paused = true)]
async fn of_all_mail_only_what_stands_nowhere_else_is_brought() {
    let server = Server::new(GMAIL);
    server.act(|state| {
        let mut all = Mailbox::new("[Gmail]/All Mail", "\\All");
        all.fill(30);
        state.mailboxes.push(all);
        state.mailboxes[0].fill(10);
    });
    let (world, account) = World::on(&server).await;
    world.engine.sync(Some(account), Until::Window).await.unwrap();
    let all = world.engine.mailboxes(Some(account)).await.unwrap();
    let archive = all.iter().find(|m| m.role == Some(Role::Archive)).unwrap();
    assert_eq!(archive.name.0, "[Gmail]/All Mail");
    let heard = server.take_heard();
    let searches: Vec<_> = heard.iter().filter(|c| c.contains("X-GM-RAW")).collect();
    assert_eq!(searches.len(), 1, "{heard:?}");
}
