//! What the model says, as octets: by imap-codec, an implementation that shares nothing with ours, wherever it knows
//! the response. (What it does not know, FETCH items of extensions and ESEARCH, is written where it is made.)

use super::message::Message;
use imap_codec::encode::Encoder;
use imap_codec::imap_types::IntoStatic;
use imap_codec::imap_types::body::{
    BasicFields, Body, BodyStructure, Disposition, MultiPartExtensionData, SinglePartExtensionData,
    SpecificFields,
};
use imap_codec::imap_types::core::{Atom, IString, NString, QuotedChar, Tag, Vec1};
use imap_codec::imap_types::datetime::DateTime;
use imap_codec::imap_types::envelope::{Address, Envelope};
use imap_codec::imap_types::extensions::enable::CapabilityEnable;
use imap_codec::imap_types::extensions::namespace::Namespace;
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::flag::{Flag, FlagFetch, FlagNameAttribute};
use imap_codec::imap_types::mailbox::Mailbox;
use imap_codec::imap_types::response::{
    Capability, Code, CodeOther, Data, Greeting, GreetingKind, Response, Status, StatusKind,
};
use imap_codec::imap_types::sequence::SequenceSet;
use imap_codec::imap_types::status::StatusDataItem;
use imap_codec::{GreetingCodec, ResponseCodec};
use std::borrow::Cow;
use std::num::{NonZeroU32, NonZeroU64};

pub type Item = MessageDataItem<'static>;

fn said(response: &Response<'_>) -> Vec<u8> {
    ResponseCodec::default().encode(response).dump()
}

pub fn data(data: Data<'_>) -> Vec<u8> {
    said(&Response::Data(data))
}

fn names(offers: &str) -> Vec1<Capability<'_>> {
    let atom = |name| Capability::from(Atom::try_from(name).unwrap());
    offers.split_whitespace().map(atom).collect::<Vec<_>>().try_into().unwrap()
}

pub fn greeting(offers: &str) -> Vec<u8> {
    let code = Some(Code::Capability(names(offers)));
    let greeting = Greeting::new(GreetingKind::Ok, code, "ready").unwrap();
    GreetingCodec::default().encode(&greeting).dump()
}

pub fn capability(offers: &str) -> Vec<u8> {
    data(Data::Capability(names(offers)))
}

/// The completion of a command; with the capabilities, where they are told.
pub fn ok(tag: &str, verb: &str, offers: Option<&str>) -> Vec<u8> {
    let code = offers.map(|offers| Code::Capability(names(offers)));
    status(tag, StatusKind::Ok, code, &format!("{verb} done"))
}

/// `NO [CODE] text` or `BAD text`.
pub fn refused(tag: &str, refusal: &str) -> Vec<u8> {
    let (kind, text) = refusal.split_once(' ').unwrap_or((refusal, "no"));
    let kind = if kind == "NO" { StatusKind::No } else { StatusKind::Bad };
    let coded = text.strip_prefix('[').and_then(|text| text.split_once("] "));
    let (code, text) = coded.map_or((None, text), |(code, text)| (Some(code), text));
    let code = code.map(|code| Code::Other(CodeOther::unvalidated(code.as_bytes().to_vec())));
    status(tag, kind, code, text)
}

fn status(tag: &str, kind: StatusKind, code: Option<Code<'_>>, text: &str) -> Vec<u8> {
    let tag = Tag::try_from(tag).unwrap();
    said(&Response::Status(Status::new(Some(tag), kind, code, text).unwrap()))
}

pub fn noted(code: Code<'_>, text: &str) -> Vec<u8> {
    said(&Response::Status(Status::ok(None, Some(code), text).unwrap()))
}

pub fn bye(text: &str) -> Vec<u8> {
    said(&Response::Status(Status::bye(None, text).unwrap()))
}

pub fn expunge(seq: u32) -> Vec<u8> {
    data(Data::expunge(seq).unwrap())
}

pub fn vanished(earlier: bool, uids: &[u32]) -> Vec<u8> {
    let uids: Vec<NonZeroU32> = uids.iter().filter_map(|uid| NonZeroU32::new(*uid)).collect();
    match SequenceSet::try_from(uids) {
        Ok(known_uids) => data(Data::Vanished { earlier, known_uids }),
        Err(_) => Vec::new(),
    }
}

pub fn search(uids: &[u32]) -> Vec<u8> {
    let uids = uids.iter().filter_map(|uid| NonZeroU32::new(*uid)).collect();
    data(Data::Search(uids, None))
}

pub fn enabled(names: &[&str]) -> Vec<u8> {
    let capabilities =
        names.iter().map(|name| CapabilityEnable::try_from(*name).unwrap()).collect();
    data(Data::Enabled { capabilities })
}

pub fn namespace() -> Vec<u8> {
    let ours = Namespace::new(IString::try_from("").unwrap(), QuotedChar::try_from('/').ok());
    data(Data::Namespace { personal: vec![ours], other: Vec::new(), shared: Vec::new() })
}

pub fn id() -> Vec<u8> {
    let pair = (IString::try_from("name").unwrap(), NString::try_from("Model").unwrap());
    data(Data::Id { parameters: Some(vec![pair]) })
}

