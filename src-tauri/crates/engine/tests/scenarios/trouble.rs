use crate::kit::{World, code, down, give_up_after, of};
use crate::model::{BARE, FULL, Fate, Server};
use ::model::Code;
use engine::{Phase, Until};

/// What the status line says.
async fn told(world: &World, account: ::model::AccountId) -> Option<Code> {
    match world.state(account).await.phase {
        Phase::Trouble { trouble } => Some(trouble.code),
        Phase::Current { .. } => None,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_trouble_of_one_account_is_told_and_touches_no_other() {
    let (bad, good) = (Server::with(FULL, 5), Server::with(FULL, 5));
    let (world, account) = World::on(&bad).await;
    world.host("imap.firma.example", &good);
    good.state().user = "ben@firma.example".to_owned();
    let other = of("ben@firma.example", "imap.firma.example", "secret");
    let other = world.engine.add_account(other).await.unwrap();
    let answers = [
        ("LOGIN", "{tag} NO [AUTHENTICATIONFAILED] no\r\n", Code::WrongPassword),
        ("LOGIN", "{tag} NO [UNAVAILABLE] later\r\n", Code::ServerBusy),
        ("LOGIN", "{tag} BAD what\r\n", Code::Protocol),
        ("LOGIN", "* BYE go\r\n", Code::ServerBusy),
        ("LOGIN", "", Code::Timeout),
        ("SELECT", "{tag} NO not this one\r\n", Code::ServerRefused),
        ("SELECT", "", Code::Timeout),
        ("FETCH", "{tag} NO not now\r\n", Code::ServerRefused),
        ("FETCH", "{tag} BAD what\r\n", Code::Protocol),
        ("FETCH", "* BYE go\r\n", Code::ServerBusy),
        ("FETCH", "* 1 FETCH (UID 1 ", Code::Timeout),
    ];
    for (verb, answer, expected) in answers {
        world.engine.suspend().await;
        world.engine.resume();
        bad.faults(|f| f.answers = vec![(verb.to_owned(), answer.to_owned())]);
        let report = world.engine.sync(None, Until::FirstScreen).await.unwrap();
        let failed: Vec<_> = report.failed.iter().map(|t| (t.account, t.code)).collect();
        assert_eq!(failed, [(Some(account), expected)], "{verb} {answer}");
        assert_eq!(told(&world, account).await, Some(expected), "{verb} {answer}");
        assert_eq!(told(&world, other).await, None);
    }
    bad.faults(|f| f.answers.clear());
    assert!(world.engine.sync(None, Until::FirstScreen).await.unwrap().failed.is_empty());
    assert_eq!(told(&world, account).await, None);
    bad.faults(|f| f.refuses = true);
    world.engine.suspend().await;
    world.engine.resume();
    assert_eq!(code(world.engine.check_account(account).await), Code::Refused);
    assert_eq!(told(&world, account).await, Some(Code::Refused));
}

#[tokio::test(start_paused = true)]
async fn cut_anywhere_in_a_first_screen_the_next_one_is_whole() {
    for offers in [FULL, BARE] {
        // How long the dialogue is, in octets from the server.
        let whole = {
            let server = Server::with(offers, 60);
            let (world, account) = World::on(&server).await;
            let world = world.reopen().await;
            let report = world.engine.sync(Some(account), Until::FirstScreen).await.unwrap();
            usize::try_from(report.traffic.bytes_in).unwrap()
        };
        let server = Server::with(offers, 60);
        let (world, account) = World::on(&server).await;
        for at in (0..whole).step_by(whole / 23) {
            world.engine.suspend().await;
            world.engine.resume();
            // Both that a flight may take.
            server.faults(|f| f.fates = [Fate::Cut(at), Fate::Cut(at)].into());
            let cut = world.engine.check_account(account).await;
            if cut.is_err() {
                assert!(told(&world, account).await.is_some(), "{at}");
            }
            server.faults(|f| f.fates.clear());
            world.engine.check_account(account).await.unwrap();
            assert_eq!(world.uids(50).await, down(60, 11), "{offers}: cut at {at}");
            let rows = world.cached(50).await.rows;
            assert!(rows.iter().all(|r| r.from.len() == 1), "{at}");
        }
        assert_eq!(world.walk(50).await, down(60, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn previews_that_a_cut_left_out_come_with_the_next_look() {
    let server = Server::with(BARE, 20);
    let (world, account) = World::on(&server).await;
    server.faults(|f| f.answers = vec![("UID FETCH".to_owned(), "* BYE go\r\n".to_owned())]);
    assert!(world.engine.check_account(account).await.is_err());
    assert_eq!(world.uids(50).await, down(20, 1));
    server.faults(|f| f.answers.clear());
    world.engine.check_account(account).await.unwrap();
    let rows = world.cached(50).await.rows;
    let lacking: Vec<u32> = rows.iter().filter(|r| r.preview.is_none()).map(|r| r.uid.0).collect();
    assert_eq!(lacking, Vec::<u32>::new());
}

#[tokio::test(start_paused = true)]
async fn given_up_anywhere_in_a_first_screen_the_next_one_is_whole() {
    for offers in [FULL, BARE] {
        let server = Server::with(offers, 60);
        let (world, account) = World::on(&server).await;
        let mut polls = 0;
        loop {
            world.engine.suspend().await;
            world.engine.resume();
            let before = world.state(account).await;
            if let Some(done) = give_up_after(polls, world.engine.check_account(account)).await {
                done.unwrap();
                break;
            }
            assert_eq!(world.state(account).await, before, "{offers}: {polls} polls");
            world.engine.check_account(account).await.unwrap();
            assert_eq!(world.uids(50).await, down(60, 11), "{offers}: {polls} polls");
            let rows = world.cached(50).await.rows;
            assert!(rows.iter().all(|r| r.preview.is_some()), "{offers}: {polls} polls");
            server.inbox(|inbox| {
                // Under a new UIDVALIDITY the next round reads it anew.
                inbox.renumber_from(1);
            });
            polls += 1;
        }
        // How often a thread of the store is waited for differs from run to run.
        assert!(polls > 2, "{polls}");
        assert_eq!(world.walk(50).await, down(60, 1));
    }
}
