//! BODYSTRUCTURE (RFC 9051 7.5.2), as far as reading mail needs it.

use super::params::Params;
use crate::wire::{Node, Read, Unreadable};
use model::{Disposition, Structure};

/// Deeper nodes than `Structure::MAX_DEPTH` become one opaque leaf, whatever they hold.
pub(super) fn structure(node: &Node<'_>) -> Read<Structure> {
    if node.list().is_none() {
        return Err(Unreadable("a structure that is no list"));
    }
    Ok(at_depth(node, 0))
}

/// Goes no deeper than `Structure::MAX_DEPTH`, so that recursion is bounded by us.
fn at_depth(node: &Node<'_>, depth: usize) -> Structure {
    match node.list() {
        Some(fields) if depth < Structure::MAX_DEPTH => match fields.first() {
            Some(Node::List(_) | Node::Deep) => multipart(fields, depth),
            _ => leaf(fields, depth),
        },
        _ => opaque(),
    }
}

fn opaque() -> Structure {
    Structure::leaf("application/octet-stream", "", 0)
}

fn multipart(fields: &[Node<'_>], depth: usize) -> Structure {
    let parts = fields.iter().take_while(|n| matches!(n, Node::List(_) | Node::Deep)).count();
    let (parts, rest) = fields.split_at_checked(parts).unwrap_or((fields, &[]));
    let subtype = token(rest.first()).unwrap_or_else(|| "mixed".to_owned());
    let children = parts.iter().map(|part| at_depth(part, depth + 1)).collect();
    let mut whole = Structure::multipart(&subtype, children);
    let (disposition, name) = disposition(rest.get(2..).unwrap_or_default());
    (whole.disposition, whole.name) = (disposition, name);
    whole
}

fn leaf(fields: &[Node<'_>], depth: usize) -> Structure {
    let word = |at: usize| token(fields.get(at));
    let kind = word(0).unwrap_or_else(|| "application".to_owned());
    if kind == "multipart" {
        // Gmail and Exchange: a multipart without parts, in the form of a leaf.
        return Structure::multipart(&word(1).unwrap_or_else(|| "mixed".to_owned()), Vec::new());
    }
    let subtype = word(1).unwrap_or_else(|| "octet-stream".to_owned());
    let params = Params::of(fields.get(2));
    let size = fields.get(6).and_then(Node::number).unwrap_or(0);
    let mut part =
        Structure::leaf(&format!("{kind}/{subtype}"), &word(5).unwrap_or_default(), size);
    part.content_id = fields.get(3).and_then(Node::text).and_then(content_id);
    part.charset = params.token("charset");
    part.flowed = params.token("format").as_deref() == Some("flowed");
    part.delsp = params.token("delsp").as_deref() == Some("yes");
    // RFC 9051 9: body-type-msg has envelope, body and lines; body-type-text has lines. Some servers
    // give an attached message as if it were any other part.
    let extension = match fields.get(8) {
        Some(body) if part.is_message() && is_list(fields.get(7)) && is_body(body) => {
            part.children.push(at_depth(body, depth + 1));
            10
        }
        Some(Node::Deep) if part.is_message() => {
            part.children.push(opaque());
            10
        }
        _ if kind == "text" => 8,
        _ => 7,
    };
    let (disposition, name) = disposition(fields.get(extension + 1..).unwrap_or_default());
    part.disposition = disposition;
    part.name = name.or_else(|| params.text("name"));
    part
}

/// Not a disposition, which stands there where the message's own fields are left out.
fn is_body(node: &Node<'_>) -> bool {
    node.list().is_some_and(|fields| {
        matches!(fields.first(), Some(Node::List(_) | Node::Deep)) || fields.len() >= 6
    })
}

fn is_list(node: Option<&Node<'_>>) -> bool {
    matches!(node, Some(Node::List(_) | Node::Deep | Node::Nil))
}

fn token(node: Option<&Node<'_>>) -> Option<String> {
    let text = String::from_utf8_lossy(node?.text()?).trim().to_ascii_lowercase();
    let word = text.chars().all(|c| c.is_ascii_graphic() && c != '/');
    (!text.is_empty() && text.len() <= 100 && word).then_some(text)
}

/// The first of the extension fields that has a disposition's form: `("attachment" ("filename" …))`.
/// By the rule it is the first; servers leave out what stands before it.
fn disposition(fields: &[Node<'_>]) -> (Option<Disposition>, Option<String>) {
    let found = fields.iter().take(2).find_map(|field| match field.list()? {
        [kind, params @ (Node::List(_) | Node::Nil), ..] => {
            Some((kind.text()?, Params::of(Some(params))))
        }
        [kind] => {
            let kind = kind.text()?;
            let known = [b"inline".as_slice(), b"attachment"];
            known.iter().any(|k| kind.eq_ignore_ascii_case(k)).then(|| (kind, Params::default()))
        }
        _ => None,
    });
    let Some((kind, params)) = found else { return (None, None) };
    // RFC 2183 2.8: an unknown one is an attachment.
    let inline = kind.eq_ignore_ascii_case(b"inline");
    let disposition = if inline { Disposition::Inline } else { Disposition::Attachment };
    (Some(disposition), params.text("filename"))
}

fn content_id(text: &[u8]) -> Option<String> {
    let text = crate::wire::clean(text);
    let id = text.trim().trim_start_matches('<').trim_end_matches('>').trim();
    (!id.is_empty()).then(|| id.to_owned())
}
