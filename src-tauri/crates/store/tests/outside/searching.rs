use crate::kit::*;
use model::{Address, Envelope, Uid, UidSet};
use store::message::NewRow;

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
