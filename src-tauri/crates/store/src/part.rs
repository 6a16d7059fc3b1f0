//! Parts of messages, in chunks: text to be read, attachments, header blocks. The least recently used leave
//! first, from their end, so that what stays is a beginning that can be gone on with.

use crate::wall::PAGE;
use crate::{Error, Read, Tx, row, usage};
use model::{AccountId, MessageId, Section, Tag};
use rusqlite::{Row, params};

/// Octets of a chunk; only a part's last one is shorter.
pub const CHUNK: usize = 256 * 1024;
/// Chunks of one part that its ids leave room for: 16 GB.
const MOST_CHUNKS: i64 = 65_536;
/// Octets of a page that hold a long value.
const ON_PAGE: usize = 4012;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartId(pub i64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartMeta {
    pub id: PartId,
    /// As announced; once it is complete, what came.
    pub size: u64,
    /// Octets that are here: a beginning.
    pub have: u64,
    pub chunks: u32,
    pub complete: bool,
    pub pinned: bool,
}

/// Whether a part of this size is kept at all: a larger one streams to where the person saves it.
pub fn may_cache(read: &Read<'_>, size: u64) -> bool {
    size <= read.shared.walls().largest_part()
}

/// Makes a part to append to. `key` is its section (`1.2`), or a word for what has none (`HEADER`). A part
/// that is there already is given back as it is: go on at what it has.
pub fn begin(tx: &Tx<'_>, message: MessageId, key: &str, expected: u64) -> Result<PartId, Error> {
    if let Some(known) = get(tx, message, key)? {
        touched(tx, known.id);
        return Ok(known.id);
    }
    if !may_cache(tx, expected) {
        return Err(Error::TooLarge);
    }
    tx.spend(2048 + key.len())?;
    let sql = "SELECT account FROM message WHERE id = ?1";
    let account: i64 =
        tx.one(sql, [message.0], |row| row.get(0))?.ok_or(Error::NotFound("such message"))?;
    let kind = if is_text(tx, message, key)? { usage::TEXT } else { usage::ATTACHMENTS };
    tx.run(
        "INSERT INTO part (account, message, name, kind, expected, have, complete, pinned, used)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, ?6)",
        params![account, message.0, key, kind, expected, tx.shared.tick()],
    )?;
    let id = PartId(tx.conn.last_insert_rowid());
    touched(tx, id);
    Ok(id)
}

/// Whether a part is text to be read or a file, for the map of what takes space.
fn is_text(read: &Read<'_>, id: MessageId, section: &str) -> Result<bool, Error> {
    let Some(section) = Section::parse(section).filter(|s| !s.is_root()) else {
        // The header block and other pieces that only a reader needs.
        return Ok(true);
    };
    let row = row::get(read, id)?;
    let node = row.as_ref().and_then(|r| r.structure.as_ref()).and_then(|s| s.find(&section));
    Ok(node.is_none_or(|node| {
        node.media_type.starts_with("text/")
            && node.disposition != Some(model::Disposition::Attachment)
    }))
}

/// Adds octets at the end; about a megabyte a transaction. Pieces of 256 KiB, as chunks are, cost least.
pub fn append(tx: &Tx<'_>, part: PartId, mut octets: &[u8]) -> Result<(), Error> {
    let mut row = stored(tx, part)?;
    touched(tx, part);
    if !may_cache(tx, row.have + octets.len() as u64) {
        return Err(Error::TooLarge);
    }
    while !octets.is_empty() {
        let number = (row.have / CHUNK as u64) as i64;
        let filled = (row.have % CHUNK as u64) as usize;
        let (piece, rest) = octets.split_at(octets.len().min(CHUNK - filled));
        let id = chunk_id(part, number)?;
        // What is written again counts again: it is in the log again.
        tx.spend(filled + piece.len() + 512)?;
        if filled == 0 {
            tx.run("INSERT INTO chunk (id, data) VALUES (?1, ?2)", params![id, piece])?;
        } else {
            let sql = "SELECT data FROM chunk WHERE id = ?1";
            let mut data: Vec<u8> = tx.one(sql, [id], |r| r.get(0))?.unwrap_or_default();
            data.extend_from_slice(piece);
            tx.run("UPDATE chunk SET data = ?2 WHERE id = ?1", params![id, data])?;
        }
        row.weigh(tx, on_disk(filled + piece.len()) - on_disk(filled));
        row.have += piece.len() as u64;
        octets = rest;
    }
    tx.run("UPDATE part SET have = ?2 WHERE id = ?1", params![part.0, row.have])?;
    Ok(())
}

/// Everything is here.
pub fn finish(tx: &Tx<'_>, part: PartId) -> Result<(), Error> {
    let sql = "UPDATE part SET complete = 1, expected = have WHERE id = ?1";
    if tx.run(sql, [part.0])? == 0 {
        return Err(Error::NotFound("such part"));
    }
    touched(tx, part);
    if let Some(message) = stored(tx, part)?.message {
        tx.changed(Tag::Message(MessageId(message)));
    }
    tx.changed(Tag::Storage);
    Ok(())
}

/// Keeps what is here of a message from leaving, or lets it go again. At most half of the cache may be pinned.
pub fn pin(tx: &Tx<'_>, part: PartId, pinned: bool) -> Result<(), Error> {
    let row = stored(tx, part)?;
    if row.pinned == pinned {
        return Ok(());
    }
    let octets = row.on_disk();
    if pinned {
        let sql = "SELECT coalesce(sum(octets), 0) FROM tally WHERE kind = ?1";
        let already: i64 = tx.one(sql, [usage::PINNED], |r| r.get(0))?.unwrap_or(0);
        if u64::try_from(already + octets).unwrap_or(0) > tx.shared.walls().pinned() {
            return Err(Error::PinnedFull);
        }
    }
    tx.run("UPDATE part SET pinned = ?2 WHERE id = ?1", params![part.0, pinned])?;
    tx.tally(AccountId(row.account), usage::PINNED, if pinned { octets } else { -octets });
    Ok(())
}

pub fn get(read: &Read<'_>, message: MessageId, key: &str) -> Result<Option<PartMeta>, Error> {
    read.one(
        "SELECT id, coalesce(expected, have), have, complete, pinned FROM part
         WHERE message = ?1 AND name = ?2",
        params![message.0, key],
        |row| {
            let have: u64 = row.get(2)?;
            Ok(PartMeta {
                id: PartId(row.get(0)?),
                size: row.get(1)?,
                have,
                chunks: u32::try_from(have.div_ceil(CHUNK as u64)).unwrap_or(u32::MAX),
                complete: row.get(3)?,
                pinned: row.get(4)?,
            })
        },
    )
}

/// The keys of a message's parts that are wholly here.
pub fn complete_keys(read: &Read<'_>, message: MessageId) -> Result<Vec<String>, Error> {
    let sql = "SELECT name FROM part WHERE message = ?1 AND complete = 1 ORDER BY name";
    read.all(sql, [message.0], |row| row.get(0))
}

/// The octets from `index` × 256 KiB on.
pub fn chunk(read: &Read<'_>, part: PartId, index: u32) -> Result<Vec<u8>, Error> {
    let id = chunk_id(part, i64::from(index))?;
    read.one("SELECT data FROM chunk WHERE id = ?1", [id], |row| row.get(0))?
        .ok_or(Error::NotFound("such chunk"))
}

/// It was looked at. Kept in memory and written along with something else: reading costs no write.
pub fn touch(read: &Read<'_>, part: PartId) {
    read.shared.touch(part.0);
}

fn touched(tx: &Tx<'_>, part: PartId) {
    tx.shared.touch(part.0);
    tx.parts.borrow_mut().push(part.0);
}

fn chunk_id(part: PartId, number: i64) -> Result<i64, Error> {
    if number >= MOST_CHUNKS {
        return Err(Error::TooLarge);
    }
    Ok(part.0 * MOST_CHUNKS + number)
}

/// What a chunk of this length takes in the file.
fn on_disk(length: usize) -> i64 {
    let octets = if length <= 3900 {
        length + 16
    } else {
        (length.div_ceil(ON_PAGE) + usize::from(length % ON_PAGE > 3500)) * PAGE as usize
    };
    if length == 0 { 0 } else { octets as i64 }
}

/// A row, as eviction needs it.
pub(crate) struct Stored {
    pub id: i64,
    pub account: i64,
    pub message: Option<i64>,
    pub kind: u8,
    pub have: u64,
    pub pinned: bool,
}

impl Stored {
    pub const COLUMNS: &'static str = "SELECT id, account, message, kind, have, pinned FROM part";

    pub fn parse(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            account: row.get(1)?,
            message: row.get(2)?,
            kind: row.get(3)?,
            have: row.get(4)?,
            pinned: row.get(5)?,
        })
    }

    fn weigh(&self, tx: &Tx<'_>, octets: i64) {
        tx.tally(AccountId(self.account), self.kind, octets);
        if self.pinned {
            tx.tally(AccountId(self.account), usage::PINNED, octets);
        }
    }

    fn on_disk(&self) -> i64 {
        let whole = (self.have / CHUNK as u64) as i64;
        whole * on_disk(CHUNK) + on_disk((self.have % CHUNK as u64) as usize)
    }

    /// Takes chunks off the end as far as the transaction allows; true where the part is gone altogether.
    pub fn shrink(mut self, tx: &Tx<'_>) -> Result<bool, Error> {
        if let Some(message) = self.message {
            tx.changed(Tag::Message(MessageId(message)));
        }
        while self.have > 0 {
            let number = (self.have - 1) / CHUNK as u64;
            let length = (self.have - number * CHUNK as u64) as usize;
            if tx.spend(length + 4096).is_err() {
                let sql = "UPDATE part SET have = ?2, complete = 0 WHERE id = ?1";
                tx.run(sql, params![self.id, self.have])?;
                return Ok(false);
            }
            let id = chunk_id(PartId(self.id), number as i64)?;
            tx.run("DELETE FROM chunk WHERE id = ?1", [id])?;
            self.weigh(tx, -on_disk(length));
            self.have -= length as u64;
        }
        if tx.spend(1024).is_err() {
            tx.run("UPDATE part SET have = 0, complete = 0 WHERE id = ?1", [self.id])?;
            return Ok(false);
        }
        tx.run("DELETE FROM part WHERE id = ?1", [self.id])?;
        Ok(true)
    }
}

fn stored(read: &Read<'_>, part: PartId) -> Result<Stored, Error> {
    read.one(&format!("{} WHERE id = ?1", Stored::COLUMNS), [part.0], Stored::parse)?
        .ok_or(Error::NotFound("such part"))
}

/// A message leaves: its parts belong to nobody now, and their chunks follow in bounded steps.
pub(crate) fn orphan(tx: &Tx<'_>, message: i64) -> Result<(), Error> {
    let rows = tx.run("UPDATE part SET message = NULL WHERE message = ?1", [message])?;
    if rows > 0 {
        tx.unfinished.set(true);
    }
    Ok(())
}
