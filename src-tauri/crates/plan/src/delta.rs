//! What to ask of a mailbox that was seen before, by what the server can tell (RFC 7162, or no more than RFC 9051
//! asks of it). Three questions, each with its cheapest form: what is new, which flags changed, what is gone.

use crate::SCREEN;
use model::{ModSeq, Uid, UidValidity};

/// What the device knows of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub uidvalidity: UidValidity,
    /// Up to where everything is cached at the mailbox's upper end, whether a message stands there or not.
    pub covered_to: Option<Uid>,
    /// The highest cached UID of the stretch at the mailbox's upper end.
    pub highest: Option<Uid>,
    /// Cached from the first message to the last.
    pub whole: bool,
    pub cached: u64,
    /// Up to which changes of flags were applied.
    pub modseq: Option<ModSeq>,
}

/// What SELECT said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// None: the server gives none, and its UIDs mean nothing from one session to the next.
    pub uidvalidity: Option<UidValidity>,
    pub uidnext: Option<Uid>,
    pub exists: u32,
    pub modseq: Option<ModSeq>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    Nothing,
    /// The newest screen; what lies between it and what is known stays a hole that is filled later.
    Newest,
    /// Everything above.
    Since(Uid),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagChanges {
    Nothing,
    ChangedSince(ModSeq),
    /// The server counts no changes: the newest flags are fetched, the rest is compared by searches.
    Compared,
}

/// How to find out that something is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Everything is cached: EXISTS says it.
    ByExists,
    /// The server counts what it has of the cached stretches.
    ByCount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delta {
    /// The mailbox is empty: every cached row of it is gone.
    Empty,
    /// Nothing cached to build on: the newest rows, as for a first screen.
    Anew,
    Steps {
        rows: Rows,
        flags: FlagChanges,
        gone: Gone,
    },
}

/// The cheapest steps after which what is cached is as the server has it.
pub fn delta(known: Option<Known>, now: Now) -> Delta {
    if now.exists == 0 {
        return Delta::Empty;
    }
    let Some(known) = known.filter(|k| now.uidvalidity == Some(k.uidvalidity)) else {
        return Delta::Anew;
    };
    let Some(highest) = known.highest else { return Delta::Anew };
    let rows = rows(&known, &now, highest);
    let flags = match (known.modseq, now.modseq) {
        (Some(before), Some(now)) if now == before => FlagChanges::Nothing,
        (Some(before), Some(now)) if now > before => FlagChanges::ChangedSince(before),
        // It went back (a restored backup), or counts from now on, or no more.
        _ => FlagChanges::Compared,
    };
    let gone = if known.whole { Gone::ByExists } else { Gone::ByCount };
    Delta::Steps { rows, flags, gone }
}

fn rows(known: &Known, now: &Now, highest: Uid) -> Rows {
    let Some(next) = now.uidnext else {
        // Courier gives no UIDNEXT on SELECT.
        return Rows::Since(highest);
    };
    // A UIDNEXT that went back is a backup restored without telling (a lie about UIDVALIDITY).
    if next <= highest {
        return Rows::Newest;
    }
    let covered = known.covered_to.unwrap_or(highest).max(highest);
    if next.0 <= covered.0.saturating_add(1) {
        return Rows::Nothing;
    }
    // More new mail than a screen: the newest screen first. (UIDs may jump without mail behind them.)
    let more = u64::from(now.exists).saturating_sub(known.cached) > u64::from(SCREEN);
    if next.0 - highest.0 > 4 * SCREEN && (more || !known.whole) {
        return Rows::Newest;
    }
    Rows::Since(highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = Known {
        uidvalidity: UidValidity(7),
        covered_to: Some(Uid(100)),
        highest: Some(Uid(100)),
        whole: true,
        cached: 100,
        modseq: Some(ModSeq(500)),
    };

    fn now(uidnext: u32, exists: u32, modseq: u64) -> Now {
        Now {
            uidvalidity: Some(UidValidity(7)),
            uidnext: Some(Uid(uidnext)),
            exists,
            modseq: Some(ModSeq(modseq)),
        }
    }

    fn steps(rows: Rows, flags: FlagChanges, gone: Gone) -> Delta {
        Delta::Steps { rows, flags, gone }
    }

    #[test]
    fn nothing_changed_asks_nothing() {
        let nothing = steps(Rows::Nothing, FlagChanges::Nothing, Gone::ByExists);
        assert_eq!(delta(Some(KNOWN), now(101, 100, 500)), nothing);
        let partly = Known { whole: false, ..KNOWN };
        let counted = steps(Rows::Nothing, FlagChanges::Nothing, Gone::ByCount);
        assert_eq!(delta(Some(partly), now(101, 4_000, 500)), counted);
        // UIDs were given and taken again, and that was seen.
        let seen = Known { covered_to: Some(Uid(104)), ..KNOWN };
        assert_eq!(delta(Some(seen), now(105, 100, 500)), nothing);
    }

    #[test]
    fn what_is_new_and_what_changed() {
        let since = FlagChanges::ChangedSince(ModSeq(500));
        assert_eq!(
            delta(Some(KNOWN), now(104, 103, 507)),
            steps(Rows::Since(Uid(100)), since, Gone::ByExists)
        );
        let bare = Now { modseq: None, ..now(104, 103, 0) };
        assert_eq!(
            delta(Some(KNOWN), bare),
            steps(Rows::Since(Uid(100)), FlagChanges::Compared, Gone::ByExists)
        );
        // The count of changes went back: it proves nothing.
        assert_eq!(
            delta(Some(KNOWN), now(101, 100, 20)),
            steps(Rows::Nothing, FlagChanges::Compared, Gone::ByExists)
        );
    }

    #[test]
    fn a_server_without_uidnext_is_asked_all_the_same() {
        let bare = Now { uidnext: None, ..now(0, 100, 500) };
        let Delta::Steps { rows, .. } = delta(Some(KNOWN), bare) else { panic!("steps") };
        assert_eq!(rows, Rows::Since(Uid(100)));
    }

    #[test]
    fn what_was_known_is_void() {
        assert_eq!(delta(None, now(1, 9, 1)), Delta::Anew);
        let other = Now { uidvalidity: Some(UidValidity(8)), ..now(101, 9, 500) };
        assert_eq!(delta(Some(KNOWN), other), Delta::Anew);
        assert_eq!(delta(Some(KNOWN), Now { uidvalidity: None, ..now(101, 9, 500) }), Delta::Anew);
        assert_eq!(delta(Some(KNOWN), now(101, 0, 500)), Delta::Empty);
        let Delta::Steps { rows, .. } = delta(Some(KNOWN), now(60, 50, 500)) else {
            panic!("steps")
        };
        assert_eq!(rows, Rows::Newest);
    }

    #[test]
    fn a_flood_of_new_mail_begins_with_a_screen() {
        let rows = |now| match delta(Some(KNOWN), now) {
            Delta::Steps { rows, .. } => rows,
            other => panic!("{other:?}"),
        };
        assert_eq!(rows(now(5_000, 4_000, 501)), Rows::Newest);
        assert_eq!(rows(now(5_000, 110, 501)), Rows::Since(Uid(100)));
    }
}
