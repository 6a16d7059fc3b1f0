use crate::kit::*;
use model::{AccountId, Address, Envelope, Flags, MailboxId, Uid};
use proptest::prelude::*;
use store::list::{self, Cursor, ListQuery};
use store::message::NewRow;
use store::{covered, flags, mailbox, message};

async fn uids(f: &Fixture, mailboxes: &[MailboxId], limit: u32) -> Vec<(i64, u32, i64)> {
    let mut before = None;
    let mut all = Vec::new();
    loop {
        let query =
            ListQuery { mailboxes: mailboxes.to_vec(), before, limit, ..Default::default() };
        let page = f.read(move |read| list::page(read, &query)).await;
        assert!(page.rows.len() <= limit as usize);
        all.extend(page.rows.iter().map(|r| (r.internal_date, r.uid.0, r.mailbox.0)));
        match page.next {
            // The text of a cursor is as good as itself.
            Some(next) => before = Some(next.to_string().parse::<Cursor>().unwrap()),
            None => return all,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever the dates: pages strung together are the sorted whole, no row twice, none left out.
    #[test]
    fn pages_are_the_whole(
        boxes in prop::collection::vec(prop::collection::btree_map(1u32..60, -5i64..20, 0..30), 1..5),
        limit in 1u32..12,
    ) {
        runtime().block_on(async {
            let f = Fixture::new(BUDGET).await;
            let mut expected = Vec::new();
            let mut ids = Vec::new();
            for (n, dates) in boxes.iter().enumerate() {
                let id = add_mailbox(&f.store, f.account, &format!("Box {n}")).await;
                let rows: Vec<NewRow> = dates
                    .iter()
                    .map(|(uid, date)| NewRow { internal_date: *date, ..row(*uid) })
                    .collect();
                expected.extend(rows.iter().map(|r| (r.internal_date, r.uid.0, id.0)));
                f.put(id, rows).await;
                ids.push(id);
            }
            expected.sort_by_key(|(date, uid, id)| (std::cmp::Reverse((*date, *uid)), *id));
            let paged = uids(&f, &ids, limit).await;
            prop_assert_eq!(paged, expected);
            Ok(())
        })?;
    }
}

#[test]
fn a_row_shows_all_of_itself() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let many: Vec<Address> =
            (0..9).map(|n| Address::new(Some("R"), &format!("r{n}@hof.example"))).collect();
        let one = NewRow {
            envelope: Envelope { to: many.clone(), ..row(8).envelope },
            flags: ["\\Answered", "$Forwarded"].into_iter().collect(),
            ..row(8)
        };
        let put = one.clone();
        f.put(inbox, vec![put]).await;
        let query =
            ListQuery { mailboxes: vec![inbox], before: None, limit: 50, ..Default::default() };
        let page = f.read(move |read| list::page(read, &query)).await;
        let got = &page.rows[0];
        assert_eq!(got.from, one.envelope.from);
        assert_eq!((got.to.len(), got.more_recipients), (6, 3));
        assert_eq!(got.subject, one.envelope.subject);
        assert_eq!(got.preview, one.preview);
        assert_eq!(got.flags, one.flags);
        assert_eq!((got.size, got.internal_date), (one.size, one.internal_date));
        assert!(!got.pending && !got.has_attachments);
        assert_eq!((got.account, page.next, page.behind.len()), (f.account, None, 0));
        f.store
            .write_sacred(move |tx| {
                let wanted: Flags = [Flags::SEEN].into_iter().collect();
                flags::want(tx, inbox, Uid(8), &wanted)
            })
            .await
            .unwrap();
        let query =
            ListQuery { mailboxes: vec![inbox], before: None, limit: 50, ..Default::default() };
        let page = f.read(move |read| list::page(read, &query)).await;
        assert!(page.rows[0].pending && page.rows[0].flags.seen());
    });
}

/// Rows of a mailbox, but only `from..` is here and known to be whole.
async fn partly(f: &Fixture, name: &str, account: AccountId, from: u32, to: u32) -> MailboxId {
    let id = add_mailbox(&f.store, account, name).await;
    let some = rows(from..=to);
    f.store
        .write(move |tx| {
            message::put(tx, id, EPOCH, &some)?;
            covered::add(tx, id, Uid(from), Uid(to))?;
            mailbox::set_counts(tx, id, Some(1000), None)
        })
        .await
        .unwrap();
    id
}

#[test]
fn a_page_ends_where_a_mailbox_is_not_cached_further() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let long = partly(&f, "Long", f.account, 100, 300).await;
        let short = partly(&f, "Short", f.account, 200, 300).await;
        let ask = |mailboxes: Vec<MailboxId>, limit| {
            let query = ListQuery { mailboxes, before: None, limit, ..Default::default() };
            f.read(move |read| list::page(read, &query))
        };
        // The first page is full: nobody has to be asked.
        let first = ask(vec![long], 50).await;
        assert_eq!((first.rows.len(), first.behind.as_slice()), (50, [long].as_slice()));
        // All of the stretch is shown, down to its lowest row, and then the server is asked.
        let all = ask(vec![long], 500).await;
        assert_eq!((all.rows.len(), all.rows.last().map(|r| r.uid)), (201, Some(Uid(100))));
        assert_eq!(all.total, Some(1000));
        assert!(all.next.is_some());
        // Two as one: it ends at the newer horizon, and that mailbox is asked first.
        let both = ask(vec![long, short], 500).await;
        assert_eq!(both.rows.len(), 202);
        assert_eq!(both.behind, [short, long]);
        // One of which nothing is here is asked first and holds nobody up.
        let empty = add_mailbox(&f.store, f.account, "Empty").await;
        f.store.write(move |tx| mailbox::set_counts(tx, empty, Some(9), None)).await.unwrap();
        let three = ask(vec![empty, long, short], 500).await;
        assert_eq!((three.rows.len(), three.behind), (202, vec![empty, short, long]));
        // A server that can't be asked is not waited for.
        let query = ListQuery {
            mailboxes: vec![long, short],
            before: None,
            limit: 500,
            ..Default::default()
        };
        let over = f.read(move |read| list::page_over(read, &query, &[short, long])).await;
        assert_eq!((over.rows.len(), over.next), (302, None));
    });
}

#[test]
fn an_old_message_copied_in_late_waits_for_its_turn() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let id = partly(&f, "Box", f.account, 101, 300).await;
        let odd = NewRow { internal_date: 900_000_000, ..row(301) };
        f.store
            .write(move |tx| {
                message::put(tx, id, EPOCH, std::slice::from_ref(&odd))?;
                covered::add(tx, id, Uid(101), Uid(301))
            })
            .await
            .unwrap();
        let query =
            ListQuery { mailboxes: vec![id], before: None, limit: 500, ..Default::default() };
        let page = f.read(move |read| list::page(read, &query)).await;
        assert_eq!((page.rows.len(), page.rows.last().map(|r| r.uid)), (200, Some(Uid(101))));
        // Once the mailbox is covered to its end it comes last.
        f.put(id, rows(1..=100)).await;
        let query =
            ListQuery { mailboxes: vec![id], before: None, limit: 500, ..Default::default() };
        let page = f.read(move |read| list::page(read, &query)).await;
        assert_eq!((page.rows.len(), page.rows.last().map(|r| r.uid)), (301, Some(Uid(301))));
    });
}

#[test]
fn what_is_no_cursor_is_refused() {
    for text in ["", "x", "1-2", "1-2-3-4", "1-ffffffffff-3", "12-é-4"] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}
