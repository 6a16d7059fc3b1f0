//! Rules: which of them stay, and the declarations in them.

use super::values::{self, Dropped};
use super::{Filter, properties, selectors};
use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, Parser, ParserInput, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, StyleSheetParser, Token,
};

const DEEPEST: usize = 4;
const MOST_RULES: usize = 20_000;

pub fn filter(css: &str, filter: &mut Filter<'_>) -> String {
    let mut input = ParserInput::new(css);
    let mut parser = Parser::new(&mut input);
    let mut out = String::new();
    let mut rules = Rules { filter, out: &mut out, depth: 0 };
    for _ in StyleSheetParser::new(&mut parser, &mut rules).take(MOST_RULES) {}
    out
}

/// The rules of a sheet, or of an `@media` in it.
struct Rules<'f, 'a> {
    filter: &'f mut Filter<'a>,
    out: &'f mut String,
    depth: usize,
}

enum AtRule {
    Media(String),
    /// Dropped; what it would have loaded is of this kind.
    Dropped(&'static str),
}

impl<'i> QualifiedRuleParser<'i> for Rules<'_, '_> {
    type Prelude = String;
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude<'t>(&mut self, input: &mut Parser<'i, 't>) -> Result<String, Dropped<'i>> {
        // A rule that is dropped still tells what it would have loaded, so its block is read.
        Ok(selectors::read(input, 0).unwrap_or_else(|_| {
            while input.next().is_ok() {}
            String::new()
        }))
    }

    fn parse_block<'t>(
        &mut self,
        selectors: String,
        _: &ParserState,
        input: &mut Parser<'i, 't>,
    ) -> Result<(), Dropped<'i>> {
        if selectors.is_empty() {
            values::note_addresses(input, self.filter, "image", 1);
            return Ok(());
        }
        let mut body = String::new();
        let mut declarations = Declarations { filter: &mut *self.filter, out: &mut body };
        for _ in RuleBodyParser::new(input, &mut declarations) {}
        if !body.is_empty() {
            self.out.push_str(&selectors);
            self.out.push('{');
            self.out.push_str(&body);
            self.out.push_str("}\n");
        }
        Ok(())
    }
}

impl<'i> AtRuleParser<'i> for Rules<'_, '_> {
    type Prelude = AtRule;
    type AtRule = ();
    type Error = ();

    fn parse_prelude<'t>(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i, 't>,
    ) -> Result<AtRule, Dropped<'i>> {
        match name.to_ascii_lowercase().as_str() {
            "media" if self.depth < DEEPEST => {
                let start = input.state();
                match media(input) {
                    Some(query) => Ok(AtRule::Media(query)),
                    None => {
                        input.reset(&start);
                        values::note_addresses(input, self.filter, "image", 0);
                        Ok(AtRule::Dropped("image"))
                    }
                }
            }
            "import" => {
                values::note_addresses(input, self.filter, "style", 0);
                Ok(AtRule::Dropped("style"))
            }
            name => {
                let kind = if name == "font-face" { "font" } else { "image" };
                values::note_addresses(input, self.filter, kind, 0);
                Ok(AtRule::Dropped(kind))
            }
        }
    }

    fn rule_without_block(&mut self, _: AtRule, _: &ParserState) -> Result<(), ()> {
        Ok(())
    }

    fn parse_block<'t>(
        &mut self,
        rule: AtRule,
        _: &ParserState,
        input: &mut Parser<'i, 't>,
    ) -> Result<(), Dropped<'i>> {
        match rule {
            AtRule::Dropped(kind) => values::note_addresses(input, self.filter, kind, 1),
            AtRule::Media(query) => {
                let mut body = String::new();
                let mut rules =
                    Rules { filter: &mut *self.filter, out: &mut body, depth: self.depth + 1 };
                for _ in StyleSheetParser::new(input, &mut rules).take(MOST_RULES) {}
                if !body.is_empty() {
                    self.out.push_str("@media ");
                    self.out.push_str(&query);
                    self.out.push_str("{\n");
                    self.out.push_str(&body);
                    self.out.push_str("}\n");
                }
            }
        }
        Ok(())
    }
}

/// A media query of words, numbers and brackets. What is written for a dark reader is left out: mail that
/// has colours of its own is shown on paper, as it is in the light.
fn media(input: &mut Parser<'_, '_>) -> Option<String> {
    let mut tokens = values::Tokens::default();
    media_tokens(input, &mut tokens, 0)?;
    let query = tokens.finish();
    let lower = query.to_ascii_lowercase();
    if lower.contains("prefers-color-scheme") && lower.contains("dark") {
        return None;
    }
    Some(if query.is_empty() { "all".to_owned() } else { query })
}

fn media_tokens(input: &mut Parser<'_, '_>, out: &mut values::Tokens, depth: usize) -> Option<()> {
    loop {
        let start = input.position();
        let Ok(token) = input.next_including_whitespace_and_comments() else { return Some(()) };
        let token = token.clone();
        let kind = token.serialization_type();
        match token {
            Token::WhiteSpace(_) => out.space(),
            Token::Comment(_) => {}
            Token::Ident(name) => out.push(kind, &values::identifier(&name)?),
            Token::Number { .. } | Token::Dimension { .. } => {
                let raw = input.slice_from(start);
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-');
                raw.chars().all(plain).then(|| out.push(kind, raw))?;
            }
            Token::Comma => out.push(kind, ","),
            Token::Colon => out.push(kind, ":"),
            Token::Delim('/') => out.push(kind, "/"),
            Token::ParenthesisBlock if depth < DEEPEST => {
                out.push(kind, "(");
                let inner = input.parse_nested_block(|inner| {
                    Ok::<_, Dropped<'_>>(media_tokens(inner, out, depth + 1))
                });
                inner.ok().flatten()?;
                out.close(')');
            }
            _ => return None,
        }
    }
}

/// The declarations of a rule or of a style attribute.
pub struct Declarations<'f, 'a> {
    pub filter: &'f mut Filter<'a>,
    pub out: &'f mut String,
}

impl<'i> DeclarationParser<'i> for Declarations<'_, '_> {
    type Declaration = ();
    type Error = ();

    fn parse_value<'t>(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i, 't>,
        _: &ParserState,
    ) -> Result<(), Dropped<'i>> {
        let name = name.to_ascii_lowercase();
        if !properties::is_known(&name) {
            let kind = if name == "src" { "font" } else { "image" };
            values::note_addresses(input, self.filter, kind, 0);
            return Err(input.new_custom_error(()));
        }
        let value = values::read(&name, input, self.filter)?;
        if properties::colours(&name)
            && !NO_COLOUR.contains(&value.text.to_ascii_lowercase().as_str())
        {
            self.filter.coloured = true;
        }
        self.out.push_str(&name);
        self.out.push(':');
        self.out.push_str(&value.text);
        if value.important {
            self.out.push_str(" !important");
        }
        self.out.push(';');
        Ok(())
    }
}

const NO_COLOUR: [&str; 7] =
    ["inherit", "initial", "unset", "transparent", "none", "currentcolor", "revert"];

impl<'i> AtRuleParser<'i> for Declarations<'_, '_> {
    type Prelude = ();
    type AtRule = ();
    type Error = ();
}

impl<'i> QualifiedRuleParser<'i> for Declarations<'_, '_> {
    type Prelude = ();
    type QualifiedRule = ();
    type Error = ();
}

impl<'i> RuleBodyItemParser<'i, (), ()> for Declarations<'_, '_> {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}
