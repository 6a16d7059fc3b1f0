use crate::kit::{World, down};
use crate::model::{BARE, FULL, Server};
use engine::{Form, Phase};

#[tokio::test(start_paused = true)]
async fn new_changed_and_gone_are_seen() {
    for offers in [FULL, BARE] {
        let server = Server::with(offers, 60);
        let (world, account) = World::synced(&server).await;
        server.inbox(|inbox| {
            inbox.fill(3);
            inbox.flag(58, "\\Seen");
            inbox.expunge(55);
        });
        assert_eq!(world.engine.check_account(account).await.unwrap(), 3);
        let rows = world.cached(60).await.rows;
        let found: Vec<u32> = rows.iter().map(|r| r.uid.0).collect();
        let expected: Vec<u32> = down(63, 11).into_iter().filter(|u| *u != 55).collect();
        assert_eq!(found[..], expected[..found.len()]);
        assert!(found.len() >= 50);
        let seen: Vec<u32> = rows.iter().filter(|r| r.flags.seen()).map(|r| r.uid.0).collect();
        assert_eq!(seen, [58]);
        assert!(matches!(world.state(account).await.phase, Phase::Current { .. }));
        assert_eq!(world.engine.check_account(account).await.unwrap(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_mailbox_gets_mail_and_loses_it() {
    let server = Server::new(FULL);
    let (world, account) = World::on(&server).await;
    let world = world.reopen().await;
    world.engine.check_account(account).await.unwrap();
    assert!(server.take_heard().iter().all(|c| !c.starts_with("FETCH")));
    assert!(world.walk(50).await.is_empty());
    server.inbox(|inbox| inbox.fill(2));
    world.engine.check_account(account).await.unwrap();
    assert_eq!(world.walk(50).await, [2, 1]);
    server.inbox(|inbox| inbox.clear());
    world.engine.check_account(account).await.unwrap();
    assert!(world.walk(50).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_came_without_flags_is_not_gone() {
    let server = Server::with(FULL, 10);
    let (world, account) = World::synced(&server).await;
    server.faults(|f| f.no_flags = true);
    world.engine.check_account(account).await.unwrap();
    assert_eq!(world.uids(50).await, down(10, 1));
}

#[tokio::test(start_paused = true)]
async fn a_renumbered_mailbox_keeps_its_messages_and_their_text() {
    let server = Server::with(FULL, 120);
    let (world, account) = World::synced(&server).await;
    world.walk(50).await;
    let rows = world.cached(120).await.rows;
    let (near, far) = (rows[1].id, rows[100].id);
    for message in [near, far] {
        world.engine.show(message, Form::Text).await.unwrap();
    }
    server.inbox(|inbox| inbox.renumber());
    world.engine.check_account(account).await.unwrap();
    let after = world.cached(50).await.rows;
    assert_eq!(after[1].id, near);
    assert!(after[1].uid.0 > 1_000);
    server.take_heard();
    for message in [near, far] {
        assert_eq!(world.engine.show(message, Form::Text).await.unwrap().fetched_bytes, 0);
    }
    assert_eq!(server.take_heard(), Vec::<String>::new());
    // One whose text is not here lies deeper than the first screen: it is looked for, not given up.
    let unread = rows[90].id;
    let opened = world.engine.show(unread, Form::Text).await.unwrap();
    assert!(opened.text.unwrap().contains("letter 30 "), "the 91st from the top");
    let again: Vec<_> = {
        world.walk(50).await;
        world.cached(120).await.rows.iter().map(|r| r.id).collect()
    };
    assert_eq!(again, rows.iter().map(|r| r.id).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_opened_gets_the_recipe_of_the_first_screen() {
    let server = Server::with(FULL, 1);
    server.state().mailboxes[1].fill(60);
    let (world, account) = World::on(&server).await;
    let world = world.reopen().await;
    let all = world.engine.mailboxes(Some(account)).await.unwrap();
    let sent = all.iter().find(|m| m.name.0 == "Sent").unwrap().id;
    server.take_heard();
    assert_eq!(world.engine.check_mailbox(sent).await.unwrap(), 50);
    let heard = server.take_heard();
    assert_eq!(heard[..3], ["LOGIN", "CAPABILITY", "SELECT \"Sent\""]);
    assert_eq!(heard.len(), 4, "{heard:?}");
}
