//! The forms in which a row lies in the file: what it doesn't show and nobody searches is left out.

use model::{Address, Envelope, HeaderHash, ServerId};
use sha2::{Digest, Sha256};

const MOST_FROM: usize = 4;
const MOST_TO: usize = 6;
const MOST_NAME: usize = 120;
const MOST_ADDRESS: usize = 254;
/// References kept of a message: the first and the last ones join a conversation.
const MOST_REFS: usize = 20;

/// Eight octets of SHA-256 over a Message-ID, brackets off.
pub fn header_hash(id: &str) -> HeaderHash {
    HeaderHash(hash64(id.trim().trim_matches(['<', '>']).as_bytes()))
}

pub(crate) fn hash64(octets: &[u8]) -> i64 {
    let digest = Sha256::digest(octets);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

/// Names and addresses of a row: at most four senders and six recipients, and how many more there are.
/// A number is seven bits an octet, low ones first; a text is its length and itself; a name that is
/// missing is an empty one. The account's own address, which nearly every row names, is one mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct People {
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub more: u32,
}

impl People {
    pub fn of(envelope: &Envelope) -> Self {
        let from = if envelope.from.is_empty() { &envelope.sender } else { &envelope.from };
        let to = if envelope.to.is_empty() { &envelope.cc } else { &envelope.to };
        let shown = to.len().min(MOST_TO);
        let all = envelope.to.len() + envelope.cc.len();
        Self {
            from: from.iter().take(MOST_FROM).map(shorten).collect(),
            to: to.iter().take(MOST_TO).map(shorten).collect(),
            more: u32::try_from(all.saturating_sub(shown)).unwrap_or(u32::MAX),
        }
    }

    pub fn pack(&self, own: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        for list in [&self.from, &self.to] {
            put_number(&mut out, list.len() as u64);
            for address in list {
                if is_own(address, own) {
                    put_text(&mut out, "");
                    put_text(&mut out, OWN);
                    continue;
                }
                put_text(&mut out, address.name.as_deref().unwrap_or(""));
                put_text(&mut out, &address.address);
            }
        }
        put_number(&mut out, u64::from(self.more));
        out
    }

    /// None where the octets are not what `pack` wrote.
    pub fn unpack(octets: &[u8], own: &str) -> Option<Self> {
        let mut rest = octets;
        let from = take_list(&mut rest, own)?;
        let to = take_list(&mut rest, own)?;
        let more = take_number(&mut rest)?.try_into().ok()?;
        rest.is_empty().then_some(Self { from, to, more })
    }
}

const OWN: &str = "\u{1}";

pub(crate) fn is_own(address: &Address, own: &str) -> bool {
    !own.is_empty() && address.address.eq_ignore_ascii_case(own)
}

fn shorten(address: &Address) -> Address {
    let name = address.name.as_deref().map(|name| cut(name, MOST_NAME).to_owned());
    // What is no address at all may look like the mark.
    let address = cut(&address.address, MOST_ADDRESS).replace(OWN, "");
    Address { name, address }
}

/// At most so many octets, never through a character.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most { text } else { &text[..text.floor_char_boundary(most)] }
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        out.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_number(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (first, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(first & 127) << shift;
        if first & 128 == 0 {
            return Some(number);
        }
    }
    None
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    String::from_utf8(text.to_vec()).ok()
}

fn take_list(rest: &mut &[u8], own: &str) -> Option<Vec<Address>> {
    let count = take_number(rest)?;
    let mut list = Vec::new();
    for _ in 0..count {
        let name = take_text(rest)?;
        let mut address = take_text(rest)?;
        if address == OWN {
            own.clone_into(&mut address);
        }
        list.push(Address { name: Some(name).filter(|n| !n.is_empty()), address });
    }
    Some(list)
}

pub(crate) fn pack_server_id(id: &ServerId) -> Vec<u8> {
    match id {
        ServerId::GmMsgId(id) => [b"g".as_slice(), &id.to_be_bytes()].concat(),
        ServerId::EmailId(id) => [b"e".as_slice(), id.as_bytes()].concat(),
    }
}

