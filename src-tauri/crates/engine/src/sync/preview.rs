//! Previews where the server gave none: a piece of each message's text part, all in one flight.

use crate::Db;
use crate::error::Result;
use crate::live::Conn;
use imap::{FetchSet, FetchWant, PartWant, PartWhat};
use model::{MailboxId, Section, Structure, Tag, Uid};
use std::collections::BTreeMap;
use store::message::NewRow;

/// Octets of plain text asked for: enough for 200 characters in any encoding but the worst.
const TEXT: u64 = 512;
/// Of HTML: the first octets are often only CSS.
const HTML: u64 = 1_024;
/// Asked for once more where the first piece said nothing.
const MORE: u64 = 16 * 1_024;

/// A row that still needs its preview, and from which part it comes.
#[derive(Clone)]
pub(crate) struct Lacking {
    uid: Uid,
    section: Section,
    part: Structure,
    html: bool,
}

pub(crate) fn lacking(rows: &[NewRow]) -> Vec<Lacking> {
    rows.iter()
        .filter(|row| row.preview.is_none())
        .filter_map(|row| Lacking::of(row.uid, row.structure.as_ref()?))
        .collect()
}

/// Those of the newest rows that are here and never got their preview: a connection was cut between the two.
pub(crate) async fn left_out(db: &Db, mailbox: MailboxId, newest: u32) -> Result<Vec<Lacking>> {
    db.read(move |read| {
        let mailboxes = vec![mailbox];
        let query = store::list::ListQuery {
            mailboxes,
            limit: newest,
            ..store::list::ListQuery::default()
        };
        let mut found = Vec::new();
        for row in store::list::page(read, &query)?.rows.iter().filter(|r| r.preview.is_none()) {
            let structure = store::message::get(read, row.id)?.and_then(|m| m.structure);
            found.extend(structure.and_then(|s| Lacking::of(row.uid, &s)));
        }
        Ok(found)
    })
    .await
}

/// Of these, those that have none and could have one.
pub(crate) async fn of_rows(db: &Db, mailbox: MailboxId, uids: Vec<Uid>) -> Result<Vec<Lacking>> {
    db.read(move |read| {
        let mut found = Vec::new();
        for uid in uids {
            let Some(id) = store::placement::by_uid(read, mailbox, uid)? else { continue };
            let row = store::message::get(read, id)?.filter(|row| row.preview.is_none());
            found.extend(row.and_then(|row| Lacking::of(uid, &row.structure?)));
        }
        Ok(found)
    })
    .await
}

impl Lacking {
    /// None where no part has text.
    fn of(uid: Uid, structure: &Structure) -> Option<Self> {
        let (section, kind) = mime::preview_source(structure)?;
        let part = structure.find(&section)?.clone();
        Some(Self { uid, section, part, html: kind == mime::PreviewKind::Html })
    }
}

/// One flight for all; then one more for those of which the first piece said nothing.
pub(crate) async fn fill(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    lacking: Vec<Lacking>,
) -> Result<()> {
    let silent = pass(db, conn, mailbox, lacking, None).await?;
    pass(db, conn, mailbox, silent, Some(MORE)).await?;
    Ok(())
}

/// Fetches and writes; gives back those that had more to say and did not yet.
async fn pass(
    db: &Db,
    conn: &mut Conn,
    mailbox: MailboxId,
    lacking: Vec<Lacking>,
    octets: Option<u64>,
) -> Result<Vec<Lacking>> {
    if lacking.is_empty() {
        return Ok(Vec::new());
    }
    let length = |l: &Lacking| octets.unwrap_or(if l.html { HTML } else { TEXT });
    let wanted = lacking.iter().map(|l| (l.uid, l.section.clone(), length(l)));
    let fetches = plan::preview_fetches(wanted)
        .into_iter()
        .map(|f| {
            let part =
                PartWant { section: f.section, what: PartWhat::Body, range: Some((0, f.octets)) };
            (
                FetchSet::Uids(f.uids),
                FetchWant { uid: true, parts: vec![part], ..FetchWant::default() },
            )
        })
        .collect();
    let mut pieces: BTreeMap<Uid, Vec<u8>> = BTreeMap::new();
    conn.fetch_many(fetches, |_, fetched| {
        if let Some(uid) = fetched.uid {
            // A part that the server says is not there has nothing to say, now and later.
            let part = fetched.parts.into_iter().next();
            pieces.insert(uid, part.map_or_else(Vec::new, |part| part.bytes));
        }
    })
    .await
    .map_err(|e| conn.fail(e))?;
    let mut found = Vec::new();
    let mut silent = Vec::new();
    for one in lacking {
        let Some(bytes) = pieces.remove(&one.uid) else { continue };
        let truncated = !bytes.is_empty() && (bytes.len() as u64) < one.part.size;
        let preview = mime::preview_from_part(&bytes, &one.part, truncated);
        if preview.is_empty() && truncated && octets.is_none() {
            silent.push(one);
        } else {
            found.push((one.uid, preview));
        }
    }
    db.write(move |tx| {
        for (uid, preview) in &found {
            store::message::set_preview(tx, mailbox, *uid, preview)?;
        }
        tx.changed(Tag::List(mailbox));
        Ok(())
    })
    .await?;
    Ok(silent)
}
