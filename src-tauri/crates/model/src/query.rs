//! What a person types to search, read as it is meant. Device and servers are asked from the same reading, so
//! it lies below both. Whatever is typed means something: what is no operator is a word.

/// All of it must hold. Days are whole and in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Anywhere: sender, recipients, subject, text.
    pub terms: Vec<Text>,
    pub from: Vec<Text>,
    pub to: Vec<Text>,
    pub subject: Vec<Text>,
    pub has_attachment: bool,
    pub unread: bool,
    /// `is:read`.
    pub read: bool,
    pub flagged: bool,
    /// Names or roles of mailboxes: any of them.
    pub in_mailbox: Vec<String>,
    /// Seconds since 1970: what arrived earlier than this.
    pub before: Option<i64>,
    /// What arrived at this moment or later.
    pub after: Option<i64>,
}

/// One thing to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    /// Was quoted: the words follow one another.
    pub phrase: bool,
    /// The last word may be the beginning of one: `gard*`, or what is being typed.
    pub prefix: bool,
    /// `-word`: must not be there.
    pub not: bool,
}

impl Query {
    /// Never fails. The last word counts as the beginning of one while it is being typed, so until something
    /// follows it.
    pub fn parse(input: &str) -> Self {
        let mut query = Self::default();
        let typing = input.chars().next_back().is_some_and(char::is_alphanumeric);
        let mut rest = input.trim();
        while !rest.is_empty() {
            let (token, after) = token(rest);
            rest = after.trim_start();
            query.take(token, typing && rest.is_empty());
        }
        query
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn take(&mut self, token: Token<'_>, typing: bool) {
        let operator = token.operator.map(str::to_ascii_lowercase);
        let value = token.value;
        let known =
            match operator.as_deref() {
                // An operator whose value is still to come asks for nothing yet.
                Some(
                    "from" | "to" | "cc" | "subject" | "in" | "is" | "has" | "before" | "after",
                ) if value.is_empty() => true,
                Some("from") => push(&mut self.from, &token, typing),
                Some("to" | "cc") => push(&mut self.to, &token, typing),
                Some("subject") => push(&mut self.subject, &token, typing),
                Some("in") if !token.not => {
                    self.in_mailbox.push(value.to_owned());
                    true
                }
                Some("is") => match (value.to_ascii_lowercase().as_str(), token.not) {
                    ("unread", false) | ("read", true) => set(&mut self.unread),
                    ("read", false) | ("unread", true) => set(&mut self.read),
                    ("flagged" | "starred", false) => set(&mut self.flagged),
                    _ => false,
                },
                Some("has") if !token.not => {
                    let names = ["attachment", "attachments"];
                    let known = names.iter().any(|name| name.eq_ignore_ascii_case(value));
                    known && set(&mut self.has_attachment)
                }
                Some("before") if !token.not => match day(value) {
                    Some(at) => {
                        self.before = Some(self.before.map_or(at, |known| known.min(at)));
                        true
                    }
                    None => false,
                },
                Some("after" | "since") if !token.not => match day(value) {
                    Some(at) => {
                        self.after = Some(self.after.map_or(at, |known| known.max(at)));
                        true
                    }
                    None => false,
                },
                _ => false,
            };
        if !known {
            let whole = Token { value: token.whole, operator: None, ..token };
            push(&mut self.terms, if token.operator.is_some() { &whole } else { &token }, typing);
        }
    }
}

struct Token<'t> {
    not: bool,
    operator: Option<&'t str>,
    value: &'t str,
    quoted: bool,
    /// Operator and value as they stand there, without the minus.
    whole: &'t str,
}

/// The first token of a text that begins with none of the spaces before it. Of typographic quotes any closes.
fn token(text: &str) -> (Token<'_>, &str) {
    let (not, body) = match text.strip_prefix('-') {
        Some(body) if body.starts_with(|c: char| !c.is_whitespace()) => (true, body),
        _ => (false, text),
    };
    let operator = body
        .split_once(':')
        .map(|(name, _)| name)
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic()));
    let start = operator.map_or(0, |name| name.len() + 1);
    let value = body.get(start..).unwrap_or("");
    let quote = |c: char| matches!(c, '"' | '“' | '”' | '„' | '«' | '»');
    if let Some(opened) = value.strip_prefix(quote) {
        let end = opened.find(quote).unwrap_or(opened.len());
        let inside = opened.get(..end).unwrap_or("");
        let mut after = opened.get(end..).unwrap_or("").chars();
        after.next();
        let after = after.as_str();
        let whole = body.get(..body.len() - after.len()).unwrap_or(body);
        return (Token { not, operator, value: inside, quoted: true, whole }, after);
    }
    let end = body.find(char::is_whitespace).unwrap_or(body.len());
    let (whole, after) = body.split_at(end);
    let value = whole.get(start..).unwrap_or("");
    (Token { not, operator, value, quoted: false, whole }, after)
}

