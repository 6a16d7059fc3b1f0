use crate::kit::*;
use model::{Role, SmtpEndpoint, Tag, Uid, UidValidity};
use store::mailbox::{self, Epoch, ListedMailbox};
use store::{account, covered, intent, message, setting};

#[test]
fn an_account_comes_back_as_it_was() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let new = account::New {
            smtp: Some(SmtpEndpoint::parse("smtps://mail.kontor.example").unwrap()),
            pinned: Some([7; 32]),
            ..new_account("jörg@kontor.example")
        };
        let put = new.clone();
        let id = f.store.write_sacred(move |tx| account::add(tx, &put)).await.unwrap();
        f.store
            .write(move |tx| {
                account::set_quirk(tx, id, "login-flight-refused", "")?;
                account::set_capabilities(tx, id, &["IDLE".into(), "PREVIEW".into()])?;
                account::update_state(tx, id, "{\"kind\":\"current\"}")
            })
            .await
            .unwrap();
        let f = f.reopen(BUDGET).await;
        let (got, quirks, capabilities, first) = f
            .read(move |read| {
                Ok((
                    account::get(read, id)?.unwrap(),
                    account::quirks(read, id)?,
                    account::capabilities(read, id)?,
                    account::list(read)?.into_iter().next().unwrap(),
                ))
            })
            .await;
        assert_eq!((got.imap.clone(), got.smtp.clone()), (new.imap, new.smtp));
        assert_eq!((got.letter.as_str(), got.pinned), ("J", Some([7; 32])));
        assert_eq!(got.extra_roots, new.extra_roots);
        assert_eq!(got.state, "{\"kind\":\"current\"}");
        assert_eq!(quirks, ["login-flight-refused"]);
        assert_eq!(capabilities, ["IDLE", "PREVIEW"]);
        assert_ne!(first.colour, got.colour);
    });
}

#[test]
fn what_is_no_longer_listed_leaves() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let (account, inbox) = (f.account, f.inbox);
        let old = add_mailbox(&f.store, account, "Old").await;
        f.put(old, rows(1..=600)).await;
        f.put(inbox, rows(1..=10)).await;
        f.store
            .write(move |tx| {
                mailbox::apply_list(tx, account, &[listed("INBOX"), listed("Ünï/Tëst")])
            })
            .await
            .unwrap();
        let names = f.read(move |read| mailbox::list(read, Some(account))).await;
        let names: Vec<_> = names.into_iter().map(|m| m.name.0).collect();
        assert_eq!(names, ["INBOX", "Ünï/Tëst"]);
        f.store.tidy().await.unwrap();
        assert_eq!(f.read(move |read| mailbox::get(read, old)).await, None);
        // What stood in it is gone from lists and search alike.
        let hits = f.read(move |read| found(read, "maria", 1000)).await;
        assert_eq!(hits.len(), 10);
        let check = f.store.check().await.unwrap();
        assert!(check.intact, "{check:?}");
    });
}

#[test]
fn a_mailbox_that_an_intent_names_stays_in_the_file() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let account = f.account;
        let named = add_mailbox(&f.store, account, "Named").await;
        let id = f
            .store
            .write_sacred(move |tx| {
                let new = intent::New {
                    account,
                    kind: "append".into(),
                    payload: "{}".into(),
                    mailbox: Some(named),
                    messages: vec![],
                    next_at: None,
                    created: 1,
                };
                intent::add(tx, &new)
            })
            .await
            .unwrap();
        f.store
            .write(move |tx| mailbox::apply_list(tx, account, &[listed("INBOX")]))
            .await
            .unwrap();
        f.store.tidy().await.unwrap();
        assert!(f.read(move |read| mailbox::get(read, named)).await.is_some());
        f.store.write_sacred(move |tx| intent::remove(tx, id)).await.unwrap();
        f.store.tidy().await.unwrap();
        assert!(f.read(move |read| mailbox::get(read, named)).await.is_none());
    });
}

#[test]
fn thousands_of_mailboxes_take_several_transactions() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let account = f.account;
        let many: Vec<ListedMailbox> =
            (0..5000).map(|n| listed(&format!("Archive/{n}"))).chain([listed("INBOX")]).collect();
        f.store.apply_list(account, many.clone()).await.unwrap();
        let rows = f.read(move |read| mailbox::list(read, None)).await;
        assert_eq!(rows.len(), 5001);
        // The same again writes nothing.
        let mut changes = f.store.changes();
        f.store.apply_list(account, many).await.unwrap();
        assert!(changes.try_recv().is_err());
    });
}

#[test]
fn roles_by_the_person_come_before_the_servers() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let account = f.account;
        let sent = |name: &str, guessed| ListedMailbox {
            role: Some(Role::Sent),
            role_guessed: guessed,
            ..listed(name)
        };
        let all = [listed("INBOX"), sent("A guess", true), sent("Sent", false), listed("Mine")];
        f.store.write(move |tx| mailbox::apply_list(tx, account, &all)).await.unwrap();
        let by_role =
            move |read: &store::Read<'_>| Ok(mailbox::by_role(read, account, Role::Sent)?.unwrap());
        assert_eq!(f.read(by_role).await.name.0, "Sent");
        f.store
            .write(move |tx| {
                let mine = mailbox::find_by_name(tx, account, "Mine")?.unwrap().id;
                let sent = mailbox::find_by_name(tx, account, "Sent")?.unwrap().id;
                mailbox::set_role_by_user(tx, mine, Some(Some(Role::Sent)))?;
                mailbox::set_role_by_user(tx, sent, Some(None))
            })
            .await
            .unwrap();
        assert_eq!(f.read(by_role).await.name.0, "Mine");
    });
}

