//! A message's own row: what is kept of its header, what it weighs, how it is completed. Nothing here knows where
//! the message stands, so that placing, putting and removing can all lie above.

use crate::pack::{self, People};
use crate::texts::{Kept, Texts};
use crate::{Error, Read, Tx, account, search, usage};
use model::{
    AccountId, Address, Fingerprint, HeaderHash, MessageId, ServerId, Structure, Tag, ThreadId,
};
use rusqlite::params;

pub(crate) const MOST_PREVIEW: usize = 600;
/// Of a structure larger than this the row keeps nothing: it is asked for again when the mail is opened.
pub(crate) const MOST_STRUCTURE: usize = 2000;
/// Octets of a header row on disk beside its texts, for the weights of `usage`.
const ROW_WEIGHT: usize = 210;

/// What is kept of a message. (Everything else of its header is fetched when it is opened.)
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    pub id: MessageId,
    pub account: AccountId,
    pub thread: ThreadId,
    pub internal_date: i64,
    pub size: u64,
    pub from: Vec<Address>,
    /// The first of them; `more_recipients` says how many there are besides.
    pub to: Vec<Address>,
    pub more_recipients: u32,
    pub subject: String,
    pub preview: Option<String>,
    pub structure: Option<Structure>,
    pub server_id: Option<ServerId>,
    pub message_id: Option<HeaderHash>,
    pub references: Vec<HeaderHash>,
    pub has_attachments: bool,
    pub fingerprint: Fingerprint,
}

pub(crate) fn weigh(
    people: usize,
    subject: &str,
    preview: Option<&str>,
    structure: Option<&[u8]>,
) -> i64 {
    let texts =
        people + subject.len() + preview.map_or(0, str::len) + structure.map_or(0, <[u8]>::len);
    i64::try_from(ROW_WEIGHT + texts).unwrap_or(i64::MAX)
}

pub fn get(read: &Read<'_>, id: MessageId) -> Result<Option<MessageRow>, Error> {
    let Some(account) =
        read.one("SELECT account FROM message WHERE id = ?1", [id.0], |row| row.get(0))?
    else {
        return Ok(None);
    };
    let own = account::own(read, AccountId(account))?;
    read.one(
        "SELECT account, thread, date, size, people, subject, preview, structure, server_id, message_id, refs,
             attachments, header_hash FROM message WHERE id = ?1",
        [id.0],
        |row| {
            let octets = |at: usize| row.get::<_, Option<Vec<u8>>>(at);
            let people = People::unpack(&row.get::<_, Vec<u8>>(4)?, &own).unwrap_or_default();
            let (internal_date, size) = (row.get(2)?, row.get(3)?);
            Ok(MessageRow {
                id,
                account: AccountId(row.get(0)?),
                thread: ThreadId(row.get(1)?),
                internal_date,
                size,
                from: people.from,
                to: people.to,
                more_recipients: people.more,
                subject: row.get(5)?,
                preview: row.get(6)?,
                structure: octets(7)?.and_then(|s| Structure::unpack(&s).ok()),
                server_id: octets(8)?.and_then(|s| pack::unpack_server_id(&s)),
                message_id: row.get::<_, Option<i64>>(9)?.map(HeaderHash),
                references: octets(10)?.map(|r| pack::unpack_refs(&r)).unwrap_or_default(),
                has_attachments: row.get(11)?,
                fingerprint: Fingerprint { internal_date, size, headers: row.get(12)? },
            })
        },
    )
}

pub(crate) fn write_preview(tx: &Tx<'_>, id: i64, preview: &str) -> Result<(), Error> {
    let preview = pack::cut(preview, MOST_PREVIEW);
    let sql = format!("SELECT {} FROM message WHERE id = ?1", Kept::COLUMNS);
    let Some(mut kept) = tx.one(&sql, [id], Kept::parse)? else { return Ok(()) };
    let before = kept.preview.replace(preview.to_owned()).map_or(0, |p| p.len());
    tx.run("UPDATE message SET preview = ?2 WHERE id = ?1", params![id, preview])?;
    let more = preview.len() as i64 - before as i64;
    tx.tally(kept.account, usage::HEADERS, more);
    let weight = |preview| search::weight(kept.people.len(), kept.subject.len(), preview);
    if search::is_indexed(tx, kept.doc)? {
        let own = account::own(tx, kept.account)?;
        let body = search::body(tx, id)?.unwrap_or_default();
        search::add(tx, kept.doc, Texts { body, ..kept.texts(&own) })?;
        tx.tally(kept.account, usage::INDEX, weight(preview.len()) - weight(before));
    }
    Ok(())
}

/// How the message is built, where its row came without.
pub fn set_structure(tx: &Tx<'_>, id: MessageId, structure: &Structure) -> Result<(), Error> {
    let packed = structure.pack();
    if packed.len() > MOST_STRUCTURE {
        return Ok(());
    }
    tx.spend(packed.len() + 4096)?;
    let sql = "SELECT account, coalesce(length(structure), 0) FROM message WHERE id = ?1";
    let Some((account, before)) =
        tx.one(sql, [id.0], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?
    else {
        return Ok(());
    };
    let more = packed.len() as i64 - before;
    tx.run("UPDATE message SET structure = ?2 WHERE id = ?1", params![id.0, packed])?;
    tx.tally(AccountId(account), usage::HEADERS, more);
    tx.changed(Tag::Message(id));
    Ok(())
}
