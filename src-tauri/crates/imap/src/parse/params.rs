//! Parameters of Content-Type and Content-Disposition as BODYSTRUCTURE gives them: pairs in a list.

use super::words::{decode_words, hex_pair, labelled};
use crate::wire::Node;

/// The pairs, names in lower case. At most 100.
#[derive(Default)]
pub(super) struct Params(Vec<(String, Vec<u8>)>);

impl Params {
    pub fn of(node: Option<&Node<'_>>) -> Self {
        let list = node.and_then(Node::list).unwrap_or_default();
        let pairs = list.chunks_exact(2).filter_map(|pair| match pair {
            [name, value] => {
                let name = String::from_utf8_lossy(name.text()?).to_ascii_lowercase();
                Some((name, value.text()?.to_vec()))
            }
            _ => None,
        });
        Self(pairs.take(100).collect())
    }

    fn raw(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// A word of the protocol, in lower case.
    pub fn token(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(self.raw(name)?).trim().to_ascii_lowercase();
        (!text.is_empty() && text.len() <= 100).then_some(text)
    }

    /// Text for people: in the forms of RFC 2231 (`name*`, `name*0*`, …) where one is there, else as it
    /// stands, encoded words included (which RFC 2047 5 forbids there, and most programs send).
    pub fn text(&self, name: &str) -> Option<String> {
        let extended = self.raw(&format!("{name}*")).map(decode_extended);
        let text = extended
            .or_else(|| self.continued(name))
            .or_else(|| self.raw(name).map(decode_words))?;
        let text: String = text.chars().filter(|c| !c.is_control()).take(1_000).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// RFC 2231 3: pieces numbered from 0; those with a `*` behind the number are percent-encoded.
    fn continued(&self, name: &str) -> Option<String> {
        let (mut octets, mut charset, mut encoded_any) = (Vec::new(), Vec::new(), false);
        for number in 0..100 {
            let encoded = self.raw(&format!("{name}*{number}*"));
            let Some(piece) = encoded.or_else(|| self.raw(&format!("{name}*{number}"))) else {
                break;
            };
            let piece = match encoded.filter(|_| number == 0).and_then(labelled_value) {
                Some((label, value)) => {
                    charset = label.to_vec();
                    value
                }
                None => piece,
            };
            encoded_any |= encoded.is_some();
            octets.extend(if encoded.is_some() { percent(piece) } else { piece.to_vec() });
        }
        match octets.is_empty() {
            true => None,
            false if encoded_any => Some(labelled(&charset, &octets)),
            false => Some(decode_words(&octets)),
        }
    }
}

fn decode_extended(value: &[u8]) -> String {
    match labelled_value(value) {
        Some((charset, text)) => labelled(charset, &percent(text)),
        None => labelled(b"", &percent(value)),
    }
}

/// `charset'language'text`
fn labelled_value(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut pieces = value.splitn(3, |b| *b == b'\'');
    let (charset, _, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
    Some((charset, text))
}

fn percent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let octet = if byte == b'%' { hex_pair(after) } else { None };
        rest = if octet.is_some() { after.get(2..).unwrap_or_default() } else { after };
        out.push(octet.unwrap_or(byte));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Cursor;

    fn text(list: &str) -> Option<String> {
        Params::of(Some(&Cursor::new(list.as_bytes()).value().unwrap())).text("filename")
    }

    #[test]
    fn file_names_of_every_shape() {
        for (list, name) in [
            ("(\"FILENAME\" \"a.pdf\")", "a.pdf"),
            ("(\"filename*\" \"utf-8'de'%C3%84rger.pdf\" \"filename\" \"x\")", "Ärger.pdf"),
            (
                "(\"filename*0*\" \"UTF-8''%E2%82\" \"filename*1*\" \"%AC\" \"filename*2\" \"%41.txt\")",
                "€%41.txt",
            ),
            ("(\"filename*0\" \"one \" \"filename*1\" \"two\")", "one two"),
            ("(\"filename\" \"=?iso-8859-1?Q?=E4.txt?=\")", "ä.txt"),
            ("(\"filename*\" \"no-label%20.txt\")", "no-label .txt"),
            ("(\"filename*\" \"unknown''%zz.txt\")", "%zz.txt"),
        ] {
            assert_eq!(text(list).as_deref(), Some(name), "{list}");
        }
        assert_eq!(text("(\"filename\" \"  \")"), None);
        assert_eq!(text("NIL"), None);
    }
}
