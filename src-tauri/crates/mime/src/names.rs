//! File names of attachments: what a stranger wrote, made into one that is safe to write on any system.

use crate::text::is_invisible;

/// Octets; 255 is the least that systems allow, and a second copy wants room for ` (2)`.
const LONGEST: usize = 120;
const LONGEST_EXTENSION: usize = 16;

/// A single path component, never empty. `fallback` stands in where nothing is left.
pub fn clean_file_name(name: Option<&str>, media_type: &str, fallback: &str) -> String {
    let cleaned = name.map(clean).unwrap_or_default();
    let cleaned = if cleaned.is_empty() {
        let mut base = clean(fallback);
        if base.is_empty() {
            base.push_str("attachment");
        }
        match extension_of(media_type) {
            Some(extension) => format!("{base}.{extension}"),
            None => base,
        }
    } else {
        cleaned
    };
    shorten(&harmless(cleaned))
}

fn clean(name: &str) -> String {
    // Both separators, whatever the system: the file may travel on.
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let mut out = String::with_capacity(last.len());
    let mut space = false;
    for c in last.chars() {
        match c {
            // Direction marks and fillers would show `exe.gpj` as `jpg.exe`.
            c if is_invisible(c) || c.is_control() => {}
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => {
                out.push('_');
                space = false;
            }
            c if c.is_whitespace() => {
                if !space {
                    out.push(' ');
                }
                space = true;
            }
            c => {
                out.push(c);
                space = false;
            }
        }
    }
    trim(&out).to_owned()
}

/// A leading dot hides a file, a trailing dot or space is dropped by Windows after the name was checked.
fn trim(name: &str) -> &str {
    name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' '])
}

/// Windows opens a device for these, whatever the extension.
fn harmless(name: String) -> String {
    let stem = name.split('.').next().unwrap_or("").trim_end().to_ascii_lowercase();
    let device =
        matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$" | "clock$")
            || stem.strip_prefix("com").or(stem.strip_prefix("lpt")).is_some_and(|number| {
                let mut digits = number.chars();
                matches!((digits.next(), digits.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
            });
    if device { format!("_{name}") } else { name }
}

fn shorten(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= LONGEST_EXTENSION => (stem, extension),
        _ => (name, ""),
    };
    let tail = if extension.is_empty() { 0 } else { extension.len() + 1 };
    let mut end = LONGEST - tail;
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    let stem = stem.get(..end).unwrap_or("").trim_end_matches(['.', ' ']);
    if extension.is_empty() { stem.to_owned() } else { format!("{stem}.{extension}") }
}

fn extension_of(media_type: &str) -> Option<&'static str> {
    Some(match media_type {
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" | "application/ics" => "ics",
        "text/vcard" | "text/x-vcard" => "vcf",
        "text/csv" => "csv",
        "image/png" => "png",
        "image/jpeg" | "image/jpg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/svg+xml" => "svg",
        "image/tiff" => "tiff",
        "image/heic" => "heic",
        "audio/mpeg" => "mp3",
        "audio/mp4" | "audio/x-m4a" => "m4a",
        "audio/wav" | "audio/x-wav" => "wav",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/json" => "json",
        "application/msword" => "doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        "application/vnd.oasis.opendocument.text" => "odt",
        "application/vnd.oasis.opendocument.spreadsheet" => "ods",
        "application/pgp-signature" | "application/pgp-encrypted" => "asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/ms-tnef" => "dat",
        "message/rfc822" | "message/global" => "eml",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(given: &str) -> String {
        clean_file_name(Some(given), "application/octet-stream", "2")
    }

    #[test]
    fn names_people_give_are_kept() {
        for good in [
            "Rechnung 2026-118.pdf",
            "展覧会図面.pdf",
            "a.tar.gz",
            "Façade (final).dwg",
            "עברית.doc",
        ] {
            assert_eq!(name(good), good);
        }
    }

    #[test]
    fn tricks_are_taken_out() {
        for (given, clean) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\evil.exe", "evil.exe"),
            ("..", "2"),
            ("/", "2"),
            (".bashrc", "bashrc"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("a\u{200b}b\u{0}c\r\nd.txt", "abcd.txt"),
            ("evil.exe. . ", "evil.exe"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("com1 .log", "_com1 .log"),
            ("LPT9.tar.gz", "_LPT9.tar.gz"),
            ("console.log", "console.log"),
            ("a:b?.txt", "a_b_.txt"),
            ("x   y.txt", "x y.txt"),
        ] {
            assert_eq!(name(given), clean, "{given:?}");
        }
    }

    #[test]
    fn nothing_becomes_something() {
        assert_eq!(clean_file_name(None, "application/pdf", "2.1"), "2.1.pdf");
        assert_eq!(clean_file_name(None, "application/x-unheard", "2"), "2");
        assert_eq!(clean_file_name(Some("\u{202e}"), "message/rfc822", "../"), "attachment.eml");
    }

    #[test]
    fn long_names_keep_their_extension() {
        let long = name(&format!("{}.pdf", "ä".repeat(300)));
        assert!(long.len() <= LONGEST && long.ends_with("ä.pdf"), "{long}");
        assert!(name(&"x".repeat(500)).len() <= LONGEST);
    }

    proptest! {
        #[test]
        fn any_name_is_safe(given in "(\\PC|[./\\\\: \n\u{202e}\u{200b}\u{0}]|con|nul|lpt1){0,80}") {
            let name = name(&given);
            prop_assert!(!name.is_empty() && name.len() <= LONGEST);
            prop_assert!(!name.contains(['/', '\\', ':', '\0', '\n']));
            prop_assert!(!name.starts_with(['.', ' ']) && !name.ends_with(['.', ' ']));
            prop_assert!(!name.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(&clean_file_name(Some(&name), "", "2"), &name);
        }
    }
}
