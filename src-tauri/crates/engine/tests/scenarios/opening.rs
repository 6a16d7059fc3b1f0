use crate::kit::{World, code};
use crate::model::{FULL, Fate, Message, OBJECTS, Server};
use ::model::{Code, MessageId, Section};
use engine::Form;
use std::time::Duration;

async fn newest(world: &World) -> MessageId {
    world.cached(1).await.rows[0].id
}

/// Base64 of nothing in particular, and what it says.
fn file(octets: usize) -> (Vec<u8>, Vec<u8>) {
    use base64::Engine as _;
    let plain: Vec<u8> = (0..octets).map(|n| (n * 7 + n / 251) as u8).collect();
    let text = base64::engine::general_purpose::STANDARD.encode(&plain);
    let lines: Vec<&[u8]> = text.as_bytes().chunks(76).collect();
    (lines.join(&b"\r\n"[..]), plain)
}

#[tokio::test(start_paused = true)]
async fn a_message_is_one_flight_and_then_none() {
    let server = Server::with(FULL, 2);
    let (encoded, _) = file(3_000_000);
    server.inbox(|inbox| inbox.add(Message::with_file(3, encoded)));
    let (world, _) = World::synced(&server).await;
    let message = newest(&world).await;
    let opened = world.engine.show(message, Form::Best).await.unwrap();
    assert_eq!(opened.text.as_deref(), Some("This is what letter 3 says.\n"));
    assert_eq!(opened.headers.subject, "Letter 3");
    assert!(opened.fetched_bytes < 4_000);
    assert_eq!(server.take_heard().len(), 1);
    server.faults(|f| f.refuses = true);
    let world = world.reopen().await;
    let again = world.engine.show(message, Form::Best).await.unwrap();
    assert_eq!((again.text, again.fetched_bytes), (opened.text, 0));
    assert_eq!(again.headers.subject, "Letter 3");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_gone_is_said_to_be() {
    let server = Server::with(FULL, 3);
    let (world, _) = World::synced(&server).await;
    let message = newest(&world).await;
    server.inbox(|inbox| inbox.expunge(3));
    assert_eq!(code(world.engine.show(message, Form::Best).await), Code::GoneFromServer);
    assert_eq!(world.uids(9).await, [2, 1]);
    assert_eq!(code(world.engine.show(MessageId(999), Form::Best).await), Code::NoSuchMessage);
}

#[tokio::test(start_paused = true)]
async fn an_attachment_comes_in_ranges_and_goes_on_where_it_was_cut() {
    let (encoded, plain) = file(4_000_000);
    let length = encoded.len();
    let server = Server::new(FULL);
    server.inbox(|inbox| inbox.add(Message::with_file(1, encoded)));
    let (world, _) = World::synced(&server).await;
    let message = newest(&world).await;
    let section = Section::parse("2").unwrap();
    // The kept connection goes; the two after it are cut in the middle.
    world.engine.suspend().await;
    world.engine.resume();
    server.faults(|f| f.fates = [Fate::Cut(2_500_000), Fate::Cut(1_500_000)].into());
    server.take_heard();
    let output = world.path("plan.pdf");
    let saved = world.engine.save_attachment(message, &section, &output, false).await.unwrap();
    assert_eq!(saved.bytes, plain.len() as u64);
    assert!(std::fs::read(&output).unwrap() == plain);
    let asked: Vec<usize> = server
        .take_heard()
        .iter()
        .filter_map(|c| c.split_once("[2]<")?.1.split('.').next()?.parse().ok())
        .collect();
    assert!(asked.windows(2).any(|two| two[1] < two[0]), "nothing was cut: {asked:?}");
    assert!(asked.iter().filter(|from| **from == 0).count() == 1, "begun anew: {asked:?}");
    assert!(asked.len() < 2 * length / (256 * 1024) + 8);
    // Twice is from the device, where it may be kept.
    let second = world.path("again.pdf");
    world.engine.save_attachment(message, &section, &second, false).await.unwrap();
    assert_eq!(server.take_heard().len(), 0);
    assert!(std::fs::read(&second).unwrap() == plain);
    assert_eq!(
        code(world.engine.save_attachment(message, &section, &second, false).await),
        Code::FileFailed
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_gives_less_than_it_was_asked_for_gives_all_in_the_end() {
    let (encoded, plain) = file(500_000);
    let server = Server::new(FULL);
    server.inbox(|inbox| inbox.add(Message::with_file(1, encoded)));
    server.faults(|f| f.most_octets = Some(100_000));
    let (world, _) = World::synced(&server).await;
    let message = newest(&world).await;
    let section = Section::parse("2").unwrap();
    for name in ["one.pdf", "two.pdf"] {
        let output = world.path(name);
        world.engine.save_attachment(message, &section, &output, false).await.unwrap();
        assert!(std::fs::read(&output).unwrap() == plain, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_question_takes_its_connection_with_it() {
    let server = Server::with(FULL, 3);
    let (world, _) = World::synced(&server).await;
    let message = newest(&world).await;
    server.faults(|f| f.answers.push(("UID FETCH".to_owned(), "* 3 FETCH (UID 3 ".to_owned())));
    assert_eq!(server.state().open, 1);
    let patience = Duration::from_secs(5);
    let given_up = tokio::time::timeout(patience, world.engine.show(message, Form::Best)).await;
    assert!(given_up.is_err());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.state().open, 0);
    server.faults(|f| f.answers.clear());
    let opened = world.engine.show(message, Form::Best).await.unwrap();
    assert!(opened.text.unwrap().contains("letter 3"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_died_in_its_sleep_is_replaced() {
    let server = Server::with(FULL, 3);
    let (world, _) = World::synced(&server).await;
    let message = newest(&world).await;
    server
        .faults(|f| f.answers.push(("UID FETCH".to_owned(), "* BYE idle too long\r\n".to_owned())));
    let mut times = 0;
    let state = server.clone();
    server.watch(move |_, command| {
        times += u32::from(command.starts_with("UID FETCH"));
        assert!(times < 10);
    });
    // Every connection says goodbye: a second one is tried, and no third.
    assert_eq!(code(world.engine.show(message, Form::Best).await), Code::ServerBusy);
    assert_eq!(state.state().connections, 2);
    server.faults(|f| f.answers.clear());
    world.engine.show(message, Form::Best).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_is_given_up_leaves_no_file() {
    let (encoded, _) = file(2_000_000);
    let server = Server::new(FULL);
    server.inbox(|inbox| inbox.add(Message::with_file(1, encoded)));
    let (world, _) = World::synced(&server).await;
    let message = newest(&world).await;
    std::fs::create_dir(world.path("saved")).unwrap();
    let output = world.path("saved/plan.pdf");
    let section = Section::parse("2").unwrap();
    world.engine.suspend().await;
    world.engine.resume();
    server.faults(|f| f.fates = [Fate::Silence(1_800_000)].into());
    let saving = world.engine.save_attachment(message, &section, &output, false);
    assert!(tokio::time::timeout(Duration::from_secs(5), saving).await.is_err());
    let left = || std::fs::read_dir(world.path("saved")).unwrap().count();
    assert_eq!(left(), 0);
    // What had come is kept: it is gone on with.
    server.take_heard();
    world.engine.save_attachment(message, &section, &output, false).await.unwrap();
    assert_eq!(left(), 1);
    assert!(server.take_heard().iter().all(|c| !c.contains("[2]<0.")));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_moved_is_opened_where_it_is_now() {
    let server = Server::with(OBJECTS, 2);
    server.inbox(|inbox| inbox.add(Message::with_file(3, file(1_000).0)));
    let (world, account) = World::synced(&server).await;
    let message = newest(&world).await;
    let all = world.engine.mailboxes(Some(account)).await.unwrap();
    let sent = all.iter().find(|m| m.name.0 == "Sent").unwrap().id;
    {
        let mut state = server.state();
        let moved = state.mailboxes[0].pop().unwrap();
        state.mailboxes[1].add(moved);
    }
    world.engine.check_mailbox(sent).await.unwrap();
    let opened = world.engine.show(message, Form::Best).await.unwrap();
    assert!(opened.text.unwrap().contains("letter 3"));
    assert_eq!(world.uids(9).await, [2, 1]);
    let output = world.path("plan.pdf");
    let section = Section::parse("2").unwrap();
    let saved = world.engine.save_attachment(message, &section, &output, false).await.unwrap();
    assert_eq!(saved.bytes, 1_000);
    // Gone from there too, it is gone.
    server.state().mailboxes[1].clear();
    world.engine.check_mailbox(sent).await.unwrap();
    assert_eq!(code(world.engine.show(message, Form::Best).await), Code::NoSuchMessage);
}
