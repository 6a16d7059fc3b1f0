//! Against the words of others: an independent codec's responses, and a server test suite's answers.

use super::*;
use imap_codec::ResponseCodec;
use imap_codec::encode::Encoder;
use imap_codec::imap_types::core::QuotedChar;
use imap_codec::imap_types::core::{Atom, IString, Literal, NString, Quoted, Vec1};
use imap_codec::imap_types::envelope::{Address as CodecAddress, Envelope as CodecEnvelope};
use imap_codec::imap_types::fetch::MessageDataItem;
use imap_codec::imap_types::flag::{Flag, FlagFetch, FlagNameAttribute};
use imap_codec::imap_types::mailbox::Mailbox;
use imap_codec::imap_types::response::{Data, Response};
use imap_codec::imap_types::status::StatusDataItem;
use proptest::prelude::*;
use std::num::NonZeroU32;

fn printed(data: Data<'static>) -> Vec<u8> {
    ResponseCodec::default().encode(&Response::Data(data)).dump()
}

/// A string as one client or another would send it.
fn istring(text: &str, literal: bool) -> IString<'static> {
    match Quoted::try_from(text.to_owned()) {
        Ok(quoted) if !literal => IString::Quoted(quoted),
        _ => IString::Literal(Literal::try_from(text.as_bytes().to_vec()).unwrap()),
    }
}

fn nstring(text: Option<&(String, bool)>) -> NString<'static> {
    NString(text.map(|(text, literal)| istring(text, *literal)))
}

fn words() -> impl Strategy<Value = Option<(String, bool)>> {
    // Encoded words are decoded, so what looks like one is kept out of the comparison.
    prop::option::of(("[a-zA-Z\"\\\\(){}*% .,<>@]{0,24}", any::<bool>()))
}

fn numbers() -> impl Strategy<Value = NonZeroU32> {
    (1u32..).prop_map(|n| NonZeroU32::new(n).unwrap())
}