pub fn list(name: &str, attribute: &str) -> Vec<u8> {
    let attribute = attribute.strip_prefix('\\').map(|name| Atom::try_from(name).unwrap());
    data(Data::List {
        items: attribute.map(FlagNameAttribute::from).into_iter().collect(),
        delimiter: QuotedChar::try_from('/').ok(),
        mailbox: Mailbox::try_from(name).unwrap(),
    })
}

pub fn status_of(name: &str, items: Vec<StatusDataItem>) -> Vec<u8> {
    data(Data::Status { mailbox: Mailbox::try_from(name).unwrap(), items: Cow::Owned(items) })
}

pub fn flags() -> Vec<u8> {
    let names = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"];
    data(Data::Flags(names.iter().map(|name| Flag::try_from(*name).unwrap()).collect()))
}

/// One message's answer: what the codec knows, then what it does not.
pub fn fetch(seq: u32, items: Vec<Item>, own: &[Vec<u8>]) -> Vec<u8> {
    let own = own.join(&b' ');
    if items.is_empty() && own.is_empty() {
        return Vec::new();
    }
    let Ok(items) = Vec1::try_from(items) else {
        return [format!("* {seq} FETCH (").as_bytes(), &own, b")\r\n"].concat();
    };
    let mut octets = data(Data::fetch(seq, items).unwrap());
    if !own.is_empty() {
        octets.truncate(octets.len() - b")\r\n".len());
        octets.extend([b" ", own.as_slice(), b")\r\n"].concat());
    }
    octets
}

pub fn uid_item(uid: u32) -> Item {
    MessageDataItem::Uid(NonZeroU32::new(uid).unwrap())
}

pub fn modseq_item(modseq: u64) -> Item {
    MessageDataItem::ModSeq(NonZeroU64::new(modseq).unwrap())
}

pub fn flags_item(flags: &[String]) -> Item {
    let flag =
        |flag: &String| FlagFetch::Flag(Flag::try_from(flag.as_str()).unwrap().into_static());
    MessageDataItem::Flags(flags.iter().map(flag).collect())
}

pub fn date_item(arrived: i64) -> Item {
    let utc = chrono::DateTime::from_timestamp(arrived, 0).unwrap().fixed_offset();
    MessageDataItem::InternalDate(DateTime::try_from(utc).unwrap())
}

pub fn body_item(
    section: Option<imap_codec::imap_types::fetch::Section<'static>>,
    origin: Option<u32>,
    octets: Vec<u8>,
) -> Item {
    MessageDataItem::BodyExt { section, origin, data: nstring(octets) }
}

fn nstring(text: impl Into<Vec<u8>>) -> NString<'static> {
    NString::try_from(text.into()).unwrap()
}

fn istring(text: &str) -> IString<'static> {
    IString::try_from(text.to_owned()).unwrap()
}

pub fn envelope_item(message: &Message) -> Item {
    let nil = || NString(None);
    let one = |name: Option<&str>, mailbox: &str| {
        vec![Address {
            name: name.map_or_else(nil, nstring),
            adl: nil(),
            mailbox: nstring(mailbox),
            host: nstring("kontor.example"),
        }]
    };
    let from = || one(Some("Writer"), &message.from);
    MessageDataItem::Envelope(Envelope {
        date: nstring(message.date()),
        subject: nstring(message.subject.clone()),
        from: from(),
        sender: from(),
        reply_to: from(),
        to: one(None, "anna"),
        cc: Vec::new(),
        bcc: Vec::new(),
        in_reply_to: NString(None),
        message_id: nstring(message.message_id.clone()),
    })
}

pub fn structure_item(message: &Message) -> Item {
    let nil = || NString(None);
    let part = |parameters: &[(&str, &str)], encoding: &str, size: usize, specific| Body {
        basic: BasicFields {
            parameter_list: pairs(parameters),
            id: nil(),
            description: nil(),
            content_transfer_encoding: istring(encoding),
            size: size as u32,
        },
        specific,
    };
    let lines = message.text.lines().count() as u32;
    let specific = SpecificFields::Text { subtype: istring("PLAIN"), number_of_lines: lines };
    let text = BodyStructure::Single {
        body: part(&[("CHARSET", "utf-8")], "8BIT", message.text.len(), specific),
        extension_data: Some(SinglePartExtensionData { md5: nil(), tail: None }),
    };
    let Some(file) = &message.file else { return MessageDataItem::BodyStructure(text) };
    let name = "plan.pdf";
    let specific =
        SpecificFields::Basic { r#type: istring("APPLICATION"), subtype: istring("PDF") };
    let attached = Some((istring("ATTACHMENT"), pairs(&[("FILENAME", name)])));
    let attached = Disposition { disposition: attached, tail: None };
    let file = BodyStructure::Single {
        body: part(&[("NAME", name)], "BASE64", file.len(), specific),
        extension_data: Some(SinglePartExtensionData { md5: nil(), tail: Some(attached) }),
    };
    MessageDataItem::BodyStructure(BodyStructure::Multi {
        bodies: vec![text, file].try_into().unwrap(),
        subtype: istring("MIXED"),
        extension_data: Some(MultiPartExtensionData {
            parameter_list: pairs(&[("BOUNDARY", "seam")]),
            tail: None,
        }),
    })
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(IString<'static>, IString<'static>)> {
    pairs.iter().map(|(name, value)| (istring(name), istring(value))).collect()
}
