//! Local ids (ours, stable, safe to show a front end) and the protocol's numbers (never shown).

use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

macro_rules! local_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
        #[serde(transparent)]
        pub struct $name(#[ts(type = "number")] pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

local_id!(
    /// An account on this device.
    AccountId
);
local_id!(
    /// A mailbox of one account.
    MailboxId
);
local_id!(
    /// A message, whatever mailboxes it stands in. Survives a change of UIDVALIDITY.
    MessageId
);
local_id!(
    /// A conversation.
    ThreadId
);

macro_rules! wire_number {
    ($(#[$doc:meta])* $name:ident, $int:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

wire_number!(
    /// RFC 9051 2.3.1.1: unique in a mailbox within one UIDVALIDITY, ascending, never reused.
    Uid,
    u32
);
wire_number!(
    /// RFC 9051 2.3.1.1: the epoch in which a mailbox's UIDs mean something.
    UidValidity,
    u32
);
wire_number!(
    /// RFC 9051 2.3.1.2: a position in the selected mailbox; moves with every expunge.
    SeqNum,
    u32
);
wire_number!(
    /// RFC 7162: 63 bits, rises with every change of a mailbox's metadata.
    ModSeq,
    u64
);

/// A set of UIDs as ascending, disjoint, non-adjacent inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet(Vec<(u32, u32)>);

impl UidSet {
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything from `low` to `high`, both in it; nothing if `low > high`.
    pub fn range(low: Uid, high: Uid) -> Self {
        if low > high { Self::default() } else { Self(vec![(low.0, high.0)]) }
    }

    pub fn insert(&mut self, uid: Uid) {
        self.insert_range(uid.0, uid.0);
    }

    pub fn insert_range(&mut self, low: u32, high: u32) {
        if low > high {
            return;
        }
        let (mut low, mut high) = (low, high);
        let start = self.0.partition_point(|&(_, h)| h.saturating_add(1) < low);
        let end = self.0.partition_point(|&(l, _)| l <= high.saturating_add(1));
        if let Some(touching) = self.0.get(start..end)
            && let (Some(first), Some(last)) = (touching.first(), touching.last())
        {
            low = low.min(first.0);
            high = high.max(last.1);
        }
        if start <= end {
            self.0.splice(start..end, [(low, high)]);
        }
    }

    pub fn contains(&self, uid: Uid) -> bool {
        let at = self.0.partition_point(|&(_, h)| h < uid.0);
        self.0.get(at).is_some_and(|&(l, _)| l <= uid.0)
    }

    pub fn ranges(&self) -> &[(u32, u32)] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many UIDs are in the set.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|&(l, h)| u64::from(h) - u64::from(l) + 1).sum()
    }

    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.0.iter().flat_map(|&(l, h)| (l..=h).map(Uid))
    }
}

impl FromIterator<Uid> for UidSet {
    fn from_iter<I: IntoIterator<Item = Uid>>(iter: I) -> Self {
        let mut uids: Vec<u32> = iter.into_iter().map(|u| u.0).collect();
        uids.sort_unstable();
        let mut set = Self::default();
        for uid in uids {
            match set.0.last_mut() {
                Some((_, high)) if uid <= high.saturating_add(1) => *high = (*high).max(uid),
                _ => set.0.push((uid, uid)),
            }
        }
        set
    }
}

/// The form of RFC 9051 `sequence-set`: `1:5,9`.
impl fmt::Display for UidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (low, high)) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(",")?;
            }
            if low == high {
                write!(f, "{low}")?;
            } else {
                write!(f, "{low}:{high}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_set_holds_what_was_put_in(uids in prop::collection::vec(1u32..200, 0..60)) {
            let set: UidSet = uids.iter().copied().map(Uid).collect();
            let mut one_by_one = UidSet::new();
            for &uid in &uids {
                one_by_one.insert(Uid(uid));
            }
            let expected: BTreeSet<u32> = uids.iter().copied().collect();
            prop_assert_eq!(&set, &one_by_one);
            prop_assert_eq!(set.iter().map(|u| u.0).collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.len(), expected.len() as u64);
            for uid in 1..200 {
                prop_assert_eq!(set.contains(Uid(uid)), expected.contains(&uid));
            }
            prop_assert!(set.ranges().windows(2).all(|w| w[0].1 + 1 < w[1].0));
        }

        #[test]
        fn ranges_join(ranges in prop::collection::vec((1u32..100, 1u32..100), 0..20)) {
            let mut set = UidSet::new();
            let mut expected = BTreeSet::new();
            for (low, high) in ranges {
                set.insert_range(low, high);
                expected.extend(low..=high);
            }
            prop_assert_eq!(set.iter().map(|u| u.0).collect::<BTreeSet<_>>(), expected);
            prop_assert!(set.ranges().windows(2).all(|w| w[0].1 + 1 < w[1].0));
        }
    }

    #[test]
    fn prints_as_a_sequence_set() {
        let set: UidSet = [1, 2, 3, 9].into_iter().map(Uid).collect();
        assert_eq!(set.to_string(), "1:3,9");
    }
}
