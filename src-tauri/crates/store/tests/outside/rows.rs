use crate::kit::*;
use model::{
    Envelope, Flags, HeaderHash, MessageId, ModSeq, ServerId, Structure, Uid, UidSet, UidValidity,
};
use proptest::prelude::*;
use store::message::NewRow;
use store::{Error, covered, flags, mailbox, message, part, placement};

const NEXT: UidValidity = UidValidity(8);

async fn put(f: &Fixture, epoch: UidValidity, rows: Vec<NewRow>) -> Vec<MessageId> {
    let inbox = f.inbox;
    f.store.write(move |tx| message::put(tx, inbox, epoch, &rows)).await.unwrap()
}

async fn renumber(f: &Fixture) {
    let inbox = f.inbox;
    f.store.write(move |tx| mailbox::selected(tx, inbox, NEXT, None, None, 50)).await.unwrap();
}

#[test]
fn a_row_comes_back_as_it_was_put() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let new = NewRow {
            server_id: Some(ServerId::EmailId("M1".into())),
            modseq: Some(ModSeq(1 << 40)),
            ..row(2)
        };
        let ids = put(&f, EPOCH, vec![new.clone()]).await;
        let id = ids[0];
        let (got, at) = f
            .read(move |read| {
                Ok((message::get(read, id)?.unwrap(), message::placements(read, id)?))
            })
            .await;
        assert_eq!(got.structure, new.structure);
        assert_eq!(got.fingerprint, new.fingerprint);
        assert_eq!(got.server_id, new.server_id);
        assert_eq!(got.message_id, new.envelope.message_id.as_deref().map(store::header_hash));
        assert_eq!(got.references, [store::header_hash(&new.references[0])]);
        assert_eq!(got.to[0].address, "anna@kontor.example");
        assert_eq!((at[0].uid, at[0].uidvalidity, at[0].modseq), (Uid(2), EPOCH, new.modseq));
        assert_eq!(at[0].flags, new.flags);
        assert_eq!(f.read(|read| message::get(read, MessageId(99))).await, None);
    });
}

#[test]
fn too_many_rows_are_refused_whole() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let many = rows(1..=251);
        let refused = f.store.write(move |tx| message::put(tx, inbox, EPOCH, &many)).await;
        assert!(matches!(refused, Err(Error::TooMany { most: 250, .. })));
        let twice = rows(1..=200);
        let refused = f
            .store
            .write(move |tx| {
                message::put(tx, inbox, EPOCH, &twice)?;
                message::put(tx, inbox, EPOCH, &rows(300..=400))
            })
            .await;
        assert!(matches!(refused, Err(Error::TooMany { .. })));
        assert!(f.read(move |read| placement::uids(read, inbox, None)).await.is_empty());
    });
}

#[test]
fn the_server_moves_the_base_and_never_what_is_wanted() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let id = put(&f, EPOCH, vec![NewRow { flags: Flags::default(), preview: None, ..row(4) }])
            .await[0];
        let seen: Flags = [Flags::SEEN].into_iter().collect();
        let wanted = seen.clone();
        f.store.write_sacred(move |tx| flags::want(tx, inbox, Uid(4), &wanted)).await.unwrap();
        let placement = move |read: &store::Read<'_>| Ok(message::placements(read, id)?.remove(0));
        // Another client flags it; ours stays on top. A row put again brings what was lacking.
        let flagged: Flags = [Flags::FLAGGED].into_iter().collect();
        let again = put(&f, EPOCH, vec![NewRow { flags: flagged.clone(), ..row(4) }]).await;
        assert_eq!(again, [id]);
        let at = f.read(placement).await;
        assert_eq!((at.base, at.flags), (flagged.clone(), seen.clone()));
        assert!(f.read(move |read| message::get(read, id)).await.unwrap().preview.is_some());
        // The same by a flags answer; unchanged flags are no news.
        let apply = |flags: Flags, modseq| {
            f.store.write(move |tx| {
                flags::apply(tx, inbox, EPOCH, Uid(4), &flags, Some(ModSeq(modseq)))
            })
        };
        assert!(!apply(flagged.clone(), 5).await.unwrap());
        // The server has what was wanted: the two are one again.
        assert!(!apply(seen.clone(), 6).await.unwrap());
        assert!(apply(Flags::default(), 7).await.unwrap(), "ours no longer covers it");
        let at = f.read(placement).await;
        assert_eq!(
            (at.base, at.flags, at.modseq),
            (Flags::default(), Flags::default(), Some(ModSeq(7)))
        );
    });
}