#[test]
fn another_uidvalidity_takes_everything_out_of_view() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        f.put(inbox, rows(1..=20)).await;
        let epoch = f
            .store
            .write(move |tx| mailbox::selected(tx, inbox, UidValidity(8), Some(Uid(5)), None, 20))
            .await
            .unwrap();
        assert_eq!(epoch, Epoch::Changed);
        let (row, covered) = f
            .read(move |read| {
                Ok((mailbox::get(read, inbox)?.unwrap(), covered::list(read, inbox)?))
            })
            .await;
        assert_eq!((row.cached, row.total, row.uidnext), (0, Some(20), Some(Uid(5))));
        assert!(covered.is_empty());
        let stale = f.store.write(move |tx| message::put(tx, inbox, EPOCH, &rows(1..=1))).await;
        assert!(matches!(stale, Err(store::Error::EpochChanged)));
        let again = f
            .store
            .write(move |tx| mailbox::selected(tx, inbox, UidValidity(8), None, None, 20))
            .await
            .unwrap();
        assert_eq!(again, Epoch::Same);
    });
}

#[test]
fn removing_an_account_leaves_nothing_of_it() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let other = add_account(&f.store, "vera@hof.example").await;
        let theirs = add_mailbox(&f.store, other, "INBOX").await;
        f.put(f.inbox, rows(1..=1200)).await;
        f.put(theirs, rows(1..=30)).await;
        let (account, inbox) = (f.account, f.inbox);
        let first = f.read(move |read| message::by_uid(read, inbox, Uid(1))).await.unwrap();
        add_part(&f.store, first, "1", noise(1, 3_000_000)).await.unwrap();
        let mut changes = f.store.changes();
        let freed = f.store.remove_account(account).await.unwrap();
        assert!(freed > 3_300_000, "{freed}");
        assert!(changes.recv().await.unwrap().contains(&Tag::Accounts));
        f.store.tidy().await.unwrap();
        let (accounts, boxes, hits) = f
            .read(move |read| {
                Ok((account::list(read)?, mailbox::list(read, None)?, found(read, "weber", 5000)?))
            })
            .await;
        assert_eq!(accounts.iter().map(|a| a.id).collect::<Vec<_>>(), [other]);
        assert_eq!((boxes.len(), hits.len()), (1, 30));
        let usage = f.store.usage().await.unwrap();
        assert!(usage.by.iter().all(|(id, ..)| *id == other), "{usage:?}");
        assert!(usage.file < 1_000_000, "{usage:?}");
        assert!(f.store.check().await.unwrap().intact);
        assert!(matches!(f.store.remove_account(account).await, Err(store::Error::NotFound(_))));
    });
}

#[test]
fn settings_are_kept() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        f.store.write(|tx| setting::set(tx, "theme", "dark")).await.unwrap();
        f.store.set_budget(30_000_000).await.unwrap();
        let f = f.reopen(BUDGET).await;
        assert_eq!(f.store.budget(), 30_000_000);
        assert_eq!(f.read(|read| setting::get(read, "theme")).await.as_deref(), Some("dark"));
    });
}

#[test]
fn looks_and_order_are_the_persons() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let (first, inbox) = (f.account, f.inbox);
        let second = add_account(&f.store, "vera@hof.example").await;
        let change = account::Change { paused: Some(true), colour: Some(7), ..Default::default() };
        f.store
            .write_sacred(move |tx| {
                account::change(tx, first, &change)?;
                account::order(tx, &[second])
            })
            .await
            .unwrap();
        let all = f.read(account::list).await;
        assert_eq!(all.iter().map(|a| a.id).collect::<Vec<_>>(), [second, first]);
        assert_eq!((all[1].paused, all[1].colour, all[1].name.as_str()), (true, 7, "anna"));
        f.put(inbox, rows(1..=9)).await;
        f.store
            .write(move |tx| {
                mailbox::opened(tx, inbox, 5)?;
                mailbox::audited(tx, inbox, 6, 2)?;
                mailbox::audited(tx, inbox, 7, 1)?;
                mailbox::set_counts(tx, inbox, Some(20), None)
            })
            .await
            .unwrap();
        let (row, progress, holes) = f
            .read(move |read| {
                let progress = mailbox::progress(read, first)?;
                let holes = covered::holes(read, inbox, Uid(12))?;
                Ok((mailbox::get(read, inbox)?.unwrap(), progress, holes))
            })
            .await;
        assert_eq!((row.opened, row.audited, row.repaired), (Some(5), Some(7), 3));
        assert_eq!((progress, holes.to_string().as_str()), ((9, 20), "10:12"));
        let seen: model::Flags = ["\\Seen"].into_iter().collect();
        let told: Vec<_> = (1..=9).map(|n| (Uid(n), seen.clone(), None)).collect();
        let changed = f
            .store
            .write(move |tx| store::flags::apply_many(tx, inbox, EPOCH, &told))
            .await
            .unwrap();
        assert_eq!(changed.len(), 2, "every fourth was unread");
        let flags =
            f.read(move |read| store::placement::flags_in(read, inbox, Uid(3), Uid(5))).await;
        assert_eq!(flags.len(), 3);
        assert!(flags.iter().all(|(_, flags, _)| *flags == seen));
    });
}
