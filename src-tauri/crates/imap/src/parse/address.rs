//! Addresses of an ENVELOPE (RFC 9051 7.5.2): name, route, mailbox, host; groups are bracketed by
//! addresses without host.

use super::words::{decode_words, plain};
use crate::wire::Node;
use model::Address;

/// More are not kept: a row shows a few, and a header with a million is an attack.
const MOST: usize = 1_000;

/// Groups are left out and their members kept.
pub(super) fn addresses(node: Option<&Node<'_>>) -> Vec<Address> {
    let list = node.and_then(Node::list).unwrap_or_default();
    list.iter().filter_map(|one| address(one.list()?)).take(MOST).collect()
}

fn address(fields: &[Node<'_>]) -> Option<Address> {
    let [name, _route, mailbox, host, ..] = fields else { return None };
    if *host == Node::Nil {
        // The start or the end of a group.
        return None;
    }
    let mailbox = mailbox.text().map(plain).filter(|text| !is_placeholder(text));
    let host = host.text().map(plain).filter(|text| !text.is_empty() && !is_placeholder(text));
    let local = mailbox.map(|text| local_part(&text)).unwrap_or_default();
    let address = match host {
        Some(host) => format!("{local}@{host}"),
        None => local,
    };
    let address: String = address.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = name.text().map(decode_words).filter(|text| !text.is_empty());
    if name.is_none() && address.trim().is_empty() {
        return None;
    }
    Some(Address { name, address: address.trim().to_owned() })
}

/// What servers put where a header has no such part: Dovecot, and those of UW's line.
fn is_placeholder(text: &str) -> bool {
    let known =
        ["MISSING_MAILBOX", "MISSING_DOMAIN", ".MISSING-HOST-NAME.", "MISSING_MAILBOX_TERMINATOR"];
    known.contains(&text)
        || (text.starts_with('.') && text.ends_with(".") && text.contains("SYNTAX-ERROR"))
}

/// ENVELOPE gives the local part unquoted; an addr-spec needs quotes round some (RFC 5322 3.4.1).
fn local_part(text: &str) -> String {
    let atext =
        |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c) || !c.is_ascii();
    if text.is_empty() || text.chars().all(atext) || (text.starts_with('"') && text.ends_with('"'))
    {
        return text.to_owned();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}
