//! What a row tells of its whole conversation. Counted for the rows that are shown, with a bound each: a list of
//! strangers' thousands costs no more than one of ten.

use crate::flags::stored;
use crate::pack::People;
use crate::{Error, Read};
use model::{Address, Flags};
use std::collections::BTreeMap;

/// Messages of a conversation that are counted; placements that are looked at for them.
pub const MOST_COUNTED: u32 = 200;
const MOST_PLACES: u32 = 400;
/// Senders that are told.
const MOST_SENDERS: usize = 8;

/// Over all mailboxes of the account but Trash and Junk, one's own replies included; the list's own mailbox
/// counts always. Of a row in a flat list: of the one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    /// 200 says that many or more.
    pub count: u32,
    pub unread: u32,
    pub flagged: bool,
    pub attachments: bool,
    /// Each once, the newest last.
    pub senders: Vec<Address>,
}

impl Conversation {
    pub(crate) fn of_one(from: &[Address], flags: &Flags, attachments: bool) -> Self {
        Self {
            count: 1,
            unread: u32::from(!flags.seen()),
            flagged: flags.flagged(),
            attachments,
            senders: from.to_vec(),
        }
    }
}

pub(crate) const PLACES: &str =
    "SELECT mailbox, epoch, date, message, base, base_words, local, local_words, uid
    FROM placement INDEXED BY placement_thread WHERE thread = ?1 LIMIT ?2";
pub(crate) const MAILBOX: &str =
    "SELECT epoch, gone, coalesce(role_by_user, role, '') FROM mailbox WHERE id = ?1";
pub(crate) const MESSAGE: &str =
    "SELECT people, attachments, header_hash, size FROM message WHERE id = ?1";

/// A mailbox, as far as it decides what counts.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub epoch: i64,
    pub aside: bool,
}

/// Mailboxes that were looked up already.
#[derive(Default)]
pub(crate) struct Known(BTreeMap<i64, Option<Facts>>);

impl Known {
    pub fn get(&mut self, read: &Read<'_>, id: i64) -> Result<Option<Facts>, Error> {
        if let Some(known) = self.0.get(&id) {
            return Ok(*known);
        }
        let found = read.one(MAILBOX, [id], |row| {
            let role: String = row.get(2)?;
            let aside = role == "trash" || role == "junk";
            Ok((!row.get::<_, bool>(1)?).then_some(Facts { epoch: row.get(0)?, aside }))
        })?;
        self.0.insert(id, found.flatten());
        Ok(found.flatten())
    }
}

/// The conversation of a row that is shown in `mailbox`.
pub(crate) fn of(
    read: &Read<'_>,
    known: &mut Known,
    thread: i64,
    mailbox: i64,
    own: &str,
) -> Result<Conversation, Error> {
    let places = read.all(PLACES, [thread, i64::from(MOST_PLACES)], |row| {
        Ok((
            (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?),
            row.get::<_, i64>(2)?,
            row.get::<_, i64>(3)?,
            stored(row, 4)?.shown().clone(),
        ))
    })?;
    // A message with several placements was read if it was in one of them.
    let mut messages: BTreeMap<i64, (i64, bool, bool)> = BTreeMap::new();
    for ((id, epoch), date, message, flags) in places {
        let Some(facts) = known.get(read, id)?.filter(|facts| facts.epoch == epoch) else {
            continue;
        };
        if facts.aside && id != mailbox {
            continue;
        }
        let entry = messages.entry(message).or_insert((date, false, false));
        entry.1 |= flags.seen();
        entry.2 |= flags.flagged();
    }
    let mut conversation = Conversation::default();
    let mut order: Vec<(i64, i64)> = messages.iter().map(|(id, (date, ..))| (*date, *id)).collect();
    order.sort_unstable();
    // Copies that a server gives no common name are one message all the same.
    let mut read_of: BTreeMap<(i64, i64), bool> = BTreeMap::new();
    for (_, message) in order.into_iter().rev() {
        let found = read.one(MESSAGE, [message], |row| {
            let print = (row.get::<_, i64>(2)?, row.get::<_, i64>(3)?);
            Ok((print, row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?))
        })?;
        let Some((print, people, attachments)) = found else { continue };
        if read_of.len() >= MOST_COUNTED as usize && !read_of.contains_key(&print) {
            break;
        }
        let (_, seen, flagged) = messages.get(&message).copied().unwrap_or_default();
        *read_of.entry(print).or_default() |= seen;
        conversation.flagged |= flagged;
        conversation.attachments |= attachments;
        if conversation.senders.len() < MOST_SENDERS {
            let people = People::unpack(&people, own).unwrap_or_default();
            for sender in people.from {
                let known = |a: &Address| a.address.eq_ignore_ascii_case(&sender.address);
                if !conversation.senders.iter().any(known) {
                    conversation.senders.push(sender);
                }
            }
        }
    }
    conversation.count = read_of.len() as u32;
    conversation.unread = read_of.values().filter(|seen| !**seen).count() as u32;
    conversation.senders.reverse();
    Ok(conversation)
}
