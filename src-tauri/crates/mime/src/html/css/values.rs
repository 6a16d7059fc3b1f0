//! A declaration's value, token by token.

use super::Filter;
use super::properties;
use crate::html::images::{Picture, picture};
use cssparser::{
    CowRcStr, ParseError, Parser, ToCss, Token, TokenSerializationType, serialize_identifier,
    serialize_string,
};

/// Why a declaration is dropped: for no other reason than that it is.
pub type Dropped<'i> = ParseError<'i, ()>;

const DEEPEST: usize = 16;
/// Lengths beyond this make a page nobody can scroll.
const LARGEST: f32 = 10_000.0;

pub struct Value {
    pub text: String,
    pub important: bool,
}

/// The value as it may stand, or an error that drops it.
pub fn read<'i>(
    property: &str,
    input: &mut Parser<'i, '_>,
    filter: &mut Filter<'_>,
) -> Result<Value, Dropped<'i>> {
    let start = input.state();
    let mut writer = Writer { property, filter, tokens: Tokens::default(), important: false };
    let result = writer.tokens(input, 0);
    let Writer { tokens, important, .. } = writer;
    if let Err(error) = result {
        input.reset(&start);
        note_addresses(input, filter, "image", 0);
        return Err(error);
    }
    let text = tokens.finish();
    if text.is_empty() || properties::refuses(property, &text) {
        return Err(input.new_custom_error(()));
    }
    Ok(Value { text, important })
}

/// Addresses in what is dropped are told to the person all the same.
pub fn note_addresses(
    input: &mut Parser<'_, '_>,
    filter: &mut Filter<'_>,
    kind: &'static str,
    depth: usize,
) {
    while let Ok(token) = input.next_including_whitespace_and_comments() {
        match token {
            Token::UnquotedUrl(url) | Token::BadUrl(url) => {
                filter.blocked.add_source(kind, url);
            }
            // `@import "…"` and `image-set("…")` name theirs without url().
            Token::QuotedString(text) if depth > 0 || kind == "style" => {
                filter.blocked.add_source(kind, text);
            }
            Token::Function(_)
            | Token::ParenthesisBlock
            | Token::SquareBracketBlock
            | Token::CurlyBracketBlock
                if depth < DEEPEST =>
            {
                let _ = input.parse_nested_block(|inner| -> Result<(), Dropped<'_>> {
                    note_addresses(inner, filter, kind, depth + 1);
                    Ok(())
                });
            }
            _ => {}
        }
    }
}

/// Tokens as text: white space folded, and put where two would else run together.
#[derive(Default)]
pub struct Tokens {
    out: String,
    space: bool,
    previous: TokenSerializationType,
}

impl Tokens {
    pub fn space(&mut self) {
        self.space = true;
    }

    pub fn push(&mut self, kind: TokenSerializationType, text: &str) {
        let apart = self.space || self.previous.needs_separator_when_before(kind);
        if apart && !self.out.is_empty() && !self.out.ends_with(['(', '[']) {
            self.out.push(' ');
        }
        self.out.push_str(text);
        self.space = false;
        self.previous = kind;
    }

    pub fn close(&mut self, bracket: char) {
        self.out.push(bracket);
        self.space = false;
        self.previous = TokenSerializationType::default();
    }

    pub fn finish(self) -> String {
        self.out
    }
}

/// A name in CSS that can be written anywhere, also into `<style>`.
pub fn identifier(name: &str) -> Option<String> {
    if name.is_empty() || name.contains('<') || name.chars().any(char::is_control) {
        return None;
    }
    let mut out = String::new();
    serialize_identifier(name, &mut out).ok()?;
    Some(out)
}

/// A string in CSS; a `<` in it is written as an escape, so that no end tag can be read there.
pub fn quoted(text: &str) -> Option<String> {
    let mut out = String::new();
    serialize_string(text, &mut out).ok()?;
    Some(out.replace('<', "\\3c "))
}

struct Writer<'f, 'a> {
    property: &'f str,
    filter: &'f mut Filter<'a>,
    tokens: Tokens,
    important: bool,
}

