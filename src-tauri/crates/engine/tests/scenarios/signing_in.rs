use crate::kit::{World, code, of};
use crate::model::{FULL, Server};
use ::model::Code;

fn flights(server: &Server) -> (Vec<String>, u32) {
    let connections = std::mem::take(&mut server.state().connections);
    (server.take_heard(), connections)
}

#[tokio::test(start_paused = true)]
async fn a_first_screen_is_two_flights() {
    let server = Server::with(FULL, 120);
    let (world, account) = World::on(&server).await;
    let world = world.reopen().await;
    flights(&server);
    let report = world.engine.sync(Some(account), engine::Until::FirstScreen).await.unwrap();
    assert_eq!(report.first_screen.rows, 50);
    // LOGIN with CAPABILITY and SELECT, then the rows: TLS has its own beneath this pipe.
    assert_eq!(report.first_screen.traffic.round_trips, 2);
    let (heard, connections) = flights(&server);
    assert_eq!(heard[..3], ["LOGIN", "CAPABILITY", "SELECT \"INBOX\""]);
    assert!(heard[3].starts_with("FETCH 71:* ("), "{heard:?}");
    assert_eq!(connections, 1);
    assert_eq!(world.uids(100).await, crate::kit::down(120, 71));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_no_flight_is_asked_singly_and_remembered() {
    let server = Server::with(FULL, 3);
    server.faults(|f| f.no_flight = true);
    let (world, account) = World::on(&server).await;
    let world = world.reopen().await;
    flights(&server);
    world.engine.check_account(account).await.unwrap();
    let (heard, connections) = flights(&server);
    assert_eq!(connections, 2);
    assert_eq!(heard[..2], ["LOGIN", "LOGIN"]);
    let (_, quirks, _) = world.engine.server_facts(account).await.unwrap();
    assert_eq!(quirks, ["no-login-flight"]);
    let world = world.reopen().await;
    flights(&server);
    world.engine.check_account(account).await.unwrap();
    assert_eq!(flights(&server).1, 1);
    assert_eq!(world.uids(9).await, [3, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_password_that_can_not_be_quoted_is_authenticated() {
    for greets in ["IMAP4rev1 SASL-IR AUTH=PLAIN", "IMAP4rev1 AUTH=PLAIN LOGINDISABLED"] {
        let server = Server::with(FULL, 3);
        server.state().password = "geheim-ÄÖ-日".to_owned();
        server.state().greets_with = greets;
        // Some say what they offer only when asked.
        server.state().tells = false;
        let world = World::new().await;
        world.host("imap.kontor.example", &server);
        let new = of("anna@kontor.example", "imap.kontor.example", "geheim-ÄÖ-日");
        let account = world.engine.add_account(new).await.unwrap();
        let world = world.reopen().await;
        flights(&server);
        world.engine.check_account(account).await.unwrap();
        let (heard, _) = flights(&server);
        assert_eq!(heard[..2], ["AUTHENTICATE", "CAPABILITY"]);
        // What the server offers is used, though it did not say so by itself.
        assert!(heard.iter().any(|c| c.contains("PREVIEW")), "{heard:?}");
        let rows = world.cached(9).await.rows;
        assert_eq!(rows[0].preview.as_deref(), Some("This is what letter 3 says."));
        let wrong = of("other@kontor.example", "imap.kontor.example", "geheim-ÄÖ-x");
        assert_eq!(code(world.engine.add_account(wrong).await), Code::WrongPassword);
    }
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_offered_no_password_is_sent() {
    let server = Server::new(FULL);
    server.state().greets_with = "IMAP4rev1 LOGINDISABLED";
    let world = World::new().await;
    world.host("imap.kontor.example", &server);
    let refused = code(world.engine.add_account(crate::kit::anna()).await);
    assert_eq!(refused, Code::NoPasswordLogin);
    assert_eq!(server.take_heard(), Vec::<String>::new());
}
