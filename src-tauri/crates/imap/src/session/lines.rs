//! FETCH as command lines: which messages, in how many commands, and which answers are theirs.

use super::Session;
use super::want::FetchWant;
use crate::command::LONGEST;
use crate::error::Error;
use crate::parse::Fetched;
use model::{SeqNum, Uid, UidSet};

/// Which messages of the selected mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchSet {
    /// By position; without `high`, to the last one there is when the server reads the command.
    Seq {
        low: SeqNum,
        high: Option<SeqNum>,
    },
    Uids(UidSet),
    /// From there to the last one. Where none is that high, the server answers with the last one
    /// nonetheless (RFC 9051 6.4.9).
    UidFrom(Uid),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchSummary {
    /// Responses that were handed on; a server may give two for one message.
    pub answered: u64,
    /// Of these, those of which something could not be read.
    pub unreadable: u64,
}

/// One command line of a fetch, and whose.
#[derive(Debug)]
pub(super) struct Line {
    pub index: usize,
    pub text: String,
    set: FetchSet,
    /// More was asked for than a server may say of a message unasked.
    content: bool,
}

impl Session {
    /// The commands that together fetch `set`, each short enough.
    pub(super) fn lines(
        &self,
        index: usize,
        set: &FetchSet,
        want: &FetchWant,
    ) -> Result<Vec<Line>, Error> {
        let items = want.items(self.has_modseq())?;
        let room = LONGEST.saturating_sub(items.len() + "A0000 UID FETCH  \r\n".len());
        // The longest range there is.
        if room < 2 * u32::MAX.to_string().len() + 1 {
            return Err(Error::NotSendable { what: "a FETCH of so many items" });
        }
        let line = |verb: &str, numbers: &str, set: FetchSet| Line {
            index,
            set,
            content: want.asks_content(),
            text: format!("{verb} {numbers} {items}"),
        };
        Ok(match set {
            FetchSet::Seq { low, high } => {
                let high = high.map_or_else(|| "*".to_owned(), |high| high.to_string());
                vec![line("FETCH", &format!("{low}:{high}"), set.clone())]
            }
            FetchSet::UidFrom(low) => vec![line("UID FETCH", &format!("{low}:*"), set.clone())],
            FetchSet::Uids(uids) => pieces(uids, room)
                .into_iter()
                .map(|piece| line("UID FETCH", &piece.to_string(), FetchSet::Uids(piece)))
                .collect(),
        })
    }
}

impl FetchSet {
    pub(super) fn is_by_position(&self) -> bool {
        matches!(self, Self::Seq { .. })
    }

    /// How many messages there can be at most, where the set says it.
    pub(super) fn most(&self) -> Option<u64> {
        match self {
            Self::Seq { low, high } => {
                high.map(|high| u64::from(high.0.saturating_sub(low.0)).saturating_add(1))
            }
            Self::Uids(uids) => Some(uids.len()),
            Self::UidFrom(_) => None,
        }
    }
}

impl Line {
    /// Whether this command asked for that response: what was not asked for becomes an event.
    pub fn asked(&self, fetched: &Fetched) -> bool {
        if self.content && fetched.is_only_flags() {
            return false;
        }
        match (&self.set, fetched.uid) {
            (FetchSet::Seq { low, high }, _) => {
                fetched.seq >= *low && high.is_none_or(|high| fetched.seq <= high)
            }
            (FetchSet::Uids(uids), Some(uid)) => uids.contains(uid),
            (FetchSet::UidFrom(_), uid) => uid.is_some(),
            // RFC 9051 6.4.9: the UID is in every answer to UID FETCH.
            (FetchSet::Uids(_), None) => false,
        }
    }
}

/// Sets of at most `room` octets.
pub(super) fn pieces(uids: &UidSet, room: usize) -> Vec<UidSet> {
    let mut found = Vec::new();
    let (mut piece, mut octets) = (UidSet::new(), 0usize);
    for &(low, high) in uids.ranges() {
        let mut range = UidSet::new();
        range.insert_range(low, high);
        let length = range.to_string().len() + 1;
        if octets + length > room && !piece.is_empty() {
            found.push(std::mem::take(&mut piece));
            octets = 0;
        }
        octets += length;
        piece.insert_range(low, high);
    }
    if !piece.is_empty() {
        found.push(piece);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_are_short_and_together_the_whole(uids in prop::collection::btree_set(1u32.., 0..300), room in 21usize..200) {
            let set: UidSet = uids.iter().copied().map(Uid).collect();
            let pieces = pieces(&set, room);
            prop_assert!(pieces.iter().all(|p| !p.is_empty() && p.to_string().len() <= room));
            let together: UidSet = pieces.iter().flat_map(|p| p.iter().collect::<Vec<_>>()).collect();
            prop_assert_eq!(together, set);
        }
    }
}
