//! The first pass: out of the tree is written what is on the lists, in a form that reads back as itself.
//!
//! The second half of that is not vanity. Markup that a parser mends while reading is read differently by the
//! next parser (a link in a link, a paragraph in a paragraph, text in a table), and what one has checked is
//! then not what the other shows. So an element that could not stand where it is loses its tags.

use super::allowed::{self, Form};
use super::css::Filter;
use super::dom::{Data, Element, NodeId, Tree};
use super::images::{Picture, picture};
use super::parse::{Parsed, parse};
use super::{HtmlContext, SafeHtml, escape, links, second, standing, text};
use crate::text::text_to_html;
use cssparser::serialize_string;
use html5ever::Attribute;

const MOST_ESCAPING: usize = 8_000_000;
const PIECE: usize = 1024;
const MOST_CSS: usize = 1024 * 1024;
const WHOLE: &str = "mail-body";

pub fn safe_html(html: &str, context: &HtmlContext<'_>) -> SafeHtml {
    match parse(html) {
        Ok(parsed) => written(&parsed, context),
        Err(_) => {
            let words = text_to_html(&text::stripped(html));
            let plain = parse(&words).map(|parsed| written(&parsed, context)).unwrap_or_default();
            SafeHtml { tangled: true, ..plain }
        }
    }
}

fn written(parsed: &Parsed, context: &HtmlContext<'_>) -> SafeHtml {
    let Draft { body, css, filter } = draft(parsed, context);
    let body = second::clean(&body, &filter.own);
    let html = if css.is_empty() { body } else { format!("<style>\n{css}</style>{body}") };
    let Filter { blocked, coloured, .. } = filter;
    SafeHtml { html, blocked: blocked.into_list(), coloured, tangled: false }
}

/// What the first pass makes.
struct Draft<'a> {
    body: String,
    css: String,
    filter: Filter<'a>,
}

fn draft<'a>(parsed: &'a Parsed, context: &'a HtmlContext<'a>) -> Draft<'a> {
    let tree = &parsed.tree;
    let root = tree.first_child(Tree::root()).unwrap_or(Tree::root());
    let (attributes, content) = match own_wrapper(tree, root) {
        Some((id, element)) => (element.attributes.as_slice(), id),
        None => (parsed.body.as_slice(), root),
    };
    let mut writer = Writer {
        tree,
        filter: Filter::new(context),
        out: String::new(),
        open: Vec::new(),
        sheets: String::new(),
        after_pre: false,
    };
    let mut whole = String::new();
    writer.body_tag(attributes, &mut whole);
    if content != root {
        writer.collect_sheets(root);
    }
    writer.children(content);
    whole.push_str(&writer.out);
    whole.push_str("</mail-body>");
    let sheets = std::mem::take(&mut writer.sheets);
    let css = writer.filter.sheet(&sheets);
    Draft { body: whole, css, filter: writer.filter }
}

/// What was made safe before has one `mail-body`, and nothing beside it but its style.
fn own_wrapper(tree: &Tree, root: NodeId) -> Option<(NodeId, &Element)> {
    let mut found = None;
    for child in tree.children(root) {
        match tree.data(child) {
            Data::Element(element) => match element.html_name() {
                Some("style") => {}
                Some(WHOLE) if found.is_none() => found = Some((child, element)),
                _ => return None,
            },
            Data::Text(text) if !text.trim().is_empty() => return None,
            _ => {}
        }
    }
    found
}

struct Writer<'a> {
    tree: &'a Tree,
    filter: Filter<'a>,
    out: String,
    /// Elements whose end is still to be written.
    open: Vec<&'a str>,
    sheets: String,
    /// A line break here would be eaten by the next parser.
    after_pre: bool,
}

enum Step {
    Enter(NodeId),
    Leave,
}

