//! Two lines of what the mail says, made of its first octets: no CSS, no "view in browser", no quoted tail, no
//! padding that keeps the rest of a newsletter out of sight.

use crate::decode::{decode_piece, is_html};
use crate::html::visible_text;
use crate::text::{is_invisible, quote};
use model::Structure;

/// Characters.
const LONGEST: usize = 200;
const MOST_TEXT: usize = 128 * 1024;

/// From a part's first octets, still encoded; empty if they say nothing.
pub fn preview_from_part(bytes: &[u8], part: &Structure, truncated: bool) -> String {
    let piece = bytes.get(..MOST_TEXT).unwrap_or(bytes);
    let truncated = truncated || piece.len() < bytes.len();
    let mut text = decode_piece(piece, part, truncated);
    if !is_html(part) {
        return of_text(&text);
    }
    if truncated {
        cut_half_entity(&mut text);
    }
    let own = of_text(&visible_text(&text, false));
    // A message that is all quote (forwarded by some programs) is told by it.
    if own.is_empty() { of_text(&visible_text(&text, true)) } else { own }
}

/// The same tidying for what a server offers as a preview (RFC 8970).
pub fn tidy_preview(text: &str) -> String {
    of_text(text)
}

fn of_text(text: &str) -> String {
    let said = folded(quote::own_words(text));
    if !said.is_empty() {
        return said;
    }
    folded(text.lines().map(|line| quote::depth(line).1))
}

/// Lines that lead nowhere are looked for only at the top.
const TOP: usize = 8;

fn folded<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut top = 0;
    for line in lines {
        let line = spaced(line);
        let mut line = line.trim();
        if line.is_empty() || is_rule(line) || is_address(line) {
            continue;
        }
        top += 1;
        if top <= TOP {
            match without_boilerplate(line) {
                Some(rest) => line = rest,
                None => continue,
            }
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(line);
        if out.chars().count() > LONGEST * 2 {
            break;
        }
    }
    shorten(out)
}

/// White space folded, fillers dropped. A joiner stays where it joins: in Persian, in an emoji.
fn spaced(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        if c.is_whitespace() || c.is_control() || is_blank(c) {
            if previous != ' ' {
                out.push(' ');
            }
            previous = ' ';
        } else if matches!(c, '\u{200C}' | '\u{200D}') {
            let joins = !previous.is_whitespace()
                && chars
                    .peek()
                    .is_some_and(|n| !n.is_whitespace() && !is_invisible(*n) && !is_blank(*n));
            if joins {
                out.push(c);
            }
        } else if !is_invisible(c) && c != char::REPLACEMENT_CHARACTER {
            out.push(c);
            previous = c;
        }
    }
    out
}

/// Looks like a space and counts as a letter.
fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{3164}' | '\u{115F}' | '\u{1160}' | '\u{FFA0}')
}

/// `-----`, `=====`, `* * *`.
fn is_rule(line: &str) -> bool {
    !line.chars().any(char::is_alphanumeric)
        && line.chars().all(|c| "-=_*~#.·•—–+|<>[]() ".contains(c))
}

fn is_address(line: &str) -> bool {
    let bare = line.trim_matches(['<', '>', '(', ')', '[', ']', ' ']);
    !bare.contains(' ') && (bare.starts_with("http://") || bare.starts_with("https://"))
}

/// Lines at the top of a newsletter that are about the newsletter, in the languages we read.
const BOILERPLATE: [&str; 30] = [
    "view in browser",
    "view in your browser",
    "view this email in",
    "view this message in",
    "view this newsletter in",
    "view online",
    "view web version",
    "view as web page",
    "read online",
    "open in browser",
    "web version",
    "email not displaying",
    "not displaying correctly",
    "not display correctly",
    "trouble viewing",
    "trouble reading",
    "can't see this email",
    "can't read this email",
    "im browser ansehen",
    "im browser anzeigen",
    "im browser öffnen",
    "im browser lesen",
    "onlineversion",
    "nicht korrekt dargestellt",
    "nicht richtig dargestellt",
    "dans votre navigateur",
    "version en ligne",
    "en tu navegador",
    "nel browser",
    "in je browser",
];
/// A line that has more to say than this is not only boilerplate.
const LONGEST_BOILERPLATE: usize = 120;

/// The line without it; None where nothing is left.
fn without_boilerplate(line: &str) -> Option<&str> {
    let lower = line.to_lowercase();
    let Some(phrase) = BOILERPLATE.iter().find(|phrase| lower.contains(*phrase)) else {
        return Some(line);
    };
    if line.chars().count() <= LONGEST_BOILERPLATE {
        return None;
    }
    // One long line, as servers make previews: what stands before and after still counts.
    let same_length = lower.len() == line.len();
    let after = lower.find(phrase).map(|at| at + phrase.len()).filter(|at| same_length && *at < 60);
    match after.and_then(|at| line.get(at..)) {
        Some(rest) => Some(rest.trim_start_matches(|c: char| !c.is_alphanumeric())),
        None => Some(line),
    }
}

fn cut_half_entity(html: &mut String) {
    let tail = html.len().saturating_sub(12);
    let Some(at) = html.rfind('&').filter(|at| *at >= tail) else { return };
    if !html.get(at..).is_some_and(|t| t.contains([';', ' ', '<'])) {
        html.truncate(at);
    }
}

/// At a word's end where one is near.
fn shorten(text: String) -> String {
    let Some((cut, _)) = text.char_indices().nth(LONGEST) else { return text };
    let head = text.get(..cut).unwrap_or("");
    let near = head.char_indices().rev().take(24).find(|(_, c)| *c == ' ').map(|(at, _)| at);
    let end = near.unwrap_or(cut);
    head.get(..end).unwrap_or(head).trim_end_matches(['\u{200D}', '\u{200C}', ' ']).to_owned()
}

#[cfg(test)]
mod tests;
