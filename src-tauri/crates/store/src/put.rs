//! Rows as they come from the server: new ones, those that are here already, and those that a renumbering took
//! out of view and that are bound again.

use crate::flags::{Stored, stored};
use crate::pack::{self, People};
use crate::texts::Texts;
use crate::wall::ROW_SPACE;
use crate::{Error, MOST_ROWS, Tx, account, mailbox, row, search, stand, thread, usage};
use model::{
    AccountId, Envelope, Fingerprint, Flags, MailboxId, MessageId, ModSeq, ServerId, Structure,
    Tag, Uid, UidValidity,
};
use rusqlite::params;
use std::cmp::Reverse;
use std::collections::BTreeMap;

const MOST_SUBJECT: usize = 998;

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
    /// THREADID (RFC 8474).
    pub thread_id: Option<String>,
    pub modseq: Option<ModSeq>,
    pub has_attachments: bool,
    pub fingerprint: Fingerprint,
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
        inbox: stand::is_inbox(tx, mailbox.0)?,
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

/// Refuses rows that would leave no room for text. What is older than the newest of them may make way.
fn admit(tx: &Tx<'_>, rows: usize, newest: i64) -> Result<(), Error> {
    if usage::headers(tx)? + rows as u64 * ROW_SPACE > tx.shared.walls().headers() {
        tx.refused.set(Some(newest));
        return Err(Error::HeadersFull);
    }
    Ok(())
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
    inbox: bool,
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
        let thread = self.thread_of(id)?;
        let flags = Stored { base: row.flags.clone(), local }.with_base(row.flags.clone());
        self.tx.run(
            "INSERT INTO placement (mailbox, epoch, date, uid, message, base, base_words, local, local_words, modseq,
                 thread, unified)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
                thread,
                self.inbox.then_some(1),
            ],
        )?;
        stand::settle(self.tx, thread, self.mailbox, self.epoch)?;
        self.new += 1;
        Ok(id)
    }

    /// Its conversation now; one that stood nowhere may not have heard that two became one.
    fn thread_of(&self, id: i64) -> Result<i64, Error> {
        let sql = "SELECT thread FROM message WHERE id = ?1";
        let known = self.tx.one(sql, [id], |r| r.get(0))?.unwrap_or(id);
        let now = thread::resolve(self.tx, model::ThreadId(known))?.0;
        if now != known {
            stand::join(self.tx, id, known, now)?;
        }
        Ok(now)
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
            row::write_preview(self.tx, id, text)?;
        }
        if let (true, Some(found)) = (structure, &row.structure) {
            row::set_structure(self.tx, MessageId(id), found)?;
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
            admit(tx, self.rows, self.newest)?;
        }
        let id: i64 = tx
            .one("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'message'", [], |r| r.get(0))?
            .unwrap_or(1);
        let message_id = row.envelope.message_id.as_deref().filter(|m| !m.trim().is_empty());
        let message_id = message_id.map(pack::header_hash);
        let refs = pack::ancestors(&row.references, &row.envelope.in_reply_to);
        let told = thread::told(row.gm_thrid, row.thread_id.as_deref());
        let thread = thread::assign(tx, self.account, id, message_id, &refs, told)?;
        let people = People::of(&row.envelope);
        let packed = people.pack(&self.own);
        let subject = pack::cut(&row.envelope.subject, MOST_SUBJECT);
        let preview = row.preview.as_deref().map(|p| pack::cut(p, row::MOST_PREVIEW));
        let structure =
            row.structure.as_ref().map(Structure::pack).filter(|s| s.len() <= row::MOST_STRUCTURE);
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
        let weight = row::weigh(packed.len(), subject, preview, structure.as_deref());
        tx.tally(self.account, usage::HEADERS, weight);
        if search::add(tx, doc, Texts::of_envelope(&row.envelope, &self.own, preview))? {
            let weight = search::weight(packed.len(), subject.len(), preview.map_or(0, str::len));
            tx.tally(self.account, usage::INDEX, weight);
        }
        Ok(id)
    }
}
