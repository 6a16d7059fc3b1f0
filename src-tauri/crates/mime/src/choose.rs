//! Which parts of a message a reader shows, from its structure alone: asked before a single octet of a body
//! is fetched, so it may not depend on one.

use model::{Disposition, Section, Structure};

/// What a reader would choose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub html: Option<Section>,
    pub text: Option<Section>,
    /// Pictures that the HTML shows by their Content-ID.
    pub inline: Vec<Section>,
    pub attachments: Vec<Section>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewKind {
    Text,
    Html,
}

pub fn choose(structure: &Structure) -> Choice {
    let picked = pick(structure, &Section::root(), Inside::Top, 0);
    Choice {
        html: picked.html,
        text: picked.text,
        inline: picked.inline,
        attachments: picked.attachments.into_iter().map(|a| a.section).collect(),
    }
}

/// What the paper clip means: something to save, beyond text, its pictures, signatures and reports.
pub fn has_attachments(structure: &Structure) -> bool {
    pick(structure, &Section::root(), Inside::Top, 0).attachments.iter().any(|a| a.counts)
}

/// The part of which a piece makes the preview: plain text, unless it is there for form's sake only.
pub fn preview_source(structure: &Structure) -> Option<(Section, PreviewKind)> {
    let choice = choose(structure);
    let text = choice.text.filter(|section| {
        let octets = structure.find(section).map_or(0, |part| part.size);
        octets > EMPTY || choice.html.is_none()
    });
    match (text, choice.html) {
        (Some(section), _) => Some((section, PreviewKind::Text)),
        (None, Some(section)) => Some((section, PreviewKind::Html)),
        (None, None) => None,
    }
}

/// Newsletter tools put a blank line where the plain text should be.
const EMPTY: u64 = 4;

#[derive(Default)]
struct Picked {
    html: Option<Section>,
    text: Option<Section>,
    inline: Vec<Section>,
    attachments: Vec<Attached>,
}

struct Attached {
    section: Section,
    counts: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Top,
    Mixed,
    Alternative,
    Related,
    Signed,
    Report,
}

impl Picked {
    fn has_body(&self) -> bool {
        self.html.is_some() || self.text.is_some()
    }

    fn attach(&mut self, section: Section, counts: bool) {
        self.attachments.push(Attached { section, counts });
    }
}

fn pick(node: &Structure, at: &Section, inside: Inside, depth: usize) -> Picked {
    if depth >= Structure::MAX_DEPTH {
        return Picked::default();
    }
    if !node.is_multipart() {
        let section = if inside == Inside::Top { at.child(1) } else { at.clone() };
        return leaf(node, section, inside);
    }
    let kind = match node.media_type.as_str() {
        "multipart/alternative" => Inside::Alternative,
        "multipart/related" => Inside::Related,
        "multipart/signed" => Inside::Signed,
        "multipart/report" => Inside::Report,
        // RFC 2046 5.1.3: one that isn't known is mixed.
        _ => Inside::Mixed,
    };
    let children = (1u32..).zip(&node.children).map(|(number, child)| {
        let section = at.child(number);
        (child, pick(child, &section, kind, depth + 1))
    });
    match kind {
        Inside::Alternative => alternative(children),
        Inside::Related => related(children),
        _ => in_order(children, kind),
    }
}

fn leaf(node: &Structure, section: Section, inside: Inside) -> Picked {
    let mut picked = Picked::default();
    let attached = node.disposition == Some(Disposition::Attachment);
    let alone = inside == Inside::Top;
    match node.media_type.as_str() {
        "text/html" | "application/xhtml+xml" if !attached || alone => picked.html = Some(section),
        "text/plain" | "text/enriched" | "text/richtext" | "text/markdown" | "text" | ""
            if !attached || alone =>
        {
            picked.text = Some(section);
        }
        // A reader shows what text there is, whatever its name, where there is nothing else.
        media if alone && media.starts_with("text/") && !saved(media) => {
            picked.text = Some(section);
        }
        media => {
            let counts = match media {
                "application/pgp-signature"
                | "application/pkcs7-signature"
                | "application/x-pkcs7-signature"
                | "message/delivery-status"
                | "message/disposition-notification"
                | "message/feedback-report"
                | "text/rfc822-headers" => false,
                _ if inside == Inside::Report => false,
                // The invitation beside its own words, not something to save.
                "text/calendar" if inside == Inside::Alternative => false,
                _ => true,
            };
            picked.attach(section, counts);
        }
    }
    picked
}

