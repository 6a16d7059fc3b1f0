//! The store as the engine uses it: the writer's, or a reader's beside another engine.

use crate::error::{Error, Result};
use model::{Code, MailboxId, MessageId, Tag, Uid, UidValidity};
use store::message::NewRow;
use store::{Read, Reader, Store, Tx};
use tokio::sync::broadcast;

pub(crate) enum Db {
    Writer(Store),
    Reader(Reader),
}

const SMALL: u64 = 64_000_000;
/// Octets of a part that one transaction writes.
const PIECE: usize = 256 * 1024;

impl Db {
    pub fn is_writer(&self) -> bool {
        matches!(self, Db::Writer(_))
    }

    pub fn store(&self) -> Result<&Store> {
        match self {
            Db::Writer(store) => Ok(store),
            Db::Reader(_) => Err(Error::new(
                Code::AlreadyOpen,
                "Satchel is running on this data folder already: close it first, or ask only for what is on this device",
            )),
        }
    }

    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Read<'_>) -> std::result::Result<T, store::Error> + Send + 'static,
    ) -> Result<T> {
        Ok(match self {
            Db::Writer(store) => store.read(f).await?,
            Db::Reader(reader) => reader.read(f).await?,
        })
    }

    pub async fn write<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> std::result::Result<T, store::Error> + Send + 'static,
    ) -> Result<T> {
        Ok(self.store()?.write(f).await?)
    }

    pub async fn write_sacred<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> std::result::Result<T, store::Error> + Send + 'static,
    ) -> Result<T> {
        Ok(self.store()?.write_sacred(f).await?)
    }

    pub async fn usage(&self) -> Result<store::Usage> {
        Ok(match self {
            Db::Writer(store) => store.usage().await?,
            Db::Reader(reader) => reader.usage().await?,
        })
    }

    pub async fn check(&self) -> Result<store::Integrity> {
        Ok(match self {
            Db::Writer(store) => store.check().await?,
            Db::Reader(reader) => reader.check().await?,
        })
    }

    /// In a small budget the log has little room: rows in no order touch many pages of many trees.
    fn rows_at_once(&self) -> Result<usize> {
        let small = self.store()?.budget() < SMALL;
        Ok(if small { store::MOST_ROWS * 2 / 5 } else { store::MOST_ROWS })
    }

    /// Rows in transactions of their own, each with the stretch that it covers: newest first, so that a cut
    /// leaves a hole below and never one inside.
    pub async fn put(
        &self,
        mailbox: MailboxId,
        epoch: UidValidity,
        mut rows: Vec<NewRow>,
        covered: Option<(Uid, Uid)>,
    ) -> Result<Vec<MessageId>> {
        let mut ids = Vec::with_capacity(rows.len());
        rows.sort_by_key(|row| std::cmp::Reverse(row.uid));
        let mut high = covered.map(|(_, high)| high);
        let chunks: Vec<Vec<NewRow>> =
            rows.chunks(self.rows_at_once()?).map(<[NewRow]>::to_vec).collect();
        let last = chunks.len().saturating_sub(1);
        for (index, chunk) in chunks.into_iter().enumerate() {
            let lowest = chunk.iter().map(|row| row.uid).min();
            let low = if index == last { covered.map(|(low, _)| low) } else { lowest };
            let stretch = low.zip(high);
            let some = self
                .write(move |tx| {
                    let ids = store::message::put(tx, mailbox, epoch, &chunk)?;
                    if let Some((low, high)) = stretch {
                        store::covered::add(tx, mailbox, low, high)?;
                    }
                    tx.changed(Tag::List(mailbox));
                    Ok(ids)
                })
                .await?;
            ids.extend(some);
            high = lowest;
        }
        if let (Some((low, high)), true) = (covered, rows.is_empty()) {
            self.write(move |tx| store::covered::add(tx, mailbox, low, high)).await?;
        }
        Ok(ids)
    }

    /// A part that is wholly here.
    pub async fn part(&self, message: MessageId, key: &str) -> Result<Option<Vec<u8>>> {
        let key = key.to_owned();
        self.read(move |read| {
            let Some(meta) = store::part::get(read, message, &key)?.filter(|m| m.complete) else {
                return Ok(None);
            };
            // The least recently used leave first.
            store::part::touch(read, meta.id);
            let mut bytes = Vec::new();
            for index in 0..meta.chunks {
                bytes.extend(store::part::chunk(read, meta.id, index)?);
            }
            Ok(Some(bytes))
        })
        .await
    }

    /// The piece of a part that begins at `from`, where it is here; empty at the end of a complete part.
    pub async fn part_from(
        &self,
        message: MessageId,
        key: &str,
        from: u64,
    ) -> Result<Option<Vec<u8>>> {
        let key = key.to_owned();
        self.read(move |read| {
            let Some(meta) = store::part::get(read, message, &key)? else { return Ok(None) };
            if from >= meta.have {
                return Ok(meta.complete.then(Vec::new));
            }
            store::part::touch(read, meta.id);
            let index = u32::try_from(from / PIECE as u64).unwrap_or(u32::MAX);
            let skip = usize::try_from(from % PIECE as u64).unwrap_or(0);
            let chunk = store::part::chunk(read, meta.id, index)?;
            Ok(chunk.get(skip..).map(<[u8]>::to_vec))
        })
        .await
    }

    /// Keeps a part whole. A cache with no room for it is no failure: it is fetched again.
    pub async fn keep_part(&self, message: MessageId, key: &str, bytes: &[u8]) -> Result<()> {
        self.keep_piece(message, key, bytes.len() as u64, 0, bytes).await?;
        self.keep_piece(message, key, bytes.len() as u64, bytes.len() as u64, &[]).await
    }

    /// Keeps the octets of a part from `from` on; an empty piece says that the part ends there.
    pub async fn keep_piece(
        &self,
        message: MessageId,
        key: &str,
        size: u64,
        from: u64,
        piece: &[u8],
    ) -> Result<()> {
        let Db::Writer(store) = self else { return Ok(()) };
        if !store.read(move |read| Ok(store::part::may_cache(read, size))).await? {
            return Ok(());
        }
        let mut at = from;
        let mut pieces: Vec<Vec<u8>> = piece.chunks(PIECE).map(<[u8]>::to_vec).collect();
        if piece.is_empty() {
            pieces.push(Vec::new());
        }
        for piece in pieces {
            let (key, length) = (key.to_owned(), piece.len() as u64);
            let kept = store
                .write(move |tx| {
                    let part = match store::part::get(tx, message, &key)? {
                        Some(meta) if meta.have == at && !meta.complete => meta.id,
                        Some(_) => return Ok(()),
                        None if at == 0 => store::part::begin(tx, message, &key, size)?,
                        None => return Ok(()),
                    };
                    if piece.is_empty() {
                        store::part::finish(tx, part)?;
                        tx.changed(Tag::Storage);
                    } else {
                        store::part::append(tx, part, &piece)?;
                    }
                    Ok(())
                })
                .await;
            match kept {
                Ok(()) => {}
                Err(
                    store::Error::Full
                    | store::Error::DiskFull
                    | store::Error::PinnedFull
                    | store::Error::TooLarge,
                ) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            at += length;
        }
        Ok(())
    }

    pub async fn cached_sections(&self, message: MessageId) -> Result<Vec<String>> {
        self.read(move |read| store::part::complete_keys(read, message)).await
    }

    /// Commits of the store among the engine's own tags.
    pub fn forward_changes(&self, tags: broadcast::Sender<Tag>) {
        let Db::Writer(store) = self else { return };
        let mut changes = store.changes();
        tokio::spawn(async move {
            loop {
                match changes.recv().await {
                    Ok(changed) => {
                        for tag in changed {
                            let _ = tags.send(tag);
                        }
                    }
                    // What was missed may be anything.
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        let _ = tags.send(Tag::Accounts);
                    }
                    Err(broadcast::error::RecvError::Closed) => break,
                }
            }
        });
    }
}
