//! The newest fifty of a mailbox: one FETCH by sequence number behind a SELECT.

use super::{epoch, note_selected, preview, row, vanish};
use crate::Db;
use crate::error::Result;
use crate::live::{Conn, Place};
use imap::{FetchSet, FetchWant, Fetched};
use model::{MailboxId, MessageId, SeqNum, Tag, Uid, UidSet};
use std::collections::{BTreeMap, BTreeSet};
use store::message::NewRow;

/// Rows of one mailbox as they came, with their sequence numbers.
#[derive(Default)]
pub(crate) struct Batch {
    pub rows: Vec<NewRow>,
    pub seqs: Vec<(SeqNum, Uid)>,
    known: BTreeSet<Uid>,
    /// Messages whose ENVELOPE the server did not give, or gave so that nobody can read it.
    bare: Vec<Fetched>,
}

/// What an envelope is made of, where it has to be made here.
const ENVELOPE: [&str; 9] =
    ["FROM", "SENDER", "REPLY-TO", "TO", "CC", "SUBJECT", "DATE", "MESSAGE-ID", "IN-REPLY-TO"];

/// Writes the newest rows of the selected mailbox and says which came. What is cached in their stretch and
/// did not come is gone from the server: the stretch was asked for whole.
pub(crate) async fn newest(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    place: &Place,
) -> Result<Vec<MessageId>> {
    note_selected(db, mailbox, place).await?;
    let Some((low, high)) = plan::newest(place.exists) else {
        return empty(db, mailbox, place).await;
    };
    // `*`, not `high`: what arrives meanwhile comes along.
    let batch =
        fetch(conn, &FetchSet::Seq { low, high: None }, place.highestmodseq.is_some()).await?;
    let Some(reaches) = batch.joined() else { return Ok(Vec::new()) };
    let top = batch.rows.iter().map(|r| r.uid).max().unwrap_or(reaches);
    let top = place.uidnext.map_or(top, |next| top.max(Uid(next.0.saturating_sub(1))));
    // A server that answered fewer than it was asked for proves nothing about the rest.
    let whole = batch.seqs.len() as u64 > u64::from(high.0 - low.0);
    let low_uid = if low.0 == 1 && whole { Uid(1) } else { reaches };
    write(db, conn, mailbox, place, batch.rows, Some((low_uid, top)), whole).await
}

/// Nothing is in the mailbox: every placement in it is gone, and nothing is left to ask for.
pub(crate) async fn empty(db: &Db, mailbox: MailboxId, place: &Place) -> Result<Vec<MessageId>> {
    let uids = db.read(move |read| store::placement::uids(read, mailbox, None)).await?;
    let gone = vanish(db, mailbox, uids).await?;
    let top = place.uidnext.map_or(0, |next| next.0.saturating_sub(1));
    db.write(move |tx| {
        if top > 0 {
            store::covered::add(tx, mailbox, Uid(1), Uid(top))?;
        }
        tx.changed(Tag::List(mailbox));
        Ok(())
    })
    .await?;
    Ok(gone)
}

/// Fetches rows, and nothing else, from the selected mailbox.
pub(crate) async fn fetch(conn: &mut Conn, set: &FetchSet, modseq: bool) -> Result<Batch> {
    let want = row::want(conn.capabilities(), modseq);
    let mut batch = Batch::default();
    conn.fetch(set, &want, |fetched| batch.take(fetched)).await.map_err(|e| conn.fail(e))?;
    batch.complete(conn).await?;
    Ok(batch)
}

impl Batch {
    pub fn take(&mut self, fetched: Fetched) {
        // A server may say flags of others meanwhile: those are no rows.
        let Some(uid) =
            fetched.uid.filter(|_| fetched.size.is_some() || fetched.envelope.is_some())
        else {
            return;
        };
        // It may also repeat a FETCH (flags changed meanwhile): the last word counts.
        if self.known.insert(uid) {
            self.seqs.push((fetched.seq, uid));
        } else {
            self.seqs.retain(|(_, known)| *known != uid);
            self.rows.retain(|row| row.uid != uid);
            self.bare.retain(|known| known.uid != Some(uid));
            self.seqs.push((fetched.seq, uid));
        }
        if fetched.envelope.is_some() {
            self.rows.extend(row::row(fetched));
        } else {
            self.bare.push(fetched);
        }
    }

    pub fn has(&self, uid: Uid) -> bool {
        self.known.contains(&uid)
    }

    /// Every one of so many came, with all that a row needs.
    pub fn is_whole(&self, asked: u64) -> bool {
        self.bare.is_empty() && self.rows.len() as u64 == asked
    }

    /// The lowest row down to which every position was answered.
    fn joined(&self) -> Option<Uid> {
        let mut seqs = self.seqs.clone();
        seqs.sort_unstable_by_key(|(seq, _)| std::cmp::Reverse(*seq));
        let mut joined: Option<(SeqNum, Uid)> = None;
        for (seq, uid) in seqs {
            if joined.is_some_and(|(above, _)| above.0 != seq.0 + 1) {
                break;
            }
            joined = Some((seq, uid));
        }
        joined.map(|(_, uid)| uid)
    }

    /// Makes the envelopes that did not come out of the header fields themselves: any message has a row.
    pub async fn complete(&mut self, conn: &mut Conn) -> Result<()> {
        let uids: UidSet = self.bare.iter().filter_map(|fetched| fetched.uid).collect();
        if uids.is_empty() {
            return Ok(());
        }
        let want =
            FetchWant { uid: true, header_fields: ENVELOPE.to_vec(), ..FetchWant::default() };
        let mut blocks: BTreeMap<Uid, Vec<u8>> = BTreeMap::new();
        conn.fetch(&FetchSet::Uids(uids), &want, |fetched| {
            if let (Some(uid), Some(block)) = (fetched.uid, fetched.headers) {
                blocks.insert(uid, block);
            }
        })
        .await
        .map_err(|e| conn.fail(e))?;
        for mut fetched in std::mem::take(&mut self.bare) {
            let block = fetched.uid.and_then(|uid| blocks.remove(&uid)).unwrap_or_default();
            fetched.envelope = Some(row::envelope(&block));
            self.rows.extend(row::row(fetched));
        }
        Ok(())
    }
}

/// Rows, their coverage and their previews.
pub(crate) async fn write(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    place: &Place,
    rows: Vec<NewRow>,
    covered: Option<(Uid, Uid)>,
    whole: bool,
) -> Result<Vec<MessageId>> {
    let epoch = epoch(place);
    if let Some((low, top)) = covered
        && whole
    {
        let came: BTreeSet<Uid> = rows.iter().map(|r| r.uid).collect();
        let cached =
            db.read(move |read| store::placement::uids(read, mailbox, Some((low, top)))).await?;
        let gone: UidSet = cached.iter().filter(|uid| !came.contains(uid)).collect();
        vanish(db, mailbox, gone).await?;
    }
    let lacking = preview::lacking(&rows);
    let ids = db.put(mailbox, epoch, rows, covered).await?;
    preview::fill(db, conn, mailbox, lacking).await?;
    Ok(ids)
}
