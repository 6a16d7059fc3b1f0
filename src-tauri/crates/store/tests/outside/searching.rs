use crate::kit::*;
use model::{Address, Envelope, Uid, UidSet};
use store::message::NewRow;
use store::search;

fn letter(n: u32, from: &str, subject: &str, preview: &str) -> NewRow {
    let from = vec![Address::new(Some(from), "someone@hof.example")];
    NewRow {
        envelope: Envelope { subject: subject.into(), from, ..row(n).envelope },
        preview: Some(preview.into()),
        ..row(n)
    }
}

#[test]
fn words_are_found_in_every_script() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let some = vec![
            letter(1, "Jörg Müller", "Angebot für den Garten", "Die Straße ist gesperrt"),
            letter(2, "山田太郎", "東京都の会議について", "明日の午後、新宿で"),
            letter(3, "Ольга", "Счёт за июнь", "Оплатите, пожалуйста"),
            letter(4, "محمد", "الفاتورة", "مُرفَق الملف"),
            letter(5, "Jörg Müller", "Rechnung", "ANGEBOT angenommen"),
        ];
        f.store.write(move |tx| store::message::put(tx, inbox, EPOCH, &some)).await.unwrap();
        let uids = |query: &'static str| {
            f.read(move |read| {
                let hits = found(read, query, 50)?;
                hits.into_iter()
                    .map(|hit| Ok(store::message::placements(read, hit.message)?[0].uid.0))
                    .collect::<Result<Vec<_>, store::Error>>()
            })
        };
        // Newest first, whichever field it is in.
        assert_eq!(uids("angebot").await, [5, 1]);
        assert_eq!(uids("muller ange").await, [5, 1]);
        assert_eq!(uids("STRASSE").await, [1]);
        assert_eq!(uids("東京").await, [2]);
        assert_eq!(uids("都").await, [2]);
        assert_eq!(uids("新宿").await, [2]);
        assert_eq!(uids("京東").await, [0u32; 0]);
        assert_eq!(uids("счет").await, [3]);
        assert_eq!(uids("مرفق").await, [4]);
        assert_eq!(uids("anna@kontor.example").await, [0u32; 0], "everything is to oneself");
        for nothing in ["", "\"", "AND OR NOT", "* ^ - :", "subject:x\" OR \"y"] {
            assert_eq!(uids(nothing).await, [0u32; 0], "{nothing}");
        }
    });
}

#[test]
fn what_left_is_not_found_and_the_index_is_renewed() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        f.put(inbox, rows(1..=6000)).await;
        f.store.vanish(inbox, UidSet::range(Uid(1), Uid(100))).await.unwrap();
        let find = |query: &'static str| f.read(move |read| found(read, query, 10_000));
        assert_eq!(find("weber").await.len(), 5900);
        let before = f.store.usage().await.unwrap();
        f.store.vanish(inbox, UidSet::range(Uid(1), Uid(4000))).await.unwrap();
        f.store.tidy().await.unwrap();
        assert_eq!(find("weber").await.len(), 2000);
        let index = |usage: &store::Usage| {
            usage.by.iter().find(|(_, k, _)| *k == store::Kind::Index).map_or(0, |(.., o)| *o)
        };
        let after = f.store.usage().await.unwrap();
        assert!(index(&after) < index(&before) / 2, "{before:?} {after:?}");
        // New mail comes into the renewed one.
        f.store
            .write(move |tx| {
                store::message::put(tx, inbox, EPOCH, &[letter(7000, "Zoë", "Xylophon", "")])
            })
            .await
            .unwrap();
        assert_eq!(find("zoe xylophon").await.len(), 1);
        assert!(f.store.check().await.unwrap().intact);
    });
}

#[test]
fn an_import_of_one_second_keeps_the_order_nearly() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let same: Vec<NewRow> =
            (1..=2000).map(|n| NewRow { internal_date: 1_500_000_000, ..row(n) }).collect();
        f.put(f.inbox, same).await;
        let hits = f.read(|read| found(read, "weber", 10_000)).await;
        assert_eq!(hits.len(), 2000);
    });
}

/// UIDs, the newest first, as one types.
async fn uids(f: &Fixture, query: &str) -> Vec<u32> {
    let query = query.to_owned();
    f.read(move |read| {
        let hits = found(read, &query, 50)?;
        hits.into_iter()
            .map(|hit| Ok(store::message::placements(read, hit.message)?[0].uid.0))
            .collect()
    })
    .await
}

