//! The first screen and the pages under it, in message sequence numbers: the one order in which every
//! server can name "the newest fifty" without being asked first.

use model::{SeqNum, Uid};

/// Rows of a first screen, and of every page.
pub const SCREEN: u32 = 50;

/// The sequence numbers of the newest [`SCREEN`] of `exists` messages; none in an empty mailbox.
/// (An empty mailbox gets no FETCH: `1:*` there is BAD on some servers.)
pub fn newest(exists: u32) -> Option<(SeqNum, SeqNum)> {
    (exists > 0).then(|| (SeqNum(exists.saturating_sub(SCREEN - 1).max(1)), SeqNum(exists)))
}

/// Where the lowest cached message stands: `uid` at sequence number `seq`, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    pub uid: Uid,
    pub seq: SeqNum,
}

impl Rank {
    /// `above` messages from `uid` upward, `uid` included, are cached without a hole below the mailbox's end.
    pub fn of_lowest(uid: Uid, exists: u32, above: u32) -> Option<Rank> {
        let seq = exists.checked_sub(above)?.checked_add(1)?;
        (above > 0 && seq >= 1).then_some(Rank { uid, seq: SeqNum(seq) })
    }
}

/// The page under `lowest`, with `lowest` itself once more at its upper end: if that row does not come back
/// under its sequence number, somebody expunged in between and the page has to be found anew.
pub fn page_below(lowest: Rank) -> Option<(SeqNum, SeqNum)> {
    (lowest.seq.0 > 1).then(|| (SeqNum(lowest.seq.0.saturating_sub(SCREEN).max(1)), lowest.seq))
}

/// Whether what came for [`page_below`] joins the cached stretch without a gap or an overlap.
pub fn page_fits(lowest: Rank, rows: &[(SeqNum, Uid)]) -> bool {
    rows.iter().any(|&(seq, uid)| seq == lowest.seq && uid == lowest.uid)
        && rows.iter().all(|&(seq, uid)| (seq < lowest.seq) == (uid < lowest.uid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pages_walk_the_whole_mailbox_once(exists in 0u32..2_000, gap in 1u32..9) {
            let uid = |seq: u32| Uid(seq * gap);
            let mut seen = Vec::new();
            let mut step = newest(exists);
            let mut lowest = None;
            while let Some((low, high)) = step {
                let rows: Vec<_> = (low.0..=high.0).map(|s| (SeqNum(s), uid(s))).collect();
                if let Some(rank) = lowest {
                    prop_assert!(page_fits(rank, &rows));
                }
                seen.extend(rows.iter().rev().filter(|(s, _)| lowest.is_none_or(|r: Rank| *s < r.seq)).map(|(s, _)| s.0));
                let rank = Rank::of_lowest(uid(low.0), exists, seen.len() as u32);
                prop_assert_eq!(rank, Some(Rank { uid: uid(low.0), seq: low }));
                lowest = rank;
                step = rank.and_then(page_below);
            }
            prop_assert_eq!(seen, (1..=exists).rev().collect::<Vec<_>>());
        }

        #[test]
        fn an_expunge_in_between_is_noticed(exists in 60u32..500, cached in 1u32..50, gone in 1u32..500) {
            prop_assume!(gone <= exists);
            let lowest = Rank::of_lowest(Uid(exists - cached + 1), exists, cached).expect("cached");
            let (low, high) = page_below(lowest).expect("there is more");
            // One message leaves; those above it move down by one.
            let rows: Vec<_> = (low.0..=high.0)
                .map(|s| (SeqNum(s), Uid(if s >= gone { s + 1 } else { s })))
                .filter(|(_, u)| u.0 <= exists)
                .collect();
            prop_assert_eq!(page_fits(lowest, &rows), gone > lowest.seq.0);
        }
    }
}
