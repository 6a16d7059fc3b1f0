//! A plain text as the HTML that shows it: escaped, quotes nested, links found, its spacing kept by the
//! frame's style (`pre-wrap`). It goes through the sanitiser like any other mail.

use super::{linkify, quote};
use crate::html::escape;
use crate::link::link_target;

/// Deeper quotes are shown at this depth: nobody reads them, and a frame has only so much width.
const DEEPEST: usize = 12;
const CLASS: &str = "satchel-text";

pub fn text_to_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    out.push_str("<div class=\"");
    out.push_str(CLASS);
    out.push_str("\" dir=\"auto\">");
    let mut depth = 0;
    let mut first = true;
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (wanted, said) = quote::depth(line);
        let wanted = wanted.min(DEEPEST);
        // A block begins on its own line; between the lines of one stands the break.
        if wanted == depth && !first {
            out.push('\n');
        }
        for _ in wanted..depth {
            out.push_str("</blockquote>");
        }
        for _ in depth..wanted {
            out.push_str("<blockquote>");
        }
        depth = wanted;
        first = false;
        push_line(&mut out, said);
    }
    for _ in 0..depth {
        out.push_str("</blockquote>");
    }
    out.push_str("</div>");
    out
}

fn push_line(out: &mut String, line: &str) {
    for span in linkify::spans(line) {
        match span.url.and_then(|url| link_target(&url).ok()) {
            Some(link) => {
                out.push_str("<a href=\"");
                escape::attribute(out, &link.url);
                out.push_str("\">");
                escape::text(out, span.text);
                out.push_str("</a>");
            }
            None => escape::text(out, span.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_links_and_markup() {
        let html = text_to_html("Hi <b>\n> one\n> > two\nsee https://x.example/?a=1&b=2\n");
        assert_eq!(
            html,
            "<div class=\"satchel-text\" dir=\"auto\">Hi &lt;b&gt;<blockquote>one<blockquote>two\
             </blockquote></blockquote>see \
             <a href=\"https://x.example/?a=1&amp;b=2\">https://x.example/?a=1&amp;b=2</a></div>"
        );
    }

    #[test]
    fn depth_is_bounded() {
        let html = text_to_html(&format!("{} deep", ">".repeat(100_000)));
        assert_eq!(html.matches("<blockquote>").count(), DEEPEST);
        assert_eq!(html.matches("</blockquote>").count(), DEEPEST);
    }
}
