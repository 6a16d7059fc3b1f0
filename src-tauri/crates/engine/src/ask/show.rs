//! Opening a message: what a reader would choose of it, fetched alone, decoded.

use crate::error::{Error, Result};
use crate::live::{Urgency, on_connection};
use crate::sync::body;
use crate::{Engine, sync};
use model::{Code, MailboxId, MessageId, Section, Structure, Trouble};
use store::message::MessageRow;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Best,
    Text,
    Html,
}

/// A message as it is opened. Text is decoded, HTML is as it came: whoever shows it makes it safe.
pub struct Opened {
    pub row: MessageRow,
    pub mailboxes: Vec<MailboxId>,
    pub flags: model::Flags,
    pub headers: mime::Headers,
    pub structure: Structure,
    pub choice: mime::Choice,
    pub html: Option<String>,
    pub text: Option<String>,
    pub truncated: bool,
    /// Sections that are wholly on this device.
    pub cached: Vec<String>,
    pub fetched_bytes: u64,
}

impl Engine {
    pub async fn show(&self, message: MessageId, form: Form) -> Result<Opened> {
        let db = &self.inner.db;
        let (row, placements) = self.message(message).await?;
        let structure = match row.structure.clone() {
            Some(structure) => structure,
            None => self.structure(message).await?,
        };
        let choice = mime::choose(&structure);
        let section = match form {
            Form::Best | Form::Html => choice.html.clone().or_else(|| choice.text.clone()),
            Form::Text => choice.text.clone().or_else(|| choice.html.clone()),
        };
        let is_html = section.is_some() && section == choice.html;
        let part = section.as_ref().and_then(|s| structure.find(s));
        let mut block = db.part(message, body::HEADER_KEY).await?;
        let mut bytes = match &section {
            Some(section) => db.part(message, &section.to_string()).await?,
            None => Some(Vec::new()),
        };
        let mut fetched_bytes = 0;
        if block.is_none() || bytes.is_none() {
            let want_headers = block.is_none();
            let wanted = section.clone().zip(part.map(|p| p.size)).filter(|_| bytes.is_none());
            let (new_block, new_bytes) = self.fetch_text(message, want_headers, wanted).await?;
            fetched_bytes =
                new_block.as_ref().map_or(0, |b| b.len() as u64) + new_bytes.len() as u64;
            if want_headers {
                let new_block = new_block.unwrap_or_default();
                db.keep_part(message, body::HEADER_KEY, &new_block).await?;
                block = Some(new_block);
            }
            if bytes.is_none() {
                // A cut one is asked for again: it is rare, and half a text must not pass for the whole.
                if let Some(section) = &section
                    && (new_bytes.len() as u64) < body::TEXT_LIMIT
                {
                    db.keep_part(message, &section.to_string(), &new_bytes).await?;
                    if db.is_writer() {
                        body::index(db, message, section, &new_bytes).await?;
                    }
                }
                bytes = Some(new_bytes);
            }
        }
        let bytes = bytes.unwrap_or_default();
        let decoded = part.map(|part| mime::decode_text(&bytes, part));
        let (html, text) = if is_html { (decoded, None) } else { (None, decoded) };
        let cached = db.cached_sections(message).await?;
        let headers = known(mime::headers(&block.unwrap_or_default()), &row);
        Ok(Opened {
            headers,
            mailboxes: placements.iter().map(|p| p.mailbox).collect(),
            flags: placements.first().map(|p| p.flags.clone()).unwrap_or_default(),
            row,
            truncated: bytes.len() as u64 >= body::TEXT_LIMIT,
            structure,
            choice,
            html,
            text,
            cached,
            fetched_bytes,
        })
    }

    pub(crate) async fn message(
        &self,
        message: MessageId,
    ) -> Result<(MessageRow, Vec<store::message::Placement>)> {
        let (row, placements) = self
            .inner
            .db
            .read(move |read| {
                Ok((
                    store::message::get(read, message)?,
                    store::message::placements(read, message)?,
                ))
            })
            .await?;
        let row = row.ok_or_else(|| Error::from(no_such(message)))?;
        Ok((row, placements))
    }

    async fn fetch_text(
        &self,
        message: MessageId,
        headers: bool,
        part: Option<(Section, u64)>,
    ) -> Result<(Option<Vec<u8>>, Vec<u8>)> {
        let inner = &*self.inner;
        loop {
            let (account, at) = self.whereabouts(message).await?;
            let outcome =
                on_connection!(inner, account, Urgency::Interactive, Some(&at.name), |conn| {
                    body::text(&inner.db, conn, message, at.clone(), headers, part.clone())
                });
            self.heard(account, &outcome);
            match outcome {
                // It was moved: a server with ids of its own may have told of its other place already.
                Err(error) if self.stands_elsewhere(message, &at, &error).await => {}
                outcome => return outcome,
            }
        }
    }

    /// The structure of a message whose row came without: asked for once, kept with the row.
    async fn structure(&self, message: MessageId) -> Result<Structure> {
        let inner = &*self.inner;
        let (account, at) = self.whereabouts(message).await?;
        let outcome =
            on_connection!(inner, account, Urgency::Interactive, Some(&at.name), |conn| {
                sync::body::structure(&inner.db, conn, message, at.clone())
            });
        self.heard(account, &outcome);
        // A server that cannot say how the mail is built still has its text: one part, as RFC 5322 has it.
        Ok(outcome?.unwrap_or_else(|| Structure::leaf("text/plain", "8bit", body::TEXT_LIMIT)))
    }
}

/// Where the server gave no header fields, what the list shows stands in for them.
fn known(mut headers: mime::Headers, row: &MessageRow) -> mime::Headers {
    if headers.from.is_empty() && headers.subject.is_empty() && headers.to.is_empty() {
        headers.from = row.from.clone();
        headers.to = row.to.clone();
        headers.subject = row.subject.clone();
    }
    headers
}

pub(crate) fn no_such(message: MessageId) -> Trouble {
    Trouble::new(
        Code::NoSuchMessage,
        format!("there is no message {message} here: see `satchel list`"),
    )
    .with("message", message)
}
