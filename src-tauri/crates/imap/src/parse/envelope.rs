//! ENVELOPE (RFC 9051 7.5.2), decoded for people.

use super::address::addresses;
use super::date::header_date;
use super::words::decode_words;
use crate::wire::{Node, Read, Unreadable, clean};
use model::Envelope;

/// References in one In-Reply-To that are kept.
const REPLIES: usize = 50;

pub(super) fn envelope(node: &Node<'_>) -> Read<Envelope> {
    let fields = node.list().ok_or(Unreadable("an envelope that is no list"))?;
    // Ten by the rule; the order alone says which is which, so fewer are not guessed at.
    if fields.len() < 10 {
        return Err(Unreadable("an envelope with fields missing"));
    }
    let text = |at: usize| fields.get(at).and_then(Node::text);
    let people = |at: usize| addresses(fields.get(at));
    let people_there =
        (2..8).all(|at| matches!(fields.get(at), Some(Node::Nil | Node::List(_) | Node::Deep)));
    if !people_there {
        return Err(Unreadable("an envelope whose addresses are none"));
    }
    Ok(Envelope {
        date: text(0).and_then(header_date),
        subject: text(1).map(decode_words).unwrap_or_default(),
        from: people(2),
        sender: people(3),
        reply_to: people(4),
        to: people(5),
        cc: people(6),
        bcc: people(7),
        in_reply_to: text(8).map(message_ids).unwrap_or_default(),
        message_id: text(9).and_then(|text| message_ids(text).into_iter().next()),
    })
}

/// What stands in angle brackets; where nothing does, the words themselves.
fn message_ids(text: &[u8]) -> Vec<String> {
    let text = clean(text);
    let bracketed: Vec<String> = text
        .split('<')
        .skip(1)
        .filter_map(|piece| piece.split_once('>'))
        .map(|(id, _)| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .take(REPLIES)
        .collect();
    if !bracketed.is_empty() {
        return bracketed;
    }
    let bare =
        text.split_whitespace().map(|w| w.trim_matches(['<', '>'])).filter(|w| !w.is_empty());
    bare.take(REPLIES).map(str::to_owned).collect()
}
