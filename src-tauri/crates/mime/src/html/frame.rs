//! The document that the sandboxed frame loads (srcdoc), with a policy of its own: nothing may load but the
//! message's own parts, nothing may run, nothing may be sent.
//!
//! It has no script and stays without: the app measures it from outside. Sizes are in rem, so that the app
//! can enlarge the text by the root's font size; `data-theme` on the root is the app's to set.

use super::SafeHtml;

pub struct FrameOptions<'a> {
    /// Where the message's parts come from: `mail://localhost`, `http://127.0.0.1:1234`. A path is ignored.
    pub part_origin: &'a str,
}

pub fn frame_document(safe: &SafeHtml, options: &FrameOptions<'_>) -> String {
    let colours = if safe.coloured { "own" } else { "none" };
    let images = match origin(options.part_origin) {
        Some(origin) => format!("{origin} data:"),
        None => "data:".to_owned(),
    };
    format!(
        "<!doctype html>\n<html dir=\"auto\" data-colours=\"{colours}\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src {images}; \
         style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\
         <meta name=\"referrer\" content=\"no-referrer\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light\">\
         <style>\n{STYLE}</style></head><body>{}</body></html>\n",
        safe.html
    )
}

/// Scheme, host and port, and nothing that could end the attribute or add a source.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    (plain(scheme, "+-.") && plain(host, ".-:[]")).then(|| format!("{scheme}://{host}"))
}

/// The reader's type and colours (the interface's tokens) for what the mail leaves open.
const STYLE: &str = "\
:root { --ink: #1b1e19; --ink-2: #4c5049; --line: #e2e2dc; --line-2: #cdcec6; --ground: #f0f0ec; --accent: #14614a; }
:root[data-theme=dark][data-colours=none] { --ink: #eceee8; --ink-2: #bcc0b6; --line: #2d302b; --line-2: #41453e; --ground: #282b26; --accent: #6ccba6; }
html { color: var(--ink); overflow: hidden; }
:root[data-theme=dark][data-colours=own] { background: #fff; }
body { margin: 0; font: 0.9375rem/1.6 -apple-system, \"Segoe UI Variable Text\", \"Segoe UI\", \"Adwaita Sans\", Inter, Roboto, \"Noto Sans\", system-ui, sans-serif; }
mail-body { display: block; position: relative; overflow-x: auto; overflow-y: hidden; overflow-wrap: break-word; unicode-bidi: isolate; }
mail-body > :first-child { margin-block-start: 0; }
mail-body > :last-child { margin-block-end: 0; }
a[href] { color: var(--accent); }
a[href]:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
img { max-width: 100%; }
img[src] { height: auto; }
img:not([src]) { display: inline-block; box-sizing: border-box; color: var(--ink-2); font-size: 0.75rem; border: 1px dashed var(--line-2); border-radius: 4px; background: repeating-linear-gradient(-45deg, transparent 0 6px, var(--ground) 6px 12px); overflow: hidden; vertical-align: middle; }
img:not([src])[width=\"1\"], img:not([src])[height=\"1\"], img:not([src])[width=\"0\"], img:not([src])[height=\"0\"] { visibility: hidden; border: 0; }
pre { white-space: pre-wrap; }
blockquote { margin: 0.5rem 0; padding-inline-start: 0.75rem; border-inline-start: 2px solid var(--line-2); color: var(--ink-2); }
hr { border: 0; border-block-start: 1px solid var(--line); }
.satchel-text { white-space: pre-wrap; max-width: 45rem; }
@media print { html { overflow: visible; } }
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_one_origin() {
        let document =
            |part_origin| frame_document(&SafeHtml::default(), &FrameOptions { part_origin });
        assert!(document("mail://localhost/part/1/2").contains("img-src mail://localhost data:; "));
        assert!(
            document("http://127.0.0.1:1234").contains("img-src http://127.0.0.1:1234 data:; ")
        );
        assert!(document("http://[::1]:1234/x").contains("img-src http://[::1]:1234 data:; "));
        for bad in ["*", "https://*", "x\"><script>", "mail://a; script-src *", "mail:// *", ""] {
            assert!(document(bad).contains("img-src data:; "), "{bad}");
        }
    }
}
