//! The lists that the store keeps, held against a model that sorts everything each time.

use crate::kit::*;
use model::{Envelope, Fingerprint, MailboxId, Role, Uid, UidSet, UidValidity};
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use store::list::{self, ListQuery};
use store::message::NewRow;
use store::{Kind, covered, mailbox, message};

#[derive(Clone, Debug)]
enum Act {
    Put(usize, Vec<u32>),
    Vanish(usize, u32, u32),
    Renumber(usize),
    Role(usize, bool),
    Evict(usize),
    Tidy,
}

fn act() -> impl Strategy<Value = Act> {
    let place = 0usize..4;
    prop_oneof![
        8 => (place.clone(), prop::collection::vec(1u32..40, 1..8)).prop_map(|(m, n)| Act::Put(m, n)),
        3 => (place.clone(), 1u32..40, 0u32..9).prop_map(|(m, l, n)| Act::Vanish(m, l, l + n)),
        1 => place.clone().prop_map(Act::Renumber),
        2 => (place, any::<bool>()).prop_map(|(m, inbox)| Act::Role(m, inbox)),
        1 => (0usize..2).prop_map(Act::Evict),
        1 => Just(Act::Tidy),
    ]
}

/// Letter `n`: its date and what it answers.
type Letters = Vec<(i64, Vec<u32>)>;

fn letter(letters: &Letters, n: u32) -> NewRow {
    let (date, answers) = &letters[n as usize];
    NewRow {
        internal_date: *date,
        envelope: Envelope { message_id: Some(format!("{n}@x")), ..row(n).envelope },
        references: answers.iter().map(|n| format!("{n}@x")).collect(),
        fingerprint: Fingerprint { internal_date: *date, ..row(n).fingerprint },
        ..row(n)
    }
}

#[derive(Default)]
struct Naive {
    /// By account: which letters hang together, of all that were ever seen.
    links: [Vec<(u32, u32)>; 2],
    here: [BTreeSet<u32>; 4],
    inbox: [bool; 4],
}

impl Naive {
    fn thread(&self, account: usize, n: u32) -> u32 {
        let mut all = BTreeSet::from([n]);
        loop {
            let before = all.len();
            for (a, b) in &self.links[account] {
                if all.contains(a) || all.contains(b) {
                    all.extend([*a, *b]);
                }
            }
            if all.len() == before {
                return *all.first().unwrap();
            }
        }
    }

    fn list(&self, letters: &Letters, which: &[usize], threads: bool) -> Vec<(i64, u32, usize)> {
        let mut found = Vec::new();
        for &at in which {
            let mut heads: BTreeMap<u32, (i64, u32)> = BTreeMap::new();
            for &n in &self.here[at] {
                let place = (letters[n as usize].0, n);
                let key = if threads { self.thread(at / 2, n) } else { n };
                let head = heads.entry(key).or_insert(place);
                *head = place.max(*head);
            }
            found.extend(heads.values().map(|(date, uid)| (*date, *uid, at)));
        }
        found.sort_by_key(|(date, uid, at)| (Reverse((*date, *uid)), *at));
        found
    }
}

async fn listed_as(f: &Fixture, boxes: &[MailboxId], query: ListQuery) -> Vec<(i64, u32, usize)> {
    let mut query = query;
    let mut all = Vec::new();
    loop {
        let asked = query.clone();
        // All that is here, whatever the servers may have besides.
        let silent = boxes.to_vec();
        let page = f.read(move |read| list::page_over(read, &asked, &silent)).await;
        all.extend(page.rows.iter().map(|row| {
            let at = boxes.iter().position(|id| *id == row.mailbox).unwrap();
            (row.internal_date, row.uid.0, at)
        }));
        match page.next {
            Some(next) => query.before = Some(next),
            None => return all,
        }
    }
}

