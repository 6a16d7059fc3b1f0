//! Where the letters come from, brought to one form: a place, a time, and bytes when they are asked for.

use super::clock::Clock;
use super::{MAILBOXES, SampleMessage, broken, older, recipe};
use anyhow::{Context, Result};
use jiff::Timestamp;

pub type Place = (&'static str, &'static str);

pub struct Letter {
    place: Place,
    at: Timestamp,
    flags: Vec<&'static str>,
    make: Box<dyn FnOnce() -> Vec<u8> + Send>,
}

impl Letter {
    pub fn new(
        place: Place,
        at: Timestamp,
        flags: Vec<&'static str>,
        make: impl FnOnce() -> Vec<u8> + Send + 'static,
    ) -> Self {
        Self { place, at, flags, make: Box::new(make) }
    }

    pub fn place(&self) -> Place {
        self.place
    }

    pub fn at(&self) -> Timestamp {
        self.at
    }

    pub fn render(self) -> SampleMessage {
        SampleMessage { bytes: (self.make)(), internal_date: self.at, flags: self.flags }
    }
}

const WRITTEN: [(&str, &str); 8] = [
    ("harbour", include_str!("../../sample/harbour.mail")),
    ("office", include_str!("../../sample/office.mail")),
    ("world", include_str!("../../sample/world.mail")),
    ("opa", include_str!("../../sample/opa.mail")),
    ("travel", include_str!("../../sample/travel.mail")),
    ("letters", include_str!("../../sample/letters.mail")),
    ("kinds", include_str!("../../sample/kinds.mail")),
    ("junk", include_str!("../../sample/junk.mail")),
];

/// Everything that both accounts hold, in no order.
pub fn all(clock: &Clock) -> Result<Vec<Letter>> {
    let mut letters = written(clock)?;
    letters.extend(broken::letters(clock));
    letters.extend(older::letters(clock)?);
    Ok(letters)
}

/// Those from `tests/sample/*.mail`.
pub fn written(clock: &Clock) -> Result<Vec<Letter>> {
    let mut recipes = Vec::new();
    for (name, file) in WRITTEN {
        recipes.extend(recipe::read(file).with_context(|| format!("{name}.mail"))?);
    }
    let mails = recipe::cook(&recipes, clock)?.into_iter().filter(|mail| mail.place != "nowhere");
    mails
        .map(|mail| {
            let place = place(&mail.place).with_context(|| format!("no mailbox {}", mail.place))?;
            Ok(Letter::new(place, mail.at, mail.flags.clone(), move || mail.render()))
        })
        .collect()
}

/// `kontor/INBOX` or `bigmail/Verein`.
fn place(written: &str) -> Option<Place> {
    let (account, name) = written.split_once('/')?;
    let of = |email: &str| email.ends_with(&format!("@{account}.example"));
    MAILBOXES.iter().find(|(email, mailbox, _)| of(email) && *mailbox == name).map(|m| (m.0, m.1))
}