/// Text by name, but a file to everybody who receives it.
fn saved(media: &str) -> bool {
    matches!(media, "text/calendar" | "text/vcard" | "text/x-vcard" | "text/directory" | "text/csv")
}

/// RFC 2046 5.1.4: the last that can be shown is the best; the plain one is kept for who wants it plain.
fn alternative<'a>(children: impl Iterator<Item = (&'a Structure, Picked)>) -> Picked {
    let mut best = Picked::default();
    for (node, picked) in children {
        let plain = node.media_type == "text/plain";
        if picked.html.is_some() {
            best.html = picked.html;
            best.inline = picked.inline;
            if best.text.is_none() {
                best.text = picked.text;
            }
        } else if picked.text.is_some() && (best.text.is_none() || plain) {
            best.text = picked.text;
        }
        best.attachments.extend(picked.attachments);
    }
    best
}

/// RFC 2387: a root, and what it shows. The `start` parameter is not in a BODYSTRUCTURE that servers
/// shorten, so the root is the first that has something to read.
fn related<'a>(children: impl Iterator<Item = (&'a Structure, Picked)>) -> Picked {
    let mut root = Picked::default();
    let mut pictures = Vec::new();
    for (node, picked) in children {
        if !root.has_body() && picked.has_body() {
            let before = std::mem::replace(&mut root, picked);
            root.attachments.splice(0..0, before.attachments);
        } else if picture(node)
            && !(node.disposition == Some(Disposition::Attachment) && node.content_id.is_none())
        {
            pictures.extend(picked.attachments.into_iter().map(|a| a.section));
        } else {
            add_rest(&mut root, node, picked);
        }
    }
    if root.html.is_some() {
        root.inline.extend(pictures);
    } else {
        for section in pictures {
            root.attach(section, true);
        }
    }
    root
}

fn in_order<'a>(children: impl Iterator<Item = (&'a Structure, Picked)>, kind: Inside) -> Picked {
    let mut all = Picked::default();
    let mut signed_over = false;
    for (node, picked) in children {
        if kind == Inside::Signed && signed_over && !node.is_multipart() && !picked.has_body() {
            // RFC 1847: the second part is the signature, whatever it calls itself.
            for attached in picked.attachments {
                all.attach(attached.section, false);
            }
            continue;
        }
        signed_over = true;
        // Outlook leaves pictures of the HTML beside it instead of within multipart/related.
        if all.html.is_some()
            && picture(node)
            && node.content_id.is_some()
            && node.disposition != Some(Disposition::Attachment)
        {
            all.inline.extend(picked.attachments.into_iter().map(|a| a.section));
            continue;
        }
        if all.has_body() {
            add_rest(&mut all, node, picked);
        } else {
            all.html = picked.html;
            all.text = picked.text;
            all.inline.extend(picked.inline);
            all.attachments.extend(picked.attachments);
        }
    }
    all
}

/// What comes after the body: a list's footer is no file, and still must not vanish.
fn add_rest(all: &mut Picked, node: &Structure, picked: Picked) {
    let named = node.name.is_some();
    for section in [picked.html.or(picked.text)].into_iter().flatten() {
        all.attach(section, named);
    }
    for section in picked.inline {
        all.attach(section, true);
    }
    all.attachments.extend(picked.attachments);
}

fn picture(node: &Structure) -> bool {
    node.media_type.starts_with("image/")
}

#[cfg(test)]
mod tests;
