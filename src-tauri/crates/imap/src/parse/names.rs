//! Lists of names: capabilities, flags, the pairs of ID.

use crate::wire::{Node, clean};

/// Words between spaces. At most 1,000.
pub(super) fn words(line: &[u8]) -> Vec<String> {
    line.split(|b| matches!(b, b' ' | b'\t'))
        .filter(|word| !word.is_empty())
        .take(1_000)
        .map(clean)
        .collect()
}

/// The flags in a list. Lists within it, which some servers send, and what is no flag are left out.
pub(super) fn flags(node: &Node<'_>) -> Vec<String> {
    let atoms = node.list().unwrap_or_default().iter().filter_map(|n| match n {
        Node::Atom(name) => std::str::from_utf8(name).ok(),
        _ => None,
    });
    atoms.filter(|name| !matches!(*name, "" | "\\")).map(str::to_owned).collect()
}

/// RFC 2971: strings in pairs; a NIL value says nothing.
pub(super) fn pairs(node: &Node<'_>) -> Vec<(String, String)> {
    let list = node.list().unwrap_or_default();
    let pairs = list.chunks_exact(2).filter_map(|pair| match pair {
        [key, value] => Some((clean(key.text()?), clean(value.text()?))),
        _ => None,
    });
    pairs.take(30).collect()
}