impl<'a> Writer<'a> {
    fn children(&mut self, id: NodeId) {
        let mut steps: Vec<Step> = Vec::new();
        let tree = self.tree;
        let push = |steps: &mut Vec<Step>, id: NodeId| {
            let at = steps.len();
            steps.extend(tree.children(id).map(Step::Enter));
            if let Some(added) = steps.get_mut(at..) {
                added.reverse();
            }
        };
        push(&mut steps, id);
        while let Some(step) = steps.pop() {
            let id = match step {
                Step::Enter(id) => id,
                Step::Leave => {
                    self.end_tag();
                    continue;
                }
            };
            match tree.data(id) {
                Data::Other => {}
                Data::Text(text) => self.text(text),
                Data::Element(element) => match self.element(element) {
                    Fate::Dropped => self.note_within(id),
                    Fate::Unwrapped => push(&mut steps, id),
                    Fate::Written => {
                        steps.push(Step::Leave);
                        push(&mut steps, id);
                    }
                    Fate::Void => {}
                },
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.open.last().is_some_and(|parent| standing::is_table_frame(parent)) {
            return;
        }
        let mut text = text;
        if std::mem::take(&mut self.after_pre) {
            text = text.trim_start_matches(['\n', '\r']);
        }
        if text.contains(['\0', '\r']) {
            let clean: String = text.chars().filter(|c| !matches!(c, '\0' | '\r')).collect();
            self.pieces(&clean);
        } else {
            self.pieces(text);
        }
    }

    /// Text that is all `<` and `&` is written in pieces: html5ever's serializer, which ammonia writes with,
    /// looks through the whole rest of a text at each of them.
    fn pieces(&mut self, text: &str) {
        let escapes = text.chars().filter(|c| matches!(c, '&' | '<' | '>' | '\u{a0}')).count();
        let mut rest = text;
        while escapes * text.len() > MOST_ESCAPING && rest.len() > PIECE {
            let mut end = PIECE;
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let (head, _) = rest.split_at_checked(end).unwrap_or((rest, ""));
            // Rather between words than within one.
            let near = head.char_indices().rev().take(64).find(|(_, c)| c.is_ascii_whitespace());
            let end = near.map_or(end, |(at, _)| at + 1);
            let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            self.out.push_str("<span>");
            escape::text(&mut self.out, piece);
            self.out.push_str("</span>");
            rest = after;
        }
        escape::text(&mut self.out, rest);
    }

    fn end_tag(&mut self) {
        self.after_pre = false;
        if let Some(name) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    fn element(&mut self, element: &'a Element) -> Fate {
        let Some(name) = element.html_name() else {
            self.note(element);
            return Fate::Dropped;
        };
        if name == "style" {
            return Fate::Dropped;
        }
        if allowed::is_dropped_whole(name) {
            self.note(element);
            return Fate::Dropped;
        }
        // The few that are another name for one we know.
        let name = match name {
            "listing" | "xmp" => "pre",
            "strike" => "s",
            name => name,
        };
        let Some(name) = allowed::ELEMENTS.iter().copied().find(|known| *known == name) else {
            self.note(element);
            return Fate::Unwrapped;
        };
        if !standing::stays(&self.open, name) {
            return Fate::Unwrapped;
        }
        self.after_pre = false;
        self.start_tag(name, element);
        if allowed::is_void(name) {
            return Fate::Void;
        }
        self.open.push(name);
        self.after_pre = name == "pre";
        Fate::Written
    }

    fn start_tag(&mut self, name: &'static str, element: &Element) {
        self.out.push('<');
        self.out.push_str(name);
        let mut style = String::new();
        for attribute in plain(&element.attributes) {
            let (key, value) = (&*attribute.name.local, &*attribute.value);
            match (name, key) {
                (_, "style") => style.push_str(value),
                ("a", "href") => {
                    if let Some(link) = links::followed(value) {
                        for (key, value) in links::attributes(&link) {
                            self.attribute(key, &value);
                        }
                    }
                }
                ("a", "title") if element.attribute("href").and_then(links::followed).is_some() => {
                }
                ("img", "src") => match picture(value, self.filter.context) {
                    Picture::Shown(url) => {
                        self.attribute("src", &url);
                        self.filter.own.insert(url);
                    }
                    Picture::Blocked(url) => self.filter.blocked.add("image", url),
                    Picture::Nothing => {}
                },
                (_, "background") => style.insert_str(0, &picture_style(value)),
                _ => {
                    if let Some(value) =
                        allowed::keeps_plainly(name, key).and_then(|f| f.read(value))
                    {
                        self.filter.coloured |= matches!(key, "bgcolor" | "color");
                        self.attribute(key, &value);
                    }
                }
            }
        }
        if name == "img" {
            self.note_attributes(element, "image", &["srcset", "dynsrc", "lowsrc", "longdesc"]);
        }
        self.style(&style);
        self.out.push('>');
    }

    /// `mail-body` stands for `<body>`, whose presentational attributes become style.
    fn body_tag(&mut self, attributes: &[Attribute], out: &mut String) {
        let mut style = String::new();
        std::mem::swap(&mut self.out, out);
        self.out.push_str("<mail-body");
        for attribute in plain(attributes) {
            let (key, value) = (&*attribute.name.local, &*attribute.value);
            match key {
                "style" => style.push_str(value),
                "background" => style.insert_str(0, &picture_style(value)),
                "bgcolor" | "text" => {
                    if let Some(colour) = Form::Colour.read(value).map(legacy_colour) {
                        let property = if key == "text" { "color" } else { "background-color" };
                        style.insert_str(0, &format!("{property}:{colour};"));
                    }
                }
                "class" | "id" | "dir" | "lang" => {
                    if let Some(value) =
                        allowed::keeps_plainly(WHOLE, key).and_then(|f| f.read(value))
                    {
                        self.attribute(key, &value);
                    }
                }
                _ => {}
            }
        }
        self.style(&style);
        self.out.push('>');
        std::mem::swap(&mut self.out, out);
    }

    fn style(&mut self, style: &str) {
        if !style.is_empty() {
            let style = self.filter.attribute(style);
            if !style.is_empty() {
                self.attribute("style", &style);
            }
        }
    }

    fn attribute(&mut self, key: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(key);
        self.out.push_str("=\"");
        escape::attribute(&mut self.out, value);
        self.out.push('"');
    }

    fn collect_sheets(&mut self, parent: NodeId) {
        for child in self.tree.children(parent) {
            if matches!(self.tree.data(child), Data::Element(e) if e.html_name() == Some("style")) {
                self.note_within(child);
            }
        }
    }

    /// What is dropped may hold style, and things that would have loaded.
    fn note_within(&mut self, top: NodeId) {
        let tree = self.tree;
        let mut next = vec![top];
        while let Some(id) = next.pop() {
            let Data::Element(element) = tree.data(id) else { continue };
            if id == top && element.html_name() == Some("style") {
                for child in tree.children(id) {
                    if let Data::Text(css) = tree.data(child)
                        && self.sheets.len() + css.len() <= MOST_CSS
                    {
                        self.sheets.push_str(css);
                        self.sheets.push('\n');
                    }
                }
                return;
            }
            if id != top {
                self.note(element);
            }
            next.extend(tree.children(id));
        }
    }

    /// Tells of what an element that is not written would have loaded.
    fn note(&mut self, element: &Element) {
        let Some(name) = element.html_name() else {
            return self.note_attributes(element, "image", &["href", "src"]);
        };
        match name {
            "link" => {
                let rel = element.attribute("rel").unwrap_or("").to_ascii_lowercase();
                let kind = if rel.contains("stylesheet") { "style" } else { "hint" };
                self.note_attributes(element, kind, &["href", "imagesrcset"]);
            }
            "script" => self.note_attributes(element, "script", &["src"]),
            "iframe" | "frame" | "portal" | "fencedframe" => {
                self.note_attributes(element, "frame", &["src"]);
            }
            "object" | "embed" | "applet" => {
                self.note_attributes(
                    element,
                    "object",
                    &["data", "src", "code", "codebase", "archive"],
                );
            }
            "audio" | "video" | "source" | "track" | "bgsound" => {
                self.note_attributes(element, "media", &["src", "poster", "srcset"]);
            }
            "input" | "image" | "body" | "html" => {
                self.note_attributes(element, "image", &["src", "background"]);
            }
            _ => self.note_attributes(element, "image", &["src", "background"]),
        }
    }

    fn note_attributes(&mut self, element: &Element, kind: &'static str, keys: &[&str]) {
        for attribute in &element.attributes {
            if keys.contains(&&*attribute.name.local) {
                // Of a set of sources, the first stands for all.
                let first = attribute.value.trim().split([' ', ',']).next().unwrap_or("");
                self.filter.blocked.add_source(kind, first);
            }
        }
    }
}

enum Fate {
    Written,
    Void,
    Unwrapped,
    Dropped,
}

/// Attributes without a namespace: the others are foreign content's.
fn plain(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|a| a.name.ns.is_empty())
}

fn picture_style(source: &str) -> String {
    let mut out = String::from("background-image:url(");
    // Writing to a String does not fail.
    let _ = serialize_string(source, &mut out);
    out.push_str(");");
    out
}

/// `bgcolor=ffffff` was always understood; style wants its sign.
fn legacy_colour(colour: String) -> String {
    let hex = matches!(colour.len(), 3 | 6) && colour.chars().all(|c| c.is_ascii_hexdigit());
    if hex { format!("#{colour}") } else { colour }
}

#[cfg(test)]
mod tests;
