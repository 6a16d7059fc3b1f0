//! Quoted text: how deep a line is quoted, and where a reply's tail begins.

/// How often a line is quoted, and what it says below that.
pub fn depth(line: &str) -> (usize, &str) {
    let mut depth = 0;
    let mut rest = line;
    while let Some(inner) = rest.strip_prefix('>') {
        depth += 1;
        // Some programs write `> >`, some `>>`, some both.
        rest = match inner.strip_prefix(' ') {
            Some(after) if after.starts_with('>') => after,
            _ => inner,
        };
    }
    let said = if depth > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
    (depth, said)
}

/// The lines of a message without its quoted tail and signature: what its writer says.
///
/// Quotes in the middle are left out as well, and each attribution ("On … wrote:") with its quote.
pub fn own_words(text: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = text.lines().collect();
    let end = lines
        .iter()
        .enumerate()
        .position(|(at, line)| {
            is_signature(line) || (at > 0 && is_divider(line)) || outlook_header(&lines, at)
        })
        .unwrap_or(lines.len());
    let mut kept: Vec<&str> = Vec::new();
    for line in lines.into_iter().take(end) {
        if line.trim_start().starts_with('>') {
            drop_attribution(&mut kept);
        } else {
            kept.push(line);
        }
    }
    kept.into_iter()
}

/// RFC 3676 4.3; the space is often lost on the way.
fn is_signature(line: &str) -> bool {
    matches!(line, "-- " | "--")
}

/// "-----Original Message-----" in whatever language: dashes, a few words, dashes.
fn is_divider(line: &str) -> bool {
    let line = line.trim();
    let inner = line.trim_matches(['-', '_']);
    if inner.is_empty() {
        return line.len() >= 30 && line.starts_with('_');
    }
    line.starts_with("----") && line.ends_with("---") && inner.len() < 60
}

/// Outlook quotes without a sign: a block of From, Sent, To and Subject in the reader's language.
fn outlook_header(lines: &[&str], at: usize) -> bool {
    let field = |offset: usize| {
        lines.get(at + offset).is_some_and(|line| {
            let line = line.trim_start_matches('*');
            let Some((name, value)) = line.split_once(':') else { return false };
            !value.trim().is_empty() && name.chars().count() <= 16 && !name.contains("//")
        })
    };
    let from = lines.get(at).is_some_and(|line| {
        line.contains('@') && FROM.iter().any(|word| line.trim_start_matches('*').starts_with(word))
    });
    at > 0 && from && field(1) && field(2)
}

const FROM: [&str; 14] = [
    "From:",
    "Von:",
    "De:",
    "De :",
    "Da:",
    "Van:",
    "Från:",
    "Fra:",
    "Od:",
    "От:",
    "Від:",
    "Lähettäjä:",
    "发件人:",
    "差出人:",
];

/// The one or two lines before a quote that say whose it is.
fn drop_attribution(kept: &mut Vec<&str>) {
    drop_blank(kept);
    let colon = |line: &str| line.trim_end().ends_with([':', '：']);
    if !kept.last().is_some_and(|line| colon(line)) {
        return;
    }
    let named =
        |line: &str| line.contains('@') || line.chars().filter(char::is_ascii_digit).count() >= 3;
    match kept.as_slice() {
        [.., last] if named(last) => {
            kept.pop();
        }
        [.., before, _] if named(before) && before.chars().count() > 20 => {
            kept.pop();
            kept.pop();
        }
        _ => {}
    }
    drop_blank(kept);
}

fn drop_blank(kept: &mut Vec<&str>) {
    while kept.last().is_some_and(|line| line.trim().is_empty()) {
        kept.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        own_words(text).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn depths() {
        assert_eq!(depth("plain > text"), (0, "plain > text"));
        assert_eq!(depth(">> > deep"), (3, "deep"));
        assert_eq!(depth(">"), (1, ""));
        assert_eq!(depth(">  indented"), (1, " indented"));
    }

    #[test]
    fn tails_are_cut() {
        assert_eq!(
            said("Yes!\n\nOn Tue, 24 Nov 2026, Ravi <r@x.example> wrote:\n> Coming?\n"),
            "Yes!"
        );
        assert_eq!(said("Ja.\n\nAm 24.11.2026 um 10:20 schrieb Ravi\nMenon:\n> Kommst du?"), "Ja.");
        assert_eq!(said("Here:\n> a\nno\n> b\nyes"), "Here:|no|yes");
        assert_eq!(said("Hello\n-- \nNora\nKontor"), "Hello");
        assert_eq!(said("See below\n\n-----Original Message-----\nFrom: x"), "See below|");
        assert_eq!(
            said("Danke\n\nVon: Ravi <r@x.example>\nGesendet: Dienstag\nAn: Nora\nText"),
            "Danke|"
        );
        assert_eq!(said("From: the harbour\nwith love"), "From: the harbour|with love");
    }
}
