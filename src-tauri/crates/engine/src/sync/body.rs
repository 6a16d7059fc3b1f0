//! Parts of one message: fetched when asked for, in ranges, so that nothing large is ever held whole and a
//! transfer goes on where it was cut.

use super::epoch;
use crate::error::{Error, Result};
use crate::live::{Conn, Place};
use crate::{Db, sync};
use imap::{FetchSet, FetchWant, PartWant, PartWhat};
use model::{Code, MailboxId, MailboxName, MessageId, Section, Trouble, Uid, UidSet};

/// One range of a part. Small enough for the framing's bound on literals.
pub(crate) const RANGE: u64 = 256 * 1024;
/// Ranges in flight at once.
const FLIGHT: u64 = 4;
/// Text beyond this is cut: nobody reads it, and the frame would choke.
pub(crate) const TEXT_LIMIT: u64 = RANGE * FLIGHT;

/// What the reader shows of a message beside its text. (The row holds less: architecture, 3.)
pub(crate) const HEADERS: [&str; 12] = [
    "FROM",
    "SENDER",
    "REPLY-TO",
    "TO",
    "CC",
    "SUBJECT",
    "DATE",
    "MESSAGE-ID",
    "REFERENCES",
    "IN-REPLY-TO",
    "LIST-ID",
    "AUTHENTICATION-RESULTS",
];

/// The header block's place among the parts.
pub(crate) const HEADER_KEY: &str = "HEADER";
/// Octets of text whose words can be searched for.
const INDEXED: usize = 256 * 1024;

/// The words of a text that is here now can be found.
pub(crate) async fn index(
    db: &Db,
    message: MessageId,
    section: &Section,
    bytes: &[u8],
) -> Result<()> {
    let structure = db.read(move |read| store::message::get(read, message)).await?;
    let structure = structure.and_then(|row| row.structure);
    let Some(part) = structure.as_ref().and_then(|s| s.find(section)) else { return Ok(()) };
    let text = mime::decode_text(bytes.get(..INDEXED).unwrap_or(bytes), part);
    let text = if part.media_type.eq_ignore_ascii_case("text/html") {
        mime::html_to_text(&text)
    } else {
        text
    };
    db.write(move |tx| store::search::add_body(tx, message, &text)).await
}

/// Where a message stands on the server.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub mailbox: MailboxId,
    pub name: MailboxName,
    pub uid: Uid,
    /// None: its mailbox was numbered anew, and it has not been found again yet.
    pub uidvalidity: Option<model::UidValidity>,
}

pub(crate) fn gone() -> Error {
    Trouble::new(
        Code::GoneFromServer,
        "the server no longer has this message: it was moved or deleted elsewhere",
    )
    .into()
}

/// Stands in the message's mailbox. Where its UIDs have changed meaning, the mailbox is read anew first.
pub(crate) async fn stand(
    db: &Db,
    conn: &mut Conn,
    message: MessageId,
    at: At,
) -> Result<(At, Place)> {
    let place = conn.stand_in(&at.name).await?;
    if Some(epoch(&place)) == at.uidvalidity {
        return Ok((at, place));
    }
    let now = epoch(&place);
    sync::screen::newest(db, conn, at.mailbox, &place).await?;
    // It may lie deeper than the newest screen: only a mailbox that was read to its end has it no more.
    for _ in 0..DEEP {
        if let Some(uid) = bound(db, message, at.mailbox, now).await? {
            return Ok((At { uid, uidvalidity: Some(now), ..at }, place));
        }
        if !sync::page::extend(db, conn, at.mailbox, &at.name).await? {
            return Err(gone());
        }
    }
    Err(Error::new(
        Code::ServerRefused,
        "the server has numbered this mailbox anew, and the message has not been found in it yet: try again",
    ))
}

/// Pages of a renumbered mailbox that are read in search of one message.
const DEEP: usize = 40;

/// Where the message stands in the mailbox as it is numbered now.
async fn bound(
    db: &Db,
    message: MessageId,
    mailbox: MailboxId,
    now: model::UidValidity,
) -> Result<Option<Uid>> {
    let placements = db.read(move |read| store::message::placements(read, message)).await?;
    let here = placements.into_iter().find(|p| p.mailbox == mailbox && p.uidvalidity == now);
    Ok(here.map(|p| p.uid))
}

