//! Mail that comes in while one looks: short, plausible, and never at an end.

use super::noise::Noise;
use super::older_letter::Plan;
use super::{KONTOR, SampleMessage};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Who, about what, and what it says; `#` becomes a number that grows.
const NEWS: [(&str, &str, &str); 16] = [
    (
        "Chidi Eze <chidi@kontor.example>",
        "Soup: #",
        "Lentil is out. Pea with mint, bowl #. I took you one, it is on the plotter (the plotter is warm).",
    ),
    (
        "Ravi Menon <ravi@menon-partners.example>",
        "Reading # from the foyer",
        "Under the strips: L 63, a 14, b 47. Ochre 2 does not move. I may frame the table.",
    ),
    (
        "Ines Ferreira <ines@kontor.example>",
        "HB-0# is dry",
        "Sheet # has left the radiator and is back in the drawer, a little wavy, like the river it shows.",
    ),
    (
        "Jörg Claasen <post@claasen-mauerwerk.example>",
        "Fuge #",
        "Moin. Fuge # ist zu. Zehn Millimeter, wie gesagt. Der Statiker hat genickt.",
    ),
    (
        "forge.example <notifications@forge.example>",
        "[harbour-plans] Build # passed",
        "All sheets drawn. North arrow points north. Nobody is more surprised than the build.",
    ),
    (
        "佐藤 美咲 <sato@minato-bijutsu.example>",
        "模型の写真 #",
        "今朝の光で撮りました。来館者がまた、どれがノラさんか尋ねました(#人目です)。",
    ),
    (
        "Léa Fontaine <lea.fontaine@ateliers-seine.example>",
        "Annexe B, relance n° #",
        "Chère Nora, le service juridique vous embrasse, à sa manière, pour la #e fois.",
    ),
    (
        "Empfang Kontor <empfang@kontor.example>",
        "Am Empfang: Paket #",
        "Für dich ist ein Paket da, Nr. #. Es tickt nicht, aber es riecht nach Ocker.",
    ),
    (
        "Олена Коваль <olena@koval.example>",
        "Аркуш #: одне питання",
        "Доброго дня! На сторінці # «вохра» чи «охра»? Я за «вохру».",
    ),
    (
        "Webcam Kai <webcam@kontor.example>",
        "Gull on lens (# today)",
        "Frame # shows mostly gull. Cleaning requested. The gull has been informed.",
    ),
    (
        "مها الشريف <maha@heritage.example>",
        "برنامج الورشة، النسخة #",
        "أضفنا استراحة شاي رقم #. نراكم قريبًا.",
    ),
    (
        "Tomás Vidal <tomas@vidal-estudio.example>",
        "La escalera, parte #",
        "Otra vez aparece la escalera, ahora en la lámina #. Empiezo a tomarle cariño.",
    ),
    (
        "Hafenbehörde, Einkauf <einkauf@hafenbehoerde.example>",
        "Rückfrage # zum Leistungsverzeichnis",
        "Sehr geehrte Frau Albrecht, Position # ist uns zu rund. Könnten Sie sie begründen?",
    ),
    (
        "Wim de Boer <wim@deboer-akoestiek.example>",
        "Clap test #",
        "Clapped # times in the reading room. Reverberation 0.8 s. A child asked whether I was all right.",
    ),
    (
        "Förderverein Hafenbibliothek e. V. <post@xn--frderverein-hafenbibliothek-pyc.example>",
        "Noch # Plätze für die Suppe",
        "Liebe Mitglieder, für die Versammlung sind noch # Löffel frei.",
    ),
    (
        "Paul Reimers <paul@kontor.example>",
        "Schlüssel (#. Versuch)",
        "Wer hat den Schlüssel zum Speicher? Ich stehe davor. Es regnet zum #. Mal.",
    ),
];

/// The n-th to come, for Nora at Kontor, sent at `now`.
pub fn arriving(n: usize, now: Timestamp) -> SampleMessage {
    // A stride that shares nothing with 16 visits all before any comes again.
    let (from, subject, text) = NEWS[(n * 5 + 3) % NEWS.len()];
    let number = (n / NEWS.len() + 2 + n % 7).to_string();
    let fill = |text: &str| text.replace('#', &number);
    let domain = from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
    let plan = Plan {
        seed: n as u64,
        at: now,
        offset: TimeZone::system().to_offset(now),
        from: from.into(),
        to: format!("Nora Albrecht <{KONTOR}>"),
        subject: fill(subject),
        chain: Vec::new(),
        message_id: format!("<{}.{n}@{domain}>", Noise::new(now.as_second() as u64).hex()),
        kind: "letter".into(),
        charset: "utf-8",
        opening: String::new(),
        paragraphs: vec![fill(text)],
        closing: String::new(),
        quote: None,
        attachments: Vec::new(),
        received_by: Some("kontor.example"),
    };
    SampleMessage { bytes: plan.render(), internal_date: now, flags: Vec::new() }
}
