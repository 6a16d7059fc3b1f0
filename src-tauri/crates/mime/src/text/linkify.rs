//! Links in running text: http, https, mailto, `www.` names and bare addresses. What is found is still
//! held against `link_target` before it becomes a link.

/// A stretch of text, and where it leads if it is a link.
#[derive(Debug, PartialEq, Eq)]
pub struct Span<'a> {
    pub text: &'a str,
    pub url: Option<String>,
}

/// The whole text in order, cut into links and what is between them.
pub fn spans(text: &str) -> Vec<Span<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut plain = 0;
    // Each step moves past a word, so a text without end costs one pass.
    let mut at = 0;
    while let Some(word_at) = text.get(at..).and_then(|t| t.find(|c: char| !is_gap(c))) {
        let start = at + word_at;
        let tail = text.get(start..).unwrap_or("");
        let word = tail.split(is_gap).next().unwrap_or("");
        at = start + word.len();
        let Some((offset, link, url)) = in_word(word) else { continue };
        let link_at = start + offset;
        if let Some(before) = text.get(plain..link_at).filter(|b| !b.is_empty()) {
            found.push(Span { text: before, url: None });
        }
        found.push(Span { text: link, url: Some(url) });
        plain = link_at + link.len();
        rest = text.get(plain..).unwrap_or("");
        at = plain;
    }
    if !rest.is_empty() {
        found.push(Span { text: rest, url: None });
    }
    found
}

const LONGEST: usize = 2_000;

fn is_gap(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '<' | '>'
                | '"'
                | '“'
                | '”'
                | '«'
                | '»'
                | '「'
                | '」'
                | '（'
                | '）'
                | '。'
                | '、'
                | '，'
        )
}

fn in_word(word: &str) -> Option<(usize, &str, String)> {
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let scheme = ["https://", "http://", "mailto:"]
        .iter()
        .filter_map(|scheme| lower.find(scheme).map(|at| (at, scheme.len())))
        .min();
    if let Some((at, head)) = scheme
        && !word.get(..at)?.ends_with(|c: char| c.is_ascii_alphanumeric())
    {
        let link = trim_end(word.get(at..)?);
        return (link.len() > head).then(|| (at, link, link.to_owned()));
    }
    if let Some(at) = lower.find("www.")
        && !word.get(..at)?.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '@' | '/'))
    {
        let link = trim_end(word.get(at..)?);
        let labels = link.split('/').next()?.split('.').filter(|l| !l.is_empty()).count();
        return (labels >= 3).then(|| (at, link, format!("https://{link}")));
    }
    address(word)
}

/// An address as people write it, not as RFC 5322 allows it.
fn address(word: &str) -> Option<(usize, &str, String)> {
    let sign = word.find('@')?;
    let local = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%');
    let before = word.get(..sign)?;
    let start = before.char_indices().rev().take_while(|(_, c)| local(*c)).last()?.0;
    let after = word.get(sign + 1..)?;
    let length = after
        .char_indices()
        .find(|(_, c)| !(c.is_alphanumeric() || matches!(c, '.' | '-')))
        .map_or(after.len(), |(at, _)| at);
    let domain = after.get(..length)?.trim_end_matches(['.', '-']);
    let link = word.get(start..sign + 1 + domain.len())?;
    let (_, last) = domain.rsplit_once('.')?;
    let sound = last.chars().count() >= 2
        && !domain.contains("..")
        && !domain.starts_with('.')
        && !link.starts_with('.');
    sound.then(|| (start, link, format!("mailto:{link}")))
}

/// Without the punctuation that belongs to the sentence; a closing bracket stays where it was opened inside.
fn trim_end(link: &str) -> &str {
    let mut link = link;
    loop {
        let Some(last) = link.chars().next_back() else { return link };
        let unbalanced = |open: char| link.matches(last).count() > link.matches(open).count();
        let cut = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '’' | '…' => true,
            ')' => unbalanced('('),
            ']' => unbalanced('['),
            '}' => unbalanced('{'),
            _ => false,
        };
        if !cut {
            return link;
        }
        link = link.get(..link.len() - last.len_utf8()).unwrap_or("");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(text: &str) -> Vec<String> {
        spans(text).into_iter().filter_map(|s| s.url).collect()
    }

    #[test]
    fn links_as_people_write_them() {
        for (text, expected) in [
            ("see https://kontor.example/a?b=1#c.", vec!["https://kontor.example/a?b=1#c"]),
            ("(http://x.example/wiki/A_(b))", vec!["http://x.example/wiki/A_(b)"]),
            ("<https://x.example/>, and", vec!["https://x.example/"]),
            ("www.harbour.example!", vec!["https://www.harbour.example"]),
            ("write to nora.a+b@kontor.example, please", vec!["mailto:nora.a+b@kontor.example"]),
            ("mailto:nora@kontor.example?subject=x", vec!["mailto:nora@kontor.example?subject=x"]),
            ("詳細は https://x.example/日本 。", vec!["https://x.example/日本"]),
            ("詳細はhttps://x.example/a。次", vec!["https://x.example/a"]),
            ("javascript:alert(1) file:///etc a@b @x x@ www.x", vec![]),
            ("xhttp://x.example", vec![]),
            ("http://", vec![]),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "(\\PC|https://|www\\.|@|\\.| |\\n){0,60}") {
            let whole: String = spans(&text).iter().map(|s| s.text).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
