//! LIST, LSUB, STATUS and NAMESPACE (RFC 9051 7.3).

use crate::names;
use crate::wire::{Cursor, Node, Read, Unreadable};
use model::{MailboxName, ModSeq, Uid, UidValidity};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListLine {
    pub name: MailboxName,
    pub wire_name: Vec<u8>,
    pub separator: Option<char>,
    pub attributes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatusLine {
    pub name: MailboxName,
    pub status: Status,
}

/// What STATUS says of a mailbox; what the server did not say is None.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    pub messages: Option<u32>,
    pub unseen: Option<u32>,
    pub uidnext: Option<Uid>,
    pub uidvalidity: Option<UidValidity>,
    pub highestmodseq: Option<ModSeq>,
    /// Octets of all messages (RFC 8438).
    pub size: Option<u64>,
}

/// Where mailboxes of one kind live (RFC 2342).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    pub prefix: MailboxName,
    pub separator: Option<char>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    pub personal: Vec<Namespace>,
    pub other_users: Vec<Namespace>,
    pub shared: Vec<Namespace>,
}

pub(super) fn list(cursor: &mut Cursor<'_>, utf8: bool) -> Read<ListLine> {
    let attributes = super::names::flags(&cursor.value()?);
    let separator = separator(&cursor.value()?);
    let wire_name = mailbox(cursor)?;
    // What may follow (RFC 9051 7.3.1, CHILDINFO, OLDNAME) is not needed: the attributes say it too.
    let name = names::from_wire(&wire_name, utf8);
    Ok(ListLine { name, wire_name, separator, attributes })
}

fn separator(node: &Node<'_>) -> Option<char> {
    match node.text()? {
        [octet] if octet.is_ascii_graphic() || *octet == b' ' => Some(char::from(*octet)),
        _ => None,
    }
}

/// An astring: a mailbox may be called NIL.
fn mailbox(cursor: &mut Cursor<'_>) -> Read<Vec<u8>> {
    cursor.spaces();
    let nil = cursor.rest_of_line().get(..3).unwrap_or_default().to_vec();
    match cursor.value()? {
        Node::Atom(name) => Ok(name.to_vec()),
        Node::Text(name) => Ok(name.into_owned()),
        Node::Nil => Ok(nil),
        Node::List(_) | Node::Deep => Err(Unreadable("a mailbox without name")),
    }
}

pub(super) fn status(cursor: &mut Cursor<'_>, utf8: bool) -> Read<StatusLine> {
    cursor.spaces();
    let line = cursor.rest_of_line();
    let mut wire_name = mailbox(cursor)?;
    cursor.spaces();
    if cursor.peek() != Some(b'(') {
        // Names with spaces and without quotes: the items are the last list of the line.
        let open = line.iter().rposition(|b| *b == b'(').ok_or(Unreadable("no status items"))?;
        wire_name = line.get(..open).unwrap_or_default().trim_ascii().to_vec();
        *cursor = Cursor::new(line.get(open..).unwrap_or_default());
    }
    let items = cursor.value()?;
    let items = items.list().ok_or(Unreadable("no status items"))?;
    let mut status = Status::default();
    // Names and values; of a value that is no number (MAILBOXID's) the next pair is not disturbed.
    for pair in items.chunks(2) {
        if let [name, value] = pair
            && let (Some(name), Some(value)) = (name.text(), value.number())
        {
            item(&mut status, name, value);
        }
    }
    Ok(StatusLine { name: names::from_wire(&wire_name, utf8), status })
}

fn item(status: &mut Status, name: &[u8], value: u64) {
    let small = u32::try_from(value).ok();
    match name.to_ascii_uppercase().as_slice() {
        b"MESSAGES" => status.messages = small,
        b"UNSEEN" => status.unseen = small,
        b"UIDNEXT" => status.uidnext = small.filter(|n| *n > 0).map(Uid),
        b"UIDVALIDITY" => status.uidvalidity = small.filter(|n| *n > 0).map(UidValidity),
        b"HIGHESTMODSEQ" => status.highestmodseq = Some(ModSeq(value)).filter(|m| m.0 > 0),
        b"SIZE" => status.size = Some(value),
        _ => {}
    }
}

pub(super) fn namespaces(cursor: &mut Cursor<'_>, utf8: bool) -> Read<Namespaces> {
    let mut one = || -> Read<Vec<Namespace>> {
        let node = cursor.value()?;
        let listed = node.list().unwrap_or_default().iter().take(100);
        Ok(listed.filter_map(|entry| namespace(entry.list()?, utf8)).collect())
    };
    Ok(Namespaces { personal: one()?, other_users: one()?, shared: one()? })
}

fn namespace(entry: &[Node<'_>], utf8: bool) -> Option<Namespace> {
    let [prefix, separating, ..] = entry else { return None };
    // `INBOX.` is a prefix, not the mailbox.
    let prefix = names::from_wire(prefix.text()?, utf8);
    Some(Namespace { prefix, separator: separator(separating) })
}
