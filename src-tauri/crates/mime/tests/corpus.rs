//! All the mail there is, read and shown: no panic, no hang, bounded output, safe output, the same twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::indexing_slicing)]

mod common;

use common::checker;
use model::Section;
use satchel_mime as mime;
use satchel_mime::{HtmlContext, parse, render, safe_html};
use std::time::{Duration, Instant};

fn part_url(section: &Section) -> String {
    format!("mail://localhost/part/7/{section}")
}

#[test]
fn every_message_is_read_and_shown() {
    let Some(corpus) = common::corpus() else { return };
    let mut read = 0;
    let mut with_text = 0;
    let mut wrong: Vec<String> = Vec::new();
    common::files(&corpus, &mut |path, bytes| {
        if bytes.len() > 4_000_000 {
            return;
        }
        read += 1;
        let name = path.strip_prefix(&corpus).unwrap_or(path).display().to_string();
        let start = Instant::now();
        let message = parse(&bytes);
        let rendered = render(&bytes, &part_url);
        // A hang guard of ten times the figure, in debug: a second a megabyte, and one for the machine.
        let allowed = Duration::from_millis(1_000 + bytes.len() as u64 / 1_000 * 10);
        if start.elapsed() > allowed {
            wrong.push(format!("{name}: {:?}", start.elapsed()));
        }
        if rendered.html.len() > bytes.len() * 10 + 8_192 {
            wrong.push(format!(
                "{name}: {} octets of HTML from {}",
                rendered.html.len(),
                bytes.len()
            ));
        }
        for fault in checker::faults(&rendered.html) {
            wrong.push(format!("{name}: {fault}"));
        }
        with_text += usize::from(!rendered.text.trim().is_empty());
        let headers = &message.headers;
        let shown = [&headers.from, &headers.to, &headers.reply_to, &headers.sender];
        let fields = shown.into_iter().flatten().flat_map(|a| a.name.iter().chain([&a.address]));
        for field in fields.chain([&headers.subject, &rendered.preview]) {
            if field.contains(['\0', '\r', '\n']) {
                wrong.push(format!("{name}: a control in {field:?}"));
            }
        }
        // The numbers that a server gives lead to the same parts.
        for (section, part) in message.structure.leaves() {
            if message.structure.find(&section) != Some(part) {
                wrong.push(format!("{name}: {section} is not found"));
            }
            if mime::part_of(&bytes, &section).is_none() {
                wrong.push(format!("{name}: {section} has no octets"));
            }
        }
    });
    assert!(read > 2_000, "{read} files");
    // The rest is encrypted, only attachments, or no message at all.
    assert!(with_text * 10 > read * 8, "{with_text} of {read} have text");
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn html_made_safe_twice_is_made_safe_once() {
    let Some(corpus) = common::corpus() else { return };
    let mut seen = 0;
    let mut wrong = Vec::new();
    let identity = |id: &str| Some(format!("cid:{id}"));
    let context = HtmlContext { cid: &identity };
    common::files(&corpus, &mut |path, bytes| {
        if bytes.len() > 1_000_000 {
            return;
        }
        let Some(html) = parse(&bytes).html() else { return };
        seen += 1;
        let once = safe_html(&html, &context);
        let twice = safe_html(&once.html, &context);
        if once.html != twice.html || once.tangled {
            wrong.push(path.display().to_string());
        }
    });
    assert!(seen > 100, "{seen} with HTML");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn any_octets_are_a_message() {
    let Some(corpus) = common::corpus() else { return };
    // A tenth of the files, each cut at a few places.
    let mut at = 0;
    common::files(&corpus, &mut |_, bytes| {
        at += 1;
        if at % 10 != 0 || bytes.len() > 100_000 {
            return;
        }
        for eighth in 1..8 {
            render(&bytes[..bytes.len() * eighth / 8], &part_url);
        }
    });
    assert!(at > 2_000);
}

#[test]
fn who_lies_about_the_sender_is_seen_to() {
    let Some(security) = common::security() else { return };
    let text = std::fs::read_to_string(security.join("spoof/spoof.json")).unwrap();
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(cases.len() > 40);
    for case in &cases {
        let file = case["file"].as_str().unwrap();
        let bytes = std::fs::read(security.join("spoof").join(file)).unwrap();
        let message = parse(&bytes);
        let from = &message.headers.from;
        for address in from {
            let name = address.name.as_deref().unwrap_or("");
            assert!(!address.address.contains(char::is_control), "{file}: {from:?}");
            assert!(!name.contains(char::is_control), "{file}: {from:?}");
        }
        if case["expect"].as_str().unwrap().starts_with("must never show") {
            // The real domain, or nothing that could pass for an address.
            let honest = from.iter().any(|a| {
                a.domain().is_some_and(|d| {
                    d.contains("attacker.example") || d.contains("xn--") || !d.is_ascii()
                })
            }) || from.iter().all(|a| a.address.is_empty() || a.domain().is_none());
            assert!(honest, "{file}: {from:?}");
        }
    }
}
