//! Mail's HTML, made safe to show.
//!
//! One pass parses into a tree of our own whose cost is bounded (`parse`), and writes out of it only what is on
//! a list (`sanitise`, with `css`, `images`, `links`); ammonia then reads that output with its own eyes and
//! its own list. `frame` puts the result into the document that a sandboxed frame loads, under a policy that
//! would hold even if both had failed.

mod allowed;
mod css;
mod dom;
pub(crate) mod escape;
mod frame;
mod images;
mod links;
mod parse;
mod sanitise;
mod second;
mod standing;
mod text;

pub use frame::{FrameOptions, frame_document};
pub use images::is_safe_image;
pub use sanitise::safe_html;
pub use text::html_to_text;
pub(crate) use text::visible_text;

/// What the message at hand knows, and the sanitiser needs.
pub struct HtmlContext<'a> {
    /// The URL of the part with this Content-ID, under our own scheme. It is trusted as it comes.
    pub cid: &'a dyn Fn(&str) -> Option<String>,
}

/// What was left of a mail's HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SafeHtml {
    /// A body fragment: perhaps a `<style>`, then one `<mail-body>`.
    pub html: String,
    /// What it would have loaded.
    pub blocked: Vec<BlockedResource>,
    /// The mail sets colours of its own, so it is shown on paper also in the dark.
    pub coloured: bool,
    /// Too tangled or too large to be made safe: its text is shown instead.
    pub tangled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedResource {
    /// `image`, `style`, `font`, `frame`, `script`, `media`, `object`, `hint`
    pub kind: &'static str,
    pub url: String,
}
