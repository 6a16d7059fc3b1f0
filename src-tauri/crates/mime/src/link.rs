//! Where a link really goes, and whether it may be followed: only http, https and mailto, only after
//! parsing as a browser parses, and never where the address is made to be misread.

use crate::text::{is_bidi, is_invisible};
use std::fmt::Write;
use thiserror::Error;
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;
use url::{Host, Url};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeLink {
    /// Normalised; what may be handed to the system.
    pub url: String,
    /// What a person is shown: the host first, in its own script where that cannot mislead.
    pub display: String,
    /// As it is looked up, in ASCII; the domain of the first recipient for mailto.
    pub host: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("it has no address")]
    Empty,
    #[error("it is not a complete address")]
    Malformed,
    #[error("`{0}:` links are not opened from mail")]
    Scheme(String),
    #[error("it holds invisible or direction-turning characters")]
    Invisible,
    #[error("it holds a user name, which hides where it goes")]
    UserInfo,
    #[error("it is too long")]
    TooLong,
}

const LONGEST: usize = 8_192;

pub fn link_target(url: &str) -> Result<SafeLink, Refused> {
    let trimmed = url.trim_matches(|c: char| c <= ' ');
    if trimmed.is_empty() {
        return Err(Refused::Empty);
    }
    if trimmed.len() > LONGEST {
        return Err(Refused::TooLong);
    }
    // Browsers drop tabs and line breaks within a URL, and so mail is full of them.
    let plain = |c: char| !matches!(c, '\t' | '\n' | '\r');
    if trimmed
        .chars()
        .filter(|c| plain(*c))
        .any(|c| c.is_control() || is_bidi(c) || is_invisible(c))
    {
        return Err(Refused::Invisible);
    }
    let parsed = Url::parse(trimmed).map_err(|_| Refused::Malformed)?;
    match parsed.scheme() {
        "http" | "https" => web(&parsed),
        "mailto" => mailto(&parsed),
        other => Err(Refused::Scheme(other.chars().take(20).collect())),
    }
}

fn web(url: &Url) -> Result<SafeLink, Refused> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::UserInfo);
    }
    let host = url.host().ok_or(Refused::Malformed)?;
    let ascii = host.to_string();
    if ascii.is_empty() {
        return Err(Refused::Malformed);
    }
    let shown = match host {
        Host::Domain(domain) => readable_domain(domain),
        Host::Ipv4(_) | Host::Ipv6(_) => ascii.clone(),
    };
    let mut display = shown;
    if let Some(port) = url.port() {
        let _ = write!(display, ":{port}");
    }
    if url.path() != "/" {
        display.push_str(url.path());
    }
    if let Some(query) = url.query() {
        display.push('?');
        display.push_str(query);
    }
    if let Some(fragment) = url.fragment() {
        display.push('#');
        display.push_str(fragment);
    }
    Ok(SafeLink { url: url.as_str().to_owned(), display, host: Some(ascii) })
}

/// RFC 6068, without what a stranger has no business setting: attachments, headers of their own.
const FIELDS: [&str; 6] = ["to", "cc", "bcc", "subject", "body", "in-reply-to"];

fn mailto(url: &Url) -> Result<SafeLink, Refused> {
    let to = percent_decoded(url.path());
    let pairs: Vec<(String, String)> = url
        .query()
        .unwrap_or("")
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (percent_decoded(name).to_ascii_lowercase(), percent_decoded(value)))
        .filter(|(name, _)| FIELDS.contains(&name.as_str()))
        .collect();
    let unseen = |text: &str| {
        text.chars().any(|c| {
            is_bidi(c) || is_invisible(c) || (c.is_control() && !matches!(c, '\r' | '\n' | '\t'))
        })
    };
    if unseen(&to) || pairs.iter().any(|(name, value)| name != "body" && unseen(value)) {
        return Err(Refused::Invisible);
    }
    let one_line = |text: &str| text.replace(['\r', '\n', '\0'], " ");
    let mut out = String::from("mailto:");
    push_encoded(&mut out, &one_line(&to));
    let mut first = true;
    for (name, value) in &pairs {
        out.push(if first { '?' } else { '&' });
        first = false;
        out.push_str(name);
        out.push('=');
        if name == "body" {
            push_encoded(&mut out, value);
        } else {
            push_encoded(&mut out, &one_line(value));
        }
    }
    let recipients: Vec<&str> = std::iter::once(to.as_str())
        .chain(
            pairs
                .iter()
                .filter(|(name, _)| matches!(name.as_str(), "to" | "cc" | "bcc"))
                .map(|(_, v)| v.as_str()),
        )
        .filter(|to| !to.trim().is_empty())
        .collect();
    if recipients.is_empty() {
        return Err(Refused::Malformed);
    }
    let display = one_line(&recipients.join(", "));
    let host = recipients
        .first()
        .and_then(|to| to.split(',').next())
        .and_then(|to| to.rsplit_once('@'))
        .map(|(_, host)| host.trim().to_owned());
    Ok(SafeLink { url: out, display, host })
}

