use super::{BIGMAIL, KONTOR, SampleMessage, accounts_at, arriving, older};
use jiff::{Timestamp, Zoned};
use mail_parser::{MessageParser, MimeHeaders, PartType};
use std::collections::{BTreeMap, BTreeSet};

fn noon() -> Zoned {
    "2026-11-24T12:04:00+01:00[Europe/Berlin]".parse().expect("a time")
}

/// (account, mailbox, message), each made once.
fn each(now: &Zoned, mut look: impl FnMut(&str, &str, SampleMessage)) {
    for account in accounts_at(now).expect("the sample reads") {
        for mailbox in account.mailboxes {
            let mut seen = 0;
            for message in mailbox.messages {
                seen += 1;
                look(account.email, mailbox.name, message);
            }
            assert_eq!(seen, mailbox.count, "{}", mailbox.name);
        }
    }
}

/// Everything that one walk through all of it can prove.
#[test]
fn the_mailbox_is_what_it_says() {
    let now = noon();
    let (mut total, mut attached, mut ids) = (0usize, 0usize, BTreeSet::new());
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut last: BTreeMap<(String, String), Timestamp> = BTreeMap::new();
    let (mut places, mut replies) = (BTreeMap::new(), Vec::new());
    each(&now, |account, mailbox, message| {
        total += 1;
        let here = (account.to_owned(), mailbox.to_owned());
        let before = last.insert(here, message.internal_date);
        assert!(before.is_none_or(|b| b <= message.internal_date), "{mailbox}: oldest first");
        assert!(message.internal_date <= now.timestamp(), "{mailbox}: from the future");
        only_example(&message.bytes);
        let parsed = MessageParser::default().parse(&message.bytes).expect("it parses");
        if let Some(id) = parsed.message_id() {
            assert!(ids.insert(id.to_owned()), "{id} twice");
            places.insert(id.to_owned(), mailbox.to_owned());
        }
        if let Some(to) = parsed.in_reply_to().as_text() {
            replies.push((to.to_owned(), mailbox.to_owned()));
        }
        // Not those inside of a forwarded message: they are counted with its octets.
        for part in &parsed.parts {
            if let Some(kind) = part.content_type() {
                let kind = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default());
                *kinds.entry(kind.to_lowercase()).or_default() += 1;
            }
            let named = part.attachment_name().is_some();
            if named && !matches!(part.body, PartType::Message(_)) {
                attached += part.contents().len();
            }
        }
    });
    // Threads hang together, and across mailboxes.
    assert!(replies.len() > 300, "{} replies", replies.len());
    for (to, _) in &replies {
        assert!(places.contains_key(to), "{to} is answered, and nowhere");
    }
    assert!(replies.iter().any(|(to, at)| at == "Sent" && places[to] == "INBOX"));
    assert!(replies.iter().any(|(to, at)| at == "INBOX" && places[to] == "Sent"));
    let generated: usize = older::COUNTS.iter().map(|(_, count)| count).sum();
    assert_eq!(generated, 2_000);
    let written = total - generated;
    assert!((60..=90).contains(&written), "{written} are written");
    assert!((39_000_000..=41_000_000).contains(&attached), "{attached} octets are attached");
    for kind in [
        "text/plain",
        "text/html",
        "text/calendar",
        "text/vcard",
        "message/rfc822",
        "multipart/report",
        "multipart/signed",
        "multipart/related",
        "multipart/digest",
        "application/pdf",
        "application/zip",
        "application/ms-tnef",
        "image/png",
        "image/jpeg",
        "image/tiff",
        "audio/wav",
        "message/delivery-status",
        "application/pgp-signature",
        "application/x-pkcs7-signature",
    ] {
        assert!(kinds.contains_key(kind), "no {kind} among {kinds:?}");
    }
}

/// Addresses and links go nowhere: after each `@` and `//` of a decoded text stands a name under .example.
fn only_example(bytes: &[u8]) {
    let parsed = MessageParser::default().parse(bytes).expect("it parses");
    let mut texts: Vec<String> = Vec::new();
    for part in &parsed.parts {
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => texts.push(text.to_string()),
            _ => {}
        }
    }
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(bytes.len());
    texts.push(String::from_utf8_lossy(&bytes[..head]).into_owned());
    for text in texts {
        for (at, mark) in text.match_indices('@').chain(text.match_indices("://")) {
            let name: String = text[at + mark.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || ".-".contains(*c))
                .collect();
            let name = name.trim_end_matches('.');
            // `@media`, `@ 3` and the like are no addresses.
            if name.contains('.') {
                assert!(name.ends_with(".example"), "{name} in {}", &text[..at.min(200)]);
            }
        }
    }
}