async fn compare(f: &Fixture, boxes: &[MailboxId], letters: &Letters, naive: &Naive, limit: u32) {
    let inboxes: Vec<usize> = (0..4).filter(|at| naive.inbox[*at]).collect();
    // Flat lists are right at any time.
    let flat = ListQuery { inboxes: true, limit, ..Default::default() };
    assert_eq!(listed_as(f, boxes, flat.clone()).await, naive.list(letters, &inboxes, false));
    f.store.tidy().await.unwrap();
    for threads in [false, true] {
        let one = ListQuery { threads, ..flat.clone() };
        assert_eq!(
            listed_as(f, boxes, one.clone()).await,
            naive.list(letters, &inboxes, threads),
            "the one inbox, threads {threads}"
        );
        for (at, id) in boxes.iter().enumerate() {
            let query = ListQuery { inboxes: false, mailboxes: vec![*id], ..one.clone() };
            let expected = naive.list(letters, &[at], threads);
            assert_eq!(listed_as(f, boxes, query.clone()).await, expected, "{at} {threads}");
            let cursor = f.read(move |read| {
                let all = (0..60).map(|index| list::cursor_at(read, &query, index));
                Ok((query.clone(), all.collect::<Result<Vec<_>, _>>()?))
            });
            let (query, cursors) = cursor.await;
            for (index, cursor) in cursors.into_iter().enumerate() {
                let Some(before) = cursor else { continue };
                assert!(index < expected.len());
                let query = ListQuery { before: Some(before), limit: 1, ..query.clone() };
                let page = f.read(move |read| list::page(read, &query)).await;
                assert_eq!(page.rows[0].uid.0, expected[index].1);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn kept_lists_are_the_sorted_whole(
        letters in prop::collection::vec((0i64..25, prop::collection::vec(1u32..40, 0..2)), 40),
        acts in prop::collection::vec(act(), 1..30),
        limit in 1u32..9,
    ) {
        runtime().block_on(async {
            let f = Fixture::new(BUDGET).await;
            let other = add_account(&f.store, "vera@hof.example").await;
            let accounts = [f.account, other];
            let boxes = [
                f.inbox,
                add_mailbox(&f.store, f.account, "Archive").await,
                add_mailbox(&f.store, other, "INBOX").await,
                add_mailbox(&f.store, other, "Archive").await,
            ];
            let mut epochs = [EPOCH; 4];
            let mut naive = Naive { inbox: [true, false, true, false], ..Naive::default() };
            for act in acts {
                match act {
                    Act::Put(at, some) => {
                        let (id, epoch) = (boxes[at], epochs[at]);
                        let some: BTreeSet<u32> = some.into_iter().collect();
                        let rows: Vec<NewRow> = some.iter().map(|n| letter(&letters, *n)).collect();
                        f.store.write(move |tx| {
                            message::put(tx, id, epoch, &rows)?;
                            covered::add(tx, id, Uid(2), Uid(50))
                        }).await.unwrap();
                        for n in some {
                            naive.here[at].insert(n);
                            let answers = &letters[n as usize].1;
                            naive.links[at / 2].extend(answers.iter().map(|other| (n, *other)));
                        }
                    }
                    Act::Vanish(at, low, high) => {
                        f.store.vanish(boxes[at], UidSet::range(Uid(low), Uid(high))).await.unwrap();
                        naive.here[at].retain(|n| !(low..=high).contains(n));
                    }
                    Act::Renumber(at) => {
                        epochs[at] = UidValidity(epochs[at].0 + 1);
                        let (id, epoch) = (boxes[at], epochs[at]);
                        f.store.write(move |tx| mailbox::selected(tx, id, epoch, None, None, 9))
                            .await.unwrap();
                        naive.here[at].clear();
                    }
                    Act::Role(at, inbox) => {
                        let id = boxes[at];
                        let role = inbox.then_some(Role::Inbox);
                        f.store.write_sacred(move |tx| mailbox::set_role_by_user(tx, id, Some(role)))
                            .await.unwrap();
                        naive.inbox[at] = inbox;
                    }
                    Act::Evict(account) => {
                        f.store.free(Kind::Headers, Some(accounts[account])).await.unwrap();
                        naive.here[2 * account].clear();
                        naive.here[2 * account + 1].clear();
                    }
                    Act::Tidy => compare(&f, &boxes, &letters, &naive, limit).await,
                }
            }
            compare(&f, &boxes, &letters, &naive, limit).await;
            assert!(f.store.check().await.unwrap().intact);
            // An account that is removed shows nothing of itself.
            f.store.remove_account(other).await.unwrap();
            naive.inbox[2] = false;
            naive.inbox[3] = false;
            naive.here[2].clear();
            naive.here[3].clear();
            compare(&f, &boxes[..2], &letters, &naive, limit).await;
        });
    }
}

#[test]
fn a_conversation_counts_over_all_mailboxes() {
    runtime().block_on(async {
        let f = Fixture::new(BUDGET).await;
        let inbox = f.inbox;
        let sent = add_mailbox(&f.store, f.account, "Sent").await;
        let trash = add_mailbox(&f.store, f.account, "Trash").await;
        let letters: Letters = (0..10i64)
            .map(|n| (1000 + n, if n > 1 { vec![n as u32 - 1] } else { vec![] }))
            .collect();
        let put = |id, some: Vec<u32>| {
            let rows: Vec<NewRow> = some.into_iter().map(|n| letter(&letters, n)).collect();
            f.put(id, rows)
        };
        put(inbox, vec![1, 3, 4, 5]).await;
        put(sent, vec![2, 5]).await;
        put(trash, vec![6]).await;
        f.store
            .write(move |tx| mailbox::set_role_by_user(tx, trash, Some(Some(Role::Trash))))
            .await
            .unwrap();
        f.store.tidy().await.unwrap();
        let query =
            ListQuery { mailboxes: vec![inbox], threads: true, limit: 50, ..Default::default() };
        let page = f.read(move |read| list::page(read, &query)).await;
        assert_eq!((page.rows.len(), page.rows[0].uid), (1, Uid(5)));
        let one = &page.rows[0].conversation;
        // The copy in Sent is no other message, what is in Trash does not count; every fourth is unread.
        assert_eq!((one.count, one.unread, one.flagged, one.senders.len()), (5, 1, false, 5));
        let thread = page.rows[0].thread;
        let all = f.read(move |read| list::thread(read, thread)).await;
        assert_eq!(all.iter().map(|row| row.uid.0).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        let ids: Vec<_> = all.iter().rev().map(|row| row.id).collect();
        let wanted = ids.clone();
        let rows = f.read(move |read| list::rows(read, &wanted)).await;
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), ids);
    });
}
