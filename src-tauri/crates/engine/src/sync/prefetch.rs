//! Text that will likely be read next, brought before it is opened: of a mailbox's newest days, many in one flight.

use crate::Db;
use crate::error::Result;
use crate::live::Conn;
use imap::{FetchSet, FetchWant, PartWant, PartWhat};
use model::{MailboxId, MailboxName, MessageId, Section, Uid, UidSet};
use std::collections::BTreeMap;

/// Texts in one flight: what [`bring`] is given at once.
pub(crate) const FLIGHT: usize = 20;
/// A longer text waits until it is opened.
const MOST: u64 = 128 * 1024;

/// A message whose text is not here.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub message: MessageId,
    pub uid: Uid,
    pub section: Section,
    pub size: u64,
}

/// The newest messages of the last days whose text is not here; at most `most` are looked at.
pub(crate) async fn wanted(
    db: &Db,
    mailbox: MailboxId,
    since: i64,
    most: u32,
) -> Result<Vec<Wanted>> {
    db.read(move |read| {
        let query = store::list::ListQuery {
            mailboxes: vec![mailbox],
            limit: most,
            ..store::list::ListQuery::default()
        };
        let mut found = Vec::new();
        for row in store::list::page(read, &query)?.rows {
            if row.internal_date < since {
                break;
            }
            let Some(structure) = store::message::get(read, row.id)?.and_then(|m| m.structure)
            else {
                continue;
            };
            let choice = mime::choose(&structure);
            let Some(section) = choice.html.or(choice.text) else { continue };
            let Some(part) = structure.find(&section).filter(|part| part.size <= MOST) else {
                continue;
            };
            let size = part.size;
            let here = store::part::complete_keys(read, row.id)?;
            if !here.contains(&section.to_string()) {
                found.push(Wanted { message: row.id, uid: row.uid, section, size });
            }
        }
        Ok(found)
    })
    .await
}

/// Fetches and keeps them, in one flight.
pub(crate) async fn bring(
    db: &Db,
    conn: &mut Conn,
    name: &MailboxName,
    wanted: &[Wanted],
) -> Result<()> {
    conn.stand_in(name).await?;
    let mut sections: BTreeMap<Section, UidSet> = BTreeMap::new();
    for one in wanted {
        sections.entry(one.section.clone()).or_default().insert(one.uid);
    }
    let asked = sections
        .into_iter()
        .map(|(section, uids)| {
            let part = PartWant { section, what: PartWhat::Body, range: Some((0, MOST + 1)) };
            let want = FetchWant {
                uid: true,
                header_fields: super::body::HEADERS.to_vec(),
                parts: vec![part],
                ..FetchWant::default()
            };
            (FetchSet::Uids(uids), want)
        })
        .collect();
    let mut came: BTreeMap<Uid, (Option<Vec<u8>>, Vec<u8>)> = BTreeMap::new();
    conn.fetch_many(asked, |_, fetched| {
        let part = fetched.parts.into_iter().next();
        if let (Some(uid), Some(part)) = (fetched.uid, part) {
            came.insert(uid, (fetched.headers, part.bytes));
        }
    })
    .await
    .map_err(|e| conn.fail(e))?;
    for one in wanted {
        let Some((headers, bytes)) = came.remove(&one.uid) else { continue };
        if let Some(headers) = headers {
            db.keep_part(one.message, super::body::HEADER_KEY, &headers).await?;
        }
        // What claimed to be shorter than it is waits until it is opened.
        if bytes.len() as u64 <= MOST {
            db.keep_part(one.message, &one.section.to_string(), &bytes).await?;
            super::body::index(db, one.message, &one.section, &bytes).await?;
        }
    }
    Ok(())
}
