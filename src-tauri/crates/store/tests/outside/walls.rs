use crate::kit::*;
use model::{Flags, MessageId, Uid};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use store::{Error, Kind, Store, covered, flags, intent, list, message, part};

const LEAST: u64 = store::LEAST_BUDGET;

/// Looks at file and log all the time, from a thread of its own.
struct Watch {
    path: PathBuf,
    stop: Arc<AtomicBool>,
    both: Arc<AtomicU64>,
    log: Arc<AtomicU64>,
    thread: Option<std::thread::JoinHandle<u64>>,
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}

fn log_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}

impl Watch {
    fn new(path: &Path) -> Self {
        let mut watch = Self {
            path: path.to_owned(),
            stop: Arc::default(),
            both: Arc::default(),
            log: Arc::default(),
            thread: None,
        };
        let (path, stop) = (watch.path.clone(), watch.stop.clone());
        let (both, log) = (watch.both.clone(), watch.log.clone());
        watch.thread = Some(std::thread::spawn(move || {
            let mut looks = 0;
            while !stop.load(Ordering::Relaxed) {
                look(&path, &both, &log);
                looks += 1;
                std::thread::sleep(Duration::from_micros(200));
            }
            looks
        }));
        watch
    }

    fn look(&self) {
        look(&self.path, &self.both, &self.log);
    }

    /// The most that file and log together, and the log alone, ever had.
    fn end(mut self) -> (u64, u64) {
        self.stop.store(true, Ordering::Relaxed);
        let looks = self.thread.take().unwrap().join().unwrap();
        assert!(looks > 20);
        (self.both.load(Ordering::Relaxed), self.log.load(Ordering::Relaxed))
    }
}

fn look(path: &Path, both: &AtomicU64, log: &AtomicU64) {
    // The log first: it empties into the file, so the sum can only be told too large.
    let wal = size(&log_of(path));
    both.fetch_max(wal + size(path), Ordering::Relaxed);
    log.fetch_max(wal, Ordering::Relaxed);
}

/// Account, intents and a flag that the server does not have.
async fn make_sacred(f: &Fixture) -> MessageId {
    let (account, inbox) = (f.account, f.inbox);
    f.put(inbox, rows(1..=50)).await;
    f.store
        .write_sacred(move |tx| {
            let wanted: Flags = [Flags::SEEN, Flags::FLAGGED].into_iter().collect();
            assert!(flags::want(tx, inbox, Uid(4), &wanted)?);
            let named = message::by_uid(tx, inbox, Uid(5))?.unwrap();
            let new = intent::New {
                account,
                kind: "move".into(),
                payload: words(3, 40),
                mailbox: Some(inbox),
                messages: vec![named],
                next_at: None,
                created: 1,
            };
            intent::add(tx, &new)?;
            Ok(named)
        })
        .await
        .unwrap()
}

async fn sacred_is_there(f: &Fixture, named: MessageId) {
    let inbox = f.inbox;
    f.read(move |read| {
        let intents = intent::list(read, None)?;
        assert_eq!((intents.len(), intents[0].messages.as_slice()), (1, [named].as_slice()));
        assert!(message::get(read, named)?.is_some());
        let flagged = message::by_uid(read, inbox, Uid(4))?.unwrap();
        let at = message::placements(read, flagged)?;
        assert!(at[0].flags.flagged() && !at[0].base.flagged());
        assert_eq!(store::account::list(read)?.len(), 1);
        Ok(())
    })
    .await;
}