/// `%40` as `@`; what is no escape stays.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |i: usize| after.get(i).and_then(|b| char::from(*b).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = after.get(2..).unwrap_or(&[]);
            }
            _ => {
                out.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn push_encoded(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'@' | b',' | b'+')
        {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// A host name in its own script where every label is of one script and could not be taken for ASCII;
/// else as it is looked up (`xn--…`).
pub(crate) fn readable_domain(ascii: &str) -> String {
    let (unicode, sound) = idna::domain_to_unicode(ascii);
    if sound.is_err() || unicode.is_ascii() {
        return ascii.to_owned();
    }
    let honest = unicode.split('.').all(|label| {
        label.is_ascii()
            || (label.is_single_script()
                && !label.chars().any(is_invisible)
                && !skeleton(label).all(|c| c.is_ascii()))
    });
    if honest { unicode } else { ascii.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(url: &str) -> Result<String, Refused> {
        link_target(url).map(|l| l.display)
    }

    #[test]
    fn links_that_are_followed() {
        for (url, display) in [
            ("https://kontor.example/a?b#c", "kontor.example/a?b#c"),
            (" HTTP://Kontor.Example:8080/ ", "kontor.example:8080"),
            ("https:\\\\kontor.example\\a", "kontor.example/a"),
            ("https://kon\ntor.example/a\r\n b", "kontor.example/a%20b"),
            ("https://münchen.example/", "münchen.example"),
            ("https://правда.example/", "правда.example"),
            ("https://例え.example/", "例え.example"),
            ("http://[::1]/", "[::1]"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("mailto:nora@kontor.example?subject=Hi%20there", "nora@kontor.example"),
        ] {
            assert_eq!(shown(url), Ok(display.to_owned()), "{url}");
        }
    }

    #[test]
    fn look_alikes_are_shown_as_they_are_looked_up() {
        // Cyrillic аррӏе, mixed pаypal, full-width dots and letters that fold to ASCII.
        assert_eq!(shown("https://аррӏе.example/"), Ok("xn--80ak6aa92e.example".into()));
        assert!(shown("https://pаypal.example/").is_ok_and(|d| d.starts_with("xn--")));
        assert_eq!(shown("https://ｋｏｎｔｏｒ。example/"), Ok("kontor.example".into()));
    }

    #[test]
    fn links_that_are_not() {
        let scheme = |s: &str| Err(Refused::Scheme(s.into()));
        assert_eq!(shown("javascript:alert(1)"), scheme("javascript"));
        assert_eq!(shown("java\tscript:alert(1)"), scheme("javascript"));
        assert_eq!(shown("\u{1}javascript:alert(1)"), scheme("javascript"));
        assert_eq!(shown("data:text/html,x"), scheme("data"));
        assert_eq!(shown("file:///etc/passwd"), scheme("file"));
        assert_eq!(shown("smb://host/share"), scheme("smb"));
        assert_eq!(shown("ms-msdt:/id"), scheme("ms-msdt"));
        assert_eq!(shown("blob:https://x.example/1"), scheme("blob"));
        assert_eq!(shown("\\\\host\\share"), Err(Refused::Malformed));
        assert_eq!(shown("//host/path"), Err(Refused::Malformed));
        assert_eq!(shown("page.html"), Err(Refused::Malformed));
        assert_eq!(shown("https://"), Err(Refused::Malformed));
        assert_eq!(shown("https://bank.example@evil.example/"), Err(Refused::UserInfo));
        assert_eq!(shown("https://bank.example:x@evil.example/"), Err(Refused::UserInfo));
        assert_eq!(shown("https://evil.example/\u{202e}gpj.exe"), Err(Refused::Invisible));
        assert_eq!(shown("https://ba\u{200b}nk.example/"), Err(Refused::Invisible));
        assert_eq!(shown("https://x.example/\u{0}a"), Err(Refused::Invisible));
        assert_eq!(shown("  "), Err(Refused::Empty));
        assert_eq!(
            shown(&format!("https://x.example/{}", "a".repeat(9000))),
            Err(Refused::TooLong)
        );
    }

    #[test]
    fn mailto_takes_what_is_harmless() {
        let link = link_target(
            "mailto:a@x.example?subject=S%0D%0ABcc:%20z@x.example&attach=/etc/passwd&body=l1%0Al2&cc=b@x.example&X-Head=1",
        )
        .unwrap();
        assert_eq!(
            link.url,
            "mailto:a@x.example?subject=S%20%20Bcc%3A%20z@x.example&body=l1%0Al2&cc=b@x.example"
        );
        assert_eq!(link.display, "a@x.example, b@x.example");
        assert_eq!(link.host.as_deref(), Some("x.example"));
        assert_eq!(shown("mailto:?subject=x"), Err(Refused::Malformed));
        assert_eq!(shown("mailto:a%E2%80%AEb@x.example"), Err(Refused::Invisible));
    }

    proptest! {
        #[test]
        fn what_passes_is_safe_and_stays(url in "(https?://|mailto:|HTTP:|//|javascript:|\\\\|@|%0A|\\.|:|/|\\?|#|\\PC|\\n|\u{202e}|ا|а){0,25}") {
            if let Ok(link) = link_target(&url) {
                prop_assert!(["http://", "https://", "mailto:"].iter().any(|s| link.url.starts_with(s)));
                prop_assert!(link.url.is_ascii());
                prop_assert!(!link.display.chars().any(|c| c.is_control() || is_bidi(c)));
                prop_assert_eq!(link_target(&link.url).map(|l| l.url), Ok(link.url));
            }
        }
    }
}
