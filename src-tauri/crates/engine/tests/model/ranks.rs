//! UIDs by position and back, in ranges: a mailbox of a million costs as much as its gaps.

#[derive(Clone, Debug, Default)]
pub struct Ranks {
    /// Lowest, highest, and how many stand below; ascending.
    ranges: Vec<(u32, u32, u32)>,
}

impl Ranks {
    pub fn len(&self) -> u32 {
        self.ranges.last().map_or(0, |(low, high, below)| below + (high - low + 1))
    }

    pub fn last(&self) -> u32 {
        self.ranges.last().map_or(0, |(_, high, _)| *high)
    }

    /// The position of a UID, from 1.
    pub fn seq(&self, uid: u32) -> Option<u32> {
        let at = self.ranges.partition_point(|(_, high, _)| *high < uid);
        let (low, _, below) = self.ranges.get(at).filter(|(low, ..)| *low <= uid)?;
        Some(below + (uid - low) + 1)
    }

    pub fn uid(&self, seq: u32) -> Option<u32> {
        let wanted = seq.checked_sub(1)?;
        let at = self.ranges.partition_point(|(.., below)| *below <= wanted).checked_sub(1)?;
        let (low, high, below) = self.ranges.get(at)?;
        Some(low + (wanted - below)).filter(|uid| uid <= high)
    }

    /// Above all others.
    pub fn push(&mut self, uid: u32) {
        let count = self.len();
        match self.ranges.last_mut() {
            Some((_, high, _)) if *high + 1 == uid => *high = uid,
            Some((_, high, _)) => {
                assert!(*high < uid, "UIDs only grow");
                self.ranges.push((uid, uid, count));
            }
            None => self.ranges.push((uid, uid, 0)),
        }
    }

    pub fn push_range(&mut self, low: u32, high: u32) {
        let count = self.len();
        self.ranges.push((low, high, count));
    }

    /// Where it stood.
    pub fn remove(&mut self, uid: u32) -> Option<u32> {
        let seq = self.seq(uid)?;
        let at = self.ranges.partition_point(|(_, high, _)| *high < uid);
        let (low, high, below) = self.ranges.remove(at);
        if uid < high {
            self.ranges.insert(at, (uid + 1, high, below + (uid - low) + 1));
        }
        if low < uid {
            self.ranges.insert(at, (low, uid - 1, below));
        }
        let after = at + usize::from(low < uid);
        self.ranges.iter_mut().skip(after).for_each(|(.., below)| *below -= 1);
        Some(seq)
    }

    /// Those from `low` to `high`, ascending.
    pub fn within(&self, low: u32, high: u32) -> impl Iterator<Item = u32> + '_ {
        let from = self.ranges.partition_point(|(_, end, _)| *end < low);
        let met = self.ranges.iter().skip(from).take_while(move |(start, ..)| *start <= high);
        met.flat_map(move |(start, end, _)| (*start).max(low)..=(*end).min(high))
    }

    pub fn all(&self) -> impl Iterator<Item = u32> + '_ {
        self.within(0, u32::MAX)
    }
}

#[test]
fn positions_and_uids_are_each_others_inverse() {
    let mut ranks = Ranks::default();
    let mut plain: Vec<u32> = Vec::new();
    for uid in [1, 2, 3, 4, 9, 10, 11, 40] {
        ranks.push(uid);
        plain.push(uid);
    }
    for gone in [2, 1, 10, 40, 9, 3] {
        let at = plain.iter().position(|uid| *uid == gone).unwrap();
        assert_eq!(ranks.remove(gone), Some(at as u32 + 1));
        plain.remove(at);
        assert_eq!(ranks.all().collect::<Vec<_>>(), plain);
        assert_eq!(ranks.len() as usize, plain.len());
        for (seq, uid) in (1..).zip(&plain) {
            assert_eq!((ranks.uid(seq), ranks.seq(*uid)), (Some(*uid), Some(seq)));
        }
        assert_eq!((ranks.uid(0), ranks.uid(ranks.len() + 1), ranks.seq(gone)), (None, None, None));
    }
}
