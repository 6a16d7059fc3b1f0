//! What a FETCH says of one message.

use super::message::Message;
use super::wire::{self, Item};
use super::words::quoted;
use super::{Faults, Mutant};
use imap_codec::imap_types::core::{AString, Vec1};
use imap_codec::imap_types::fetch::{MessageDataItem, Part, Section};
use std::num::NonZeroU32;

/// The whole answer.
pub fn answer(seq: u32, message: &Message, wanted: &[String], faults: &Faults) -> Vec<u8> {
    let mut message = message.clone();
    if let Some(mutant) = faults.mutant {
        distort(&mut message, mutant);
    }
    let (mut items, mut own) = (Vec::new(), Vec::new());
    for item in wanted {
        match known(&message, item, faults) {
            Some(item) => items.push(item),
            None => own.extend(extension(&message, item, faults)),
        }
    }
    wire::fetch(seq, items, &own)
}

/// Every third message is told otherwise than it is.
fn distort(message: &mut Message, mutant: Mutant) {
    if message.arrived / 3_600 % 3 != 0 {
        return;
    }
    match mutant {
        Mutant::Subject => message.subject.push_str(" rewritten"),
        Mutant::Date => message.arrived += 60,
        Mutant::Unread => message.flags.retain(|flag| flag != "\\Seen"),
        Mutant::Unthreaded => message.references.clear(),
        _ => {}
    }
}

fn known(message: &Message, item: &str, faults: &Faults) -> Option<Item> {
    match item {
        "UID" => Some(wire::uid_item(message.uid)),
        "FLAGS" if faults.no_flags => None,
        "FLAGS" => Some(wire::flags_item(&message.flags)),
        "MODSEQ" => Some(wire::modseq_item(message.modseq)),
        "INTERNALDATE" => Some(wire::date_item(message.arrived)),
        "RFC822.SIZE" => Some(MessageDataItem::Rfc822Size(message.size() as u32)),
        "ENVELOPE" if message.no_envelope => None,
        "ENVELOPE" => Some(wire::envelope_item(message)),
        "BODYSTRUCTURE" => Some(wire::structure_item(message)),
        other => body(message, other, faults),
    }
}

/// What imap-codec has no words for, as the recorded servers write it: quoted previews (Dovecot), ids of Gmail as
/// decimal numbers, labels in parentheses, ids of RFC 8474 in theirs.
fn extension(message: &Message, item: &str, faults: &Faults) -> Option<Vec<u8>> {
    let text = match item {
        "ENVELOPE" => "ENVELOPE NIL".to_owned(),
        "EMAILID" => format!("EMAILID ({})", message.identity()),
        "THREADID" => format!("THREADID (T{})", message.conversation),
        "X-GM-MSGID" => format!("X-GM-MSGID {}", gmail_number(message.identity())),
        "X-GM-THRID" => format!("X-GM-THRID {}", gmail_number(&message.conversation)),
        "X-GM-LABELS" => "X-GM-LABELS (\"\\\\Inbox\")".to_owned(),
        preview if preview.starts_with("PREVIEW") && faults.no_preview => "PREVIEW NIL".to_owned(),
        preview if preview.starts_with("PREVIEW") => {
            format!("PREVIEW {}", quoted(message.text.trim_end()))
        }
        _ => return None,
    };
    Some(text.into_bytes())
}

/// The same number for the same word (FNV-1a).
pub fn gmail_number(word: &str) -> u64 {
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3)
    });
    hash >> 2
}

fn body(message: &Message, item: &str, faults: &Faults) -> Option<Item> {
    let (section, range) = item.strip_prefix("BODY.PEEK[")?.split_once(']')?;
    let (mut octets, named) = match section.strip_prefix("HEADER.FIELDS ") {
        Some(names) => {
            let names: Vec<&str> = names.trim_matches(['(', ')']).split(' ').collect();
            let fields = names.iter().map(|name| AString::try_from((*name).to_owned()).unwrap());
            let fields: Vec1<AString<'static>> = fields.collect::<Vec<_>>().try_into().unwrap();
            (header(message, &names), Some(Section::HeaderFields(None, fields)))
        }
        None => {
            let part: Option<u32> = section.parse().ok();
            let part = part.and_then(NonZeroU32::new).map(|n| Section::Part(Part(Vec1::from(n))));
            (message.section(section)?, part)
        }
    };
    let mut origin = None;
    let range = range.strip_prefix('<').and_then(|r| r.strip_suffix('>')?.split_once('.'));
    if let Some((from, count)) = range {
        let (from, mut count): (usize, usize) = (from.parse().ok()?, count.parse().ok()?);
        count = count.min(faults.most_octets.unwrap_or(count));
        origin = Some(from as u32);
        octets = octets.into_iter().skip(from).take(count).collect();
    }
    Some(wire::body_item(named, origin, octets))
}

fn header(message: &Message, names: &[&str]) -> Vec<u8> {
    let mut block = String::new();
    for (name, value) in message.header() {
        if names.iter().any(|wanted| wanted.eq_ignore_ascii_case(&name)) {
            block += &format!("{name}: {value}\r\n");
        }
    }
    (block + "\r\n").into_bytes()
}