proptest! {
    #[test]
    fn envelopes_printed_by_another_codec(
        seq in numbers(), uid in numbers(), size: u32, subject in words(),
        name in words(), mailbox in "[a-z.]{1,12}", host in "[a-z.]{1,12}", id in "[a-z0-9]{1,9}@[a-z]{1,9}",
        flags in prop::collection::btree_set("[a-z$]{1,8}", 0..4),
    ) {
        let address = CodecAddress {
            name: nstring(name.as_ref()),
            adl: NString(None),
            mailbox: NString(Some(istring(&mailbox, false))),
            host: NString(Some(istring(&host, true))),
        };
        let envelope = CodecEnvelope {
            date: NString(Some(istring("Wed, 17 Jul 1996 02:44:25 -0700", false))),
            subject: nstring(subject.as_ref()),
            from: vec![address.clone()],
            sender: vec![],
            reply_to: vec![],
            to: vec![address.clone(), address],
            cc: vec![],
            bcc: vec![],
            in_reply_to: NString(None),
            message_id: NString(Some(istring(&format!("<{id}>"), true))),
        };
        let flag = |f: &String| FlagFetch::Flag(Flag::Keyword(Atom::try_from(f.clone()).unwrap()));
        let items = vec![
            MessageDataItem::Uid(uid),
            MessageDataItem::Flags(flags.iter().map(flag).chain([FlagFetch::Flag(Flag::Seen)]).collect()),
            MessageDataItem::Rfc822Size(size),
            MessageDataItem::Envelope(envelope),
        ];
        let wire = printed(Data::Fetch { seq, items: Vec1::try_from(items).unwrap() });
        let Reply::Fetch { fetched, whole: true } = reply(&wire, false) else {
            return Err(TestCaseError::fail(String::from_utf8_lossy(&wire).into_owned()));
        };
        prop_assert_eq!(fetched.seq.0, seq.get());
        prop_assert_eq!(fetched.uid.map(|u| u.0), Some(uid.get()));
        prop_assert_eq!(fetched.size, Some(u64::from(size)));
        let read = fetched.flags.unwrap();
        prop_assert!(read.seen() && flags.iter().all(|f| read.has_keyword(f)));
        let envelope = fetched.envelope.unwrap();
        let shown = |text: &Option<(String, bool)>| text.as_ref().map(|(t, _)| t.trim().to_owned()).filter(|t| !t.is_empty());
        prop_assert_eq!(envelope.subject, shown(&subject).unwrap_or_default());
        prop_assert_eq!(envelope.date, Some(837_596_665));
        prop_assert_eq!(&envelope.from[0].name, &shown(&name));
        prop_assert_eq!(&envelope.from[0].address, &format!("{mailbox}@{host}"));
        prop_assert_eq!(envelope.to.len(), 2);
        prop_assert_eq!(envelope.message_id, Some(id));
    }

    #[test]
    fn lists_and_status_printed_by_another_codec(
        name in "[a-zA-Z\"\\\\&(){} /]{1,20}", delimiter in prop::option::of("[/.]"),
        messages: u32, unseen: u32, uidnext in numbers(),
    ) {
        let mailbox = Mailbox::try_from(name.clone()).unwrap();
        let wire = printed(Data::List {
            items: vec![FlagNameAttribute::Noselect],
            delimiter: delimiter.as_ref().map(|d| QuotedChar::try_from(d.chars().next().unwrap()).unwrap()),
            mailbox: mailbox.clone(),
        });
        let Reply::List(line) = reply(&wire, false) else {
            return Err(TestCaseError::fail(String::from_utf8_lossy(&wire).into_owned()));
        };
        prop_assert_eq!(&line.attributes, &["\\Noselect"]);
        prop_assert_eq!(line.separator, delimiter.and_then(|d| d.chars().next()));
        if !name.eq_ignore_ascii_case("INBOX") {
            prop_assert_eq!(&line.wire_name, name.as_bytes());
            prop_assert_eq!(crate::names::to_wire(&line.name, false), name.as_bytes());
        }
        let items = vec![
            StatusDataItem::Messages(messages),
            StatusDataItem::Unseen(unseen),
            StatusDataItem::UidNext(uidnext),
        ];
        let wire = printed(Data::Status { mailbox, items: items.into() });
        let Reply::Status(line) = reply(&wire, false) else {
            return Err(TestCaseError::fail(String::from_utf8_lossy(&wire).into_owned()));
        };
        prop_assert_eq!(line.status.messages, Some(messages));
        prop_assert_eq!(line.status.unseen, Some(unseen));
        prop_assert_eq!(line.status.uidnext.map(|u| u.0), Some(uidnext.get()));
    }

    #[test]
    fn no_response_panics(
        head in prop::sample::select(vec!["* 1 FETCH (", "* LIST (", "* STATUS ", "* ESEARCH ", "* SEARCH ",
            "* NAMESPACE ", "* ID (", "* OK [", "A1 NO [", "* VANISHED ", "* FLAGS ", "* CAPABILITY ", "* ", "* 1 ", ""]),
        pieces in prop::collection::vec(prop_oneof![
            prop::sample::select(vec!["(", ")", "\"", "{3}\r\n", " ", "NIL", "BODY[", "]", "<0>", "ENVELOPE", "BODYSTRUCTURE",
                "UID ", "FLAGS", "PREVIEW ", "INTERNALDATE ", "\\", "1:2,", "TEXT", "\"TEXT\"", "\"MESSAGE\" \"RFC822\"", "\r\n", "é"])
                .prop_map(|s| s.as_bytes().to_vec()),
            prop::collection::vec(any::<u8>(), 0..6),
        ], 0..40),
        utf8: bool,
    ) {
        let wire = [head.as_bytes(), &pieces.concat(), b"\r\n"].concat();
        reply(&wire, utf8);
        condition_line(&wire);
    }
}

/// The answers that imaptest demands of a server, read from its scripts: `* n FETCH (ENVELOPE …)`.
#[test]
fn envelopes_of_a_server_test_suite() {
    let path = crate::session::corpus().join("imaptest/tests/fetch-envelope");
    let script = std::fs::read_to_string(path).unwrap();
    let mut read = Vec::new();
    for line in script.lines().filter(|line| line.starts_with("* ") && line.contains("ENVELOPE")) {
        let Reply::Fetch { fetched, whole: true } = reply(format!("{line}\r\n").as_bytes(), false)
        else {
            panic!("{line}")
        };
        read.push(fetched.envelope.unwrap());
    }
    assert_eq!(read.len(), 6);
    let shown = |list: &[model::Address]| {
        list.iter()
            .map(|a| (a.name.clone().unwrap_or_default(), a.address.clone()))
            .collect::<Vec<_>>()
    };
    let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    assert!(read.iter().all(|e| e.date == Some(1_171_494_123)));
    assert_eq!(read[0].subject, "subject header");
    assert_eq!(shown(&read[0].sender), [pair("Sender Real", "senderuser@senderdomain.org")]);
    assert_eq!(shown(&read[0].bcc), [pair("Bcc Real", "bccuser@bccdomain.org")]);
    assert_eq!(
        (read[0].in_reply_to.as_slice(), read[0].message_id.as_deref()),
        (&["reply@to.id".to_owned()][..], Some("msg@id"))
    );
    // Groups: their members, not their names.
    assert_eq!(
        shown(&read[3].to),
        [pair("", "g1@d1.org"), pair("", "g2@d2.org"), pair("", "g3@d3.org")]
    );
    assert_eq!(shown(&read[3].cc), []);
    // Routes are obsolete and mean nothing to a reader.
    assert_eq!(shown(&read[5].from), [pair("", "user@domain")]);
}

