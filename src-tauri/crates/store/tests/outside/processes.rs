//! Two processes on one file. A test starts its own binary again, as the other one.

use crate::kit::*;
use model::Uid;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use store::{Error, Key, Store, account, intent, message};

const ROLE: &str = "SATCHEL_STORE_TEST_ROLE";

/// Starts the other process and waits until it says that it is there.
fn start(role: &str, f: &Fixture) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::the_other_process", "--ignored", "--nocapture"])
        .env(ROLE, role)
        .env("FILE", f.path())
        .env("KEY", f.key.to_hex().as_str())
        .stdout(Stdio::piped())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // Octet by octet: what it says after that is somebody else's to read.
    let mut said = Vec::new();
    let stdout = child.stdout.as_mut().unwrap();
    while !said.ends_with(b"ready\n") {
        let mut octet = [0];
        assert_eq!(stdout.read(&mut octet).unwrap(), 1, "{role} did not start");
        said.extend(octet);
    }
    child
}

#[test]
#[ignore = "it is the other process of the tests below"]
fn the_other_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let path = PathBuf::from(std::env::var("FILE").unwrap());
    let key = Key::from_hex(&std::env::var("KEY").unwrap()).unwrap();
    let say = |line: &str| {
        println!("{line}");
        std::io::stdout().flush().unwrap();
    };
    runtime().block_on(async {
        match role.as_str() {
            "holder" => {
                let _store = Store::open(&path, key, BUDGET).await.unwrap();
                say("ready");
                std::thread::sleep(Duration::from_secs(60));
            }
            "reader" => {
                let reader = Store::open_reader(&path, key).await.unwrap();
                assert!(reader.check().await.unwrap().intact);
                say("ready");
                loop {
                    // As slow as a reader can be: it is ended after a second and begins again.
                    let slow = reader.read(|read| {
                        let all = account::list(read)?;
                        let begun = Instant::now();
                        while begun.elapsed() < Duration::from_millis(700) {
                            message::get(read, model::MessageId(1))?;
                        }
                        Ok(all.len())
                    });
                    match slow.await {
                        Ok(accounts) => assert_eq!(accounts, 1),
                        Err(error) => assert!(matches!(error, Error::Busy), "{error}"),
                    }
                }
            }
            // Writes sacred things and says so after each, until it is killed in the middle of something.
            "victim" => {
                let store = Store::open(&path, key, BUDGET).await.unwrap();
                let account = account_of(&store).await;
                say("ready");
                for n in 0.. {
                    let new = intent::New {
                        account,
                        kind: "append".into(),
                        payload: words(n, 2000),
                        mailbox: None,
                        messages: vec![],
                        next_at: None,
                        created: 1,
                    };
                    store.write_sacred(move |tx| intent::add(tx, &new)).await.unwrap();
                    say(&format!("written {n}"));
                    let inbox = model::MailboxId(1);
                    let low = n as u32 * 50 + 1;
                    let some = rows(low..low + 50);
                    store.write(move |tx| message::put(tx, inbox, EPOCH, &some)).await.unwrap();
                }
            }
            other => panic!("{other}"),
        }
    });
}

async fn account_of(store: &Store) -> model::AccountId {
    store.read(account::list).await.unwrap()[0].id
}

#[test]
fn only_one_writes() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        // In this process, and in another.
        let second = Store::open(&f.path(), f.key.clone(), BUDGET).await;
        assert!(matches!(second, Err(Error::AlreadyOpen { .. })));
        f.store.close().await;
        assert!(matches!(f.store.write(|_| Ok(())).await, Err(Error::Closed)));
        assert!(matches!(f.store.read(|_| Ok(())).await, Err(Error::Closed)));
        let mut holder = start("holder", &f);
        let second = Store::open(&f.path(), f.key.clone(), BUDGET).await;
        let said = second.err().unwrap();
        assert!(matches!(said, Error::AlreadyOpen { .. }));
        assert!(said.to_string().contains("another Satchel"));
        let rescue = store::rescue::rebuild(&f.path(), f.key.clone()).await;
        assert!(matches!(rescue, Err(Error::AlreadyOpen { .. })));
        // Killed, its lock goes with it.
        holder.kill().unwrap();
        holder.wait().unwrap();
        let third = Store::open(&f.path(), f.key.clone(), BUDGET).await.unwrap();
        assert_eq!(third.read(account::list).await.unwrap().len(), 1);
    });
}

