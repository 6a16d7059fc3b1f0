use crate::kit::*;
use model::{Disposition, MessageId, Structure, Tag, Uid};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::message::NewRow;
use store::part::{self, CHUNK};
use store::{Error, Kind, Store, message};

async fn one_message(f: &Fixture) -> MessageId {
    let mut file = Structure::leaf("application/pdf", "base64", 9);
    file.disposition = Some(Disposition::Attachment);
    let structure =
        Structure::multipart("mixed", vec![Structure::leaf("text/plain", "7bit", 9), file]);
    let new = NewRow { structure: Some(structure), ..row(1) };
    let inbox = f.inbox;
    f.store
        .write(move |tx| message::put(tx, inbox, EPOCH, std::slice::from_ref(&new)))
        .await
        .unwrap()[0]
}

#[test]
fn octets_come_back_however_they_are_cut() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let id = one_message(&f).await;
        let octets = noise(1, 2 * CHUNK + 70_000);
        for (n, size) in [1000usize, 65_536, CHUNK, CHUNK + 1].into_iter().enumerate() {
            let key = format!("{}", n + 10);
            let owned = key.clone();
            let part = f.store.write(move |tx| part::begin(tx, id, &owned, 9)).await.unwrap();
            for piece in octets.chunks(size).map(<[u8]>::to_vec) {
                f.store.write(move |tx| part::append(tx, part, &piece)).await.unwrap();
            }
            assert_eq!(whole_part(&f.store, id, &key).await, None, "not finished");
            f.store.write(move |tx| part::finish(tx, part)).await.unwrap();
            assert!(whole_part(&f.store, id, &key).await.as_ref() == Some(&octets), "{key}");
            let meta = f.read(move |read| part::get(read, id, &key)).await.unwrap();
            assert_eq!((meta.chunks, meta.size), (3, octets.len() as u64));
        }
    });
}

#[test]
fn a_cut_transfer_goes_on_where_it_was() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let id = one_message(&f).await;
        let octets = noise(2, 700_000);
        let first = octets[..300_000].to_vec();
        f.store
            .write(move |tx| {
                let part = part::begin(tx, id, "2", 700_000)?;
                part::append(tx, part, &first)
            })
            .await
            .unwrap();
        let f = f.reopen(BUDGET).await;
        let meta = f.read(move |read| part::get(read, id, "2")).await.unwrap();
        assert_eq!((meta.have, meta.size, meta.complete), (300_000, 700_000, false));
        let rest = octets[300_000..].to_vec();
        f.store
            .write(move |tx| {
                let part = part::begin(tx, id, "2", 700_000)?;
                part::append(tx, part, &rest)?;
                part::finish(tx, part)
            })
            .await
            .unwrap();
        assert!(whole_part(&f.store, id, "2").await == Some(octets));
        // Text and files are told apart by the structure.
        add_part(&f.store, id, "1", noise(3, 20_000)).await.unwrap();
        let by = f.store.usage().await.unwrap().by;
        let of = |kind| by.iter().find(|(_, k, _)| *k == kind).unwrap().2;
        assert!(of(Kind::Attachments) > 700_000 && of(Kind::Text) < 30_000);
        let freed = f.store.free(Kind::Attachments, Some(f.account)).await.unwrap();
        assert!(freed > 690_000);
        assert!(whole_part(&f.store, id, "1").await.is_some());
    });
}

#[test]
fn too_large_is_said_before_it_costs_anything() {
    runtime().block_on(async {
        let f = Fixture::new(store::LEAST_BUDGET).await;
        let id = one_message(&f).await;
        assert!(f.store.may_cache(3_000_000) && !f.store.may_cache(3_000_001));
        let refused = f.store.write(move |tx| part::begin(tx, id, "2", 3_000_001)).await;
        assert!(matches!(refused, Err(Error::TooLarge)));
        // A server that announced less than it sends is stopped at the same mark.
        let part = f.store.write(move |tx| part::begin(tx, id, "2", 5)).await.unwrap();
        let mut refused = Ok(());
        for _ in 0..12 {
            let piece = noise(1, CHUNK);
            refused = f.store.write(move |tx| part::append(tx, part, &piece)).await;
            if refused.is_err() {
                break;
            }
        }
        assert!(matches!(refused, Err(Error::TooLarge)));
        let big = noise(1, 1_300_000);
        let other = f.store.write(move |tx| part::begin(tx, id, "1", 5)).await.unwrap();
        let refused = f.store.write(move |tx| part::append(tx, other, &big)).await;
        assert!(matches!(refused, Err(Error::TooMany { .. })));
    });
}