pub(crate) fn unpack_server_id(octets: &[u8]) -> Option<ServerId> {
    match octets.split_first()? {
        (b'g', id) => Some(ServerId::GmMsgId(u64::from_be_bytes(id.try_into().ok()?))),
        (b'e', id) => Some(ServerId::EmailId(String::from_utf8(id.to_vec()).ok()?)),
        _ => None,
    }
}

/// A message's ancestors as hashes, first to last, and none twice: References, then In-Reply-To.
pub(crate) fn ancestors(references: &[String], in_reply_to: &[String]) -> Vec<HeaderHash> {
    let mut all: Vec<HeaderHash> = Vec::new();
    for id in references.iter().chain(in_reply_to).filter(|id| !id.trim().is_empty()) {
        let hash = header_hash(id);
        if !all.contains(&hash) {
            all.push(hash);
        }
        // Of a list that only an attack makes this long the rest would only cost.
        if all.len() >= 400 {
            break;
        }
    }
    if all.len() > MOST_REFS {
        all.drain(1..all.len() - MOST_REFS + 1);
    }
    all
}

pub(crate) fn pack_refs(refs: &[HeaderHash]) -> Option<Vec<u8>> {
    (!refs.is_empty()).then(|| refs.iter().flat_map(|hash| hash.0.to_be_bytes()).collect())
}

pub(crate) fn unpack_refs(octets: &[u8]) -> Vec<HeaderHash> {
    let (whole, _) = octets.as_chunks::<8>();
    whole.iter().map(|hash| HeaderHash(i64::from_be_bytes(*hash))).collect()
}

/// Keywords in one text: no keyword has a space in it (RFC 9051: an atom).
pub(crate) fn pack_words<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut text = String::new();
    for word in words.filter(|w| !w.contains(' ')) {
        if text.len() + word.len() > 1000 {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    Some(text).filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address() -> impl Strategy<Value = Address> {
        (".{0,20}", ".{0,20}").prop_map(|(name, address)| Address::new(Some(&name), &address))
    }

    proptest! {
        #[test]
        fn people_come_back(
            from in prop::collection::vec(address(), 0..5),
            to in prop::collection::vec(address(), 0..7),
            more in 0u32..100_000,
        ) {
            let envelope = Envelope { from, to, ..Envelope::default() };
            let people = People { more, ..People::of(&envelope) };
            prop_assert_eq!(People::unpack(&people.pack("a@b"), "a@b"), Some(people));
        }

        #[test]
        fn broken_people_are_none_or_some_but_no_panic(octets in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = People::unpack(&octets, "");
        }
    }

    #[test]
    fn ones_own_address_is_a_mark() {
        let envelope = Envelope {
            from: vec![Address::new(Some("Vera"), "vera@hof.example")],
            to: vec![Address::new(Some("Anna K."), "Anna@kontor.example")],
            ..Envelope::default()
        };
        let packed = People::of(&envelope).pack("anna@kontor.example");
        assert!(packed.len() < 30);
        let people = People::unpack(&packed, "anna@kontor.example").unwrap();
        assert_eq!(people.to, [Address::new(None, "anna@kontor.example")]);
        assert_eq!(people.from, envelope.from);
    }

    #[test]
    fn long_lists_are_counted_not_kept() {
        let many: Vec<Address> =
            (0..30).map(|i| Address::new(None, &format!("{i}@kontor.example"))).collect();
        let envelope = Envelope { to: many.clone(), cc: many, ..Envelope::default() };
        let people = People::of(&envelope);
        assert_eq!((people.to.len(), people.more), (6, 54));
    }

    #[test]
    fn the_first_and_the_last_ancestors_stay() {
        let ids: Vec<String> = (0..50).map(|i| format!("<{i}@x>")).collect();
        let kept = ancestors(&ids, &["49@x".to_owned(), "new@x".to_owned()]);
        assert_eq!(kept.len(), 20);
        assert_eq!(kept.first(), Some(&header_hash("0@x")));
        assert_eq!(kept.last(), Some(&header_hash("new@x")));
        assert_eq!(unpack_refs(&pack_refs(&kept).unwrap()), kept);
    }

    #[test]
    fn server_ids_come_back() {
        for id in [ServerId::GmMsgId(1 << 60), ServerId::EmailId("M6d99ac3275bb4e".into())] {
            assert_eq!(unpack_server_id(&pack_server_id(&id)), Some(id));
        }
    }
}