#[test]
fn a_reader_in_another_process_is_waited_for() {
    runtime().block_on(async {
        let f = Fixture::new(store::LEAST_BUDGET).await;
        let mut reader = start("reader", &f);
        let inbox = f.inbox;
        f.put(inbox, rows(1..=1)).await;
        let id = f.read(move |read| message::by_uid(read, inbox, Uid(1))).await.unwrap();
        let mut most = 0;
        for n in 0..8 {
            add_part(&f.store, id, &format!("{n}.1"), noise(n, 1_000_000)).await.unwrap();
            let usage = f.store.usage().await.unwrap();
            most = most.max(usage.file + usage.wal);
        }
        assert!(most <= store::LEAST_BUDGET, "{most}");
        assert!(f.store.usage().await.unwrap().wal <= 2_000_000);
        assert!(reader.try_wait().unwrap().is_none(), "the reader failed");
        reader.kill().unwrap();
        reader.wait().unwrap();
    });
}

/// One that was stopped in the middle of a read can't be waited for: the writer gives up before the budget does.
#[cfg(unix)]
#[test]
fn a_reader_that_hangs_costs_patience_and_no_budget() {
    runtime().block_on(async {
        let f = Fixture::new(store::LEAST_BUDGET).await;
        let inbox = f.inbox;
        f.put(inbox, rows(1..=1)).await;
        let id = f.read(move |read| message::by_uid(read, inbox, Uid(1))).await.unwrap();
        let mut reader = start("reader", &f);
        std::thread::sleep(Duration::from_millis(300));
        let signal = |name: &str, to: &Child| {
            let pid = to.id().to_string();
            assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
        };
        signal("-STOP", &reader);
        let mut said = None;
        for n in 0..20 {
            said = add_part(&f.store, id, &format!("{n}.1"), noise(n, 250_000)).await.err();
            let usage = f.store.usage().await.unwrap();
            assert!(usage.file + usage.wal <= store::LEAST_BUDGET, "{usage:?}");
            if said.is_some() {
                break;
            }
        }
        assert!(matches!(said, Some(Error::Busy)), "{said:?}");
        signal("-CONT", &reader);
        reader.kill().unwrap();
        reader.wait().unwrap();
        add_part(&f.store, id, "9", noise(9, 900_000)).await.unwrap();
        assert!(f.store.usage().await.unwrap().wal <= 2_000_000);
    });
}

#[test]
fn what_was_said_to_be_written_survives_a_kill() {
    runtime().block_on(async {
        let mut f = Fixture::new(BUDGET).await;
        for round in 0..6u64 {
            f.store.close().await;
            let mut victim = start("victim", &f);
            // Somewhere in the middle of whatever it is doing.
            std::thread::sleep(Duration::from_millis(40 + round * 37));
            victim.kill().unwrap();
            victim.wait().unwrap();
            let said = BufReader::new(victim.stdout.take().unwrap())
                .lines()
                .map_while(Result::ok)
                .filter(|line| line.starts_with("written"))
                .count();
            f.store = Store::open(&f.path(), f.key.clone(), BUDGET).await.unwrap();
            let intents = f.read(|read| intent::list(read, None)).await;
            assert!(intents.len() >= said, "{} of {said}", intents.len());
            assert!(intents.len() <= said + 1);
            assert!(intents.iter().enumerate().all(|(n, i)| i.payload == words(n as u64, 2000)));
            assert!(f.store.check().await.unwrap().intact);
            for intent in intents {
                f.store.write_sacred(move |tx| intent::remove(tx, intent.id)).await.unwrap();
            }
        }
    });
}

#[test]
fn an_old_file_or_none_is_told_to_a_reader() {
    runtime().block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let none = Store::open_reader(&file(dir.path()), Key::random()).await;
        assert!(matches!(none.err().unwrap(), Error::NotFound(_)));
    });
}