#[test]
fn the_least_recently_used_leave_first_and_the_pinned_last() {
    runtime().block_on(async {
        let f = Fixture::new(store::LEAST_BUDGET).await;
        let id = one_message(&f).await;
        for n in 0..18 {
            add_part(&f.store, id, &format!("{n}.1"), noise(n, 1_000_000)).await.unwrap();
        }
        let meta = |key: &'static str| f.read(move |read| part::get(read, id, key));
        // The oldest is looked at, the next one pinned.
        f.store.touch(meta("0.1").await.unwrap().id);
        let pinned = meta("1.1").await.unwrap().id;
        f.store.write(move |tx| part::pin(tx, pinned, true)).await.unwrap();
        let mut changes = f.store.changes();
        for n in 18..24 {
            add_part(&f.store, id, &format!("{n}.1"), noise(n, 1_000_000)).await.unwrap();
        }
        assert!(meta("0.1").await.unwrap().complete, "looked at");
        assert!(meta("1.1").await.unwrap().complete, "pinned");
        assert!(meta("2.1").await.is_none_or(|m| !m.complete), "used longest ago");
        assert!(meta("23.1").await.unwrap().complete);
        let mut told = false;
        while let Ok(tags) = changes.try_recv() {
            told |= tags.contains(&Tag::Message(id));
        }
        assert!(told);
        // Half of the cache at most is pinned.
        let mut refused = None;
        for n in 8..24 {
            let pin = f
                .store
                .write(move |tx| match part::get(tx, id, &format!("{n}.1"))? {
                    Some(meta) => part::pin(tx, meta.id, true),
                    None => Ok(()),
                })
                .await;
            refused = refused.or(pin.err());
        }
        assert!(matches!(refused, Some(Error::PinnedFull)), "{refused:?}");
    });
}

#[test]
fn a_closure_that_meets_the_wall_runs_again_from_the_start() {
    runtime().block_on(async {
        let f = Fixture::new(store::LEAST_BUDGET).await;
        let id = one_message(&f).await;
        for n in 0..25 {
            add_part(&f.store, id, &format!("{n}.1"), noise(n, 1_000_000)).await.unwrap();
        }
        let runs = Arc::new(AtomicUsize::new(0));
        let mut most = 0;
        // Until one of them has met the wall.
        for n in 0..12 {
            let (counted, octets) = (runs.clone(), noise(n + 100, 900_000));
            counted.store(0, Ordering::SeqCst);
            let expected = octets.clone();
            let key = format!("{}.2", n + 1);
            let owned = key.clone();
            f.store
                .write(move |tx| {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let part = part::begin(tx, id, &owned, 900_000)?;
                    part::append(tx, part, &octets)?;
                    part::finish(tx, part)
                })
                .await
                .unwrap();
            assert!(whole_part(&f.store, id, &key).await == Some(expected), "{key}");
            most = most.max(runs.load(Ordering::SeqCst));
        }
        assert!(most > 1, "the wall was never met");
    });
}

#[test]
fn with_nothing_left_to_take_it_is_full() {
    runtime().block_on(async {
        let f = Fixture::new(store::LEAST_BUDGET).await;
        let account = f.account;
        // What is sacred has no way out: it fills the wall to its end and not an octet past it.
        let mut written = 0;
        let full = loop {
            let payload = "x".repeat(500_000);
            let new = store::intent::New {
                account,
                kind: "append".into(),
                payload,
                mailbox: None,
                messages: vec![],
                next_at: None,
                created: 1,
            };
            match f.store.write_sacred(move |tx| store::intent::add(tx, &new)).await {
                Ok(_) => written += 1,
                Err(error) => break error,
            }
            let usage = f.store.usage().await.unwrap();
            assert!(usage.file + usage.wal <= store::LEAST_BUDGET, "{usage:?}");
        };
        assert!(matches!(full, Error::Full), "{full}");
        assert!((35..46).contains(&written), "{written}");
        // The cache met its own wall long before; reading and making room go on.
        let id = f.inbox;
        let refused = f.store.write(move |tx| message::put(tx, id, EPOCH, &rows(1..=250))).await;
        assert!(matches!(refused, Err(Error::Full | Error::HeadersFull)), "{refused:?}");
        let all = f.read(|read| store::intent::list(read, None)).await;
        assert_eq!(all.len(), written);
        for intent in all {
            f.store.write_sacred(move |tx| store::intent::remove(tx, intent.id)).await.unwrap();
        }
        f.store.write(move |tx| message::put(tx, id, EPOCH, &rows(1..=250))).await.unwrap();
    });
}

#[test]
fn a_closure_that_fails_leaves_nothing_and_tells_nobody() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let mut changes = f.store.changes();
        let failed: Result<(), _> = f
            .store
            .write(move |tx| {
                message::put(tx, inbox, EPOCH, &rows(1..=5))?;
                Err(Error::NotFound("such thing"))
            })
            .await;
        assert!(failed.is_err() && changes.try_recv().is_err());
        let panicked = tokio::spawn({
            let store: Store = f.store.clone();
            async move {
                store
                    .write(move |tx| {
                        message::put(tx, inbox, EPOCH, &rows(1..=5))?;
                        if inbox.0 > 0 {
                            panic!("on purpose");
                        }
                        Ok(())
                    })
                    .await
            }
        })
        .await;
        assert!(panicked.is_err());
        f.store.write(move |tx| message::put(tx, inbox, EPOCH, &rows(9..=9))).await.unwrap();
        let uids = f.read(move |read| store::placement::uids(read, inbox, None)).await;
        assert_eq!(uids.iter().collect::<Vec<_>>(), [Uid(9)]);
        assert!(changes.recv().await.unwrap().contains(&Tag::List(inbox)));
    });
}