/// Reads pages all the time: in this process, and as another process would.
fn keep_reading(f: &Fixture) -> (Arc<AtomicBool>, Vec<tokio::task::JoinHandle<u64>>) {
    let stop = Arc::new(AtomicBool::new(false));
    let inbox = f.inbox;
    let look = move |read: &store::Read<'_>| {
        let query = list::ListQuery {
            mailboxes: vec![inbox],
            before: None,
            limit: 50,
            ..Default::default()
        };
        Ok(list::page(read, &query)?.rows.len() as u64)
    };
    let (inside, ended) = (f.store.clone(), stop.clone());
    let first = tokio::spawn(async move {
        let mut reads = 0;
        while !ended.load(Ordering::Relaxed) {
            match inside.read(look).await {
                Ok(rows) => reads += u64::from(rows > 0),
                Err(error) => assert!(matches!(error, Error::Busy), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        reads
    });
    let (path, key, ended) = (f.path(), f.key.clone(), stop.clone());
    let second = tokio::spawn(async move {
        let beside = Store::open_reader(&path, key).await.unwrap();
        let mut reads = 0;
        while !ended.load(Ordering::Relaxed) {
            match beside.read(look).await {
                Ok(rows) => reads += u64::from(rows > 0),
                Err(error) => assert!(matches!(error, Error::Busy), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        reads
    });
    (stop, vec![first, second])
}

#[test]
fn twenty_megabytes_of_parts_under_twenty_four() {
    runtime().block_on(async {
        let f = Fixture::new(LEAST).await;
        let named = make_sacred(&f).await;
        let watch = Watch::new(&f.path());
        let (stop, readers) = keep_reading(&f);
        let inbox = f.inbox;
        let uids: Vec<Uid> =
            f.read(move |read| store::placement::uids(read, inbox, None)).await.iter().collect();
        let mut written = 0u64;
        let mut last = None;
        for (n, &uid) in uids.iter().cycle().take(100).enumerate() {
            let id = f.read(move |read| message::by_uid(read, inbox, uid)).await.unwrap();
            let length = [40_000, 300_000, 2_900, 900_000][n % 4];
            let octets = noise(n as u64, length);
            let key = format!("{}.{}", 1 + n / 50, 1 + n % 3);
            add_part(&f.store, id, &key, octets.clone()).await.unwrap();
            watch.look();
            written += length as u64;
            last = Some((id, key, octets));
        }
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.await.unwrap() > 10, "a reader starved");
        }
        assert!(written > 30_000_000);
        let usage = f.store.usage().await.unwrap();
        assert!(usage.evictable > 15_000_000, "room was left unused: {usage:?}");
        // What was written last is still there, octet for octet.
        let (id, key, octets) = last.unwrap();
        assert!(whole_part(&f.store, id, &key).await == Some(octets));
        sacred_is_there(&f, named).await;
        let (both, log) = watch.end();
        println!("24 MB: file and log at most {both}, log at most {log}, {written} written");
        assert!(both <= LEAST, "{both}");
        assert!(log <= 2_000_000, "{log}");
        assert!(f.store.check().await.unwrap().intact);
    });
}

#[test]
fn a_hundred_thousand_rows_take_eight_hundred_octets_each() {
    const ROWS: u32 = 100_000;
    const ROOMY: u64 = 120_000_000;
    runtime().block_on(async {
        let f = Fixture::new(ROOMY).await;
        let named = make_sacred(&f).await;
        let archive = add_mailbox(&f.store, f.account, "Archive").await;
        // In an inbox a row stands in two lists more: the dearest place there is.
        f.store
            .write(move |tx| {
                store::mailbox::set_role_by_user(tx, archive, Some(Some(model::Role::Inbox)))
            })
            .await
            .unwrap();
        let watch = Watch::new(&f.path());
        let (stop, readers) = keep_reading(&f);
        let begun = std::time::Instant::now();
        // Newest first, as a mailbox is synced.
        let mut high = ROWS;
        while high > 0 {
            let low = high.saturating_sub(249).max(1);
            let some = rows(low..=high);
            f.store
                .write(move |tx| {
                    message::put(tx, archive, EPOCH, &some)?;
                    covered::add(tx, archive, Uid(low), Uid(high))
                })
                .await
                .unwrap();
            watch.look();
            high = low - 1;
        }
        let took = begun.elapsed();
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.await.unwrap() > 10, "a reader starved");
        }
        let usage = f.store.usage().await.unwrap();
        let row = f.read(move |read| store::mailbox::get(read, archive)).await.unwrap();
        let (both, log) = watch.end();
        println!(
            "100,000 rows: {} B a row, file and log at most {both}, log at most {log}, {:.1} s",
            usage.file / u64::from(ROWS),
            took.as_secs_f32()
        );
        println!("{usage:?}");
        assert_eq!(row.cached, u64::from(ROWS));
        assert!(usage.file / u64::from(ROWS) <= 800, "{usage:?}");
        assert!(both <= ROOMY, "{both}");
        assert!(log <= 7_500_000, "{log}");
        sacred_is_there(&f, named).await;
        let hits = f.read(|read| found(read, "maria satchel", 20)).await;
        assert_eq!(hits.len(), 20);
        assert!(hits.windows(2).all(|w| w[0].internal_date >= w[1].internal_date));
        assert!(f.store.check().await.unwrap().intact);
    });
}

/// Every kind of transaction at the least budget, where the log has two megabytes.
#[test]
fn no_kind_of_work_passes_the_wall() {
    runtime().block_on(async {
        let f = Fixture::new(LEAST).await;
        let named = make_sacred(&f).await;
        let watch = Watch::new(&f.path());
        let (stop, readers) = keep_reading(&f);
        let old = add_mailbox(&f.store, f.account, "Old").await;
        let account = f.account;
        // More rows than there is room for, oldest first: each newer batch pushes older ones out.
        for low in (1..30_000).step_by(250) {
            let some = rows(low..low + 250);
            f.store
                .write(move |tx| {
                    message::put(tx, old, EPOCH, &some)?;
                    covered::add(tx, old, Uid(low), Uid(low + 249))
                })
                .await
                .unwrap();
        }
        let row = f.read(move |read| store::mailbox::get(read, old)).await.unwrap();
        assert!((15_000..29_000).contains(&row.cached), "{row:?}");
        let lowest = f.read(move |read| store::placement::lowest_from(read, old, Uid(1))).await;
        let stretch = f.read(move |read| covered::top(read, old)).await.unwrap();
        assert_eq!(lowest, Some(stretch.0), "coverage tells of rows that left");
        // Older mail does not push newer out.
        let older: Vec<_> = rows(1..=250)
            .into_iter()
            .map(|r| message::NewRow { internal_date: r.internal_date - 400_000_000, ..r })
            .collect();
        let refused = f.store.write(move |tx| message::put(tx, old, EPOCH, &older)).await;
        assert!(matches!(refused, Err(Error::HeadersFull)), "{refused:?}");
        // The largest text that is kept at all still finds room.
        let newest = f.read(move |read| message::by_uid(read, old, Uid(30_000))).await.unwrap();
        add_part(&f.store, newest, "1", noise(5, 2_990_000)).await.unwrap();
        assert!(whole_part(&f.store, newest, "1").await.is_some());
        // The index goes and comes again; previews change; the mailbox goes altogether.
        f.store.free(Kind::Index, None).await.unwrap();
        f.store.tidy().await.unwrap();
        let hits = f.read(|read| found(read, "satchel", 50)).await;
        assert_eq!(hits.len(), 50);
        f.store
            .write(move |tx| {
                for uid in 29_800..30_000 {
                    assert!(message::set_preview(tx, old, Uid(uid), "entirely different")?);
                }
                Ok(())
            })
            .await
            .unwrap();
        assert_eq!(f.read(|read| found(read, "entirely", 500)).await.len(), 200);
        f.store
            .write(move |tx| store::mailbox::apply_list(tx, account, &[listed("INBOX")]))
            .await
            .unwrap();
        f.store.tidy().await.unwrap();
        assert_eq!(
            f.read(|read| found(read, "satchel", 50)).await.len(),
            50.min(f.read(|read| found(read, "satchel", 500)).await.len())
        );
        f.store.free(Kind::Text, None).await.unwrap();
        stop.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.await.unwrap() > 10, "a reader starved");
        }
        let (both, log) = watch.end();
        println!("everything at 24 MB: file and log at most {both}, log at most {log}");
        assert!(both <= LEAST, "{both}");
        assert!(log <= 2_000_000, "{log}");
        sacred_is_there(&f, named).await;
        let check = f.store.check().await.unwrap();
        assert!(check.intact && check.thorough, "{check:?}");
        assert!(f.store.usage().await.unwrap().file < 2_000_000);
    });
}