#[test]
fn a_renumbered_mailbox_is_bound_again() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let twins = |uid| NewRow { uid: Uid(uid), ..row(50) };
        let mut all = rows(1..=10);
        all.extend([twins(50), twins(51)]);
        let ids = put(&f, EPOCH, all).await;
        add_part(&f.store, ids[2], "1", noise(3, 5000)).await.unwrap();
        let wanted: Flags = [Flags::FLAGGED].into_iter().collect();
        let flagged = wanted.clone();
        f.store.write_sacred(move |tx| flags::want(tx, inbox, Uid(3), &flagged)).await.unwrap();
        renumber(&f).await;
        let lost = ids[2];
        assert!(f.read(move |read| message::placements(read, lost)).await.is_empty());
        assert!(f.read(move |read| message::get(read, lost)).await.is_some());
        // The same mail under other numbers.
        let mut moved: Vec<NewRow> =
            rows(1..=10).into_iter().map(|r| NewRow { uid: Uid(r.uid.0 + 1000), ..r }).collect();
        moved.extend([twins(2000), twins(2001)]);
        let again = put(&f, NEXT, moved).await;
        assert_eq!(again[..10], ids[..10], "bound by fingerprint");
        // Two that look alike are not told apart: fetched anew.
        assert!(again[10..].iter().all(|id| !ids.contains(id)));
        let at = f.read(move |read| message::placements(read, lost)).await;
        assert_eq!((at[0].uid, at[0].flags.clone()), (Uid(1003), wanted));
        assert!(whole_part(&f.store, lost, "1").await.is_some(), "bodies survive");
        // Covered to its end: what nothing bound again is swept.
        f.store.write(move |tx| covered::add(tx, inbox, Uid(1), Uid(2001))).await.unwrap();
        f.store.tidy().await.unwrap();
        let gone = ids[10];
        assert_eq!(f.read(move |read| message::get(read, gone)).await, None);
    });
}

#[test]
fn the_servers_own_id_makes_one_message_of_several_placements() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let all = add_mailbox(&f.store, f.account, "All Mail").await;
        let inbox = f.inbox;
        let labelled =
            |uid| NewRow { uid: Uid(uid), server_id: Some(ServerId::GmMsgId(77)), ..row(5) };
        let first = put(&f, EPOCH, vec![labelled(5)]).await[0];
        let second =
            f.store.write(move |tx| message::put(tx, all, EPOCH, &[labelled(900)])).await.unwrap()
                [0];
        assert_eq!(first, second);
        assert_eq!(f.read(move |read| message::placements(read, first)).await.len(), 2);
        // It goes with its last placement only.
        f.store.vanish(inbox, UidSet::range(Uid(5), Uid(5))).await.unwrap();
        assert!(f.read(move |read| message::get(read, first)).await.is_some());
        f.store.vanish(all, UidSet::range(Uid(1), Uid(u32::MAX))).await.unwrap();
        assert!(f.read(move |read| message::get(read, first)).await.is_none());
    });
}

#[test]
fn thousands_vanish_in_steps_and_take_their_parts_along() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        f.put(inbox, rows(1..=1500)).await;
        let id = f.read(move |read| message::by_uid(read, inbox, Uid(7))).await.unwrap();
        add_part(&f.store, id, "2", noise(1, 2_000_000)).await.unwrap();
        let one = f
            .store
            .write(move |tx| placement::vanish(tx, inbox, &UidSet::range(Uid(1), Uid(1200))))
            .await
            .unwrap();
        let first = one.messages.len();
        assert!(one.more && (50..250).contains(&first), "{first}");
        let rest = f.store.vanish(inbox, UidSet::range(Uid(1), Uid(1200))).await.unwrap();
        assert_eq!(rest.len(), 1200 - first);
        f.store.tidy().await.unwrap();
        let row = f.read(move |read| mailbox::get(read, inbox)).await.unwrap();
        assert_eq!(row.cached, 300);
        assert_eq!(f.store.usage().await.unwrap().evictable, 0);
        assert_eq!(f.read(|read| found(read, "weber", 2000)).await.len(), 300);
        let again = f.store.vanish(inbox, UidSet::range(Uid(1), Uid(1200))).await.unwrap();
        assert!(again.is_empty());
    });
}

fn letter(n: u32, id: &str, references: &[&str]) -> NewRow {
    NewRow {
        envelope: Envelope { message_id: Some(id.into()), ..row(n).envelope },
        references: references.iter().map(|r| (*r).to_owned()).collect(),
        ..row(n)
    }
}

