//! What a message says: from octets to the text, preview and safe HTML that people see.
//!
//! Bytes in, values out: no I/O, no clock, no panic, whatever the bytes. Everything that shows mail asks here,
//! so that hostile mail has one door to pass; a whole message file and the parts that an IMAP server
//! hands out one by one go the same way.
#![warn(clippy::indexing_slicing)]

mod choose;
mod decode;
mod headers;
mod html;
mod link;
mod message;
mod names;
mod preview;
mod text;
mod words;

pub use choose::{Choice, PreviewKind, choose, has_attachments, preview_source};
pub use decode::{TransferDecoder, decode_text, decode_transfer, decoded_size};
pub use headers::{HeaderFields, Headers, List, header_fields, headers};
pub use html::{
    BlockedResource, FrameOptions, HtmlContext, SafeHtml, frame_document, html_to_text,
    is_safe_image, safe_html,
};
pub use link::{Refused, SafeLink, link_target};
pub use message::{ParsedMessage, Rendered, parse, part_of, render};
pub use names::clean_file_name;
pub use preview::{preview_from_part, tidy_preview};
pub use text::text_to_html;

/// mail-parser panics on a few public messages; what it was reading then counts as absent.
pub(crate) fn quiet<T>(read: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).ok()
}
