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

/// The only `url(` in a style is one that we wrote. An escape could spell another; we write none but for `<`
/// and for punctuation.
fn style_loads_only(style: &str, own: &HashSet<String>) -> bool {
    let plain = style.replace("\\3c ", "<").to_ascii_lowercase();
    let spelled = plain
        .split('\\')
        .skip(1)
        .any(|after| after.starts_with(|c: char| c.is_ascii_alphanumeric()));
    let loads = [
        "image-set",
        "cross-fade",
        "expression",
        "src(",
        "@import",
        "-moz-binding",
        "behavior",
        "/*",
    ];
    if spelled || loads.iter().any(|word| plain.contains(word)) {
        return false;
    }
    let quoted = style.match_indices("url(\"").all(|(at, open)| {
        let rest = style.get(at + open.len()..).unwrap_or("");
        rest.split_once("\")").is_some_and(|(url, _)| own.contains(url))
    });
    quoted && plain.matches("url(").count() == style.matches("url(\"").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alone_it_holds_too() {
        let own = HashSet::from(["mail://localhost/part/1/2".to_owned()]);
        for bad in [
            "<script>x</script>",
            "<img src=https://x.example/>",
            "<img srcset=https://x.example/>",
            "<p style='background:url(https://x.example/)'>",
            "<p style='background:u\\72l(https://x.example/)'>",
            "<p style='background:url(\"https://x.example/\")'>",
            "<p style=\"background:image-set('https://x.example/' 1x)\">",
            "<p style='background:url/**/(https://x.example/)'>",
            "<link rel=preload href=https://x.example/>",
            "<a href=javascript:x.example>",
            "<a href=//x.example>",
            "<a ping=https://x.example/>",
            "<svg><image href=https://x.example/>",
            "<iframe src=https://x.example/>",
            "<img src=mail://localhost/part/9/9 alt=y>",
            "<table background=https://x.example/>",
            "<video poster=https://x.example/>",
            "<input type=image src=https://x.example/>",
            "<meta http-equiv=refresh content=0;https://x.example/>",
        ] {
            let clean = clean(bad, &own);
            assert!(!clean.contains("x.example") && !clean.contains("part/9"), "{bad}: {clean}");
        }
        let good = "<p style=\"color:red;background:url(&quot;mail://localhost/part/1/2&quot;);\">                    <img src=\"mail://localhost/part/1/2\"></p>";
        assert_eq!(clean(good, &own), good);
    }
}
