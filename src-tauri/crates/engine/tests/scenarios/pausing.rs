use crate::kit::{World, code, down};
use crate::model::{FULL, Fate, Server};
use ::model::Code;
use engine::Phase;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn asleep_nothing_is_open_and_nothing_asked() {
    let server = Server::with(FULL, 120);
    let (world, account) = World::synced(&server).await;
    assert_eq!(server.state().open, 1);
    world.engine.suspend().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.state().open, 0);
    assert_eq!(server.take_heard(), ["LOGOUT"]);
    assert_eq!(code(world.engine.check_account(account).await), Code::Cancelled);
    assert_eq!(server.take_heard(), Vec::<String>::new());
    // What is here is shown all the same.
    assert_eq!(crate::kit::uids(&world.list(50, None).await.unwrap()), down(120, 71));
    world.engine.resume();
    server.inbox(|inbox| inbox.fill(1));
    assert_eq!(world.engine.check_account(account).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn sleep_ends_what_is_under_way() {
    let server = Server::with(FULL, 120);
    let (world, account) = World::on(&server).await;
    let world = world.reopen().await;
    server.faults(|f| f.fates = [Fate::Silence(400)].into());
    let engine = world.engine.clone();
    let asked = tokio::spawn(async move { engine.check_account(account).await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.state(account).await.phase, Phase::Checking);
    assert_eq!(server.state().open, 1);
    world.engine.suspend().await;
    assert_eq!(code(asked.await.unwrap()), Code::Cancelled);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.state().open, 0);
    assert_eq!(world.state(account).await.phase, Phase::Resting);
}

#[tokio::test(start_paused = true)]
async fn a_moment_awake_is_used_and_ends_in_time() {
    let server = Server::with(FULL, 120);
    let (world, account) = World::on(&server).await;
    world.engine.suspend().await;
    let report = world.engine.refresh(Duration::from_secs(20)).await.unwrap();
    assert_eq!(report.first_screen.rows, 50);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.state().open, 0);
    assert_eq!(code(world.engine.check_account(account).await), Code::Cancelled);
    // A server that hangs does not hold the phone awake.
    server.faults(|f| f.fates = [Fate::Silence(300)].into());
    let begun = tokio::time::Instant::now();
    world.engine.refresh(Duration::from_secs(10)).await.unwrap();
    assert!(begun.elapsed() <= Duration::from_secs(10), "{:?}", begun.elapsed());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(server.state().open, 0);
    assert!(!matches!(world.state(account).await.phase, Phase::Checking));
}

#[tokio::test(start_paused = true)]
async fn a_removed_account_ends_what_it_was_doing() {
    let server = Server::with(FULL, 120);
    let (world, account) = World::on(&server).await;
    let world = world.reopen().await;
    server.faults(|f| f.fates = [Fate::Silence(400)].into());
    let engine = world.engine.clone();
    let asked = tokio::spawn(async move { engine.check_account(account).await });
    tokio::time::sleep(Duration::from_secs(2)).await;
    world.engine.remove_account(account, false).await.unwrap();
    assert!(asked.await.unwrap().is_err());
    assert!(world.engine.accounts().await.unwrap().is_empty());
}
