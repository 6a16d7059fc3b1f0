//! Links in mail: where they lead is checked, normalised, and written on them.

use crate::link::{SafeLink, link_target};

/// What an `<a href>` becomes; None leaves the text without a link. A fragment leads nowhere: in a frame
/// without an address of its own it would lead into the app.
pub fn followed(href: &str) -> Option<SafeLink> {
    link_target(href).ok()
}

/// Attributes of every link: a new window, which the shell turns into "check, show, open outside", and no
/// word of where the person came from. The title is the real target, whatever the sender wrote there.
pub fn attributes(link: &SafeLink) -> [(&'static str, String); 4] {
    [
        ("href", link.url.clone()),
        ("target", "_blank".to_owned()),
        ("rel", "noopener noreferrer".to_owned()),
        ("title", title(&link.display)),
    ]
}

const LONGEST_TITLE: usize = 300;

fn title(display: &str) -> String {
    let mut title: String = display.chars().take(LONGEST_TITLE).collect();
    if title.len() < display.len() {
        title.push('…');
    }
    title
}
