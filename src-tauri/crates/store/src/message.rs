//! Messages: the rows that a list shows, written as they come from the server, and bound again where a
//! mailbox was renumbered.

use crate::flags::{Stored, stored};
use crate::pack::{self, People};
use crate::placement::{self, At};
use crate::{Error, Read, Tx, account, mailbox, part, room, search, thread, usage};
use model::{
    AccountId, Address, Envelope, Fingerprint, Flags, HeaderHash, MailboxId, MessageId, ModSeq,
    Section, ServerId, Structure, Tag, ThreadId, Uid, UidValidity,
};
use rusqlite::params;
use std::cmp::Reverse;
use std::collections::BTreeMap;

pub use crate::wall::MOST_ROWS;

const MOST_SUBJECT: usize = 998;
const MOST_PREVIEW: usize = 600;
/// Of a structure larger than this the row keeps nothing: it is asked for again when the mail is opened.
const MOST_STRUCTURE: usize = 2000;
/// Octets of a header row on disk beside its texts, for the weights of `usage`.
const ROW_WEIGHT: usize = 210;

/// A row as FETCH gave it.
#[derive(Clone, Debug)]
pub struct NewRow {
    pub uid: Uid,
    pub flags: Flags,
    /// INTERNALDATE, seconds since 1970.
    pub internal_date: i64,
    pub size: u64,
    pub envelope: Envelope,
    pub references: Vec<String>,
    pub structure: Option<Structure>,
    pub preview: Option<String>,
    pub server_id: Option<ServerId>,
    pub gm_thrid: Option<u64>,
    pub modseq: Option<ModSeq>,
    pub has_attachments: bool,
    pub fingerprint: Fingerprint,
}

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

/// Where a message stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    pub mailbox: MailboxId,
    pub uid: Uid,
    pub uidvalidity: UidValidity,
    /// As the person sees them.
    pub flags: Flags,
    /// As the server has them.
    pub base: Flags,
    pub modseq: Option<ModSeq>,
}

/// Writes rows, at most 250 a transaction; their ids come back in the same order. A UID that is here already
/// gets its flags from the server, and what it lacked; what the person wants of its flags stays.
pub fn put(
    tx: &Tx<'_>,
    mailbox: MailboxId,
    uidvalidity: UidValidity,
    rows: &[NewRow],
) -> Result<Vec<MessageId>, Error> {
    if rows.len() > MOST_ROWS {
        return Err(Error::TooMany { what: "rows", most: MOST_ROWS });
    }
    tx.spend_rows(rows.len())?;
    let epoch = mailbox::epoch(tx, mailbox, uidvalidity)?;
    let sql = "SELECT account, stale FROM mailbox WHERE id = ?1";
    let (account, stale): (i64, i64) = tx
        .one(sql, [mailbox.0], |row| Ok((row.get(0)?, row.get(1)?)))?
        .ok_or(Error::NotFound("such mailbox"))?;
    let mut batch = Batch {
        tx,
        mailbox: mailbox.0,
        epoch,
        account: AccountId(account),
        own: account::own(tx, AccountId(account))?,
        alike: if stale > 0 { alike(rows) } else { BTreeMap::new() },
        stale: if stale > 0 { stale_epochs(tx, mailbox.0, epoch)? } else { Vec::new() },
        newest: rows.iter().map(|row| row.internal_date).max().unwrap_or(0),
        rows: rows.len(),
        new: 0,
    };
    // Newest first, whatever order they came in, as the trees are: filled the other way they stay half empty.
    let mut order: Vec<(usize, &NewRow)> = rows.iter().enumerate().collect();
    order.sort_by_key(|(_, row)| Reverse((row.internal_date, row.uid)));
    let mut ids = vec![MessageId(0); rows.len()];
    for (at, row) in order {
        let id = batch.put(row)?;
        if let Some(place) = ids.get_mut(at) {
            *place = MessageId(id);
        }
    }
    let new = batch.new;
    if new != 0 {
        mailbox::count(tx, mailbox.0, new, 0)?;
    }
    tx.changed(Tag::List(mailbox));
    Ok(ids)
}

