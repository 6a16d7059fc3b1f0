//! How a part is handed to a browser engine: as a picture where it is one that can do nothing, else as
//! bytes to be saved. Both front ends that serve parts (the window's `mail://`, `serve`) send these.

use crate::PartBody;

impl PartBody {
    /// Lower-case names, values in ASCII.
    pub fn headers(&self) -> [(&'static str, String); 5] {
        let (media_type, disposition) = if self.inline_safe {
            (self.media_type.as_str(), "inline")
        } else {
            ("application/octet-stream", "attachment")
        };
        [
            ("content-type", media_type.to_owned()),
            (
                "content-disposition",
                format!("{disposition}; filename*=UTF-8''{}", percent(&self.name)),
            ),
            ("content-security-policy", "default-src 'none'; sandbox".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
            ("cache-control", "no-store".to_owned()),
        ]
    }
}

/// RFC 8187 3.2.1: all but `attr-char` in percent.
fn percent(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(media_type: &str, name: &str, inline_safe: bool) -> [(&'static str, String); 5] {
        let part = PartBody {
            media_type: media_type.into(),
            name: name.into(),
            bytes: vec![],
            inline_safe,
        };
        part.headers()
    }

    #[test]
    fn what_could_do_something_is_only_saved() {
        let [kind, disposition, policy, sniff, _] = of("image/svg+xml", "a.svg", false);
        assert_eq!(kind.1, "application/octet-stream");
        assert!(disposition.1.starts_with("attachment;"));
        assert!(policy.1.contains("sandbox"));
        assert_eq!(sniff.1, "nosniff");
        assert_eq!(of("image/png", "a.png", true)[0].1, "image/png");
    }

    #[test]
    fn a_name_can_not_end_the_header() {
        let [_, disposition, ..] = of("text/plain", "a\"; b\r\nSet-Cookie: x=ü", false);
        assert_eq!(
            disposition.1,
            "attachment; filename*=UTF-8''a%22%3B%20b%0D%0ASet-Cookie%3A%20x%3D%C3%BC"
        );
    }
}
