//! System flags and keywords (RFC 9051 2.3.2).

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The flags of one placement. Keywords keep the server's spelling; they compare without case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    bits: u8,
    keywords: BTreeSet<String>,
}

impl Flags {
    pub const SEEN: &'static str = "\\Seen";
    pub const ANSWERED: &'static str = "\\Answered";
    pub const FLAGGED: &'static str = "\\Flagged";
    pub const DELETED: &'static str = "\\Deleted";
    pub const DRAFT: &'static str = "\\Draft";

    const SYSTEM: [(&'static str, u8); 5] = [
        (Self::SEEN, 1),
        (Self::ANSWERED, 2),
        (Self::FLAGGED, 4),
        (Self::DELETED, 8),
        (Self::DRAFT, 16),
    ];

    pub fn seen(&self) -> bool {
        self.bits & 1 != 0
    }
    pub fn answered(&self) -> bool {
        self.bits & 2 != 0
    }
    pub fn flagged(&self) -> bool {
        self.bits & 4 != 0
    }
    pub fn deleted(&self) -> bool {
        self.bits & 8 != 0
    }
    pub fn draft(&self) -> bool {
        self.bits & 16 != 0
    }

    /// Adds one flag as the server spells it. `\Recent` says nothing that lasts and is left out.
    pub fn insert(&mut self, flag: &str) {
        if let Some((_, bit)) =
            Self::SYSTEM.iter().find(|(name, _)| name.eq_ignore_ascii_case(flag))
        {
            self.bits |= bit;
        } else if !flag.is_empty()
            && !flag.eq_ignore_ascii_case("\\Recent")
            && !self.has_keyword(flag)
        {
            self.keywords.insert(flag.to_owned());
        }
    }

    pub fn has_keyword(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|k| k.eq_ignore_ascii_case(keyword))
    }

    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.keywords.iter().map(String::as_str)
    }

    /// The system flags as bits: seen 1, answered 2, flagged 4, deleted 8, draft 16.
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// The flags from `bits` and keywords, as the store keeps them.
    pub fn from_parts<'a>(bits: u8, keywords: impl IntoIterator<Item = &'a str>) -> Self {
        let mut flags = Self { bits: bits & 31, ..Self::default() };
        for keyword in keywords {
            flags.insert(keyword);
        }
        flags
    }

    /// Every flag by its name, system flags first.
    pub fn names(&self) -> Vec<String> {
        Self::SYSTEM
            .iter()
            .filter(|(_, bit)| self.bits & bit != 0)
            .map(|(name, _)| (*name).to_owned())
            .chain(self.keywords.iter().cloned())
            .collect()
    }
}

impl<'a> FromIterator<&'a str> for Flags {
    fn from_iter<I: IntoIterator<Item = &'a str>>(iter: I) -> Self {
        let mut flags = Self::default();
        for flag in iter {
            flags.insert(flag);
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        let flags: Flags = ["\\seen", "$Forwarded", "\\Recent", "$forwarded"].into_iter().collect();
        assert!(flags.seen() && !flags.flagged());
        assert_eq!(flags.names(), ["\\Seen", "$Forwarded"]);
        assert_eq!(Flags::from_parts(flags.bits(), flags.keywords()), flags);
    }
}
