//! Looking for new mail in a mailbox that was seen before, on a server that tells no more than RFC 9051 asks of it.

use crate::SCREEN;
use model::{Uid, UidValidity};

/// What the device knows of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub uidvalidity: UidValidity,
    pub uidnext: Option<Uid>,
    /// The stretch of cached rows at the mailbox's upper end, both in it, and how many rows it holds.
    pub top: Option<(Uid, Uid)>,
    pub top_rows: u32,
    /// The lowest UID of the newest [`SCREEN`] rows: from there on flags are looked at again.
    pub screen_low: Option<Uid>,
}

/// What SELECT said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// None: the server gives none, and its UIDs mean nothing from one session to the next.
    pub uidvalidity: Option<UidValidity>,
    pub uidnext: Option<Uid>,
    pub exists: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The mailbox is empty: every cached row of it is gone.
    Empty,
    /// Nothing cached to build on: the newest rows, as for a first screen.
    Newest,
    /// Rows above `after`, and the flags of `low..=after`: what does not come back there was expunged.
    Since { after: Uid, low: Uid },
}

/// The cheapest step that brings the newest rows and puts the screen right.
pub fn check(known: Option<Known>, now: Now) -> Check {
    if now.exists == 0 {
        return Check::Empty;
    }
    let Some(known) = known.filter(|k| now.uidvalidity == Some(k.uidvalidity)) else {
        return Check::Newest;
    };
    let (Some((_, after)), Some(low)) = (known.top, known.screen_low) else {
        return Check::Newest;
    };
    // A UIDNEXT that went back is a server that restored a backup without telling (a lie about UIDVALIDITY).
    if now.uidnext.is_some_and(|next| next.0 <= after.0) {
        return Check::Newest;
    }
    // More new mail than a screen: the newest screen first, the rest is a hole that paging fills.
    if now.uidnext.is_some_and(|next| next.0 - after.0 > 4 * SCREEN)
        && now.exists.saturating_sub(known.top_rows) > SCREEN
    {
        return Check::Newest;
    }
    Check::Since { after, low: low.min(after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: Known = Known {
        uidvalidity: UidValidity(7),
        uidnext: Some(Uid(101)),
        top: Some((Uid(1), Uid(100))),
        top_rows: 100,
        screen_low: Some(Uid(51)),
    };

    fn now(uidnext: u32, exists: u32) -> Now {
        Now { uidvalidity: Some(UidValidity(7)), uidnext: Some(Uid(uidnext)), exists }
    }

    #[test]
    fn what_is_new_and_what_changed_on_the_screen() {
        assert_eq!(
            check(Some(KNOWN), now(104, 103)),
            Check::Since { after: Uid(100), low: Uid(51) }
        );
        assert_eq!(
            check(Some(KNOWN), now(101, 100)),
            Check::Since { after: Uid(100), low: Uid(51) }
        );
    }

    #[test]
    fn a_server_without_uidnext_is_asked_all_the_same() {
        // Courier gives no UIDNEXT on SELECT.
        let bare = Now { uidnext: None, ..now(0, 100) };
        assert_eq!(check(Some(KNOWN), bare), Check::Since { after: Uid(100), low: Uid(51) });
    }

    #[test]
    fn what_was_known_is_void() {
        assert_eq!(check(None, now(1, 9)), Check::Newest);
        assert_eq!(
            check(Some(KNOWN), Now { uidvalidity: Some(UidValidity(8)), ..now(101, 9) }),
            Check::Newest
        );
        assert_eq!(check(Some(KNOWN), Now { uidvalidity: None, ..now(101, 9) }), Check::Newest);
        assert_eq!(check(Some(KNOWN), now(60, 50)), Check::Newest);
        assert_eq!(check(Some(KNOWN), now(101, 0)), Check::Empty);
    }

    #[test]
    fn a_flood_of_new_mail_begins_with_a_screen() {
        assert_eq!(check(Some(KNOWN), now(5_000, 4_000)), Check::Newest);
        // UIDs may jump without mail behind them.
        assert_eq!(
            check(Some(KNOWN), now(5_000, 110)),
            Check::Since { after: Uid(100), low: Uid(51) }
        );
    }
}
