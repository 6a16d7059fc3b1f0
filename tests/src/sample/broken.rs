//! Letters that break the rules, each in its own way, written out byte by byte: a builder would repair them.
//! Every one of them is of a kind that real mailboxes hold, and has to open as well as it can.

use super::clock::{Clock, rfc_date, seconds};
use super::encode::base64_lines;
use super::noise::Noise;
use super::source::{Letter, Place};
use super::{BIGMAIL, KONTOR};

type Write = fn(&str) -> Vec<u8>;

const INBOX: Place = (KONTOR, "INBOX");
const PRIVATE: Place = (BIGMAIL, "INBOX");

/// Where, how many days ago, when, and how it is made of its date.
const LETTERS: [(Place, i64, &str, bool, Write); 14] = [
    (PRIVATE, -2, "14:05", true, no_charset),
    (INBOX, -3, "09:12", true, torn_multipart),
    (INBOX, -4, "16:31", true, bad_base64),
    (PRIVATE, -2, "22:47", true, no_subject),
    (INBOX, -3, "18:20", true, no_from),
    (PRIVATE, -4, "13:37", true, empty_body),
    (INBOX, -5, "08:08", true, huge_header),
    (PRIVATE, -6, "10:10", true, raw_headers),
    (INBOX, -6, "17:17", true, lost_boundary),
    (PRIVATE, -7, "12:00", true, strange_date),
    (INBOX, -8, "11:11", true, unknown_words),
    ((BIGMAIL, "Junk"), -9, "02:30", false, tangled),
    ((KONTOR, "Archive"), -10, "05:00", true, long_log),
    (INBOX, -10, "14:41", true, bare_ends),
];

pub fn letters(clock: &Clock) -> impl Iterator<Item = Letter> + use<> {
    let place = LETTERS.map(|(place, day, time, seen, write)| {
        let at = clock.at(day, seconds(time).unwrap_or(0));
        let date = rfc_date(at, clock.offset(at));
        let flags = if seen { vec!["\\Seen"] } else { vec!["$Junk"] };
        Letter::new(place, at, flags, move || write(&date))
    });
    place.into_iter()
}

/// Lines of this source with CRLF, then bytes that no source file should hold.
fn lines(text: &str, date: &str) -> Vec<u8> {
    text.replace("DATE", date).replace('\n', "\r\n").into_bytes()
}

/// UTF-8 in the body and not a word about it: no MIME headers at all.
fn no_charset(date: &str) -> Vec<u8> {
    lines(
        "Return-Path: <hilde.petersen@postkorb.example>
Date: DATE
From: Hilde Petersen <hilde.petersen@postkorb.example>
To: n.albrecht@bigmail.example
Subject: Rezept
Message-ID: <rezept.1@postkorb.example>

Liebes Norachen,

hier das Rezept, aber nur für dich: ein Kilo Kartoffeln, eine Gurke, zwei Äpfel,
Brühe statt Öl, und über Nacht stehen lassen. Jonas muss das nicht wissen.

Tante Hilde
",
        date,
    )
}

/// Cut off in the middle of the picture, as when a sending server ran out of disk: no closing boundary.
fn torn_multipart(date: &str) -> Vec<u8> {
    let mut out = lines(
        "Date: DATE
From: Webcam Kai <webcam@kontor.example>
To: nora@kontor.example
Subject: Kai, Blick nach Westen
Message-ID: <kai.0912@kontor.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=\"kai\"

--kai
Content-Type: text/plain; charset=utf-8

Bild von 9:12 Uhr. Der Kran ist weg, die Bibliothek steht, das Bild endet
leider beim zweiten Bogen.

--kai
Content-Type: image/jpeg; name=\"kai-0912.jpg\"
Content-Disposition: attachment; filename=\"kai-0912.jpg\"
Content-Transfer-Encoding: base64

",
        date,
    );
    let whole = super::attach::Shot::parse("facade-ochre-2 800x600 80 3")
        .map(|shot| super::picture::jpeg(&shot.paint(), shot.quality))
        .unwrap_or_default();
    let mut coded = base64_lines(&whole);
    coded.truncate(coded.len() / 2 + 3);
    out.extend_from_slice(&coded);
    out
}

