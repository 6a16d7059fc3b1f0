//! Parsing as browsers do (html5ever), but at a bounded cost.
//!
//! The HTML algorithm has corners where a few kilobytes become hours or gigabytes: ten thousand open elements
//! that each new one is compared with, formatting that is opened again in each paragraph, a tag with a million
//! attributes. Mail that goes there is not mail; whoever asked shows its text instead.

use super::dom::{Dom, Handle, Tree};
use html5ever::buffer_queue::BufferQueue;
use html5ever::interface::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts, create_element};
use html5ever::{Attribute, QualName, local_name, ns};
use std::cell::{Cell, RefCell};

/// The tree of a fragment in `<body>`, and what `<html>` and `<body>` themselves carried.
pub struct Parsed {
    pub tree: Tree,
    pub body: Vec<Attribute>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Tangled;

const LONGEST: usize = 16 * 1024 * 1024;
const DEEPEST: usize = 512;
const MOST_NODES: usize = 500_000;
const MOST_TOKENS: usize = 1_000_000;
const MOST_ATTRIBUTES: usize = 256;
/// Tokens times the depth they meet: what the algorithm's walks up the stack come to.
const MOST_WORK: usize = 60_000_000;
const CHUNK: usize = 32 * 1024;

pub fn parse(html: &str) -> Result<Parsed, Tangled> {
    if html.len() > LONGEST || most_attributes(html.as_bytes()) > MOST_ATTRIBUTES {
        return Err(Tangled);
    }
    let dom = Dom::new();
    let name = QualName::new(None, ns!(html), local_name!("body"));
    let body = create_element(&dom, name, Vec::new());
    // No scripts will run, so what stands in <noscript> is what is shown.
    let options = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let watch = Watch {
        builder: TreeBuilder::new_for_fragment(dom, body, None, options),
        body: RefCell::new(Vec::new()),
        work: Cell::new(0),
        tokens: Cell::new(0),
        tangled: Cell::new(false),
    };
    let tokenizer = Tokenizer::new(watch, TokenizerOpts::default());
    let mut rest = html;
    while !rest.is_empty() {
        let mut end = CHUNK.min(rest.len());
        while !rest.is_char_boundary(end) {
            end += 1;
        }
        let (chunk, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(chunk));
        while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
        if tokenizer.sink.tangled.get() {
            return Err(Tangled);
        }
        rest = after;
    }
    tokenizer.end();
    let Watch { builder, body, tangled, .. } = tokenizer.sink;
    if tangled.get() {
        return Err(Tangled);
    }
    Ok(Parsed { tree: builder.sink.into_tree(), body: body.into_inner() })
}

/// Stands between tokenizer and tree builder, and stops the one before it overwhelms the other.
struct Watch {
    builder: TreeBuilder<Handle, Dom>,
    body: RefCell<Vec<Attribute>>,
    work: Cell<usize>,
    tokens: Cell<usize>,
    tangled: Cell<bool>,
}

impl Watch {
    /// A fragment's parser ignores these tags; their attributes matter to us.
    fn note_body(&self, tag: &Tag) {
        if tag.kind != TagKind::StartTag || !matches!(&*tag.name, "html" | "body") {
            return;
        }
        let mut body = self.body.borrow_mut();
        for attribute in &tag.attrs {
            let room = body.len() < MOST_ATTRIBUTES;
            match body.iter_mut().find(|a| a.name == attribute.name) {
                // The inner one is nearer to the text.
                Some(known) if &*tag.name == "body" => known.value = attribute.value.clone(),
                Some(_) => {}
                None if room => body.push(attribute.clone()),
                None => {}
            }
        }
    }
}

impl TokenSink for Watch {
    type Handle = Handle;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<Handle> {
        if self.tangled.get() {
            return TokenSinkResult::Continue;
        }
        if let Token::TagToken(tag) = &token {
            self.note_body(tag);
        }
        let result = self.builder.process_token(token, line);
        let dom = &self.builder.sink;
        self.tokens.set(self.tokens.get() + 1);
        self.work.set(self.work.get() + 1 + dom.depth());
        let much = dom.size() > MOST_NODES
            || self.tokens.get() > MOST_TOKENS
            || self.work.get() > MOST_WORK;
        if dom.depth() > DEEPEST || much {
            self.tangled.set(true);
        }
        result
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// The most attributes that any tag could be read to have. The tokenizer compares each with all before it.
///
/// Where a tag really begins depends on what stands before; so each `<` and letter is taken for one, and all
/// readings are followed at once: one count for each state of the tokenizer.
fn most_attributes(html: &[u8]) -> usize {
    const TAG: usize = 0;
    const BETWEEN: usize = 1;
    const NAME: usize = 2;
    const AFTER_EQUALS: usize = 3;
    const DOUBLE: usize = 4;
    const SINGLE: usize = 5;
    const BARE: usize = 6;
    let mut states: [Option<usize>; 7] = [None; 7];
    let mut most = 0;
    let mut previous = 0;
    for &byte in html {
        let mut next: [Option<usize>; 7] = [None; 7];
        if states.iter().any(Option::is_some) {
            let space = matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r');
            for (state, count) in states.iter().enumerate() {
                let Some(count) = *count else { continue };
                let (to, count) = match (state, byte) {
                    (DOUBLE, b'"') | (SINGLE, b'\'') => (BETWEEN, count),
                    (DOUBLE | SINGLE, _) => (state, count),
                    (_, b'>') => continue,
                    (TAG, b'/') => (BETWEEN, count),
                    (TAG | NAME | BARE | BETWEEN, _) if space => (BETWEEN, count),
                    (TAG, _) => (TAG, count),
                    (BETWEEN, b'/') => (BETWEEN, count),
                    (NAME, b'=') => (AFTER_EQUALS, count),
                    (BETWEEN, b'=') => {
                        // Behind a name and a space it gives that a value; else it begins a name itself.
                        if let Some(slot) = next.get_mut(NAME) {
                            *slot = (*slot).max(Some(count + 1));
                        }
                        (AFTER_EQUALS, count)
                    }
                    (BETWEEN, _) => (NAME, count + 1),
                    (NAME, b'/') => (BETWEEN, count),
                    (NAME, _) => (NAME, count),
                    (AFTER_EQUALS, _) if space => (AFTER_EQUALS, count),
                    (AFTER_EQUALS, b'"') => (DOUBLE, count),
                    (AFTER_EQUALS, b'\'') => (SINGLE, count),
                    _ => (BARE, count),
                };
                most = most.max(count);
                if let Some(slot) = next.get_mut(to) {
                    *slot = (*slot).max(Some(count));
                }
            }
        }
        if previous == b'<' && byte.is_ascii_alphabetic() {
            let [tag, ..] = &mut next;
            *tag = (*tag).max(Some(0));
        }
        states = next;
        previous = byte;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_in_any_reading() {
        let count = |html: &str| most_attributes(html.as_bytes());
        assert_eq!(count("<p>a b c d</p>"), 0);
        assert_eq!(count("<p a b=c d='e f' g=\"h>i\" j>k l"), 5);
        assert_eq!(count("<!-- <a x=\" --><b 1 2 3 4 5>"), 5);
        assert_eq!(count("<a/b/c/d>"), 3);
        assert_eq!(count("<a =\" b c d"), 4);
        let many: String = (0..300).map(|i| format!(" a{i}")).collect();
        assert_eq!(count(&format!("<x{many}>")), 300);
    }

    #[test]
    fn what_explodes_is_refused_in_time() {
        let attributes: String = (0..500_000).map(|i| format!(" a{i}")).collect();
        let fonts: String = (0..20_000).map(|i| format!("<font size={i}>")).collect();
        for bomb in [
            "<div>".repeat(1_000_000),
            format!("<p{attributes}>"),
            format!("<p>{fonts}</p>{}", "<p>x</p>".repeat(20_000)),
            "<table><tr><td>".repeat(100_000),
            "x".repeat(LONGEST + 1),
        ] {
            assert!(parse(&bomb).is_err(), "{}", bomb.get(..20).unwrap_or(""));
        }
    }

    #[test]
    fn what_is_merely_long_is_not() {
        for long in [
            "<p>word ".repeat(200_000),
            "<br>".repeat(300_000),
            "<tr><td>x</td></tr>".repeat(50_000),
        ] {
            assert!(parse(&long).is_ok());
        }
        let deep = format!("{}deep", "<div>".repeat(400));
        assert!(parse(&deep).is_ok());
    }

    #[test]
    fn the_body_keeps_its_attributes() {
        let parsed = parse("<html dir=rtl><body bgcolor=red class=x>hi</body>");
        let body = parsed.map(|p| p.body).unwrap_or_default();
        let names: Vec<_> = body.iter().map(|a| a.name.local.to_string()).collect();
        assert_eq!(names, ["dir", "bgcolor", "class"]);
    }
}
