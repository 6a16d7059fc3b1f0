//! HTML as words: for a plain view, for a preview, and for markup that is too tangled to show.
//!
//! html2text would parse again, without our bounds, and break lines at a column; a phone breaks its own.

use super::dom::{Data, Element, NodeId, Tree};
use super::parse::parse;

/// The whole text, with paragraphs, lists, quotes and where links lead.
pub fn html_to_text(html: &str) -> String {
    match parse(html) {
        Ok(parsed) => {
            let mut words = Words { links: true, ..Words::default() };
            words.walk(&parsed.tree, |element| !is_hidden(element));
            words.finish()
        }
        Err(_) => stripped(html),
    }
}

/// The text of a mail for its preview: a line for each block, hidden words too (they were put there to be
/// read as one), no quoted tail.
pub(crate) fn visible_text(html: &str, quotes: bool) -> String {
    match parse(html) {
        Ok(parsed) => {
            let mut words = Words::default();
            words.walk(&parsed.tree, |element| quotes || !is_quote(element));
            words.finish()
        }
        Err(_) => stripped(html),
    }
}

/// Octets of text that are kept of one mail.
const LONGEST: usize = 4 * 1024 * 1024;

fn is_hidden(element: &Element) -> bool {
    let style = element.attribute("style").unwrap_or("");
    let style: String = style
        .chars()
        .take(2_000)
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase();
    style.contains("display:none")
        || style.contains("mso-hide:all")
        || element.attribute("hidden").is_some()
}

/// What mail programs wrap around the message that is answered.
fn is_quote(element: &Element) -> bool {
    let class = element.attribute("class").unwrap_or("");
    let id = element.attribute("id").unwrap_or("");
    let quote = element.html_name() == Some("blockquote")
        && (element.attribute("type") == Some("cite")
            || class.is_empty()
            || class.contains("quote"));
    quote
        || class.split_ascii_whitespace().any(|c| {
            matches!(
                c,
                "gmail_quote"
                    | "gmail_attr"
                    | "gmail_signature"
                    | "yahoo_quoted"
                    | "moz-cite-prefix"
                    | "moz-signature"
                    | "protonmail_quote"
                    | "zmail_extra"
                    | "tutanota_quote"
                    | "OutlookMessageHeader"
                    | "AppleMailSignature"
            )
        })
        || matches!(
            id,
            "divRplyFwdMsg"
                | "appendonsend"
                | "isForwardContent"
                | "reply-intro"
                | "mail-editor-reference-message-container"
        )
}

#[derive(Default)]
struct Words {
    out: String,
    links: bool,
    /// Line breaks that are due before the next word; 2 for an empty line.
    breaks: usize,
    space: bool,
    quoted: usize,
    verbatim: usize,
    /// Of each open list: the number of its next item, or none for dots.
    lists: Vec<Option<u32>>,
}

enum Step {
    Enter(NodeId),
    Leave(NodeId),
}

impl Words {
    fn walk(&mut self, tree: &Tree, wanted: impl Fn(&Element) -> bool) {
        let mut steps = vec![Step::Enter(Tree::root())];
        while let Some(step) = steps.pop() {
            if self.out.len() > LONGEST {
                return;
            }
            match step {
                Step::Enter(id) => {
                    if let Data::Text(text) = tree.data(id) {
                        self.text(text);
                        continue;
                    }
                    if let Data::Element(element) = tree.data(id) {
                        if skipped(element) || !wanted(element) {
                            continue;
                        }
                        self.enter(element);
                        steps.push(Step::Leave(id));
                    }
                    let at = steps.len();
                    steps.extend(tree.children(id).map(Step::Enter));
                    if let Some(added) = steps.get_mut(at..) {
                        added.reverse();
                    }
                }
                Step::Leave(id) => {
                    if let Data::Element(element) = tree.data(id) {
                        self.leave(element);
                    }
                }
            }
        }
    }

