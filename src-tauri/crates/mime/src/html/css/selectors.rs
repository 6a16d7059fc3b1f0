//! Selectors: the simple ones that mail uses, and none that reaches into a control (`::placeholder`,
//! `::file-selector-button`: WebKit loads their pictures past any policy).
//!
//! `html`, `body` and `:root` mean the mail's own outermost element, which is `mail-body` here.

use super::values::{Dropped, identifier, quoted};
use cssparser::{Parser, Token};

const LONGEST: usize = 8_192;
const DEEPEST: usize = 3;
const WHOLE: &str = "mail-body";

/// A selector list as it may stand.
pub fn read<'i>(input: &mut Parser<'i, '_>, depth: usize) -> Result<String, Dropped<'i>> {
    let mut list = vec![Complex::default()];
    loop {
        let token = match input.next_including_whitespace_and_comments() {
            Ok(token) => token.clone(),
            Err(_) => break,
        };
        if matches!(token, Token::Comma) {
            list.push(Complex::default());
            continue;
        }
        let read = list.last_mut().and_then(|complex| complex.token(token, input, depth));
        if read.is_none() {
            return Err(input.new_custom_error(()));
        }
    }
    let written: Option<Vec<String>> = list.into_iter().map(Complex::finish).collect();
    let written = written.map(|list| list.join(",")).filter(|text| text.len() <= LONGEST);
    written.ok_or_else(|| input.new_custom_error(()))
}

#[derive(Default)]
struct Compound {
    /// What joins it to the one before.
    combinator: Option<char>,
    name: Option<String>,
    rest: String,
    root: bool,
}

impl Compound {
    fn is_empty(&self) -> bool {
        self.name.is_none() && self.rest.is_empty() && !self.root
    }

    fn write(&self, out: &mut String) {
        match (&self.name, self.root) {
            (Some(name), false) => out.push_str(name),
            (_, true) => out.push_str(WHOLE),
            (None, false) => {}
        }
        out.push_str(&self.rest);
    }
}

#[derive(Default)]
struct Complex {
    done: Vec<Compound>,
    now: Compound,
}

