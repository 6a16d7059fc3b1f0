use crate::kit::{World, anna, code, give_up_after, of, trouble};
use crate::model::{BARE, FULL, Fate, Server};
use ::model::Code;
use std::sync::atomic::Ordering;

async fn nothing_is_kept(world: &World) {
    assert!(world.engine.accounts().await.unwrap().is_empty());
    assert!(world.engine.mailboxes(None).await.unwrap().is_empty());
    assert_eq!(world.vault.passwords(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_account_is_saved_after_it_signed_in() {
    let server = Server::with(FULL, 3);
    let (world, account) = World::on(&server).await;
    let accounts = world.engine.accounts().await.unwrap();
    assert_eq!(accounts[0].0.id, account);
    assert_eq!(world.vault.passwords(), 1);
    let mailboxes = world.engine.mailboxes(Some(account)).await.unwrap();
    assert_eq!(mailboxes.len(), 2);
    assert_eq!(mailboxes.iter().map(|m| m.total.unwrap()).sum::<u64>(), 3);
    assert_eq!(code(world.engine.add_account(anna()).await), Code::AccountExists);
    world.engine.remove_account(account, false).await.unwrap();
    nothing_is_kept(&world).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_one_is_not() {
    let cases = [
        ("LOGIN", "{tag} NO [AUTHENTICATIONFAILED] no\r\n", Code::WrongPassword),
        ("LOGIN", "{tag} NO no\r\n", Code::WrongPassword),
        ("LOGIN", "{tag} NO [UNAVAILABLE] later\r\n", Code::ServerBusy),
        ("LOGIN", "{tag} BAD what\r\n", Code::Protocol),
        ("LOGIN", "* BYE go away\r\n", Code::ServerBusy),
        ("LOGIN", "", Code::Timeout),
        ("LIST", "{tag} NO no\r\n", Code::ServerRefused),
        ("LIST", "* BYE go away\r\n", Code::ServerBusy),
        ("LIST", "", Code::Timeout),
        ("STATUS", "* BYE go away\r\n", Code::ServerBusy),
    ];
    for (verb, answer, expected) in cases {
        let server = Server::with(BARE, 3);
        server.faults(|f| f.answers.push((verb.to_owned(), answer.to_owned())));
        let world = World::new().await;
        world.host("imap.kontor.example", &server);
        assert_eq!(code(world.engine.add_account(anna()).await), expected, "{verb} {answer}");
        nothing_is_kept(&world).await;
        // What stood in the way is gone: nothing of the first attempt is in the way.
        server.faults(|f| f.answers.clear());
        world.engine.add_account(anna()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_answers_is_named() {
    for (greeting, expected) in [
        ("* PREAUTH hello\r\n", Code::Protocol),
        ("* BYE full\r\n", Code::ServerBusy),
        ("220 mail ESMTP\r\n", Code::NotImap),
        ("", Code::Timeout),
    ] {
        let server = Server::new(FULL);
        server.faults(|f| f.greeting = Some(greeting.to_owned()));
        let world = World::new().await;
        world.host("imap.kontor.example", &server);
        assert_eq!(code(world.engine.add_account(anna()).await), expected, "{greeting}");
        assert_eq!(server.take_heard(), Vec::<String>::new(), "{greeting}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_fails_leaves_no_half_account() {
    let server = Server::with(FULL, 3);
    let world = World::new().await;
    world.host("imap.kontor.example", &server);
    world.vault.jammed.store(true, Ordering::SeqCst);
    assert_eq!(code(world.engine.add_account(anna()).await), Code::KeyringLocked);
    nothing_is_kept(&world).await;
    world.vault.jammed.store(false, Ordering::SeqCst);
    world.engine.add_account(anna()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn given_up_anywhere_it_is_there_whole_or_not_at_all() {
    let server = Server::with(FULL, 3);
    let (mut kept, mut polls) = (0, 0);
    loop {
        let world = World::new().await;
        world.host("imap.kontor.example", &server);
        let finished = give_up_after(polls, world.engine.add_account(anna())).await;
        // What was begun for saving ends by itself.
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
        let accounts = world.engine.accounts().await.unwrap();
        assert_eq!(world.vault.passwords(), accounts.len(), "after {polls} polls");
        let whole = !world.engine.mailboxes(None).await.unwrap().is_empty();
        assert_eq!(whole, !accounts.is_empty(), "after {polls} polls");
        kept += accounts.len();
        if finished.is_some() {
            break;
        }
        polls += 1;
    }
    assert!(polls > 1 && kept >= 1, "{polls} polls, {kept} kept");
}

#[tokio::test(start_paused = true)]
async fn cut_or_stalled_at_any_octet_it_is_told_and_nothing_is_kept() {
    let server = Server::with(BARE, 3);
    // How much the dialogue is.
    let world = World::new().await;
    world.host("imap.kontor.example", &server);
    for fate in [Fate::Cut as fn(usize) -> Fate, Fate::Silence] {
        for at in (0..340).step_by(17) {
            server.faults(|f| f.fates = [fate(at)].into());
            let code = code(world.engine.add_account(anna()).await);
            let expected = match fate(at) {
                Fate::Cut(_) => [Code::Offline, Code::NotImap].contains(&code),
                Fate::Silence(_) | Fate::HalfClosed(_) => {
                    [Code::Timeout, Code::NotImap].contains(&code)
                }
            };
            assert!(expected, "{:?}: {code:?}", fate(at));
            nothing_is_kept(&world).await;
        }
    }
    world.engine.add_account(anna()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn without_a_server_two_names_are_tried() {
    let server = Server::new(FULL);
    let world = World::new().await;
    let unknown = || engine::NewAccount { imap: None, ..anna() };
    let told = trouble(world.engine.add_account(unknown()).await);
    assert_eq!(told.code, Code::ServerUnknown);
    assert!(told.params["tried"].contains("mail.kontor.example"), "{told:?}");
    world.host("mail.kontor.example", &server);
    world.engine.add_account(unknown()).await.unwrap();
    let wrong = of("nobody", "imap.kontor.example", "secret");
    assert_eq!(code(world.engine.add_account(wrong).await), Code::NotAnAddress);
}