#[test]
fn references_make_conversations_over_all_mailboxes() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let sent = add_mailbox(&f.store, f.account, "Sent").await;
        let ids = put(
            &f,
            EPOCH,
            vec![
                letter(1, "a@x", &[]),
                letter(3, "b@x", &["<never-seen@x>"]),
                letter(4, "c@x", &["never-seen@x"]),
                letter(6, "alone@x", &[]),
            ],
        )
        .await;
        let thread = |id: MessageId| {
            let read = f.read(move |read| message::get(read, id));
            async move { read.await.unwrap().thread }
        };
        assert_ne!(thread(ids[0]).await, thread(ids[1]).await);
        assert_eq!(thread(ids[1]).await, thread(ids[2]).await, "by a letter that neither side has");
        // An own reply in another mailbox joins the two.
        let reply = letter(9, "d@x", &["a@x", "c@x"]);
        let joined = f
            .store
            .write(move |tx| message::put(tx, sent, EPOCH, std::slice::from_ref(&reply)))
            .await
            .unwrap()[0];
        f.store.tidy().await.unwrap();
        let one = thread(ids[0]).await;
        for id in [ids[1], ids[2], joined] {
            assert_eq!(thread(id).await, one);
        }
        assert_ne!(thread(ids[3]).await, one);
        // What comes later finds the joined one, by whichever name.
        let late = put(&f, EPOCH, vec![letter(12, "e@x", &["never-seen@x"])]).await[0];
        assert_eq!(thread(late).await, one);
        // Where the server knows, it knows best.
        let other = NewRow { gm_thrid: Some(5), ..letter(15, "f@x", &["a@x"]) };
        let told = put(&f, EPOCH, vec![other]).await[0];
        assert_ne!(thread(told).await, one);
    });
}

#[test]
fn hostile_rows_are_cut_not_refused() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let huge = "x".repeat(3_000_000);
        let mut deep = Structure::leaf("text/plain", "7bit", 5);
        for n in 0..2000 {
            deep = Structure::multipart(
                "mixed",
                vec![Structure::leaf(&format!("x/{n}"), "7bit", 1), deep],
            );
        }
        let one = NewRow {
            envelope: Envelope {
                subject: format!("ü{huge}"),
                from: vec![model::Address::new(Some(&huge), &huge); 500],
                to: vec![model::Address::new(Some("\u{1}"), "\u{1}"); 5000],
                message_id: Some(huge.clone()),
                in_reply_to: vec![huge.clone(); 3],
                ..Envelope::default()
            },
            references: (0..5000).map(|n| format!("{n}@x")).collect(),
            structure: Some(deep),
            preview: Some(huge.clone()),
            ..row(1)
        };
        let id = put(&f, EPOCH, vec![one]).await[0];
        let got = f.read(move |read| message::get(read, id)).await.unwrap();
        assert!(got.subject.len() <= 998 && got.preview.unwrap().len() <= 600);
        assert_eq!((got.from.len(), got.references.len()), (4, 20));
        assert!(got.to.iter().all(|a| a.address.is_empty()));
        assert!(got.references.contains(&HeaderHash(store::header_hash("0@x").0)));
        assert!(f.store.usage().await.unwrap().file < 1_000_000);
        let kept = f.read(move |read| part::complete_keys(read, id)).await;
        assert!(kept.is_empty());
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn stretches_join_as_a_set_does(ranges in prop::collection::vec((1u32..80, 0u32..12), 0..25)) {
        runtime().block_on(async {
            let f = Fixture::new(BUDGET).await;
            let inbox = f.inbox;
            let mut expected = UidSet::new();
            for (low, length) in ranges {
                expected.insert_range(low, low + length);
                f.store
                    .write(move |tx| covered::add(tx, inbox, Uid(low), Uid(low + length)))
                    .await
                    .unwrap();
            }
            let set = expected.clone();
            let (got, top) = f
                .read(move |read| {
                    for uid in 1..100 {
                        assert_eq!(covered::contains(read, inbox, Uid(uid))?, set.contains(Uid(uid)));
                    }
                    Ok((covered::list(read, inbox)?, covered::top(read, inbox)?))
                })
                .await;
            prop_assert_eq!(top, expected.ranges().last().map(|(l, h)| (Uid(*l), Uid(*h))));
            prop_assert_eq!(got, expected);
            Ok(())
        })?;
    }
}
