//! Pictures: those that came with the message are shown, those that would have to be fetched are counted and
//! leave their place empty.

use super::{BlockedResource, HtmlContext};
use crate::link::percent_decoded;
use base64::Engine as _;

/// What becomes of an image's address.
#[derive(Debug, PartialEq, Eq)]
pub enum Picture {
    Shown(String),
    /// Would have been fetched.
    Blocked(String),
    /// Leads nowhere: nothing to show and nobody to tell.
    Nothing,
}

/// One picture within the mail's own text. Larger ones come as parts.
const LARGEST_DATA: usize = 4 * 1024 * 1024;
const LONGEST_URL: usize = 2_048;

pub fn picture(source: &str, context: &HtmlContext<'_>) -> Picture {
    let source = source.trim_matches(|c: char| c <= ' ');
    if let Some(id) = strip_scheme(source, "cid:") {
        return match content_id(id, context) {
            Some(url) => Picture::Shown(url),
            None => Picture::Nothing,
        };
    }
    if let Some(data) = strip_scheme(source, "data:") {
        return data_picture(data).map_or(Picture::Nothing, Picture::Shown);
    }
    match remote(source) {
        Some(url) => Picture::Blocked(url),
        None => Picture::Nothing,
    }
}

/// RFC 2392: the id in the URL is percent-encoded; in mail it often isn't.
fn content_id(id: &str, context: &HtmlContext<'_>) -> Option<String> {
    let id = id.trim_start_matches('<').trim_end_matches('>');
    (context.cid)(id).or_else(|| {
        let decoded = percent_decoded(id);
        if decoded == id { None } else { (context.cid)(&decoded) }
    })
}

/// The address of something elsewhere, as it is told to the person; None for what no browser would fetch.
pub fn remote(source: &str) -> Option<String> {
    let clean: String = source
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_URL)
        .collect::<String>()
        .trim()
        .to_owned();
    let lower = clean.to_ascii_lowercase();
    let fetched = ["http:", "https:", "ftp:", "ws:", "wss:", "file:", "//", "\\\\"]
        .iter()
        .any(|scheme| lower.starts_with(scheme));
    (fetched && clean.len() > 2).then_some(clean)
}

/// `data:` in the four formats that are only pictures, and told so by their first octets too. SVG is a document.
fn data_picture(data: &str) -> Option<String> {
    if data.len() > LARGEST_DATA {
        return None;
    }
    let (head, body) = data.split_once(',')?;
    let mut parameters = head.split(';').map(|p| p.trim().to_ascii_lowercase());
    let media = parameters.next()?;
    parameters.any(|p| p == "base64").then_some(())?;
    let encoded: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    // A browser decodes percent signs first.
    let encoded = percent_decoded(&encoded);
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let bytes = engine.decode(&encoded).ok()?;
    is_safe_image(&media, &bytes).then(|| {
        let media = if media == "image/jpg" { "image/jpeg" } else { &media };
        format!("data:{media};base64,{}", base64::engine::general_purpose::STANDARD.encode(&bytes))
    })
}

/// Whether octets are what their type says, and that is a format without scripts, links and surprises.
pub fn is_safe_image(media_type: &str, bytes: &[u8]) -> bool {
    let kind = infer::get(bytes).map(|kind| kind.mime_type());
    match media_type {
        "image/png" | "image/gif" | "image/webp" => kind == Some(media_type),
        "image/jpeg" | "image/jpg" | "image/pjpeg" => kind == Some("image/jpeg"),
        _ => false,
    }
}

pub fn strip_scheme<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let head = url.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then(|| url.get(scheme.len()..)).flatten()
}

/// What a mail would have loaded, each once, and not without end.
#[derive(Default)]
pub struct BlockedList {
    list: Vec<BlockedResource>,
    seen: std::collections::HashSet<(&'static str, String)>,
}

const MOST_BLOCKED: usize = 1_000;

impl BlockedList {
    pub fn add(&mut self, kind: &'static str, url: String) {
        if self.list.len() < MOST_BLOCKED && self.seen.insert((kind, url.clone())) {
            self.list.push(BlockedResource { kind, url });
        }
    }

    /// The same for an address that may be none.
    pub fn add_source(&mut self, kind: &'static str, source: &str) {
        if let Some(url) = remote(source) {
            self.add(kind, url);
        }
    }

    pub fn into_list(self) -> Vec<BlockedResource> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIF: &str = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

    #[test]
    fn where_pictures_come_from() {
        let cid = |id: &str| (id == "a+b@x").then(|| "mail://localhost/part/1/2".to_owned());
        let context = HtmlContext { cid: &cid };
        let read = |source: &str| picture(source, &context);
        let shown = Picture::Shown("mail://localhost/part/1/2".into());
        assert_eq!(read("cid:a+b@x"), shown);
        assert_eq!(read(" CID:a+b%40x"), shown);
        assert_eq!(read("cid:other"), Picture::Nothing);
        assert_eq!(
            read("https://x.example/a.png"),
            Picture::Blocked("https://x.example/a.png".into())
        );
        assert_eq!(read("//x.example/a"), Picture::Blocked("//x.example/a".into()));
        assert_eq!(read("h\nttps://x.example/a"), Picture::Blocked("https://x.example/a".into()));
        assert_eq!(read("a.png"), Picture::Nothing);
        assert_eq!(read("javascript:x"), Picture::Nothing);
        let data = format!("data:image/gif;base64,{GIF}");
        assert_eq!(read(&data), Picture::Shown(data.clone()));
        assert_eq!(read(&format!("data:image/png;base64,{GIF}")), Picture::Nothing);
        assert_eq!(read("data:image/svg+xml,<svg/>"), Picture::Nothing);
        assert_eq!(read("data:text/html,x"), Picture::Nothing);
    }
}