/// How many rows of a batch share a fingerprint: only one that stands alone may be bound again by it.
fn alike(rows: &[NewRow]) -> BTreeMap<(i64, u64, i64), u32> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(print_of(row)).or_default() += 1;
    }
    counts
}

/// The last epochs that still have placements. (A server without UIDVALIDITY makes one a session.)
fn stale_epochs(tx: &Tx<'_>, mailbox: i64, now: i64) -> Result<Vec<i64>, Error> {
    let mut found: Vec<i64> = Vec::new();
    let sql = "SELECT max(epoch) FROM placement WHERE mailbox = ?1 AND epoch < ?2";
    while let Some(Some(epoch)) = (found.len() < 4)
        .then(|| {
            tx.one(sql, [mailbox, found.last().copied().unwrap_or(now)], |r| {
                r.get::<_, Option<i64>>(0)
            })
        })
        .transpose()?
        .flatten()
    {
        found.push(epoch);
    }
    Ok(found)
}

fn print_of(row: &NewRow) -> (i64, u64, i64) {
    (row.internal_date, row.size, row.fingerprint.headers)
}

struct Batch<'t, 'c> {
    tx: &'t Tx<'c>,
    mailbox: i64,
    epoch: i64,
    account: AccountId,
    own: String,
    /// Counted only where placements of earlier epochs wait.
    alike: BTreeMap<(i64, u64, i64), u32>,
    stale: Vec<i64>,
    newest: i64,
    rows: usize,
    new: i64,
}

