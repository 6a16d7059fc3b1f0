//! Style sheets and style attributes, read by a real parser (cssparser) and written anew from lists: known
//! properties, known functions, known at-rules. No address but those of the message's own parts survives, no
//! position that leaves the flow of the page for good, nothing that styles the inside of controls.

mod properties;
mod selectors;
mod sheet;
mod values;

use super::HtmlContext;
use super::images::BlockedList;
use cssparser::{Parser, ParserInput, RuleBodyParser};
use std::collections::HashSet;

/// What the filter needs and what it learns.
pub struct Filter<'a> {
    pub context: &'a HtmlContext<'a>,
    pub blocked: BlockedList,
    /// Addresses of the message's own parts that were written.
    pub own: HashSet<String>,
    /// A colour or a background was set.
    pub coloured: bool,
}

const LONGEST_SHEET: usize = 1024 * 1024;
const LONGEST_ATTRIBUTE: usize = 64 * 1024;

impl<'a> Filter<'a> {
    pub fn new(context: &'a HtmlContext<'a>) -> Self {
        Self { context, blocked: BlockedList::default(), own: HashSet::new(), coloured: false }
    }

    /// The content of `<style>` elements, joined. Holds no `<`.
    pub fn sheet(&mut self, css: &str) -> String {
        let css = bounded(css, LONGEST_SHEET);
        let out = sheet::filter(css, self);
        if out.contains('<') { String::new() } else { out }
    }

    /// The content of a style attribute.
    pub fn attribute(&mut self, css: &str) -> String {
        let mut input = ParserInput::new(bounded(css, LONGEST_ATTRIBUTE));
        let mut parser = Parser::new(&mut input);
        let mut out = String::new();
        let mut declarations = sheet::Declarations { filter: self, out: &mut out };
        for _ in RuleBodyParser::new(&mut parser, &mut declarations) {}
        if out.contains('<') { String::new() } else { out }
    }
}

fn bounded(css: &str, most: usize) -> &str {
    if css.len() <= most {
        return css;
    }
    let mut end = most;
    while !css.is_char_boundary(end) {
        end -= 1;
    }
    css.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests;
