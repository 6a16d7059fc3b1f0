//! The second reading, by ammonia: its own parser, its own list, no knowledge of ours. What the first pass
//! wrote passes unchanged; anything else is a mistake of ours that ends here.

use super::allowed;
use ammonia::{Builder, UrlRelative};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// `own` are the addresses of the message's own parts, as the first pass wrote them.
pub fn clean(html: &str, own: &HashSet<String>) -> String {
    let mut builder = Builder::empty();
    builder
        .tags(allowed::ELEMENTS.into_iter().collect())
        .clean_content_tags(["script", "style", "title", "svg", "math", "iframe"].into())
        .generic_attributes(HashSet::from([
            "class",
            "id",
            "title",
            "dir",
            "align",
            "valign",
            "lang",
            "role",
            "bgcolor",
            "color",
            "bordercolor",
            "style",
            "aria-label",
            "aria-hidden",
            "width",
            "height",
            "border",
            "cellpadding",
            "cellspacing",
            "frame",
            "rules",
            "summary",
            "hspace",
            "vspace",
            "alt",
            "colspan",
            "rowspan",
            "span",
            "nowrap",
            "noshade",
            "reversed",
            "open",
            "compact",
            "scope",
            "clear",
            "headers",
            "abbr",
            "face",
            "size",
            "type",
            "start",
            "value",
            "datetime",
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "target", "rel"])),
            ("img", HashSet::from(["src"])),
        ]))
        .link_rel(None)
        .url_schemes(HashSet::from(["http", "https", "mailto", "mail", "data", "cid"]))
        .url_relative(UrlRelative::PassThrough);
    let own = own.clone();
    builder.attribute_filter(move |element, attribute, value| {
        let passes = match (element, attribute) {
            ("a", "href") => {
                ["http://", "https://", "mailto:"].iter().any(|scheme| value.starts_with(scheme))
            }
            ("a", "target") => value == "_blank",
            ("a", "rel") => value == "noopener noreferrer",
            ("img", "src") => is_picture_data(value) || own.contains(value),
            (_, "style") => style_loads_only(value, &own),
            _ => true,
        };
        passes.then_some(Cow::Borrowed(value))
    });
    builder.clean(html).to_string()
}

fn is_picture_data(value: &str) -> bool {
    ["png", "jpeg", "gif", "webp"].iter().any(|kind| {
        value
            .strip_prefix("data:image/")
            .and_then(|v| v.strip_prefix(kind))
            .is_some_and(|v| v.starts_with(";base64,"))
    })
}

/// The only `url(` in a style is one that we wrote.
fn style_loads_only(style: &str, own: &HashSet<String>) -> bool {
    let lower = style.to_ascii_lowercase();
    lower.matches("url").count() == 0
        || style.match_indices("url(\"").all(|(at, _)| {
            let rest = style.get(at + 5..).unwrap_or("");
            rest.split_once("\")").is_some_and(|(url, _)| own.contains(url))
        }) && lower.matches("url(").count() == style.matches("url(\"").count()
}