#[test]
fn structures_of_odd_servers() {
    let structure = |body: &str| {
        let wire = format!("* 1 FETCH (BODYSTRUCTURE {body})\r\n");
        match reply(wire.as_bytes(), false) {
            Reply::Fetch { fetched, whole: true } => fetched.structure.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    // A multipart of no parts, as a leaf.
    let empty = structure("(\"MULTIPART\" \"MIXED\" (\"BOUNDARY\" \"b\") NIL NIL \"7BIT\" 10)");
    assert!(empty.is_multipart() && empty.children.is_empty());
    // An attached message as if it were any part.
    let message = structure(
        "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 99 NIL (\"attachment\" (\"filename\" \"a.eml\")))",
    );
    assert_eq!(
        (message.size, message.name.as_deref(), message.children.len()),
        (99, Some("a.eml"), 0)
    );
    // By the rule.
    let message = structure(
        "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 99 (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL) \
         ((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)(\"IMAGE\" \"PNG\" NIL NIL NIL \"BASE64\" 2) \"MIXED\") 5 NIL (\"inline\" NIL))",
    );
    assert_eq!(message.children[0].children.len(), 2);
    assert_eq!(message.disposition, Some(model::Disposition::Inline));
    // Fields left out, NIL where a word should be, a size that is none.
    let part = structure("(NIL NIL NIL NIL NIL NIL NIL)");
    assert_eq!((part.media_type.as_str(), part.size), ("application/octet-stream", 0));
    assert_eq!(structure("(\"TEXT\" \"HTML\")").media_type, "text/html");
    // The disposition where the language should stand.
    let part = structure(
        "(\"IMAGE\" \"PNG\" (\"NAME\" \"a.png\") NIL NIL \"BASE64\" 5 NIL NIL (\"attachment\" (\"filename\" \"b.png\")))",
    );
    assert_eq!(
        (part.name.as_deref(), part.disposition),
        (Some("b.png"), Some(model::Disposition::Attachment))
    );
    let whole = structure(
        "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1) \"mixed\" NIL (\"inline\" NIL) NIL)",
    );
    assert_eq!(whole.disposition, Some(model::Disposition::Inline));
}

#[test]
fn addresses_that_are_none() {
    let envelope = |people: &str| {
        let wire =
            format!("* 1 FETCH (ENVELOPE (NIL NIL ({people}) NIL NIL NIL NIL NIL NIL NIL))\r\n");
        match reply(wire.as_bytes(), false) {
            Reply::Fetch { fetched, whole: true } => fetched.envelope.unwrap().from,
            other => panic!("{other:?}"),
        }
    };
    for (people, shown) in [
        ("(\"Broken\" NIL \"MISSING_MAILBOX\" \"MISSING_DOMAIN\")", vec![(Some("Broken"), "")]),
        ("(NIL NIL \"anna\" \".MISSING-HOST-NAME.\")", vec![(None, "anna")]),
        ("(NIL NIL \"x\" \".SYNTAX-ERROR.\")", vec![(None, "x")]),
        ("(NIL NIL \"anna\" \"\")", vec![(None, "anna")]),
        ("(NIL NIL NIL \"kontor.example\")", vec![(None, "@kontor.example")]),
        ("(NIL NIL NIL NIL)(\"too\" \"few\")", vec![]),
        ("(NIL NIL {4}\r\nänn \"k\u{f6}ln.example\")", vec![(None, "änn@köln.example")]),
    ] {
        let found = envelope(people);
        let found: Vec<_> = found.iter().map(|a| (a.name.as_deref(), a.address.as_str())).collect();
        assert_eq!(found, shown, "{people}");
    }
}