impl Batch<'_, '_> {
    fn put(&mut self, row: &NewRow) -> Result<i64, Error> {
        if let Some(id) = self.again(row)? {
            return Ok(id);
        }
        let (id, local) = match self.known(row)? {
            Some(known) => known,
            None => (self.insert(row)?, None),
        };
        let flags = Stored { base: row.flags.clone(), local }.with_base(row.flags.clone());
        self.tx.run(
            "INSERT INTO placement (mailbox, epoch, date, uid, message, base, base_words, local, local_words, modseq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                self.mailbox,
                self.epoch,
                row.internal_date,
                row.uid.0,
                id,
                flags.base.bits(),
                pack::pack_words(flags.base.keywords()),
                flags.local.as_ref().map(Flags::bits),
                flags.local.as_ref().and_then(|l| pack::pack_words(l.keywords())),
                row.modseq.map(|m| m.0 as i64),
            ],
        )?;
        self.new += 1;
        Ok(id)
    }

    /// A UID that is here already. (A server that tells it another date now is believed no more than before.)
    fn again(&self, row: &NewRow) -> Result<Option<i64>, Error> {
        let sql = "SELECT date, message, base, base_words, local, local_words FROM placement
                   WHERE mailbox = ?1 AND epoch = ?2 AND uid = ?3";
        let at = params![self.mailbox, self.epoch, row.uid.0];
        let found = self
            .tx
            .one(sql, at, |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?, stored(r, 2)?)))?;
        let Some((date, id, before)) = found else { return Ok(None) };
        let after = before.clone().with_base(row.flags.clone());
        self.tx.run(
            "UPDATE placement SET base = ?5, base_words = ?6, local = ?7, local_words = ?8,
                 modseq = coalesce(?9, modseq)
             WHERE mailbox = ?1 AND epoch = ?2 AND date = ?3 AND uid = ?4",
            params![
                self.mailbox,
                self.epoch,
                date,
                row.uid.0,
                after.base.bits(),
                pack::pack_words(after.base.keywords()),
                after.local.as_ref().map(Flags::bits),
                after.local.as_ref().and_then(|l| pack::pack_words(l.keywords())),
                row.modseq.map(|m| m.0 as i64),
            ],
        )?;
        if after.shown() != before.shown() {
            self.tx.changed(Tag::Message(MessageId(id)));
        }
        self.complete(id, row)?;
        Ok(Some(id))
    }

    /// What the row lacked and has now.
    fn complete(&self, id: i64, row: &NewRow) -> Result<(), Error> {
        let sql = "SELECT preview IS NULL, structure IS NULL, server_id IS NULL FROM message WHERE id = ?1";
        let lacks = self.tx.one(sql, [id], |r| {
            Ok((r.get::<_, bool>(0)?, r.get::<_, bool>(1)?, r.get::<_, bool>(2)?))
        })?;
        let Some((preview, structure, server_id)) = lacks else { return Ok(()) };
        if let (true, Some(text)) = (preview, &row.preview) {
            write_preview(self.tx, id, text)?;
        }
        if let (true, Some(found)) = (structure, &row.structure) {
            self::set_structure(self.tx, MessageId(id), found)?;
        }
        if let (true, Some(found)) = (server_id, &row.server_id) {
            self.tx.run(
                "UPDATE OR IGNORE message SET server_id = ?2 WHERE id = ?1",
                params![id, pack::pack_server_id(found)],
            )?;
        }
        Ok(())
    }

    /// A message that is here under another UID or in another mailbox: by the server's own id, or, of those
    /// whose placement a renumbering took, the only one with this fingerprint.
    fn known(&self, row: &NewRow) -> Result<Option<(i64, Option<Flags>)>, Error> {
        if let Some(server_id) = &row.server_id {
            let sql = "SELECT id FROM message WHERE account = ?1 AND server_id = ?2";
            let at = params![self.account.0, pack::pack_server_id(server_id)];
            if let Some(id) = self.tx.one(sql, at, |r| r.get::<_, i64>(0))? {
                return Ok(Some((id, self.take_stale(id)?)));
            }
        }
        if self.alike.get(&print_of(row)) != Some(&1) {
            return Ok(None);
        }
        let mut candidates = Vec::new();
        for epoch in &self.stale {
            candidates.extend(self.tx.all(
                "SELECT m.id FROM placement p CROSS JOIN message m ON m.id = p.message
                 WHERE p.mailbox = ?1 AND p.epoch = ?2 AND p.date = ?3 AND m.size = ?4 AND m.header_hash = ?5
                 LIMIT 2",
                params![self.mailbox, epoch, row.internal_date, row.size, row.fingerprint.headers],
                |r| r.get::<_, i64>(0),
            )?);
        }
        candidates.sort_unstable();
        candidates.dedup();
        match candidates.as_slice() {
            [id] => Ok(Some((*id, self.take_stale(*id)?))),
            _ => Ok(None),
        }
    }

    /// The placements of earlier epochs make way; what the person wanted of their flags is carried over.
    fn take_stale(&self, id: i64) -> Result<Option<Flags>, Error> {
        let old = self.tx.all(
            "SELECT epoch, date, uid, base, base_words, local, local_words FROM placement
             WHERE message = ?1 AND mailbox = ?2 AND epoch < ?3 ORDER BY epoch DESC",
            [id, self.mailbox, self.epoch],
            |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?, r.get::<_, i64>(2)?, stored(r, 3)?)),
        )?;
        let mut local = None;
        for (epoch, date, uid, flags) in old {
            self.tx.run(
                "DELETE FROM placement WHERE mailbox = ?1 AND epoch = ?2 AND date = ?3 AND uid = ?4",
                [self.mailbox, epoch, date, uid],
            )?;
            mailbox::count(self.tx, self.mailbox, 0, -1)?;
            local = local.or(flags.local);
        }
        Ok(local)
    }

    fn insert(&self, row: &NewRow) -> Result<i64, Error> {
        let tx = self.tx;
        if self.new == 0 {
            room::admit_headers(tx, self.rows, self.newest)?;
        }
        let id: i64 = tx
            .one("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'message'", [], |r| r.get(0))?
            .unwrap_or(1);
        let message_id = row.envelope.message_id.as_deref().filter(|m| !m.trim().is_empty());
        let message_id = message_id.map(pack::header_hash);
        let refs = pack::ancestors(&row.references, &row.envelope.in_reply_to);
        let thread = thread::assign(tx, self.account, id, message_id, &refs, row.gm_thrid)?;
        let people = People::of(&row.envelope);
        let packed = people.pack(&self.own);
        let subject = pack::cut(&row.envelope.subject, MOST_SUBJECT);
        let preview = row.preview.as_deref().map(|p| pack::cut(p, MOST_PREVIEW));
        let structure =
            row.structure.as_ref().map(Structure::pack).filter(|s| s.len() <= MOST_STRUCTURE);
        let doc = search::place(tx, row.internal_date, row.fingerprint.headers)?;
        tx.run(
            "INSERT INTO message (id, account, thread, doc, date, size, header_hash, message_id, refs, server_id,
                 attachments, people, subject, preview, structure)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            params![
                id,
                self.account.0,
                thread.0,
                doc,
                row.internal_date,
                row.size,
                row.fingerprint.headers,
                message_id.map(|h| h.0),
                pack::pack_refs(&refs),
                row.server_id.as_ref().map(pack::pack_server_id),
                row.has_attachments,
                packed,
                subject,
                preview,
                structure,
            ],
        )?;
        let weight = weigh(packed.len(), subject, preview, structure.as_deref());
        tx.tally(self.account, usage::HEADERS, weight);
        if search::add(tx, doc, search::Texts::of_envelope(&row.envelope, &self.own, preview))? {
            let weight = search::weight(packed.len(), subject.len(), preview.map_or(0, str::len));
            tx.tally(self.account, usage::INDEX, weight);
        }
        Ok(id)
    }
}

