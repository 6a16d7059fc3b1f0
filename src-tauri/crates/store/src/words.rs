//! Text into words for the index, and queries in the very same way: case and accents folded, scripts that
//! are written without spaces cut into pairs. The index splits at spaces alone.

use unicode_normalization::UnicodeNormalization;

/// Longer "words" are keys and links; nobody types them whole.
const MOST_WORD: usize = 40;

/// Appends the words of `text` to `out`, each with a space before it; at most `most` of them.
pub(crate) fn feed(out: &mut String, text: &str, most: usize) {
    let mut left = most;
    cut(text, |word, _| {
        if left > 0 {
            left -= 1;
            out.push(' ');
            out.push_str(word);
        }
    });
}

/// A word of a query, and whether words that begin with it count too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    pub word: String,
    pub prefix: bool,
}

/// The words of a text that is looked for, in order. The last stands for all that begin with it, where `prefix`.
/// The single character that closes a run is asked for where it is all there is, or stands inside of a phrase.
pub(crate) fn terms(text: &str, prefix: bool, phrase: bool) -> Vec<Term> {
    let mut found: Vec<(Term, Kind)> = Vec::new();
    cut(text, |word, kind| {
        let term = Term { word: word.to_owned(), prefix: kind == Kind::Lone && !phrase };
        found.push((term, kind));
    });
    if found.last().is_some_and(|(_, kind)| *kind == Kind::RunEnd) {
        found.pop();
    } else if let Some((last, _)) = found.last_mut() {
        // A single character of an unspaced script begins the pairs that it stands in.
        last.prefix |= prefix || is_alone(&last.word);
    }
    found.retain(|(_, kind)| phrase || *kind != Kind::RunEnd);
    found.into_iter().map(|(term, _)| term).collect()
}

fn is_alone(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(is_unspaced) && chars.next().is_none()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Pair,
    /// The last character of a run, which no pair begins with.
    RunEnd,
    /// A run of one character.
    Lone,
}

fn cut(text: &str, mut found: impl FnMut(&str, Kind)) {
    let mut cutter = Cutter::default();
    // Folding never joins what a space parts; most pieces of most mail need none at all.
    for piece in text.split_ascii_whitespace() {
        if piece.is_ascii() {
            piece.bytes().for_each(|b| cutter.take(char::from(b.to_ascii_lowercase()), &mut found));
        } else {
            fold(piece).for_each(|c| cutter.take(c, &mut found));
        }
        cutter.end(&mut found);
    }
}

#[derive(Default)]
struct Cutter {
    word: String,
    run: Vec<char>,
}

impl Cutter {
    fn take(&mut self, c: char, found: &mut impl FnMut(&str, Kind)) {
        if is_unspaced(c) {
            end_word(&mut self.word, found);
            self.run.push(c);
            return;
        }
        if !self.run.is_empty() {
            end_run(&mut self.run, found);
        }
        if c.is_alphanumeric() || is_mark(c) {
            if self.word.len() < MOST_WORD {
                self.word.push(c);
            }
        } else {
            end_word(&mut self.word, found);
        }
    }

    fn end(&mut self, found: &mut impl FnMut(&str, Kind)) {
        end_word(&mut self.word, found);
        end_run(&mut self.run, found);
    }
}

fn end_word(word: &mut String, found: &mut impl FnMut(&str, Kind)) {
    if !word.is_empty() {
        found(word, Kind::Word);
        word.clear();
    }
}

fn end_run(run: &mut Vec<char>, found: &mut impl FnMut(&str, Kind)) {
    let mut piece = String::new();
    for pair in run.windows(2) {
        piece.clear();
        piece.extend(pair);
        found(&piece, Kind::Pair);
    }
    if let Some(last) = run.last() {
        piece.clear();
        piece.push(*last);
        found(&piece, if run.len() == 1 { Kind::Lone } else { Kind::RunEnd });
    }
    run.clear();
}