    fn enter(&mut self, element: &Element) {
        let name = element.html_name().unwrap_or("");
        match name {
            "br" => self.breaks += 1,
            "hr" => {
                self.due(1);
                self.word("---");
                self.due(1);
            }
            "img" if self.links => {
                if let Some(alt) = element.attribute("alt").map(str::trim).filter(|a| !a.is_empty())
                {
                    self.text(alt);
                }
            }
            "li" => {
                self.due(1);
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}.");
                        *number = number.saturating_add(1);
                        mark
                    }
                    _ => "•".to_owned(),
                };
                if self.links {
                    self.word(&mark);
                    self.space = true;
                }
            }
            "ol" => self.lists.push(Some(1)),
            "ul" => self.lists.push(None),
            "td" | "th" => self.space = true,
            "pre" => self.verbatim += 1,
            _ => {}
        }
        self.due(around(name));
        if name == "blockquote" {
            self.quoted += 1;
        }
    }

    fn leave(&mut self, element: &Element) {
        let name = element.html_name().unwrap_or("");
        match name {
            "blockquote" => self.quoted = self.quoted.saturating_sub(1),
            "pre" => self.verbatim = self.verbatim.saturating_sub(1),
            "ol" | "ul" => {
                self.lists.pop();
            }
            "li" => self.due(1),
            "td" | "th" => self.space = true,
            "a" if self.links => {
                if let Some(link) = element.attribute("href").and_then(super::links::followed) {
                    self.address(&link.url);
                }
            }
            _ => {}
        }
        self.due(around(name));
    }

    /// Where a link leads, unless its text says so already.
    fn address(&mut self, url: &str) {
        let bare = |t: &str| {
            let t = t
                .trim_start_matches("mailto:")
                .trim_start_matches("https://")
                .trim_start_matches("http://");
            t.trim_end_matches('/').to_owned()
        };
        if url.len() < 300
            && !self.out.ends_with(&bare(url))
            && !self.out.ends_with(&format!("{}/", bare(url)))
            && self.breaks == 0
        {
            self.space = true;
            self.word(&format!("<{url}>"));
        }
    }

    fn due(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
    }

    fn text(&mut self, text: &str) {
        if self.verbatim > 0 {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.breaks += 1;
                }
                if !line.is_empty() {
                    self.word(line);
                }
            }
            return;
        }
        for (at, word) in text.split(|c: char| c.is_ascii_whitespace()).enumerate() {
            if at > 0 {
                self.space = true;
            }
            if !word.is_empty() {
                self.word(word);
            }
        }
    }

    fn word(&mut self, word: &str) {
        let fresh = self.out.is_empty();
        if self.breaks > 0 || fresh {
            let breaks = if fresh { 0 } else { self.breaks.min(2) };
            for _ in 0..breaks {
                self.out.push('\n');
                // The empty line between belongs to the quote as well.
            }
            for _ in 0..self.quoted.min(20) {
                self.out.push_str("> ");
            }
        } else if self.space {
            self.out.push(' ');
        }
        self.breaks = 0;
        self.space = false;
        self.out.push_str(word);
    }

    fn finish(mut self) -> String {
        while self.out.ends_with(char::is_whitespace) {
            self.out.pop();
        }
        self.out
    }
}

fn skipped(element: &Element) -> bool {
    match element.html_name() {
        Some(name) => matches!(
            name,
            "script"
                | "style"
                | "title"
                | "template"
                | "iframe"
                | "noembed"
                | "noframes"
                | "select"
                | "datalist"
                | "head"
                | "audio"
                | "video"
                | "canvas"
                | "map"
        ),
        None => true,
    }
}

/// Line breaks around an element.
fn around(name: &str) -> usize {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol" | "dl"
        | "pre" | "table" => 2,
        "div" | "tr" | "center" | "address" | "article" | "aside" | "header" | "footer"
        | "section" | "main" | "nav" | "figure" | "figcaption" | "details" | "summary" | "dt"
        | "dd" | "form" | "fieldset" | "caption" | "menu" | "dir" | "mail-body" => 1,
        _ => 0,
    }
}

