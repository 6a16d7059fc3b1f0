//! The order in which everything is brought here, and the pieces it comes in.

use model::{MailboxId, Role, Uid, UidSet};
use std::cmp::Reverse;

/// Rows of one FETCH, and of one transaction.
pub const BATCH: usize = 250;

/// A mailbox of which something is not here yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub mailbox: MailboxId,
    pub role: Option<Role>,
    /// When the person last looked into it.
    pub opened: Option<i64>,
    pub subscribed: bool,
}

/// What people use first: the inbox, what they opened last, what they write, the rest; junk and trash last, and
/// after them what shows other mailboxes' mail once more.
pub fn order(mut waiting: Vec<Waiting>) -> Vec<MailboxId> {
    waiting.sort_by_key(|one| {
        let class = match one.role {
            Some(Role::Inbox) => 0,
            _ if one.opened.is_some() => 1,
            Some(Role::Sent) => 2,
            Some(Role::Drafts) => 3,
            Some(Role::Archive) => 4,
            None if one.subscribed => 5,
            None => 6,
            Some(Role::Flagged | Role::Important) => 7,
            Some(Role::All) => 8,
            Some(Role::Trash) => 9,
            Some(Role::Junk) => 10,
        };
        (class, Reverse(one.opened), one.mailbox)
    });
    waiting.into_iter().map(|one| one.mailbox).collect()
}

/// One FETCH of header rows, and the stretch that is covered once they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub uids: UidSet,
    pub low: Uid,
    pub high: Uid,
}

/// `uids`, which are all that the server has from `low` to `high`, newest first. Together the batches cover the
/// stretch without a gap; each covers from its lowest row up, the last one to the stretch's end.
pub fn batches(uids: &UidSet, low: Uid, high: Uid) -> Vec<Batch> {
    let mut found = Vec::new();
    let mut top = high;
    let mut piece: Vec<Uid> = Vec::with_capacity(BATCH);
    let ranges = uids.ranges().iter().rev();
    let mut descending =
        ranges.flat_map(|&(l, h)| (l..=h).rev()).map(Uid).filter(|u| *u >= low && *u <= high);
    let mut next = descending.next();
    while let Some(uid) = next {
        piece.push(uid);
        next = descending.next();
        if piece.len() == BATCH || next.is_none() {
            let bottom = if next.is_none() { low } else { uid };
            found.push(Batch { uids: piece.drain(..).collect(), low: bottom, high: top });
            top = Uid(bottom.0.saturating_sub(1));
        }
    }
    if found.is_empty() && low <= high {
        found.push(Batch { uids: UidSet::new(), low, high });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_cover_the_stretch_and_hold_every_row(
            uids in prop::collection::btree_set(1u32..3_000, 0..1_500), low in 1u32..500, length in 1u32..3_000,
        ) {
            let high = low + length;
            let set: UidSet = uids.iter().copied().map(Uid).collect();
            let batches = batches(&set, Uid(low), Uid(high));
            let mut expected: Vec<u32> = uids.into_iter().filter(|u| (low..=high).contains(u)).collect();
            expected.reverse();
            let mut rows = Vec::new();
            let mut top = high;
            for batch in &batches {
                prop_assert!(batch.uids.len() <= BATCH as u64);
                prop_assert_eq!(batch.high.0, top);
                prop_assert!(batch.uids.iter().all(|u| u >= batch.low && u <= batch.high));
                let mut these: Vec<u32> = batch.uids.iter().map(|u| u.0).collect();
                these.reverse();
                rows.extend(these);
                top = batch.low.0 - 1;
            }
            prop_assert_eq!(rows, expected);
            prop_assert_eq!(top, low - 1);
        }
    }

    #[test]
    fn people_come_before_machines() {
        let one =
            |id, role, opened| Waiting { mailbox: MailboxId(id), role, opened, subscribed: true };
        let waiting = vec![
            one(1, Some(Role::Junk), None),
            one(2, None, None),
            one(3, Some(Role::Sent), None),
            one(4, None, Some(50)),
            one(5, Some(Role::Trash), Some(90)),
            one(6, Some(Role::Inbox), None),
            one(7, Some(Role::All), None),
        ];
        let ids: Vec<i64> = order(waiting).into_iter().map(|m| m.0).collect();
        assert_eq!(ids, [6, 5, 4, 3, 2, 7, 1]);
    }
}