#[test]
fn the_list_is_that_of_the_picture() {
    let now = noon();
    let mut rows = Vec::new();
    let clock = super::clock::Clock::new(&now);
    let since = clock.at(-1, 0);
    for letter in super::source::all(&clock).expect("the sample reads") {
        if letter.at() < since || !matches!(letter.place().1, "INBOX" | "Drafts") {
            continue;
        }
        let message = letter.render();
        let parsed = MessageParser::default().parse(&message.bytes).expect("it parses");
        let when = message.internal_date.to_zoned(now.time_zone().clone());
        let from = parsed.from().and_then(|f| f.first());
        let from = from.and_then(|f| f.name().or(f.address())).unwrap_or("").to_owned();
        rows.push((when, from, parsed.subject().unwrap_or("").to_owned(), message.flags));
    }
    rows.sort_by(|a, b| b.0.cmp(&a.0));
    let told: Vec<_> = rows
        .iter()
        .take(15)
        .map(|(when, from, subject, _)| {
            (when.strftime("%d %H:%M").to_string(), from.as_str(), subject.as_str())
        })
        .collect();
    let expected = [
        (
            "24 11:42",
            "Ravi Menon",
            "Harbour library: façade samples arrive Thursday, decision needed",
        ),
        ("24 11:08", "佐藤 美咲", "展覧会図面の最終確認について(11月27日締切)"),
        ("24 10:51", "Reisezentrum Nord", "Ihre Buchung: Hamburg Hbf → København H, 3. Dezember"),
        ("24 10:20", "Chidi Eze", "Lunch moved to 13:00?"),
        ("24 09:34", "Nora Albrecht", "Re: Contrat de maintenance 2027 : version signée attendue"),
        (
            "24 09:12",
            "Havnehotellet",
            "Din booking hos Havnehotellet, 3. december, to voksne, havneudsigt",
        ),
        (
            "24 08:00",
            "The Morning Ledger",
            "Why every port city is suddenly building libraries, and six that got it right",
        ),
        ("24 07:34", "مها الشريف", "دعوة لحضور ورشة عمل حول ترميم المباني التراثية"),
        ("23 19:40", "Opa’s 80th 🎂", "Who brings what? (final list, promise)"),
        (
            "23 17:20",
            "Ines Ferreira",
            "Re: Harbour library: façade samples arrive Thursday, decision needed",
        ),
        ("23 17:02", "Олена Коваль", "Рахунок-фактура № 2026-118 за листопад"),
        ("23 16:40", "Mail Delivery Subsystem", "Undelivered Mail Returned to Sender"),
        (
            "23 15:31",
            "forge.example",
            "Re: [harbour-plans] Section cut B–B is missing a dimension (#412)",
        ),
        (
            "23 11:26",
            "Hafenbehörde, Einkauf",
            "Leistungsverzeichnis Fassade, Bitte um Prüfung bis Mittwoch",
        ),
        ("23 09:00", "Zahnarztpraxis Dr. Weiß", "Terminerinnerung: Montag, 30. November, 8:15 Uhr"),
    ];
    for (got, want) in told.iter().zip(expected) {
        assert_eq!((got.0.as_str(), got.1, got.2), want);
    }
    let unread: Vec<_> =
        rows.iter().take(9).filter(|row| row.3.is_empty()).map(|row| row.1.as_str()).collect();
    assert_eq!(unread, ["佐藤 美咲", "The Morning Ledger", "Opa’s 80th 🎂"]);
}

/// Just after midnight, in the morning, at night, and where the clocks were changed: today's mail is of today.
#[test]
fn today_is_today_at_any_hour() {
    for now in [
        "2026-11-24T00:10:00+01:00[Europe/Berlin]",
        "2026-11-24T07:02:00+01:00[Europe/Berlin]",
        "2027-03-28T03:30:00+02:00[Europe/Berlin]",
        "2028-02-29T23:59:00-03:00[America/Sao_Paulo]",
    ] {
        let now: Zoned = now.parse().expect("a time");
        let clock = super::clock::Clock::new(&now);
        let mut days: BTreeMap<i32, usize> = BTreeMap::new();
        for letter in super::source::written(&clock).expect("the sample reads") {
            let at = letter.at();
            assert!(at <= now.timestamp(), "{at} is after {now}");
            let date = at.to_zoned(now.time_zone().clone()).date();
            *days.entry((now.date() - date).get_days()).or_default() += 1;
        }
        assert!(days[&0] >= 8 && days[&1] >= 8, "{now}: {days:?}");
    }
}

