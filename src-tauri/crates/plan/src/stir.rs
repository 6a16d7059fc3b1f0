//! What a server says of the selected mailbox without being asked, by position: positions move with every
//! EXPUNGE, so they are followed from the moment when the device and the server last agreed.

use model::SeqNum;
use std::collections::BTreeSet;

/// One thing that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    Exists(u32),
    Expunge(SeqNum),
    /// Flags of the message at that position changed.
    Flags(SeqNum),
}

/// What became of the messages that were there before, counted from the newest of them (0) downward, and where the
/// changed ones stand now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Those that are gone, by their rank before anything was said: 0 is the newest.
    pub gone: BTreeSet<u32>,
    /// Positions, as they are now, of which flags changed.
    pub changed: BTreeSet<u32>,
    pub exists: u32,
    /// Messages came.
    pub grown: bool,
    /// It does not add up: what is gone has to be found by asking.
    pub lost_count: bool,
}

impl Moves {
    /// `before`: how many there were when the two agreed.
    pub fn follow(before: u32, said: impl IntoIterator<Item = Said>) -> Moves {
        let mut moves = Moves { exists: before, ..Moves::default() };
        // Ranks from the top of those of before that are gone, ascending: few, however many there are.
        let mut old = before;
        for one in said {
            match one {
                Said::Exists(count) => {
                    moves.grown |= count > moves.exists;
                    // Fewer without an EXPUNGE: RFC 9051 7.4.1 forbids it.
                    moves.lost_count |= count < moves.exists;
                    moves.exists = count;
                    old = old.min(count);
                }
                Said::Expunge(SeqNum(seq)) => {
                    if seq == 0 || seq > moves.exists {
                        moves.lost_count = true;
                        continue;
                    }
                    if seq <= old {
                        // The seq-th of the old ones that are left, from below.
                        let mut rank = old - seq;
                        for gone in &moves.gone {
                            if *gone <= rank {
                                rank += 1;
                            } else {
                                break;
                            }
                        }
                        moves.gone.insert(rank);
                        old -= 1;
                    }
                    moves.exists -= 1;
                    let changed = std::mem::take(&mut moves.changed);
                    moves.changed = changed
                        .into_iter()
                        .filter(|at| *at != seq)
                        .map(|at| if at > seq { at - 1 } else { at })
                        .collect();
                }
                Said::Flags(SeqNum(seq)) => {
                    if (1..=moves.exists).contains(&seq) {
                        moves.changed.insert(seq);
                    }
                }
            }
        }
        moves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a mailbox that is a plain list.
        #[test]
        fn positions_are_followed(before in 0u32..40, acts in prop::collection::vec((0u8..3, 0u32..60), 0..40)) {
            let mut list: Vec<(u32, bool)> = (0..before).rev().map(|rank| (rank, false)).collect();
            let mut said = Vec::new();
            let mut gone = BTreeSet::new();
            for (act, number) in acts {
                let at = number as usize;
                match act {
                    0 => {
                        list.extend((0..number % 3).map(|_| (u32::MAX, false)));
                        said.push(Said::Exists(list.len() as u32));
                    }
                    1 if at < list.len() => {
                        let (rank, _) = list.remove(at);
                        if rank != u32::MAX {
                            gone.insert(rank);
                        }
                        said.push(Said::Expunge(SeqNum(number + 1)));
                    }
                    2 if at < list.len() => {
                        list[at].1 = true;
                        said.push(Said::Flags(SeqNum(number + 1)));
                    }
                    _ => {}
                }
            }
            let moves = Moves::follow(before, said);
            prop_assert!(!moves.lost_count);
            prop_assert_eq!(moves.exists as usize, list.len());
            prop_assert_eq!(&moves.gone, &gone);
            let changed: BTreeSet<u32> =
                (1u32..).zip(&list).filter(|(_, (_, c))| *c).map(|(at, _)| at).collect();
            prop_assert_eq!(&moves.changed, &changed);
        }
    }

    #[test]
    fn what_does_not_add_up_is_said() {
        assert!(Moves::follow(5, [Said::Expunge(SeqNum(9))]).lost_count);
        assert!(Moves::follow(5, [Said::Expunge(SeqNum(0))]).lost_count);
        assert!(Moves::follow(5, [Said::Exists(3)]).lost_count);
    }
}