#[test]
fn a_lower_budget_is_applied_at_once() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let named = make_sacred(&f).await;
        let old = add_mailbox(&f.store, f.account, "Old").await;
        let all = rows(1..=25_000);
        f.put(old, all).await;
        for uid in 1..=30 {
            let id = f.read(move |read| message::by_uid(read, old, Uid(uid))).await.unwrap();
            add_part(&f.store, id, "2", noise(u64::from(uid), 1_000_000)).await.unwrap();
        }
        assert!(f.store.usage().await.unwrap().file > 40_000_000);
        let small = f.store.set_budget(23_999_999).await;
        assert!(matches!(small, Err(Error::BudgetTooSmall { least: LEAST })));
        f.store.set_budget(LEAST).await.unwrap();
        let usage = f.store.usage().await.unwrap();
        assert!(usage.file + usage.wal <= LEAST, "{usage:?}");
        sacred_is_there(&f, named).await;
        // What is left is whole: rows where coverage says so, an index over what there is.
        f.store.tidy().await.unwrap();
        let row = f.read(move |read| store::mailbox::get(read, old)).await.unwrap();
        assert!(row.cached > 10_000, "{row:?}");
        let hits = f.read(|read| found(read, "weber", 100_000)).await;
        assert!(hits.len() > 5_000, "{}", hits.len());
        let usage = f.store.usage().await.unwrap();
        assert!(usage.file + usage.wal <= LEAST, "{usage:?}");
        assert!(f.store.check().await.unwrap().intact);
    });
}