/// Compatibility forms (full width, ligatures) are opened, accents that only adorn are dropped, the rest is
/// put together again (kana with their voice marks, Hangul), letters without a decomposition are spelt.
fn fold(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkd()
        .filter(|c| !is_accent(*c))
        .nfc()
        .flat_map(char::to_lowercase)
        .filter(|c| !is_accent(*c))
        .flat_map(|c| spelt(c).chars().chain(spelt(c).is_empty().then_some(c)))
}

fn spelt(c: char) -> &'static str {
    match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ħ' => "h",
        'ı' => "i",
        'ς' => "σ",
        // Arabic letters that are typed for one another.
        'أ' | 'إ' | 'آ' | 'ٱ' => "ا",
        'ى' => "ي",
        'ة' => "ه",
        _ => "",
    }
}

/// Marks that a search does without: Latin, Greek and Cyrillic accents, Hebrew points, Arabic vowels and
/// the stretching stroke. Those of Indic scripts and kana make other letters and stay.
fn is_accent(c: char) -> bool {
    matches!(c as u32,
        0x0300..=0x036F | 0x0591..=0x05BD | 0x05BF..=0x05C7 | 0x0610..=0x061A | 0x0640
        | 0x064B..=0x065F | 0x0670 | 0x06D6..=0x06ED | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF
        | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2069 | 0x20D0..=0x20FF | 0xFE00..=0xFE0F
        | 0xFE20..=0xFE2F | 0xFEFF | 0x00AD)
}

/// Marks of Indic scripts are not alphanumeric to Rust where they are no letters.
fn is_mark(c: char) -> bool {
    matches!(c as u32, 0x0900..=0x0DFF) && !matches!(c, '।' | '॥')
}

/// Han, kana, Hangul; Thai, Lao, Myanmar, Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c as u32,
        0x0E01..=0x0E4E | 0x0E81..=0x0ECD | 0x1000..=0x109F | 0x1780..=0x17D3
        | 0x3005..=0x3007 | 0x3041..=0x309F | 0x30A1..=0x30FF | 0x3105..=0x312F
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0x20000..=0x3FFFF)
        && c != '・'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        let mut out = String::new();
        feed(&mut out, text, 100);
        out.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn folds_case_and_accents() {
        assert_eq!(words("Crème BRÛLÉE, Straße; Łódź!"), ["creme", "brulee", "strasse", "lodz"]);
        assert_eq!(words("Ἀθῆναι ΟΔΟΣ"), ["αθηναι", "οδοσ"]);
        assert_eq!(words("anna.k@kontor.example"), ["anna", "k", "kontor", "example"]);
        assert_eq!(words("ＦＵＬＬ ﬁne"), ["full", "fine"]);
        assert_eq!(words("مُحَمَّد"), words("محمد"));
        assert_eq!(words("हिन्दी में"), ["हिन्दी", "में"]);
    }

    #[test]
    fn unspaced_scripts_become_pairs() {
        assert_eq!(words("東京都 Ticket"), ["東京", "京都", "都", "ticket"]);
        assert_eq!(words("ガーデン"), words("ｶﾞｰﾃﾞﾝ"));
        let query: Vec<_> = terms("東京都", true, false).into_iter().map(|t| t.word).collect();
        assert_eq!(query, ["東京", "京都"]);
        assert_eq!(terms("都", false, false), [Term { word: "都".into(), prefix: true }]);
        let phrase = terms("東京都 Ticket", false, true);
        let phrase: Vec<_> = phrase.iter().map(|t| t.word.as_str()).collect();
        assert_eq!(phrase, ["東京", "京都", "都", "ticket"]);
    }

    #[test]
    fn the_last_word_is_a_prefix_while_it_is_typed() {
        let term = |word: &str, prefix| Term { word: word.into(), prefix };
        let typed = terms("Angebot gart", true, false);
        assert_eq!(typed, [term("angebot", false), term("gart", true)]);
        assert!(!terms("angebot", false, false)[0].prefix);
        assert!(terms(" -- \"", true, false).is_empty());
    }

    proptest! {
        /// The tokenizer of the index splits where there is ASCII that is no letter or digit.
        #[test]
        fn nothing_in_a_word_would_be_split_again(text in ".{0,80}") {
            for word in words(&text) {
                prop_assert!(word.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric()), "{word}");
            }
        }
    }
}