/// Base64 with letters of no alphabet in it, a line too short and its end missing.
fn bad_base64(date: &str) -> Vec<u8> {
    let mut out = lines(
        "Date: DATE
From: Fax-Gateway <fax@kontor.example>
To: nora@kontor.example
Subject: Fax von 040 555 0177, 1 Seite
Message-ID: <fax.177@kontor.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

",
        date,
    );
    let text = "Sehr geehrte Damen und Herren,\r\n\r\ndieses Fax wurde zweimal gefaltet und einmal nass. Was noch zu lesen ist:\r\nDie Lampen kommen am Freitag. Wir bitten um jemanden mit Leiter.\r\n\r\nLeuchten Harder\r\n";
    let coded = base64_lines(text.as_bytes());
    for (n, line) in coded.split(|b| *b == b'\n').enumerate() {
        match n {
            1 => out.extend_from_slice(b"@@~~!!??"),
            2 => out.extend_from_slice(b"\r\n\t \r\n"),
            _ => {}
        }
        out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line).trim_ascii_end());
        out.extend_from_slice(b"\r\n");
    }
    let end = out.len().saturating_sub(7);
    out.truncate(end);
    out
}

fn no_subject(date: &str) -> Vec<u8> {
    lines(
        "Return-Path: <jonas.albrecht@bigmail.example>
Date: DATE
From: Jonas Albrecht <jonas.albrecht@bigmail.example>
To: n.albrecht@bigmail.example
Message-ID: <hm.1@bigmail.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

did you also just realise that opa can READ all of this
",
        date,
    )
}

/// No From, which RFC 5322 3.6 demands; a shell script wrote it.
fn no_from(date: &str) -> Vec<u8> {
    lines(
        "Return-Path: <>
Received: from heizung.kontor.example by mail.kontor.example with SMTP id 1; DATE
Date: DATE
To: nora@kontor.example
Subject: HEIZUNG 2. OG: 17.5 C

Soll 21.0, Ist 17.5. Ventil 4 klemmt. Bitte treten.
",
        date,
    )
}

/// Nothing after the headers, not even the empty line.
fn empty_body(date: &str) -> Vec<u8> {
    lines(
        "Date: DATE
From: Karin Albrecht <k.albrecht@bigmail.example>
To: n.albrecht@bigmail.example
Subject: Kannst du bitte Eier mitbringen, ich schreibe alles in den Betreff, Mama
Message-ID: <eier.1@bigmail.example>
",
        date,
    )
}

/// Six hundred References and a To of ninety thousand octets: a list gone round too often.
fn huge_header(date: &str) -> Vec<u8> {
    let mut noise = Noise::new(88);
    let mut out = lines("Date: DATE\nFrom: Antwort-an-alle <alle@kontor.example>\nTo: ", date);
    for n in 0..1_800 {
        let lead = if n == 0 { "" } else { ",\r\n " };
        out.extend_from_slice(
            format!("{lead}\"Person {n:04}, Abt. {}\" <p{n:04}@hafenbehoerde.example>", n % 17)
                .as_bytes(),
        );
    }
    out.extend_from_slice(b"\r\nReferences:");
    for n in 0..600 {
        out.extend_from_slice(
            format!("\r\n <{}.{n}@hafenbehoerde.example>", noise.hex()).as_bytes(),
        );
    }
    out.extend_from_slice(b"\r\nSubject: Aw: Re: Aw: Re: Aw: ");
    out.extend_from_slice("Bitte nicht mehr allen antworten ".repeat(24).trim_end().as_bytes());
    out.extend_from_slice(
        b"\r\nMessage-ID: <alle.601@kontor.example>\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nBitte nehmt mich aus diesem Verteiler.\r\n",
    );
    out
}

/// Latin-1 in the headers themselves, undeclared; the body says what it is.
fn raw_headers(date: &str) -> Vec<u8> {
    let mut out = b"From: J\xfcrgen Wei\xdf <juergen@antiquariat-weiss.example>\r\nSubject: Gefunden: Hafenf\xfchrer von 1931, leicht stockfleckig, sch\xf6n\r\n".to_vec();
    out.extend(lines(
        "To: n.albrecht@bigmail.example
Date: DATE
Message-ID: <1931.1@antiquariat-weiss.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit

",
        date,
    ));
    out.extend_from_slice(b"Guten Tag,\r\n\r\nauf Seite 40 ist Ihr Speicher abgebildet, mit Br\xfccke und Dampfer. 38 Euro, und\r\nich trage es Ihnen vorbei, dann sehe ich die neue Fassade.\r\n\r\nJ\xfcrgen Wei\xdf\r\n");
    out
}

