//! What takes how much space. Parts are counted as they lie on disk; what else the file holds is header rows
//! and index, shared out by their weights.

use crate::wall::PAGE;
use crate::{Error, Read, open};
use model::AccountId;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Text,
    Attachments,
    Headers,
    Index,
}

// Kinds in the table `tally`.
pub(crate) const TEXT: u8 = 0;
pub(crate) const ATTACHMENTS: u8 = 1;
pub(crate) const HEADERS: u8 = 2;
pub(crate) const INDEX: u8 = 3;
pub(crate) const PINNED: u8 = 4;
/// Not octets: rows that left words in the index.
pub(crate) const DEAD_WORDS: u8 = 6;

/// Pages of a file in which nothing is cached yet.
const EMPTY: u64 = 60 * PAGE;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    pub budget: u64,
    pub file: u64,
    pub wal: u64,
    pub by: Vec<(AccountId, Kind, u64)>,
    /// Text and attachments that are not pinned: the server still has them.
    pub evictable: u64,
}

pub(crate) fn usage(read: &Read<'_>) -> Result<Usage, Error> {
    let path = &read.shared.path;
    let lines =
        read.all("SELECT account, kind, octets FROM tally WHERE octets > 0", [], |row| {
            Ok((AccountId(row.get(0)?), row.get::<_, u8>(1)?, row.get::<_, u64>(2)?))
        })?;
    let sum = |kinds: &[u8]| -> u64 {
        lines.iter().filter(|(_, kind, _)| kinds.contains(kind)).map(|(.., octets)| octets).sum()
    };
    let (parts, weights) = (sum(&[TEXT, ATTACHMENTS]), sum(&[HEADERS, INDEX]));
    let rest = read.used()?.saturating_sub(parts).saturating_sub(EMPTY);
    let mut by = BTreeMap::new();
    for (account, kind, octets) in &lines {
        let share = || (u128::from(rest) * u128::from(*octets) / u128::from(weights.max(1))) as u64;
        match *kind {
            TEXT => by.insert((*account, Kind::Text), *octets),
            ATTACHMENTS => by.insert((*account, Kind::Attachments), *octets),
            HEADERS => by.insert((*account, Kind::Headers), share()),
            INDEX => by.insert((*account, Kind::Index), share()),
            _ => None,
        };
    }
    Ok(Usage {
        budget: read.shared.walls().budget,
        file: open::file_size(path),
        wal: open::file_size(&open::beside(path, "-wal")),
        by: by.into_iter().map(|((account, kind), octets)| (account, kind, octets)).collect(),
        evictable: parts.saturating_sub(sum(&[PINNED])),
    })
}

/// Octets of header rows and index, and all that is neither part nor free page.
pub(crate) fn headers(read: &Read<'_>) -> Result<u64, Error> {
    let sql = "SELECT coalesce(sum(octets), 0) FROM tally WHERE kind IN (?1, ?2)";
    let parts: u64 = read.one(sql, [TEXT, ATTACHMENTS], |row| row.get(0))?.unwrap_or(0);
    Ok(read.used()?.saturating_sub(parts))
}