/// An archive that somebody copied together in no order: each row touches pages all over the trees.
#[test]
fn rows_in_no_order_stay_within_the_log() {
    runtime().block_on(async {
        let f = Fixture::new(LEAST).await;
        let old = add_mailbox(&f.store, f.account, "Old").await;
        let watch = Watch::new(&f.path());
        let shuffled = |n: u32| i64::from(n.wrapping_mul(2_654_435_761) % 400_000_000);
        for low in (1..18_000).step_by(250) {
            let some: Vec<_> = rows(low..low + 250)
                .into_iter()
                .map(|r| message::NewRow { internal_date: 1_300_000_000 + shuffled(r.uid.0), ..r })
                .collect();
            f.store.write(move |tx| message::put(tx, old, EPOCH, &some)).await.unwrap();
        }
        // Every third, so that those that leave lie apart.
        let gone: model::UidSet = (1..18_000).step_by(3).map(Uid).collect();
        f.store.vanish(old, gone).await.unwrap();
        f.store.free(Kind::Headers, None).await.unwrap();
        f.store.tidy().await.unwrap();
        let (both, log) = watch.end();
        println!("in no order at 24 MB: file and log at most {both}, log at most {log}");
        assert!(both <= LEAST && log <= 2_000_000, "{both} {log}");
        let row = f.read(move |read| store::mailbox::get(read, old)).await.unwrap();
        assert_eq!(row.cached, 0);
        assert!(f.store.check().await.unwrap().intact);
    });
}

#[test]
fn a_budget_that_the_sacred_does_not_fit_is_refused() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let account = f.account;
        for _ in 0..50 {
            let new = intent::New {
                account,
                kind: "append".into(),
                payload: "x".repeat(500_000),
                mailbox: None,
                messages: vec![],
                next_at: None,
                created: 1,
            };
            f.store.write_sacred(move |tx| intent::add(tx, &new)).await.unwrap();
        }
        let refused = f.store.set_budget(LEAST).await;
        let Err(Error::BudgetTooSmall { least }) = refused else { panic!("{refused:?}") };
        assert!((29_000_000..32_000_000).contains(&least), "{least}");
        assert_eq!(f.store.budget(), BUDGET);
        f.store.set_budget(least).await.unwrap();
        assert_eq!(f.read(|read| intent::list(read, None)).await.len(), 50);
        // A file that holds more than it is opened with opens all the same.
        let f = f.reopen(LEAST).await;
        assert_eq!(f.store.budget(), least);
    });
}

/// Rows, index and parts as the map shows them, against what the file really holds.
#[test]
fn usage_tells_the_truth() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let empty = f.store.usage().await.unwrap();
        assert!(empty.by.is_empty() && empty.evictable == 0);
        f.put(inbox, rows(1..=5000)).await;
        let rows_only = f.store.usage().await.unwrap();
        let id = f.read(move |read| message::by_uid(read, inbox, Uid(9))).await.unwrap();
        add_part(&f.store, id, "1", noise(1, 50_000)).await.unwrap();
        add_part(&f.store, id, "2", noise(2, 5_000_000)).await.unwrap();
        f.store
            .write(move |tx| {
                let part = part::get(tx, id, "1")?.unwrap().id;
                part::pin(tx, part, true)
            })
            .await
            .unwrap();
        // With the log in it, a page counts once.
        let f = f.reopen(BUDGET).await;
        let usage = f.store.usage().await.unwrap();
        let of = |usage: &store::Usage, kind| {
            usage.by.iter().find(|(_, k, _)| *k == kind).map_or(0, |(.., octets)| *octets)
        };
        let sum: u64 = usage.by.iter().map(|(.., octets)| octets).sum();
        assert!(sum.abs_diff(usage.file) < usage.file / 20, "{sum} {usage:?}");
        // 5,000 rows of ours: some 530 octets each, and 180 in the index.
        let (headers, index) = (of(&usage, Kind::Headers), of(&usage, Kind::Index));
        assert!((2_300_000..3_000_000).contains(&headers), "{usage:?}");
        assert!((700_000..1_300_000).contains(&index), "{usage:?}");
        assert!(headers.abs_diff(of(&rows_only, Kind::Headers)) < 100_000);
        // All parts are attachments but what the structure calls text: section 2 is text/html here.
        let text = of(&usage, Kind::Text);
        assert!((5_050_000..5_250_000).contains(&text), "{usage:?}");
        assert!(usage.evictable < text && usage.evictable > 5_000_000);
        let freed = f.store.free(Kind::Text, None).await.unwrap();
        assert!((4_900_000..5_300_000).contains(&freed), "{freed}");
        assert!(whole_part(&f.store, id, "1").await.is_some(), "pinned");
        assert!(f.store.usage().await.unwrap().file < usage.file - 4_900_000);
    });
}