/// Declares a boundary that never comes.
fn lost_boundary(date: &str) -> Vec<u8> {
    lines(
        "Date: DATE
From: Umfrage <umfrage@mensa-hafen.example>
To: nora@kontor.example
Subject: Wie war die Linsensuppe?
Message-ID: <suppe.17@mensa-hafen.example>
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=\"----=_Teil_000_0001\"

------=_Part_000_0001
Content-Type: text/plain; charset=utf-8

Eine Frage, ein Klick: Wie war die Linsensuppe?
------=_Part_000_0001
Content-Type: text/html; charset=utf-8

<p>Eine Frage, ein Klick: <b>Wie war die Linsensuppe?</b></p>
------=_Part_000_0001--
",
        date,
    )
}

/// A Date that no calendar knows; the server's own date has to do.
fn strange_date(_: &str) -> Vec<u8> {
    lines(
        "Date: vorgestern, so gegen Mittag
From: Theo <theo@segelclub-wedel.example>
To: n.albrecht@bigmail.example
Subject: Winterlager
Message-ID: <winterlager@segelclub-wedel.example>
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Dein Boot steht in Halle 2, links, unter dem Kajütdach von Bernd. Schlüssel
hängt, wo er immer hängt.

Theo
",
        "",
    )
}

/// A charset and an encoding that don't exist, and an encoded word that stays open.
fn unknown_words(date: &str) -> Vec<u8> {
    lines(
        "Date: DATE
From: =?x-hafenplatt?Q?F=F6hrmann_Kuddel?= <kuddel@faehre-6.example>
To: nora@kontor.example
Subject: =?utf-8?B?RsOkaHJlIDYgZsOkaHJ0IGhldXRlIG5pY2h0IChXaW5k
Message-ID: <wind.6@faehre-6.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=x-hafenplatt
Content-Transfer-Encoding: x-flaschenpost

Moin. Ferry 6 is not going today, too much wind. Walk over the bridge, it is
nice up there if one holds on.
",
        date,
    )
}

/// 3,000 tables in each other.
fn tangled(date: &str) -> Vec<u8> {
    let mut out = lines(
        "Date: DATE
From: MEGA LOTTO <win@mega-lotto.example>
To: n.albrecht@bigmail.example
Subject: !!! YOU HAVE 1 WIN !!!
Message-ID: <win.1@mega-lotto.example>
MIME-Version: 1.0
Content-Type: text/html

<html><body>
",
        date,
    );
    for _ in 0..3_000 {
        out.extend_from_slice(b"<table><tr><td>\r\n");
    }
    out.extend_from_slice(b"<h1><blink>YOU HAVE 1 WIN</h1><p>Claim it at <a href='https://mega-lotto.example/win'>mega-lotto.example</p>\r\n");
    out
}

/// Not broken, only long: half a megabyte of text.
fn long_log(date: &str) -> Vec<u8> {
    let mut out = lines(
        "Date: DATE
From: backup <root@kontor.example>
To: nora@kontor.example
Subject: backup[811]: full report, since you asked
Message-ID: <backup.811.full@kontor.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

",
        date,
    );
    let mut noise = Noise::new(811);
    let volumes = ["zeichnungen", "fotos-gerüst", "webcam-kai", "図面", "protokolle", "modell"];
    for n in 0..6_000 {
        let volume = noise.pick(&volumes).unwrap_or("modell");
        let (minute, second) = (n / 500, n / 9 % 60);
        out.extend_from_slice(
            format!(
                "04:{minute:02}:{second:02} backup[811]: {volume}/HB-{:03}-{}.dwg {} kB unchanged {}\r\n",
                noise.below(118) + 1,
                char::from(b'A' + noise.below(4) as u8),
                noise.below(9_000),
                noise.hex()
            )
            .as_bytes(),
        );
    }
    out
}

/// Lines ended by LF alone and by CR alone, and a NUL.
fn bare_ends(date: &str) -> Vec<u8> {
    let mut out = format!("Date: {date}\nFrom: Chidi Eze <chidi@kontor.example>\nTo: nora@kontor.example\nSubject: from the old archive machine\nMessage-ID: <old.1@kontor.example>\n\n").into_bytes();
    out.extend_from_slice(b"The old machine still sends.\nIt ends lines\ras it\rpleases, and has a hole \0 in it.\n\nC.\n");
    out
}
