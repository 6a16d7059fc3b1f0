//! What a server says without being asked: kept until the engine takes it, within a bound.

use crate::parse::Fetched;
use model::{SeqNum, UidSet};
use std::collections::VecDeque;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// How many messages the selected mailbox holds now.
    Exists(u32),
    /// The message at that number is gone; those above it move down by one (RFC 9051 7.5.1).
    Expunge(SeqNum),
    /// RFC 7162 3.2.10.
    Vanished {
        earlier: bool,
        uids: UidSet,
    },
    /// Flags, and what else came with them, of a message that was not asked for.
    Flags(Box<Fetched>),
    /// To be shown to the person (RFC 9051 7.1, code ALERT).
    Alert(String),
    Bye(String),
    /// More was said than is kept: what is known of the selected mailbox must be compared anew.
    Overflow,
}

/// At most `MOST` events that took `OCTETS` on the wire.
#[derive(Debug, Default)]
pub(crate) struct Events {
    kept: VecDeque<Event>,
    octets: usize,
}

impl Events {
    pub const MOST: usize = 4_096;
    pub const OCTETS: usize = 1024 * 1024;

    pub fn push(&mut self, event: Event, octets: usize) {
        // One count of messages replaces the last, as long as nothing stands between.
        if let (Event::Exists(_), Some(Event::Exists(_))) = (&event, self.kept.back()) {
            self.kept.pop_back();
            self.octets = self.octets.saturating_sub(octets);
        }
        if self.kept.len() >= Self::MOST || self.octets.saturating_add(octets) > Self::OCTETS {
            self.overflow();
        }
        if octets <= Self::OCTETS {
            self.octets = self.octets.saturating_add(octets);
            self.kept.push_back(event);
        }
    }

    fn overflow(&mut self) {
        // What a person must see is few, and is kept.
        self.kept.retain(|e| matches!(e, Event::Bye(_)));
        self.kept.truncate(1);
        self.kept.push_front(Event::Overflow);
        self.octets = 0;
    }

    /// A new mailbox is being selected: what was said of the old one means nothing any more.
    pub fn forget_mailbox(&mut self) {
        self.kept.retain(|e| matches!(e, Event::Alert(_) | Event::Bye(_)));
    }

    pub fn take(&mut self) -> Vec<Event> {
        self.octets = 0;
        std::mem::take(&mut self.kept).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_becomes_an_overflow() {
        let mut events = Events::default();
        for n in 0..100_000 {
            events.push(Event::Expunge(SeqNum(n)), 16);
            assert!(events.kept.len() <= Events::MOST + 1);
        }
        assert_eq!(events.take().first(), Some(&Event::Overflow));
        events.push(Event::Alert("a".into()), Events::OCTETS - 1);
        events.push(Event::Exists(2), 2);
        assert_eq!(events.take(), [Event::Overflow, Event::Exists(2)]);
    }

    #[test]
    fn counts_in_a_row_are_one() {
        let mut events = Events::default();
        for n in 0..10_000 {
            events.push(Event::Exists(n), 16);
        }
        events.push(Event::Expunge(SeqNum(1)), 16);
        events.push(Event::Exists(1), 16);
        let taken = events.take();
        assert_eq!(taken, [Event::Exists(9_999), Event::Expunge(SeqNum(1)), Event::Exists(1)]);
    }
}
