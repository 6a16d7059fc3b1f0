//! One mailbox of the model: its messages, what changed in it and in what order. What is asked of it costs what is
//! answered, also where it holds a million messages that are only made when somebody looks.

use super::message::Message;
use super::ranks::Ranks;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// What happened, for the sessions that have it open.
#[derive(Clone, Copy, Debug)]
pub enum Happened {
    Came(u32),
    Left(u32),
    Flags(u32),
}

pub struct Mailbox {
    pub name: String,
    pub attribute: &'static str,
    /// None: never said.
    pub uidvalidity: Option<u32>,
    pub uidnext: u32,
    pub modseq: u64,
    /// Another one under the same name, or the same under other numbers, is another.
    pub serial: u64,
    pub uids: Ranks,
    pub unseen: u32,
    pub log: Vec<Happened>,
    /// Those that are made when somebody looks, up to this UID.
    made_to: u32,
    messages: BTreeMap<u32, Message>,
    /// Of messages that changed since they were made.
    changed: BTreeMap<u64, u32>,
    /// When they left.
    left: Vec<(u64, u32)>,
}

static SERIAL: AtomicU64 = AtomicU64::new(1);

impl Mailbox {
    pub fn new(name: &str, attribute: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            attribute,
            uidvalidity: Some(7),
            uidnext: 1,
            modseq: 1,
            serial: SERIAL.fetch_add(1, Ordering::Relaxed),
            uids: Ranks::default(),
            unseen: 0,
            log: Vec::new(),
            made_to: 0,
            messages: BTreeMap::new(),
            changed: BTreeMap::new(),
            left: Vec::new(),
        }
    }

    /// As many messages as there may be, none of which is made before it is asked for.
    pub fn endless(name: &str, count: u32) -> Self {
        let mut mailbox = Self::new(name, "");
        mailbox.uids.push_range(1, count);
        (mailbox.made_to, mailbox.unseen, mailbox.uidnext) = (count, count, count + 1);
        mailbox
    }

    pub fn get(&self, uid: u32) -> Option<Cow<'_, Message>> {
        match self.messages.get(&uid) {
            Some(message) => Some(Cow::Borrowed(message)),
            None if uid <= self.made_to && self.uids.seq(uid).is_some() => {
                Some(Cow::Owned(Message { uid, modseq: 1, ..Message::text(uid) }))
            }
            None => None,
        }
    }

    pub fn all(&self) -> impl Iterator<Item = Cow<'_, Message>> {
        self.uids.all().filter_map(|uid| self.get(uid))
    }

    pub fn add(&mut self, mut message: Message) -> u32 {
        let uid = self.uidnext;
        self.modseq += 1;
        (message.uid, message.modseq) = (uid, self.modseq);
        self.uidnext += 1;
        self.unseen += u32::from(!message.has("\\Seen"));
        self.changed.insert(self.modseq, uid);
        self.messages.insert(uid, message);
        self.uids.push(uid);
        self.log.push(Happened::Came(uid));
        uid
    }

    pub fn fill(&mut self, count: u32) {
        for _ in 0..count {
            let message = Message::text(self.uidnext);
            self.add(message);
        }
    }

    pub fn expunge(&mut self, uid: u32) {
        self.take(uid);
    }

    /// Out of here, to stand elsewhere.
    pub fn take(&mut self, uid: u32) -> Option<Message> {
        let message = self.get(uid)?.into_owned();
        self.modseq += 1;
        self.uids.remove(uid);
        self.messages.remove(&uid);
        self.changed.remove(&message.modseq);
        self.unseen -= u32::from(!message.has("\\Seen"));
        self.left.push((self.modseq, uid));
        self.log.push(Happened::Left(uid));
        Some(message)
    }

    pub fn clear(&mut self) {
        for uid in self.uids.all().collect::<Vec<_>>() {
            self.expunge(uid);
        }
    }

    pub fn pop(&mut self) -> Option<Message> {
        self.take(self.uids.last())
    }

    pub fn flag(&mut self, uid: u32, flag: &str) {
        self.set_flag(uid, flag, true);
    }

    pub fn set_flag(&mut self, uid: u32, flag: &str, on: bool) {
        let Some(mut message) = self.get(uid).map(Cow::into_owned) else { return };
        if message.has(flag) == on {
            return;
        }
        self.modseq += 1;
        self.changed.remove(&message.modseq);
        self.changed.insert(self.modseq, uid);
        message.modseq = self.modseq;
        message.flags.retain(|known| known != flag);
        message.flags.extend(on.then(|| flag.to_owned()));
        if flag == "\\Seen" {
            self.unseen = if on { self.unseen - 1 } else { self.unseen + 1 };
        }
        self.messages.insert(uid, message);
        self.log.push(Happened::Flags(uid));
    }

    /// The same mail under new numbers.
    pub fn renumber(&mut self) {
        let first = self.uidnext + 1_000;
        self.renumber_from(first);
    }

    pub fn renumber_from(&mut self, first: u32) {
        let all: Vec<Message> = self.all().map(Cow::into_owned).collect();
        let fresh = Self::new(&self.name, self.attribute);
        let validity = self.uidvalidity.map(|v| v + 1);
        *self = Self { uidvalidity: validity, uidnext: first, modseq: self.modseq, ..fresh };
        for message in all {
            self.add(message);
        }
        self.log.clear();
    }

    /// Under another name: for whoever has it open it is gone.
    pub fn rename(&mut self, name: &str) {
        self.name = name.to_owned();
        self.serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    }

    /// Those that changed after `modseq`.
    pub fn changed_since(&self, modseq: u64) -> Vec<u32> {
        let mut uids: Vec<u32> = match modseq {
            0 => self.uids.all().collect(),
            since => self.changed.range(since + 1..).map(|(_, uid)| *uid).collect(),
        };
        uids.sort_unstable();
        uids
    }

    pub fn left_since(&self, modseq: u64) -> Vec<u32> {
        self.left.iter().filter(|(at, _)| *at > modseq).map(|(_, uid)| *uid).collect()
    }
}
