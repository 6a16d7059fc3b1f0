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

/// The page under `lowest`, with `lowest` itself once more at its upper end, which shows whether it joins.
pub fn page_below(lowest: Rank) -> Option<(SeqNum, SeqNum)> {
    (lowest.seq.0 > 1).then(|| (SeqNum(lowest.seq.0.saturating_sub(SCREEN).max(1)), lowest.seq))
}

/// Whether what came for the positions `asked` joins the stretch that begins at `lowest`, without a gap. Every
/// position was answered, and the rows pass `lowest`: from under it to it, or to one above it where it was
/// expunged itself, or to the mailbox's end where all above it was. (RFC 9051 2.3.1.2: UIDs rise with positions.)
pub fn page_fits(
    lowest: Uid,
    asked: (SeqNum, SeqNum),
    exists: u32,
    rows: &[(SeqNum, Uid)],
) -> bool {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    let all = rows.iter().map(|(seq, _)| seq.0).eq(asked.0.0..=asked.1.0);
    let rising = rows.iter().zip(rows.iter().skip(1)).all(|((_, a), (_, b))| a < b);
    let under = rows.first().is_some_and(|&(_, uid)| uid < lowest);
    let passes = rows.last().is_some_and(|&(_, uid)| uid >= lowest) || asked.1.0 == exists;
    all && rising && under && passes
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
            let mut lowest: Option<Rank> = None;
            while let Some((low, high)) = step {
                let rows: Vec<_> = (low.0..=high.0).map(|s| (SeqNum(s), uid(s))).collect();
                if let Some(rank) = lowest {
                    prop_assert!(page_fits(rank.uid, (low, high), exists, &rows));
                }
                seen.extend(rows.iter().rev().filter(|(s, _)| lowest.is_none_or(|r| *s < r.seq)).map(|(s, _)| s.0));
                let rank = Rank::of_lowest(uid(low.0), exists, seen.len() as u32);
                prop_assert_eq!(rank, Some(Rank { uid: uid(low.0), seq: low }));
                lowest = rank;
                step = rank.and_then(page_below);
            }
            prop_assert_eq!(seen, (1..=exists).rev().collect::<Vec<_>>());
        }

        #[test]
        fn what_joins_leaves_nothing_out(exists in 60u32..500, cached in 1u32..50, gone in prop::collection::btree_set(1u32..500, 1..60)) {
            let lowest = Rank::of_lowest(Uid(exists - cached + 1), exists, cached).expect("cached");
            let (low, high) = page_below(lowest).expect("there is more");
            // Those leave; the others move down.
            let left: Vec<u32> = (1..=exists).filter(|uid| !gone.contains(uid)).collect();
            let now = left.len() as u32;
            let rows: Vec<_> = (1u32..).zip(&left).map(|(s, u)| (SeqNum(s), Uid(*u)))
                .filter(|(s, _)| *s >= low && *s <= high).collect();
            if page_fits(lowest.uid, (low, high), now, &rows) {
                let from = rows[0].1.0;
                let came: Vec<u32> = rows.iter().map(|(_, u)| u.0).filter(|u| *u < lowest.uid.0).collect();
                let there: Vec<u32> = left.iter().copied().filter(|u| *u >= from && *u < lowest.uid.0).collect();
                prop_assert_eq!(came, there);
            } else {
                // Where nothing under it left, and as many are there as were asked for, it joins.
                prop_assert!(gone.iter().any(|u| *u < lowest.uid.0) || now < high.0);
            }
        }
    }

    #[test]
    fn a_lowest_row_that_is_gone_itself_is_passed() {
        let rows = |uids: &[u32]| {
            (1u32..).zip(uids).map(|(s, u)| (SeqNum(s), Uid(*u))).collect::<Vec<_>>()
        };
        let asked = (SeqNum(1), SeqNum(3));
        assert!(page_fits(Uid(9), asked, 5, &rows(&[4, 6, 9])));
        assert!(page_fits(Uid(9), asked, 5, &rows(&[4, 6, 12])));
        assert!(!page_fits(Uid(9), asked, 5, &rows(&[4, 6, 8])));
        assert!(page_fits(Uid(9), asked, 3, &rows(&[4, 6, 8])));
        assert!(!page_fits(Uid(9), asked, 5, &rows(&[9, 10, 12])));
        assert!(!page_fits(Uid(9), asked, 5, &rows(&[4, 9])));
        assert!(!page_fits(Uid(9), asked, 5, &rows(&[6, 4, 9])));
    }
}
