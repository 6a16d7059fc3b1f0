//! Where an element may stand (HTML 13.2.6): markup that a parser mends while reading is read differently by
//! the next parser, so what would be mended is not written.

use super::allowed;

/// Deeper markup loses its tags, not its text.
pub const DEEPEST: usize = 256;

/// Whether the next parser would leave an element standing within those that are open.
pub fn stays(open: &[&str], name: &str) -> bool {
    let parent = open.last().copied().unwrap_or("");
    match name {
        "mail-body" => return false,
        "caption" | "colgroup" | "thead" | "tbody" | "tfoot" => return parent == "table",
        "tr" => return matches!(parent, "thead" | "tbody" | "tfoot"),
        "td" | "th" => return parent == "tr",
        "col" => return parent == "colgroup",
        _ => {}
    }
    if is_table_frame(parent) || open.len() >= DEEPEST {
        return false;
    }
    let mut outer = open.iter().rev();
    let blocked = match name {
        "a" => outer.take_while(|open| !is_cell(open)).any(|open| *open == "a"),
        "li" => outer.take_while(|open| !ends_list_scope(open)).any(|open| *open == "li"),
        "dd" | "dt" => {
            outer.take_while(|open| !ends_list_scope(open) || is_term(open)).any(|o| is_term(o))
        }
        "rt" | "rp" => {
            matches!(parent, "rt" | "rp" | "dd" | "dt" | "li" | "p") && outer.any(|o| *o == "ruby")
        }
        name if allowed::is_heading(name) => allowed::is_heading(parent),
        _ => false,
    };
    if blocked {
        return false;
    }
    let in_paragraph = || {
        let near = open.iter().rev().take_while(|open| !is_cell(open) && **open != "table");
        near.into_iter().any(|open| *open == "p")
    };
    !(allowed::closes_paragraph(name) && in_paragraph())
}

/// Elements that hold no text of their own.
pub fn is_table_frame(name: &str) -> bool {
    matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr" | "colgroup")
}

fn is_cell(name: &str) -> bool {
    matches!(name, "td" | "th" | "caption")
}

fn is_term(name: &str) -> bool {
    matches!(name, "dd" | "dt")
}

/// Elements beyond which an item no longer ends the one before (HTML 13.2.6.4.7, "special", but for address,
/// div and p).
fn ends_list_scope(name: &str) -> bool {
    is_table_frame(name)
        || is_cell(name)
        || is_term(name)
        || matches!(
            name,
            "article"
                | "aside"
                | "blockquote"
                | "center"
                | "details"
                | "dir"
                | "dl"
                | "figcaption"
                | "figure"
                | "footer"
                | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "header"
                | "hgroup"
                | "main"
                | "menu"
                | "nav"
                | "ol"
                | "pre"
                | "search"
                | "section"
                | "summary"
                | "ul"
        )
}