fn weigh(people: usize, subject: &str, preview: Option<&str>, structure: Option<&[u8]>) -> i64 {
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

/// Where it stands now, in mailboxes of this epoch.
pub fn placements(read: &Read<'_>, id: MessageId) -> Result<Vec<Placement>, Error> {
    read.all(
        "SELECT p.mailbox, p.uid, m.uidvalidity, p.modseq, p.base, p.base_words, p.local, p.local_words
         FROM placement p JOIN mailbox m ON m.id = p.mailbox AND m.epoch = p.epoch
         WHERE p.message = ?1 AND m.gone = 0 AND m.uidvalidity IS NOT NULL ORDER BY p.mailbox, p.uid",
        [id.0],
        |row| {
            let flags = stored(row, 4)?;
            Ok(Placement {
                mailbox: MailboxId(row.get(0)?),
                uid: Uid(row.get(1)?),
                uidvalidity: UidValidity(row.get(2)?),
                modseq: row.get::<_, Option<i64>>(3)?.map(|m| ModSeq(m as u64)),
                flags: flags.shown().clone(),
                base: flags.base,
            })
        },
    )
}

pub fn by_uid(read: &Read<'_>, mailbox: MailboxId, uid: Uid) -> Result<Option<MessageId>, Error> {
    placement::by_uid(read, mailbox, uid)
}

/// The preview of a row that came without. False where that row is gone.
pub fn set_preview(
    tx: &Tx<'_>,
    mailbox: MailboxId,
    uid: Uid,
    preview: &str,
) -> Result<bool, Error> {
    let Some(id) = placement::by_uid(tx, mailbox, uid)? else { return Ok(false) };
    tx.spend_rows(1)?;
    write_preview(tx, id.0, preview)?;
    tx.changed(Tag::List(mailbox));
    Ok(true)
}

fn write_preview(tx: &Tx<'_>, id: i64, preview: &str) -> Result<(), Error> {
    let preview = pack::cut(preview, MOST_PREVIEW);
    let sql = "SELECT account, doc, people, subject, preview FROM message WHERE id = ?1";
    let found = tx.one(sql, [id], |row| {
        Ok((
            AccountId(row.get(0)?),
            row.get::<_, i64>(1)?,
            row.get::<_, Vec<u8>>(2)?,
            row.get::<_, String>(3)?,
            row.get::<_, Option<String>>(4)?,
        ))
    })?;
    let Some((account, doc, packed, subject, before)) = found else { return Ok(()) };
    let before = before.map_or(0, |p| p.len());
    tx.run("UPDATE message SET preview = ?2 WHERE id = ?1", params![id, preview])?;
    let more = preview.len() as i64 - before as i64;
    tx.tally(account, usage::HEADERS, more);
    let own = account::own(tx, account)?;
    let people = People::unpack(&packed, &own).unwrap_or_default();
    let weight = |preview| search::weight(packed.len(), subject.len(), preview);
    if search::is_indexed(tx, doc)? {
        search::add(tx, doc, search::Texts::of_row(&people, &own, &subject, Some(preview)))?;
        tx.tally(account, usage::INDEX, weight(preview.len()) - weight(before));
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

/// Whether a part is text to be read or a file, for the map of what takes space.
pub(crate) fn is_text(read: &Read<'_>, id: MessageId, section: &str) -> Result<bool, Error> {
    let Some(section) = Section::parse(section).filter(|s| !s.is_root()) else {
        // The header block and other pieces that only a reader needs.
        return Ok(true);
    };
    let row = get(read, id)?;
    let node = row.as_ref().and_then(|r| r.structure.as_ref()).and_then(|s| s.find(&section));
    Ok(node.is_none_or(|node| {
        node.media_type.starts_with("text/")
            && node.disposition != Some(model::Disposition::Attachment)
    }))
}

/// Takes a message away that stands nowhere any more, unless an intent names it. Its parts leave with it; their
/// chunks follow in bounded steps.
pub(crate) fn forget_if_nowhere(tx: &Tx<'_>, id: i64) -> Result<(), Error> {
    let held = tx.one(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM placement WHERE message = ?1)
             OR EXISTS (SELECT 1 FROM intent_message WHERE message = ?1)",
        [id],
        |_| Ok(()),
    )?;
    if held.is_some() {
        return Ok(());
    }
    let sql =
        "SELECT account, doc, length(people), subject, preview, structure, message_id IS NOT NULL
               FROM message WHERE id = ?1";
    let found = tx.one(sql, [id], |row| {
        let people: usize = row.get(2)?;
        let (subject, preview) = (row.get::<_, String>(3)?, row.get::<_, Option<String>>(4)?);
        let structure = row.get::<_, Option<Vec<u8>>>(5)?;
        let header = weigh(people, &subject, preview.as_deref(), structure.as_deref());
        let index = search::weight(people, subject.len(), preview.map_or(0, |p| p.len()));
        Ok((AccountId(row.get(0)?), row.get::<_, i64>(1)?, header, index, row.get::<_, bool>(6)?))
    })?;
    let Some((account, doc, header, index, dead_line)) = found else { return Ok(()) };
    tx.run("DELETE FROM message WHERE id = ?1", [id])?;
    tx.tally(account, usage::HEADERS, -header);
    tx.tally(account, thread::DEAD, i64::from(dead_line));
    if search::remove(tx, account, doc)? {
        tx.tally(account, usage::INDEX, -index);
    }
    part::orphan(tx, id)
}

/// A placement that leaves only this device: its row is a hole now.
pub(crate) fn evict(tx: &Tx<'_>, at: At, id: i64, in_view: bool) -> Result<(), Error> {
    if in_view {
        crate::covered::remove(tx, at.mailbox, at.uid)?;
    }
    placement::remove(tx, at, id, in_view)
}