/// What is no binary and not broken on purpose keeps the line length of RFC 5322 2.1.1, and its own word on bits.
#[test]
fn the_written_ones_keep_the_rules() {
    let clock = super::clock::Clock::new(&noon());
    let mut count = 0;
    for letter in super::source::written(&clock).expect("the sample reads") {
        count += 1;
        let message = letter.render();
        let parsed = MessageParser::default().parse(&message.bytes).expect("it parses");
        let subject = parsed.subject().unwrap_or_default();
        assert!(
            !subject.is_empty() && parsed.from().is_some() && parsed.date().is_some(),
            "{subject}"
        );
        for line in message.bytes.split(|b| *b == b'\n') {
            assert!(line.len() <= 999, "{subject}: a line of {}", line.len());
            assert!(line.is_empty() || line.ends_with(b"\r"), "{subject}: a bare line end");
        }
        let text = parsed.body_text(0).unwrap_or_default();
        assert!(
            !text.contains("&#") && !text.contains('\u{fffd}') && !text.contains("{{"),
            "{subject}: {text}"
        );
        let sent = parsed.date().map_or(0, |d| d.to_timestamp());
        assert_eq!(sent, message.internal_date.as_second(), "{subject}");
        for part in &parsed.parts {
            assert!(!part.is_encoding_problem, "{subject}");
            let raw =
                &message.bytes[part.raw_body_offset() as usize..part.raw_end_offset() as usize];
            let seven = part.content_transfer_encoding().is_some_and(|e| e == "7bit");
            assert!(!seven || raw.is_ascii(), "{subject}: 7bit that isn't");
        }
    }
    assert!(count >= 60);
}

/// Nothing but `now` decides: every ninth message, made twice.
#[test]
fn the_same_now_gives_the_same_mail() {
    let now = noon();
    let clock = super::clock::Clock::new(&now);
    let sums = || {
        let letters = super::source::all(&clock).expect("the sample reads").into_iter();
        letters.step_by(9).map(|letter| {
            let (place, message) = (letter.place(), letter.render());
            (place, message.internal_date, message.flags, crc32fast::hash(&message.bytes))
        })
    };
    assert!(sums().eq(sums()));
}

/// Each is what its first octets say.
#[test]
fn attachments_are_what_they_claim() {
    let starts = |spec: &str, content: &str| {
        super::attach::Maker::parse(spec, content).expect("it is made").bytes()
    };
    let png = starts("png tooth 64x64", "");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.ends_with(b"IEND\xaeB`\x82"));
    let jpeg = starts("jpeg cake 64x64 80", "");
    assert!(jpeg.starts_with(b"\xff\xd8\xff") && jpeg.ends_with(b"\xff\xd9"));
    let tiff = starts("tiff plan 40x30 80 2", "");
    assert!(tiff.starts_with(b"II*\0") && tiff.len() == 8 + 2 + 132 + 4 + 8 + 1200);
    let wav = starts("wav 1", "");
    assert!(wav.starts_with(b"RIFF") && wav.len() == 44 + 176_400);
    let pdf = starts("pdf", "# One\ntext\n===\n! cake 40x30 80\n");
    assert!(pdf.starts_with(b"%PDF-1.4") && pdf.ends_with(b"%%EOF\n"));
    let xref = pdf.windows(5).rposition(|w| w == b"xref\n").expect("a table");
    let told = format!(
        "startxref\n{}\n",
        pdf[..xref].windows(5).rposition(|w| w == b"xref\n").expect("it")
    );
    assert!(String::from_utf8_lossy(&pdf).contains(&told));
    for packed in [starts("zip 1", ""), starts("xlsx Title", "a | 1")] {
        assert!(packed.starts_with(b"PK\x03\x04") && packed.windows(4).any(|w| w == b"PK\x05\x06"));
    }
    assert!(starts("program", "").starts_with(b"MZ"));
    assert!(starts("winmail", "").starts_with(&[0x78, 0x9f, 0x3e, 0x22]));
}

#[test]
fn mail_keeps_arriving() {
    let now = noon().timestamp();
    let mut subjects = BTreeSet::new();
    for n in 0..200 {
        let message = arriving(n, now);
        let parsed = MessageParser::default().parse(&message.bytes).expect("it parses");
        only_example(&message.bytes);
        assert_eq!(message.internal_date, now);
        assert!(message.bytes.len() < 4_000);
        subjects.insert(format!("{:?}{:?}", parsed.subject(), parsed.message_id()));
    }
    assert_eq!(subjects.len(), 200);
    assert_ne!(KONTOR, BIGMAIL);
}