impl Complex {
    fn token(&mut self, token: Token<'_>, input: &mut Parser<'_, '_>, depth: usize) -> Option<()> {
        match token {
            Token::Comment(_) => {}
            Token::WhiteSpace(_) => self.combine(' ')?,
            Token::Delim(c @ ('>' | '+' | '~')) => self.combine(c)?,
            Token::Ident(name) => {
                self.now.is_empty().then_some(())?;
                let lower = name.to_ascii_lowercase();
                if matches!(lower.as_str(), "html" | "body") {
                    self.now.root = true;
                    self.now.name = Some(lower);
                } else {
                    self.now.name = Some(identifier(&name)?);
                }
            }
            Token::Delim('*') => {
                self.now.is_empty().then_some(())?;
                self.now.name = Some("*".to_owned());
            }
            Token::Delim('.') => {
                let name = input.expect_ident_cloned().ok()?;
                self.now.rest.push('.');
                self.now.rest.push_str(&identifier(&name)?);
            }
            Token::IDHash(name) => {
                self.now.rest.push('#');
                self.now.rest.push_str(&identifier(&name)?);
            }
            Token::SquareBracketBlock => {
                let inside =
                    input.parse_nested_block(|inner| Ok::<_, Dropped<'_>>(attribute(inner)));
                self.now.rest.push_str(&inside.ok().flatten()?);
            }
            Token::Colon => self.pseudo(input, depth)?,
            _ => return None,
        }
        Some(())
    }

    fn combine(&mut self, combinator: char) -> Option<()> {
        if !self.now.is_empty() {
            self.done.push(std::mem::take(&mut self.now));
            self.now.combinator = Some(combinator);
        } else if combinator != ' ' {
            // After a space the sign is what counts; two signs are none.
            (self.now.combinator == Some(' ')).then_some(())?;
            self.now.combinator = Some(combinator);
        }
        Some(())
    }

    fn pseudo(&mut self, input: &mut Parser<'_, '_>, depth: usize) -> Option<()> {
        let token = input.next_including_whitespace().ok()?.clone();
        match token {
            Token::Colon => {
                let name = input.expect_ident_cloned().ok()?.to_ascii_lowercase();
                is_known_element(&name).then_some(())?;
                self.now.rest.push_str("::");
                self.now.rest.push_str(&name);
            }
            Token::Ident(name) => {
                let name = name.to_ascii_lowercase();
                if name == "root" {
                    self.now.root = true;
                    return Some(());
                }
                (is_known_class(&name) || is_known_element(&name)).then_some(())?;
                self.now.rest.push(':');
                self.now.rest.push_str(&name);
            }
            Token::Function(name) => {
                let name = name.to_ascii_lowercase();
                let inside = input.parse_nested_block(|inner| {
                    Ok::<_, Dropped<'_>>(argument(&name, inner, depth))
                });
                let inside = inside.ok().flatten()?;
                self.now.rest.push(':');
                self.now.rest.push_str(&name);
                self.now.rest.push('(');
                self.now.rest.push_str(&inside);
                self.now.rest.push(')');
            }
            _ => return None,
        }
        Some(())
    }

    fn finish(mut self) -> Option<String> {
        if self.now.is_empty() {
            // A space at the end is nothing, a sign is a mistake.
            matches!(self.now.combinator, None | Some(' ')).then_some(())?;
        } else {
            self.done.push(std::mem::take(&mut self.now));
        }
        // `html body p`: both are one element here.
        if let [first, second, ..] = self.done.as_slice()
            && first.root
            && first.rest.is_empty()
            && second.root
            && matches!(second.combinator, Some(' ' | '>'))
        {
            self.done.remove(0);
        }
        let mut out = String::new();
        for (at, compound) in self.done.iter().enumerate() {
            if at > 0 {
                out.push(compound.combinator?);
            }
            compound.write(&mut out);
        }
        (!out.is_empty()).then_some(out)
    }
}

fn attribute(input: &mut Parser<'_, '_>) -> Option<String> {
    let name = input.expect_ident_cloned().ok()?;
    let mut out = format!("[{}", identifier(&name)?);
    if input.is_exhausted() {
        out.push(']');
        return Some(out);
    }
    out.push_str(match input.next().ok()? {
        Token::Delim('=') => "=",
        Token::IncludeMatch => "~=",
        Token::DashMatch => "|=",
        Token::PrefixMatch => "^=",
        Token::SuffixMatch => "$=",
        Token::SubstringMatch => "*=",
        _ => return None,
    });
    let value = input.expect_ident_or_string().ok()?.clone();
    out.push_str(&quoted(&value)?);
    if let Ok(flag) = input.try_parse(|input| input.expect_ident_cloned()) {
        let flag = flag.to_ascii_lowercase();
        matches!(flag.as_str(), "i" | "s").then_some(())?;
        out.push(' ');
        out.push_str(&flag);
    }
    input.expect_exhausted().ok()?;
    out.push(']');
    Some(out)
}

fn argument(name: &str, input: &mut Parser<'_, '_>, depth: usize) -> Option<String> {
    match name {
        "not" | "is" | "where" if depth < DEEPEST => read(input, depth + 1).ok(),
        "nth-child" | "nth-last-child" | "nth-of-type" | "nth-last-of-type" => {
            let start = input.position();
            while input.next_including_whitespace_and_comments().is_ok() {}
            let raw = input.slice_from(start);
            let plain = |c: char| c.is_ascii_digit() || "nevdo+- ".contains(c);
            let lower = raw.trim().to_ascii_lowercase();
            (!lower.is_empty() && lower.len() < 40 && lower.chars().all(plain)).then_some(lower)
        }
        "lang" | "dir" => {
            let word = input.expect_ident_cloned().ok()?;
            input.expect_exhausted().ok()?;
            identifier(&word)
        }
        _ => None,
    }
}

fn is_known_element(name: &str) -> bool {
    matches!(name, "before" | "after" | "first-line" | "first-letter" | "marker")
}

fn is_known_class(name: &str) -> bool {
    matches!(
        name,
        "hover"
            | "link"
            | "visited"
            | "active"
            | "focus"
            | "first-child"
            | "last-child"
            | "only-child"
            | "first-of-type"
            | "last-of-type"
            | "only-of-type"
            | "empty"
    )
}