impl Writer<'_, '_> {
    fn tokens<'i>(&mut self, input: &mut Parser<'i, '_>, depth: usize) -> Result<(), Dropped<'i>> {
        if depth > DEEPEST {
            return Err(input.new_custom_error(()));
        }
        loop {
            let start = input.position();
            let Ok(token) = input.next_including_whitespace_and_comments() else { return Ok(()) };
            let token = token.clone();
            if self.important && !matches!(token, Token::WhiteSpace(_) | Token::Comment(_)) {
                return Err(input.new_custom_error(()));
            }
            self.token(&token, start, input, depth)?;
        }
    }

    fn token<'i>(
        &mut self,
        token: &Token<'i>,
        start: cssparser::SourcePosition,
        input: &mut Parser<'i, '_>,
        depth: usize,
    ) -> Result<(), Dropped<'i>> {
        let kind = token.serialization_type();
        let text = match token {
            Token::WhiteSpace(_) => {
                self.tokens.space();
                return Ok(());
            }
            Token::Comment(_) => return Ok(()),
            Token::Delim('!') if depth == 0 => {
                input.expect_ident_matching("important")?;
                self.important = true;
                return Ok(());
            }
            Token::Ident(name) => identifier(name),
            Token::Hash(name) | Token::IDHash(name) => {
                let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
                plain.then(|| format!("#{name}"))
            }
            Token::QuotedString(text) => quoted(text),
            Token::Number { value, .. } | Token::Dimension { value, .. }
                if value.abs() > LARGEST =>
            {
                None
            }
            Token::Number { .. } | Token::Percentage { .. } | Token::Dimension { .. } => {
                // As it was written: printing a float again would change it a little each time.
                let raw = input.slice_from(start);
                raw.chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-' | '%'))
                    .then(|| raw.to_owned())
            }
            Token::Comma => Some(",".to_owned()),
            Token::Delim('/' | '+' | '-' | '*') => Some(token.to_css_string()),
            Token::UnquotedUrl(url) => self.address(url),
            Token::Function(name) if name.eq_ignore_ascii_case("url") => {
                let url: CowRcStr<'i> = input.parse_nested_block(|inner| {
                    let url = inner.expect_string_cloned()?;
                    inner.expect_exhausted()?;
                    Ok::<_, Dropped<'i>>(url)
                })?;
                self.address(&url)
            }
            Token::Function(name) if is_known_function(name) => {
                self.tokens.push(kind, &format!("{}(", name.to_ascii_lowercase()));
                input.parse_nested_block(|inner| self.tokens(inner, depth + 1))?;
                self.tokens.close(')');
                return Ok(());
            }
            Token::ParenthesisBlock => {
                self.tokens.push(kind, "(");
                input.parse_nested_block(|inner| self.tokens(inner, depth + 1))?;
                self.tokens.close(')');
                return Ok(());
            }
            Token::SquareBracketBlock => {
                self.tokens.push(kind, "[");
                input.parse_nested_block(|inner| self.tokens(inner, depth + 1))?;
                self.tokens.close(']');
                return Ok(());
            }
            _ => None,
        };
        match text {
            Some(text) => {
                self.tokens.push(kind, &text);
                Ok(())
            }
            None => Err(input.new_custom_error(())),
        }
    }

    /// A picture of the message's own, or `none` in its place; None drops the declaration.
    fn address(&mut self, url: &str) -> Option<String> {
        if !properties::takes_picture(self.property) {
            return None;
        }
        match picture(url, self.filter.context) {
            Picture::Shown(own)
                if !own.starts_with("data:") && !own.contains(['"', '\\', '<', '\n']) =>
            {
                self.filter.own.insert(own.clone());
                Some(format!("url(\"{own}\")"))
            }
            Picture::Blocked(url) => {
                self.filter.blocked.add("image", url);
                Some("none".to_owned())
            }
            Picture::Shown(_) | Picture::Nothing => Some("none".to_owned()),
        }
    }
}

fn is_known_function(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "rgb"
            | "rgba"
            | "hsl"
            | "hsla"
            | "hwb"
            | "lab"
            | "lch"
            | "oklab"
            | "oklch"
            | "calc"
            | "min"
            | "max"
            | "clamp"
            | "linear-gradient"
            | "radial-gradient"
            | "conic-gradient"
            | "repeating-linear-gradient"
            | "repeating-radial-gradient"
            | "-webkit-linear-gradient"
            | "-webkit-radial-gradient"
            | "minmax"
            | "repeat"
            | "fit-content"
            | "counter"
            | "counters"
            | "rect"
    )
}
