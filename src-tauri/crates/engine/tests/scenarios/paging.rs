use crate::kit::{World, code, down, uids};
use crate::model::{BARE, FULL, Message, Server};
use ::model::Code;

#[tokio::test(start_paused = true)]
async fn pages_follow_each_other_without_gap_or_double() {
    for offers in [FULL, BARE] {
        let server = Server::with(offers, 120);
        let (world, _) = World::synced(&server).await;
        let first = world.list(50, None).await.unwrap();
        assert_eq!(uids(&first), down(120, 71));
        let heard = server.take_heard();
        let second = world.list(50, first.next).await.unwrap();
        assert_eq!(uids(&second), down(70, 21), "{heard:?}");
        // One command under the first page, and without PREVIEW one more for what the letters say.
        let fetches = server.take_heard();
        assert_eq!(fetches.len(), if offers == FULL { 1 } else { 2 }, "{fetches:?}");
        let third = world.list(50, second.next).await.unwrap();
        assert_eq!(uids(&third), down(20, 1));
        assert!(third.next.is_none() && third.complete);
        assert!(third.rows.iter().all(|r| r.preview.is_some()));
        server.take_heard();
        assert_eq!(world.walk(30).await, down(120, 1));
        assert_eq!(server.take_heard(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn others_may_expunge_and_deliver_between_pages() {
    // Which messages another client expunges after the first page, and how many arrive.
    let cases: [(&[u32], u32); 8] = [
        (&[71], 0),
        (&[70], 0),
        (&[72, 80, 100], 0),
        (&[1, 2, 3, 40], 0),
        (&[71, 70, 69], 2),
        (&[], 7),
        (&[120], 60),
        (&[5, 71, 119], 3),
    ];
    for offers in [FULL, BARE] {
        for (gone, new) in cases {
            let server = Server::with(offers, 120);
            let (world, _) = World::synced(&server).await;
            let first = world.list(50, None).await.unwrap();
            server.inbox(|inbox| {
                gone.iter().for_each(|uid| inbox.expunge(*uid));
                inbox.fill(new);
            });
            let (mut found, mut before) = (uids(&first), first.next);
            while let Some(cursor) = before {
                let page = world.list(50, Some(cursor)).await.unwrap();
                found.extend(uids(&page));
                before = page.next;
            }
            let expected: Vec<u32> =
                down(120, 1).into_iter().filter(|u| *u > 70 || !gone.contains(u)).collect();
            assert_eq!(found, expected, "{offers}: {gone:?} and {new}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn others_may_expunge_while_a_page_is_fetched() {
    for offers in [FULL, BARE] {
        let server = Server::with(offers, 120);
        let (world, _) = World::synced(&server).await;
        let mut left = 3;
        // Before each of the next commands one of the next page goes.
        server.watch(move |mailboxes, _| {
            if left > 0 {
                left -= 1;
                mailboxes[0].expunge(60 + left);
            }
        });
        let found = world.walk(50).await;
        let mut once = found.clone();
        once.dedup();
        assert_eq!(found, once);
        let there: Vec<u32> = down(120, 1).into_iter().filter(|u| !(60..63).contains(u)).collect();
        assert!(there.iter().all(|uid| found.contains(uid)), "{offers}: {found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_screen_of_which_all_but_the_rest_was_expunged_is_not_the_end() {
    let server = Server::with(FULL, 60);
    let (world, _) = World::synced(&server).await;
    // As many of the screen go as lie under it: by count alone nothing would be left.
    server.inbox(|inbox| (51..=60).for_each(|uid| inbox.expunge(uid)));
    let found = world.walk(100).await;
    assert!(down(10, 1).iter().all(|uid| found.contains(uid)), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_new_mail_leaves_a_hole_that_paging_fills() {
    let server = Server::with(FULL, 60);
    let (world, account) = World::synced(&server).await;
    server.inbox(|inbox| inbox.fill(300));
    world.engine.check_account(account).await.unwrap();
    assert_eq!(world.uids(50).await, down(360, 311));
    assert!(!world.cached(60).await.complete);
    assert_eq!(world.walk(50).await, down(360, 1));
}

#[tokio::test(start_paused = true)]
async fn offline_the_list_ends_where_the_device_does_and_says_so() {
    let server = Server::with(FULL, 120);
    let (world, _) = World::synced(&server).await;
    let world = world.reopen().await;
    server.faults(|f| f.refuses = true);
    let page = world.list(80, None).await.unwrap();
    assert_eq!(uids(&page), down(120, 71));
    assert!(!page.complete);
    let next = page.next.expect("the mailbox does not end here");
    assert_eq!(code(world.list(50, Some(next)).await), Code::Refused);
    // The network is back: the same place goes on.
    server.faults(|f| f.refuses = false);
    assert_eq!(uids(&world.list(50, Some(next)).await.unwrap()), down(70, 21));
}

#[tokio::test(start_paused = true)]
async fn any_message_has_a_row() {
    let server = Server::new(BARE);
    server.inbox(|inbox| {
        inbox.fill(2);
        inbox.add(Message { no_envelope: true, ..Message::text(3) });
    });
    let (world, _) = World::synced(&server).await;
    let rows = world.cached(9).await.rows;
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0].subject, "Letter 3");
    assert_eq!(rows[0].from[0].address, "writer3@kontor.example");
}

#[tokio::test(start_paused = true)]
async fn a_server_without_uidvalidity_is_read_to_its_end() {
    let server = Server::with(BARE, 120);
    server.inbox(|inbox| inbox.uidvalidity = None);
    let (world, _) = World::synced(&server).await;
    assert_eq!(world.walk(50).await, down(120, 1));
}

#[tokio::test(start_paused = true)]
async fn one_account_that_can_not_be_asked_holds_no_other_back() {
    let (near, far) = (Server::with(FULL, 120), Server::with(FULL, 120));
    let (world, account) = World::synced(&near).await;
    far.state().user = "ben@firma.example".to_owned();
    world.host("imap.firma.example", &far);
    let other = crate::kit::of("ben@firma.example", "imap.firma.example", "secret");
    let other = world.engine.add_account(other).await.unwrap();
    world.engine.check_account(other).await.unwrap();
    let world = world.reopen().await;
    far.faults(|f| f.refuses = true);
    let all = world.engine.mailboxes(None).await.unwrap();
    let mailboxes: Vec<_> =
        all.iter().filter(|m| m.role == Some(::model::Role::Inbox)).map(|m| m.id).collect();
    assert_eq!(mailboxes.len(), 2);
    let ask = engine::ListAsk {
        mailboxes,
        before: None,
        limit: 500,
        cached_only: false,
        ..engine::ListAsk::default()
    };
    let page = world.engine.list(ask).await.unwrap();
    let of = |account| page.rows.iter().filter(|r| r.account == account).count();
    assert_eq!((of(account), of(other)), (120, 50));
    assert!(!page.complete && page.next.is_some());
}