/// The header block and up to [`TEXT_LIMIT`] octets of one part, in one flight.
pub(crate) async fn text(
    db: &Db,
    conn: &mut Conn,
    message: MessageId,
    at: At,
    headers: bool,
    part: Option<(Section, u64)>,
) -> Result<(Option<Vec<u8>>, Vec<u8>)> {
    let (at, _) = stand(db, conn, message, at).await?;
    let set = || FetchSet::Uids(UidSet::range(at.uid, at.uid));
    let mut asked = Vec::new();
    let header_fields = if headers { HEADERS.to_vec() } else { Vec::new() };
    let ranges = part.as_ref().map_or(0, |(_, size)| size.div_ceil(RANGE).clamp(1, FLIGHT));
    for index in 0..ranges.max(1) {
        let parts = part
            .iter()
            .filter(|_| index < ranges)
            .map(|(section, _)| PartWant {
                section: section.clone(),
                what: PartWhat::Body,
                range: Some((index * RANGE, RANGE)),
            })
            .collect();
        let header_fields = if index == 0 { header_fields.clone() } else { Vec::new() };
        asked.push((set(), FetchWant { uid: true, header_fields, parts, ..FetchWant::default() }));
    }
    let mut block = None;
    let mut pieces: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut came = false;
    conn.fetch_many(asked, |_, fetched| {
        if fetched.uid == Some(at.uid) {
            came = true;
            block = fetched.headers.or(block.take());
            pieces.extend(fetched.parts.into_iter().map(|p| (p.offset, p.bytes)));
        }
    })
    .await
    .map_err(|e| conn.fail(e))?;
    if !came {
        sync::vanish(db, at.mailbox, UidSet::range(at.uid, at.uid)).await?;
        return Err(gone());
    }
    Ok((block, join(pieces)))
}

/// Pieces in order, as far as they join.
fn join(mut pieces: Vec<(u64, Vec<u8>)>) -> Vec<u8> {
    pieces.sort_by_key(|(offset, _)| *offset);
    let mut whole = Vec::new();
    for (offset, piece) in pieces {
        if offset == whole.len() as u64 {
            whole.extend_from_slice(&piece);
        }
    }
    whole
}

/// One flight of a long transfer, from `from` on: what came, in order; empty at the part's end.
pub(crate) async fn stretch(
    db: &Db,
    conn: &mut Conn,
    message: MessageId,
    at: At,
    section: &Section,
    from: u64,
) -> Result<Vec<u8>> {
    let (at, _) = stand(db, conn, message, at).await?;
    let asked = (0..FLIGHT)
        .map(|index| {
            let range = Some((from + index * RANGE, RANGE));
            let part = PartWant { section: section.clone(), what: PartWhat::Body, range };
            let set = FetchSet::Uids(UidSet::range(at.uid, at.uid));
            (set, FetchWant { uid: true, parts: vec![part], ..FetchWant::default() })
        })
        .collect();
    let mut pieces = Vec::new();
    let mut came = false;
    conn.fetch_many(asked, |_, fetched| {
        if fetched.uid == Some(at.uid) {
            came = true;
            pieces.extend(
                fetched.parts.into_iter().map(|p| (p.offset.saturating_sub(from), p.bytes)),
            );
        }
    })
    .await
    .map_err(|e| conn.fail(e))?;
    if !came {
        sync::vanish(db, at.mailbox, UidSet::range(at.uid, at.uid)).await?;
        return Err(gone());
    }
    Ok(join(pieces))
}

/// How the message is built, where its row came without. None: the server does not say.
pub(crate) async fn structure(
    db: &Db,
    conn: &mut Conn,
    message: MessageId,
    at: At,
) -> Result<Option<model::Structure>> {
    let (at, _) = stand(db, conn, message, at).await?;
    let want = FetchWant { uid: true, structure: true, ..FetchWant::default() };
    let mut found = None;
    conn.fetch(&FetchSet::Uids(UidSet::range(at.uid, at.uid)), &want, |fetched| {
        if fetched.uid == Some(at.uid) {
            found = fetched.structure.or(found.take());
        }
    })
    .await
    .map_err(|e| conn.fail(e))?;
    if let Some(structure) = found.clone() {
        db.write(move |tx| store::message::set_structure(tx, message, &structure)).await?;
    }
    Ok(found)
}
