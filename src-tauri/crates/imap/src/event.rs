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
    /// With the octets that each took.
    kept: VecDeque<(Event, usize)>,
    octets: usize,
}

impl Events {
    pub const MOST: usize = 4_096;
    pub const OCTETS: usize = 1024 * 1024;

    pub fn push(&mut self, event: Event, octets: usize) {
        // One count of messages replaces the last, as long as nothing stands between.
        if let (Event::Exists(_), Some((Event::Exists(_), _))) = (&event, self.kept.back())
            && let Some((_, before)) = self.kept.pop_back()
        {
            self.octets = self.octets.saturating_sub(before);
        }
        if self.kept.len() >= Self::MOST || self.octets.saturating_add(octets) > Self::OCTETS {
            self.overflow();
        }
        if octets <= Self::OCTETS {
            self.octets = self.octets.saturating_add(octets);
            self.kept.push_back((event, octets));
        }
    }

    fn overflow(&mut self) {
        // What a person must see is few, and is kept.
        self.retain(|event| matches!(event, Event::Bye(_)));
        self.kept.truncate(1);
        self.kept.push_front((Event::Overflow, 0));
        self.count();
    }

    /// A new mailbox is being selected: what was said of the old one means nothing any more.
    pub fn forget_mailbox(&mut self) {
        self.retain(|event| matches!(event, Event::Alert(_) | Event::Bye(_)));
    }

    pub fn take(&mut self) -> Vec<Event> {
        self.octets = 0;
        std::mem::take(&mut self.kept).into_iter().map(|(event, _)| event).collect()
    }

    fn retain(&mut self, keep: impl Fn(&Event) -> bool) {
        self.kept.retain(|(event, _)| keep(event));
        self.count();
    }

    fn count(&mut self) {
        self.octets = self.kept.iter().map(|(_, octets)| octets).sum();
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
    #[test]
    fn what_was_forgotten_no_longer_counts() {
        let mut events = Events::default();
        for _ in 0..50 {
            for n in 0..10 {
                events.push(Event::Expunge(SeqNum(n)), Events::OCTETS / 20);
                events.push(Event::Exists(n), 100);
                events.push(Event::Exists(n), 10);
            }
            events.forget_mailbox();
        }
        assert_eq!(events.octets, 0);
        events.push(Event::Exists(1), Events::OCTETS);
        assert_eq!(events.take(), [Event::Exists(1)]);
    }
}
