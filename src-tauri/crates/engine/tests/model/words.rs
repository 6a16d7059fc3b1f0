//! The few words of IMAP's grammar that a server reads and writes.

/// The next astring, and what stands behind it.
pub fn astring(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(' ').unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut word = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (word, &quoted[at + 1..]),
            '\\' => word.extend(chars.next().map(|(_, c)| c)),
            c => word.push(c),
        }
    }
    (word, "")
}

pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The ranges of a set such as `1:3,7,9:*`, where `*` is `last`.
pub fn sets(set: &str, last: u32) -> Vec<(u32, u32)> {
    let value = |text: &str| if text == "*" { last } else { text.parse().unwrap_or(0) };
    set.split(',')
        .map(|range| {
            let (low, high) = range.split_once(':').unwrap_or((range, range));
            let (low, high) = (value(low), value(high));
            (low.min(high), low.max(high))
        })
        .collect()
}

/// Items of a FETCH: split at spaces that no bracket holds.
pub fn items(text: &str) -> Vec<String> {
    let text = text.trim();
    let text = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    let mut found = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            _ => {}
        }
        match found.last_mut() {
            Some(last) if c != ' ' || depth > 0 => last.push(c),
            _ => found.push(String::new()),
        }
    }
    found
}
