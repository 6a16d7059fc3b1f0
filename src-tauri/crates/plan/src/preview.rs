//! Previews where the server has no PREVIEW (RFC 8970): a piece of one part of each message, asked for in as
//! few commands as there are part numbers.

use model::{Section, Uid, UidSet};
use std::collections::BTreeMap;

/// One UID FETCH: the first `octets` of `section` of each of `uids`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewFetch {
    pub section: Section,
    pub octets: u64,
    pub uids: UidSet,
}

/// Groups the wanted pieces by section and length. All of them go out in one flight.
pub fn preview_fetches(wanted: impl IntoIterator<Item = (Uid, Section, u64)>) -> Vec<PreviewFetch> {
    let mut groups: BTreeMap<(Section, u64), UidSet> = BTreeMap::new();
    for (uid, section, octets) in wanted {
        groups.entry((section, octets)).or_default().insert(uid);
    }
    groups
        .into_iter()
        .map(|((section, octets), uids)| PreviewFetch { section, octets, uids })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_a_section() {
        let section = |s| Section::parse(s).expect("a section");
        let fetches = preview_fetches([
            (Uid(9), section("1"), 512),
            (Uid(3), section("1.1"), 512),
            (Uid(8), section("1"), 512),
            (Uid(2), section("1"), 2048),
        ]);
        let short: Vec<_> =
            fetches.iter().map(|f| format!("{} {} {}", f.uids, f.section, f.octets)).collect();
        assert_eq!(short, ["8:9 1 512", "2 1 2048", "3 1.1 512"]);
    }
}
