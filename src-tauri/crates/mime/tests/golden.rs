//! What others make of the same mail: mime4j's trees and the octets of each part (Apache James), enmime's and
//! CPython's words.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::indexing_slicing)]

mod common;

use model::Section;
use satchel_mime as mime;
use std::path::Path;

/// The parts of one of mime4j's trees: number and the file with its decoded octets.
fn mime4j_parts(xml: &str) -> Vec<(Section, String)> {
    let mut parts = Vec::new();
    // For each open element: its name, the number it gives its children, the children so far.
    let mut open: Vec<(String, Section, u32)> = Vec::new();
    for tag in xml.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or("");
        let name = tag.split([' ', '/']).next().unwrap_or("");
        if let Some(closed) = tag.strip_prefix('/') {
            if matches!(closed, "message" | "multipart" | "body-part") {
                open.pop();
            }
            continue;
        }
        let parent = open.last().map(|(name, at, _)| (name.clone(), at.clone()));
        match name {
            "message" | "multipart" | "body-part" => {
                let at = match (name, &parent) {
                    ("body-part", Some((_, at))) => {
                        let count = &mut open.last_mut().unwrap().2;
                        *count += 1;
                        at.child(*count)
                    }
                    // A message that is nothing but a message: its part 1.
                    ("message", Some((outer, at))) if outer == "message" => at.child(1),
                    (_, Some((_, at))) => at.clone(),
                    (_, None) => Section::root(),
                };
                open.push((name.to_owned(), at, 0));
            }
            "text-body" | "binary-body" => {
                let (outer, at) = parent.unwrap();
                let section = if outer == "message" { at.child(1) } else { at };
                let file = tag.split('"').nth(1).unwrap_or("").to_owned();
                parts.push((section, file));
            }
            _ => {}
        }
    }
    parts
}

/// Where we read otherwise, and why.
const MIME4J: &[(&str, &str)] = &[
    ("bad-newlines-multiple-parts-base64", ENCODED),
    ("base64encoded-rfc822message-nested", ENCODED),
    ("base64encoded-rfc822message", ENCODED),
    (
        "malformedHeaderStartsBody-noheader",
        "mime4j loses the second line of a text without a header",
    ),
];
/// RFC 2046 5.2.1 forbids it, servers do not look inside, and so such a message is opened as a file of its own.
const ENCODED: &str = "a message within base64 has no numbers inside";

#[test]
fn parts_are_those_of_mime4j() {
    let Some(corpus) = common::corpus() else { return };
    let mut wrong = Vec::new();
    let mut compared = 0;
    for folder in ["testmsgs", "mimetools-testmsgs"] {
        let folder = corpus.join("mime4j/core/src/test/resources").join(folder);
        common::files(&folder, &mut |path, bytes| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if path.extension().is_none_or(|e| e != "msg") {
                return;
            }
            let xml = folder.join(format!("{name}_decoded.xml"));
            let Ok(xml) = std::fs::read(&xml) else { return };
            let faults = compare(&bytes, &String::from_utf8_lossy(&xml), &folder, &mut compared);
            let known = MIME4J.iter().any(|(known, _)| *known == name);
            if known == faults.is_empty() {
                wrong.push(format!("{name}: {faults:?}"));
            }
        });
    }
    assert!(compared > 60, "{compared} parts");
    assert!(wrong.is_empty(), "{} of {compared}\n{}", wrong.len(), wrong.join("\n"));
}

fn compare(eml: &[u8], xml: &str, folder: &Path, compared: &mut usize) -> Vec<String> {
    let mut faults = Vec::new();
    for (section, file) in mime4j_parts(xml) {
        let Ok(expected) = std::fs::read(folder.join(&file)) else { continue };
        *compared += 1;
        let found = mime::part_of(eml, &section);
        // Its files have line ends of their own.
        let lines =
            |bytes: &[u8]| -> Vec<u8> { bytes.iter().copied().filter(|b| *b != b'\r').collect() };
        match found {
            None => faults.push(format!("{section} is missing ({file})")),
            Some(found) if lines(&found) != lines(&expected) => {
                faults.push(format!(
                    "{section} has {} octets, not {}",
                    found.len(),
                    expected.len()
                ));
            }
            Some(_) => {}
        }
    }
    faults
}