fn push(list: &mut Vec<Text>, token: &Token<'_>, typing: bool) -> bool {
    let star = !token.quoted && token.value.ends_with('*');
    let text = if star { token.value.trim_end_matches('*') } else { token.value }.trim();
    let prefix = star || (typing && !token.quoted && !token.not);
    // Nothing but signs looks for nothing.
    if text.chars().any(char::is_alphanumeric) {
        list.push(Text { text: text.to_owned(), phrase: token.quoted, prefix, not: token.not });
    }
    true
}

fn set(flag: &mut bool) -> bool {
    *flag = true;
    true
}

/// The first second of `2024`, `2024-03` or `2024-03-01`, with `-`, `/` or `.` between.
fn day(text: &str) -> Option<i64> {
    let mut pieces = text.split(['-', '/', '.']);
    let year: i64 = pieces.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let mut number = |most: i64| match pieces.next() {
        None => Some(1),
        Some(text) if text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse::<i64>().ok().filter(|n| (1..=most).contains(n))
        }
        Some(_) => None,
    };
    let month = number(12)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = number(length)?;
    if pieces.next().is_some() {
        return None;
    }
    // Days since 1970 of the proleptic Gregorian calendar, counted in years that begin with March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day
            - 1
            - 719_468;
    Some(days * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word(text: &str) -> Text {
        Text { text: text.into(), ..Text::default() }
    }

    #[test]
    fn operators_in_any_case() {
        let query = Query::parse(
            "From:anna subject:\"two words\" HAS:attachment is:Unread in:Sent in:\"Old mail\" is:flagged ",
        );
        assert_eq!(query.from, [word("anna")]);
        assert_eq!(query.subject, [Text { phrase: true, ..word("two words") }]);
        assert!(query.has_attachment && query.unread && query.flagged && !query.read);
        assert_eq!(query.in_mailbox, ["Sent", "Old mail"]);
        assert!(query.terms.is_empty());
    }

    #[test]
    fn words_phrases_prefixes_and_what_must_not_be_there() {
        let query = Query::parse("gard* -rain \"a b\" -\"c d\" - -from:bob to:x last");
        assert_eq!(
            query.terms,
            [
                Text { prefix: true, ..word("gard") },
                Text { not: true, ..word("rain") },
                Text { phrase: true, ..word("a b") },
                Text { phrase: true, not: true, ..word("c d") },
                Text { prefix: true, ..word("last") },
            ]
        );
        assert_eq!(query.from, [Text { not: true, ..word("bob") }]);
        assert_eq!(query.to, [word("x")]);
        assert!(!Query::parse("last ").terms[0].prefix);
        assert!(Query::parse("„eins zwei“ ").terms[0].phrase);
    }

    #[test]
    fn days_are_whole() {
        let at = |text: &str| Query::parse(text);
        assert_eq!(at("after:2024").after, Some(1_704_067_200));
        assert_eq!(at("before:2024-03-01").before, Some(1_709_251_200));
        assert_eq!(at("before:2024/2").before, Some(1_706_745_600));
        assert_eq!(at("before:1970-01-01 ").before, Some(0));
        for wrong in ["before:2023-02-29", "before:soon", "after:24", "before:2024-1-1-1"] {
            let query = at(wrong);
            assert_eq!((query.before, query.after), (None, None), "{wrong}");
            assert_eq!(query.terms.len(), 1, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_operator_is_a_word() {
        assert_eq!(Query::parse("http://x.example ").terms, [word("http://x.example")]);
        assert_eq!(Query::parse("re:invoice ").terms, [word("re:invoice")]);
        assert_eq!(Query::parse("is:odd ").terms, [word("is:odd")]);
        assert_eq!(Query::parse("東京 ").terms, [word("東京")]);
        assert!(Query::parse("from: \"\" -- * \"").is_empty());
    }

    proptest! {
        #[test]
        fn anything_is_a_query(input in "[-:\"“ *a-z0-9é東\\n]{0,40}|.{0,60}") {
            let _ = Query::parse(&input);
        }
    }
}