#[test]
fn every_operator_narrows() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let sent = add_mailbox(&f.store, f.account, "Work/Sent").await;
        let day = |n: i64| 1_704_067_200 + n * 86_400;
        let dated = |n: u32, from: &str, subject: &str, text: &str| {
            let row = letter(n, from, subject, text);
            NewRow { internal_date: day(i64::from(n)), flags: Default::default(), ..row }
        };
        let some = vec![
            dated(1, "Anna", "green garden gate", "the gate of the garden is green"),
            NewRow {
                has_attachments: true,
                ..dated(2, "Bob", "garden", "Anna says the bill is paid")
            },
            NewRow {
                flags: ["\\Seen", "\\Flagged"].into_iter().collect(),
                ..dated(3, "Anna", "bill", "東京都の会議")
            },
        ];
        let own = vec![dated(4, "Carl", "garden", "京都と東京")];
        f.store
            .write(move |tx| {
                store::message::put(tx, inbox, EPOCH, &some)?;
                store::message::put(tx, sent, EPOCH, &own)
            })
            .await
            .unwrap();
        for (query, expected) in [
            ("garden ", vec![4, 2, 1]),
            ("gard", vec![4, 2, 1]),
            ("gard ", vec![]),
            ("gard* ", vec![4, 2, 1]),
            ("anna ", vec![3, 2, 1]),
            ("from:anna ", vec![3, 1]),
            ("-from:anna garden ", vec![4, 2]),
            ("-from:anna ", vec![4, 2]),
            ("subject:bill ", vec![3]),
            ("\"garden gate\"", vec![1]),
            ("\"gate garden\"", vec![]),
            ("\"gate of the gard\" ", vec![]),
            ("garden -\"garden gate\"", vec![4, 2]),
            ("garden -gate ", vec![4, 2]),
            ("has:attachment", vec![2]),
            ("is:unread", vec![4, 2, 1]),
            ("is:read", vec![3]),
            ("is:flagged anna ", vec![3]),
            ("in:inbox garden ", vec![2, 1]),
            ("in:SENT", vec![4]),
            ("in:nowhere garden ", vec![]),
            ("before:2024-01-03", vec![1]),
            ("after:2024-01-03 garden ", vec![4, 2]),
            ("after:2024-01-03 before:2024-01-04", vec![2]),
            ("東京", vec![4, 3]),
            ("\"東京都\"", vec![3]),
            ("to:nobody", vec![]),
        ] {
            assert_eq!(uids(&f, query).await, expected, "{query}");
        }
        // The same without the index, while it is being built.
        f.store.free(store::Kind::Index, None).await.unwrap();
        assert_eq!(uids(&f, "garden -gate ").await, [4, 2]);
        assert_eq!(uids(&f, "\"garden gate\"").await, [1]);
    });
}

#[test]
fn an_opened_text_is_found_and_leaves_with_its_message() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        f.put(inbox, rows(1..=3)).await;
        let id = f.read(move |read| store::message::by_uid(read, inbox, Uid(2))).await.unwrap();
        let text = "Far below the fold: a Quokka crosses the bridge. 会議は東京で。";
        f.store.write(move |tx| search::add_body(tx, id, text)).await.unwrap();
        assert_eq!(uids(&f, "quokka ").await, [2]);
        assert_eq!(uids(&f, "\"quokka crosses\"").await, [2]);
        assert_eq!(uids(&f, "\"crosses quokka\"").await, [0u32; 0]);
        assert_eq!(uids(&f, "subject:quokka ").await, [0u32; 0]);
        assert_eq!(uids(&f, "会議").await, [2]);
        // A preview that comes later, or an index that is built again, keeps it.
        f.store
            .write(move |tx| store::message::set_preview(tx, inbox, Uid(2), "new"))
            .await
            .unwrap();
        f.store.free(store::Kind::Index, None).await.unwrap();
        f.store.tidy().await.unwrap();
        assert_eq!(uids(&f, "quokka new ").await, [2]);
        f.store.vanish(inbox, UidSet::range(Uid(2), Uid(2))).await.unwrap();
        assert_eq!(uids(&f, "quokka ").await, [0u32; 0]);
        assert!(f.store.check().await.unwrap().intact);
    });
}

#[test]
fn work_is_bounded_and_the_same_in_a_larger_mailbox() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let looked = |query: &'static str| {
            f.read(move |read| {
                let query = model::query::Query::parse(query);
                search::find(read, &query, &Default::default(), None, 50)
            })
        };
        f.put(inbox, rows(1..=1000)).await;
        let small = looked("weber is:unread ").await;
        f.put(inbox, rows(1001..=12_000)).await;
        let large = looked("weber is:unread ").await;
        assert_eq!((small.hits.len(), large.hits.len()), (50, 50));
        assert!(large.looked.abs_diff(small.looked) <= 4, "{} {}", small.looked, large.looked);
        // What is nowhere is looked for with a bound, and on from there.
        let none = looked("is:flagged").await;
        assert_eq!((none.hits.len(), none.exhausted, none.looked), (0, false, search::MOST_LOOKED));
        assert!(f.read(|read| found(read, "is:flagged", 50)).await.is_empty());
        let coverage = f.read(|read| search::coverage(read, &Default::default())).await;
        assert_eq!((coverage.messages, coverage.whole, coverage.from), (12_000, true, None));
    });
}
