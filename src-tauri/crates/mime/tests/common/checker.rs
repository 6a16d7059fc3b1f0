//! Reads a finished document and says what in it could load, run or cover. It shares no list and no code with
//! the sanitiser: it goes token by token, and knows only what it allows.

use html5ever::buffer_queue::BufferQueue;
use html5ever::interface::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use std::cell::RefCell;

/// Everything wrong with a frame's document.
pub fn faults(document: &str) -> Vec<String> {
    let eye = Eye::default();
    let tokenizer = Tokenizer::new(eye, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(document));
    while !matches!(tokenizer.feed(&queue), TokenizerResult::Done) {}
    tokenizer.end();
    let mut state = tokenizer.sink.state.into_inner();
    if state.metas != 5 {
        state.faults.push(format!("{} meta elements", state.metas));
    }
    state.faults
}

#[derive(Default)]
struct Eye {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    faults: Vec<String>,
    style: Option<String>,
    metas: usize,
    own_seen: bool,
}

const PASSIVE: &str = "html head body a abbr acronym address article aside b bdi bdo big blockquote br caption \
    center cite code col colgroup dd del details dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 \
    h5 h6 header hgroup hr i img ins kbd li mail-body main mark menu meta nav ol p pre q rp rt ruby s samp search \
    section small span strike strong style sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr";

/// Attributes whose value no browser resolves, fetches or runs.
const INERT: &str = "abbr align alt aria-hidden aria-label bgcolor border bordercolor cellpadding cellspacing class \
    clear color colspan compact data-colours datetime dir face frame headers height hspace id lang noshade nowrap open \
    rel reversed role rowspan rules scope size span start summary target title type valign value vspace width";

impl TokenSink for Eye {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        match token {
            Token::TagToken(tag) => {
                if &*tag.name == "style" {
                    if tag.kind == TagKind::StartTag {
                        state.style = Some(String::new());
                        return TokenSinkResult::RawData(RawKind::Rawtext);
                    }
                    let css = state.style.take().unwrap_or_default();
                    // The first is the frame's own.
                    if std::mem::replace(&mut state.own_seen, true) {
                        check_css(&css, &mut state.faults);
                    }
                    return TokenSinkResult::Continue;
                }
                state.tag(&tag);
            }
            Token::CharacterTokens(text) => {
                if let Some(css) = &mut state.style {
                    css.push_str(&text);
                }
            }
            Token::CommentToken(comment) => state.faults.push(format!("a comment: {comment}")),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn tag(&mut self, tag: &Tag) {
        let name = &*tag.name;
        if !PASSIVE.split_whitespace().any(|known| known == name) {
            self.faults.push(format!("<{name}>"));
        }
        if name == "meta" {
            self.metas += usize::from(tag.kind == TagKind::StartTag);
            return;
        }
        for attribute in &tag.attrs {
            let (key, value) = (&*attribute.name.local, &*attribute.value);
            let sound = match (name, key) {
                (_, "style") => {
                    check_css(value, &mut self.faults);
                    true
                }
                ("a", "href") => {
                    ["https://", "http://", "mailto:"].iter().any(|s| value.starts_with(s))
                }
                ("a", "target") => value == "_blank",
                ("a", "rel") => value == "noopener noreferrer",
                ("img", "src") => own(value) || picture(value),
                (_, key) => INERT.split_whitespace().any(|known| known == key),
            };
            if !sound {
                self.faults.push(format!(
                    "<{name} {key}=\"{}\">",
                    value.chars().take(80).collect::<String>()
                ));
            }
        }
        if name == "a" && tag.attrs.iter().any(|a| &*a.name.local == "href") {
            for needed in ["target", "rel"] {
                if !tag.attrs.iter().any(|a| &*a.name.local == needed) {
                    self.faults.push(format!("a link without {needed}"));
                }
            }
        }
    }
}

fn own(url: &str) -> bool {
    url.starts_with("mail://localhost/part/") && !url.contains("..")
}

fn picture(url: &str) -> bool {
    ["png", "jpeg", "gif", "webp"]
        .iter()
        .any(|kind| url.starts_with(&format!("data:image/{kind};base64,")))
}

fn check_css(css: &str, faults: &mut Vec<String>) {
    let plain = without_strings(&unescaped(&without_comments(css))).to_ascii_lowercase();
    for word in [
        "@import",
        "@font-face",
        "@namespace",
        "@charset",
        "image-set",
        "cross-fade",
        "expression",
        "behavior",
        "-moz-binding",
        "position:fixed",
        "position:sticky",
        "placeholder",
        "file-selector",
        "::-webkit",
        "::-moz",
        "var(",
        "src(",
        "image(",
        "element(",
        "paint(",
        "attr(",
        "javascript:",
        "</",
    ] {
        let squeezed: String = plain.chars().filter(|c| !c.is_whitespace()).collect();
        if squeezed.contains(word) {
            faults
                .push(format!("{word} in style: {}", plain.chars().take(200).collect::<String>()));
        }
    }
    let all = unescaped(&without_comments(css));
    for (at, _) in all.to_ascii_lowercase().match_indices("url(") {
        let rest = all[at + 4..].trim_start();
        let url = rest.trim_start_matches(['"', '\'']);
        let in_string = all[..at].matches('"').count() % 2 == 1;
        if !in_string && !own(url) {
            faults.push(format!("url({}", url.chars().take(60).collect::<String>()));
        }
    }
}

fn without_comments(css: &str) -> String {
    let mut out = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, rest)| rest);
    }
    out + rest
}

fn unescaped(css: &str) -> String {
    let mut out = String::new();
    let mut chars = css.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let mut code = 0;
        let mut digits = 0;
        while let Some(digit) = chars.peek().and_then(|c| c.to_digit(16)).filter(|_| digits < 6) {
            code = code * 16 + digit;
            digits += 1;
            chars.next();
        }
        if digits > 0 {
            chars.next_if(|c| c.is_whitespace());
            // Within a string `<` and quotes are harmless where they were escaped.
            out.push(char::from_u32(code).filter(|c| !matches!(c, '<' | '"')).unwrap_or('?'));
        } else if let Some(c) = chars.next() {
            out.push(if matches!(c, '"' | '<') { '?' } else { c });
        }
    }
    out
}

fn without_strings(css: &str) -> String {
    css.split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}
