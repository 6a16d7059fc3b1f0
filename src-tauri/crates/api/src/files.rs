//! Message files without an account: what `parse` and `render` read. No store, no network.

use crate::messages::{node, part_of};
use crate::wire::{Blocked, Parsed, Rendered};
use model::Section;

pub fn parse(eml: &[u8]) -> Parsed {
    let message = mime::parse(eml);
    let choice = mime::choose(&message.structure);
    let parts = message
        .structure
        .leaves()
        .into_iter()
        .map(|(section, part)| part_of(&section, part, &choice, true, String::new()))
        .collect();
    let text = message.text();
    let preview = message.preview();
    let headers = message.headers;
    Parsed {
        structure: node(&Section::root(), &message.structure),
        parts,
        text,
        preview,
        subject: headers.subject,
        from: headers.from,
        to: headers.to,
        cc: headers.cc,
        reply_to: headers.reply_to,
        date: headers.date,
        message_id: headers.message_id,
        references: headers.references,
    }
}

pub fn render(eml: &[u8]) -> Rendered {
    let rendered = mime::render(eml, &|section| format!("mail://localhost/part/0/{section}"));
    Rendered {
        html: rendered.html,
        blocked: rendered
            .blocked
            .into_iter()
            .map(|b| Blocked { kind: b.kind.to_owned(), url: b.url })
            .collect(),
        text: rendered.text,
        preview: rendered.preview,
    }
}