/// The words between tags, found in one pass without a parser: for what must not be parsed.
pub(crate) fn stripped(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        if out.len() > LONGEST / 4 {
            return out;
        }
        let (before, tag) = rest.split_at_checked(at).unwrap_or((rest, ""));
        push_entities(&mut out, before);
        let inside = tag.get(1..).unwrap_or("");
        if inside.starts_with("!--") {
            rest = inside.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        if !inside.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            out.push('<');
            rest = inside;
            continue;
        }
        let end = inside.find('>');
        let name: String = inside
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(20)
            .collect::<String>()
            .to_ascii_lowercase();
        rest = end.and_then(|end| inside.get(end + 1..)).unwrap_or("");
        if matches!(name.as_str(), "script" | "style" | "title") && !inside.starts_with('/') {
            let close = format!("</{name}");
            let close_at = find_ignoring_case(rest, &close);
            rest = close_at.and_then(|at| rest.get(at..)).unwrap_or("");
        } else if (name == "br" || around(&name) > 0) && !out.ends_with("\n\n") && !out.is_empty() {
            out.push('\n');
        }
    }
    if out.len() <= LONGEST / 4 {
        push_entities(&mut out, rest);
    }
    out.truncate(out.trim_end().len());
    out
}

/// Only as far as it is found: what follows is not looked at.
fn find_ignoring_case(text: &str, ascii: &str) -> Option<usize> {
    text.as_bytes().windows(ascii.len()).position(|w| w.eq_ignore_ascii_case(ascii.as_bytes()))
}

fn push_entities(out: &mut String, text: &str) {
    let text: String = text.chars().take(LONGEST / 4).collect();
    if !text.contains('&') {
        out.push_str(&text);
        return;
    }
    let plain = text
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    out.push_str(&plain);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_is_told_in_lines() {
        let html = "<style>p{}</style><h1>Title</h1><p>One <b>bold</b>\n word.<br>Next</p><ul><li>a<li>b</ul>\
                    <ol><li>x</li><li>y</li></ol><table><tr><td>l</td><td>r</td></tr><tr><td>2</td></tr></table>\
                    <blockquote>quoted<br>twice</blockquote><pre>  a\n  b</pre>";
        assert_eq!(
            html_to_text(html),
            "Title\n\nOne bold word.\nNext\n\n• a\n• b\n\n1. x\n2. y\n\nl r\n2\n\n> quoted\n> twice\n\n  a\n  b"
        );
    }

    #[test]
    fn links_say_where_they_lead() {
        assert_eq!(
            html_to_text("<a href=https://x.example/a>here</a>"),
            "here <https://x.example/a>"
        );
        assert_eq!(html_to_text("<a href=https://x.example/>x.example</a>"), "x.example");
        assert_eq!(html_to_text("<a href=mailto:a@x.example>a@x.example</a>"), "a@x.example");
        assert_eq!(html_to_text("<a href=javascript:x>here</a>"), "here");
    }

    #[test]
    fn hidden_words_are_for_previews() {
        let html = "<div style='display : none'>Preheader</div><p>Shown</p><blockquote type=cite>old</blockquote>";
        assert_eq!(html_to_text(html), "Shown\n\n> old");
        assert_eq!(visible_text(html, false), "Preheader\n\nShown");
    }

    #[test]
    fn tags_are_stripped_in_one_pass() {
        assert_eq!(
            stripped("<p>a &amp; b</p><script>x</script><!-- c -->d < e<br>f"),
            "a & b\nd < e\nf"
        );
        assert_eq!(stripped(&"<script>".repeat(200_000)), "");
        assert!(stripped(&"<".repeat(2_000_000)).len() <= LONGEST);
        assert_eq!(stripped(&"<!--".repeat(200_000)), "");
    }
}
