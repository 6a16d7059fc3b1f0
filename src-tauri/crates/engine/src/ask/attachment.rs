//! One part of a message: to a file, or to a front end that shows it. Streamed in bounded pieces, kept where
//! the budget has room, taken up again where a connection was cut.

use crate::error::{Error, Result};
use crate::live::{Urgency, on_connection};
use crate::sync::body::{self, At};
use crate::{Engine, file_failed};
use model::{AccountId, Code, MessageId, Section, Structure, Trouble};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub path: PathBuf,
    pub bytes: u64,
    pub sha256: String,
}

/// A part for a front end to show.
pub struct PartFile {
    pub media_type: String,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Shown inside the app: pictures. Whatever is larger is saved to a file.
const SHOWN: u64 = 32 * 1024 * 1024;
/// How often a transfer is taken up again without a single octet gained.
const PATIENCE: u32 = 3;

/// A file that is not whole yet. It says nothing that the server does not say better: where the transfer fails
/// or is given up, it goes.
struct Partial(PathBuf);

impl Partial {
    /// A name of its own: two transfers to one place do not write into each other.
    fn beside(output: &Path) -> Self {
        let mut name = output.as_os_str().to_owned();
        name.push(format!(".{:08x}.partial", rand::random::<u32>()));
        Self(PathBuf::from(name))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After the renaming there is none.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Engine {
    /// Writes one part, decoded, to `output`. The file appears whole or not at all.
    pub async fn save_attachment(
        &self,
        message: MessageId,
        section: &Section,
        output: &Path,
        replace: bool,
    ) -> Result<Saved> {
        let (_, part) = self.part_of(message, section).await?;
        if !replace && output.exists() {
            return Err(Trouble::new(
                Code::FileFailed,
                format!(
                    "{} is there already: choose another name, or say that it may be replaced",
                    output.display()
                ),
            )
            .with("path", output.display())
            .with("detail", "exists")
            .into());
        }
        let partial = Partial::beside(output);
        // A new file: what stands there under that name, a link above all, is not written through.
        let created =
            tokio::fs::File::options().write(true).create_new(true).open(&partial.0).await;
        let mut file = created.map_err(|e| file_failed(&partial.0, &e))?;
        let mut hash = Sha256::new();
        let mut decoder = mime::TransferDecoder::new(&part.encoding);
        let mut bytes = 0u64;
        let mut from = 0u64;
        loop {
            let piece = self.piece(message, section, &part, from).await?;
            let last = piece.is_empty();
            let decoded = if last { decoder.finish() } else { decoder.push(&piece) };
            hash.update(&decoded);
            bytes += decoded.len() as u64;
            file.write_all(&decoded).await.map_err(|e| file_failed(&partial.0, &e))?;
            if last {
                break;
            }
            from += piece.len() as u64;
        }
        file.sync_all().await.map_err(|e| file_failed(&partial.0, &e))?;
        drop(file);
        tokio::fs::rename(&partial.0, output).await.map_err(|e| file_failed(output, &e))?;
        let sha256 = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(Saved { path: output.to_owned(), bytes, sha256 })
    }

    /// One part, decoded, for a front end to show.
    pub async fn part(&self, message: MessageId, section: &Section) -> Result<PartFile> {
        let (_, part) = self.part_of(message, section).await?;
        if part.size > SHOWN {
            return Err(Trouble::new(
                Code::BadRequest,
                "the part is too large to show: save it to a file",
            )
            .into());
        }
        let mut encoded = Vec::new();
        loop {
            let piece = self.piece(message, section, &part, encoded.len() as u64).await?;
            if piece.is_empty() || encoded.len() as u64 > SHOWN {
                break;
            }
            encoded.extend_from_slice(&piece);
        }
        let name =
            mime::clean_file_name(part.name.as_deref(), &part.media_type, &section.to_string());
        let bytes = mime::decode_transfer(&encoded, &part.encoding);
        Ok(PartFile { media_type: part.media_type, name, bytes })
    }

    /// The whole message as it came, up to `limit` octets.
    pub async fn raw(&self, message: MessageId, limit: u64) -> Result<Vec<u8>> {
        let (account, at) = self.whereabouts(message).await?;
        let mut raw = Vec::new();
        while (raw.len() as u64) < limit {
            let piece =
                self.stretch(account, message, &at, &Section::root(), raw.len() as u64).await?;
            if piece.is_empty() {
                break;
            }
            raw.extend_from_slice(&piece);
        }
        raw.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(raw)
    }

    /// Encoded octets of a part from `from` on: out of the store, else from the server (and then kept). Empty at
    /// the end.
    async fn piece(
        &self,
        message: MessageId,
        section: &Section,
        part: &Structure,
        from: u64,
    ) -> Result<Vec<u8>> {
        let key = section.to_string();
        let db = &self.inner.db;
        if let Some(piece) = db.part_from(message, &key, from).await? {
            return Ok(piece);
        }
        let piece = loop {
            let (account, at) = self.whereabouts(message).await?;
            match self.stretch(account, message, &at, section, from).await {
                Err(error) if self.stands_elsewhere(message, &at, &error).await => {}
                outcome => break outcome?,
            }
        };
        db.keep_piece(message, &key, part.size, from, &piece).await?;
        Ok(piece)
    }

    async fn stretch(
        &self,
        account: AccountId,
        message: MessageId,
        at: &At,
        section: &Section,
        from: u64,
    ) -> Result<Vec<u8>> {
        let inner = &*self.inner;
        let mut tries = 0;
        loop {
            let outcome = self.one_stretch(inner, account, message, at, section, from).await;
            tries += 1;
            match outcome {
                Err(error) if error.may_be_a_dead_connection() && tries < PATIENCE => {}
                outcome => {
                    self.heard(account, &outcome);
                    return outcome;
                }
            }
        }
    }

    async fn one_stretch(
        &self,
        inner: &crate::Inner,
        account: AccountId,
        message: MessageId,
        at: &At,
        section: &Section,
        from: u64,
    ) -> Result<Vec<u8>> {
        on_connection!(inner, account, Urgency::Background, Some(&at.name), |conn| {
            body::stretch(&inner.db, conn, message, at.clone(), section, from)
        })
    }

    /// Gone from where it was looked for, and known to stand in another mailbox too.
    pub(crate) async fn stands_elsewhere(
        &self,
        message: MessageId,
        at: &At,
        error: &Error,
    ) -> bool {
        error.code() == Code::GoneFromServer
            && self.whereabouts(message).await.is_ok_and(|(_, other)| other.mailbox != at.mailbox)
    }

    async fn part_of(
        &self,
        message: MessageId,
        section: &Section,
    ) -> Result<(store::message::MessageRow, Structure)> {
        let (row, _) = self.message(message).await?;
        let none = || {
            Error::from(
                Trouble::new(Code::NoSuchPart, format!("message {message} has no part {section}: see `satchel show {message} --as structure`"))
                    .with("section", section),
            )
        };
        let structure = row.structure.clone().ok_or_else(none)?;
        let part = structure
            .find(section)
            .filter(|p| !p.is_multipart() && !section.is_root())
            .cloned()
            .ok_or_else(none)?;
        Ok((row, part))
    }

    /// Account and place of a message on the server.
    pub(crate) async fn whereabouts(&self, message: MessageId) -> Result<(AccountId, At)> {
        let found = self
            .inner
            .db
            .read(move |read| {
                let placement = store::message::placements(read, message)?.into_iter().next();
                let mailbox = match &placement {
                    Some(placement) => Some(placement.mailbox),
                    None => store::message::waits_in(read, message)?,
                };
                let mailbox = mailbox.map(|id| store::mailbox::get(read, id)).transpose()?;
                Ok(mailbox.flatten().map(|mailbox| (placement, mailbox)))
            })
            .await?;
        let Some((placement, mailbox)) = found else {
            // Known but in no mailbox: the server took it away.
            self.message(message).await?;
            return Err(body::gone());
        };
        let at = At {
            mailbox: mailbox.id,
            name: mailbox.name,
            uid: placement.as_ref().map_or(model::Uid(0), |p| p.uid),
            uidvalidity: placement.map(|p| p.uidvalidity),
        };
        Ok((mailbox.account, at))
    }
}
