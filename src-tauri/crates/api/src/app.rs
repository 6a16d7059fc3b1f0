//! One app on one data folder: questions come in by name, each may be cancelled.

use crate::events::Events;
use crate::session::{Config, Session};
use crate::table;
use crate::wire::Event;
use engine::Engine;
use futures::Stream;
use model::{Code, MessageId, Section, Trouble};
use serde_json::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Cheap to clone: all clones are one.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub session: Session,
    pub events: Events,
    calls: Mutex<HashMap<String, CancellationToken>>,
    /// The messages that a front end has open: parts of no others are served.
    open: Mutex<VecDeque<MessageId>>,
    /// The front end wants every account kept live.
    pub live: AtomicBool,
}

/// Messages whose parts may be asked for: the ones shown last.
const OPEN: usize = 16;

/// A part for a front end to show or save.
pub struct PartBody {
    pub media_type: String,
    /// Cleaned.
    pub name: String,
    pub bytes: Vec<u8>,
    /// A picture that engines draw without running anything: all else is only ever saved.
    pub inline_safe: bool,
}

impl App {
    /// Opens nothing yet: `app.start` does.
    pub fn new(config: Config) -> Self {
        Self {
            inner: Arc::new(Inner {
                session: Session::new(config),
                events: Events::new(),
                calls: Mutex::default(),
                open: Mutex::default(),
                live: AtomicBool::new(false),
            }),
        }
    }

    /// Answers `method`. While it runs, [`App::cancel`] with the same `id` ends it; whatever it had asked of a
    /// server is dropped with its connection.
    pub async fn call(&self, id: &str, method: &str, params: Value) -> Result<Value, Trouble> {
        let token = CancellationToken::new();
        self.calls().insert(id.to_owned(), token.clone());
        let _known = Known { app: self, id };
        let outcome = tokio::select! {
            outcome = table::dispatch(self, method, params) => outcome,
            () = token.cancelled() => Err(Trouble::new(Code::Cancelled, "cancelled")),
        };
        if let Err(trouble) = &outcome {
            tracing::info!(method, code = %trouble.code.as_str(), "refused");
        }
        outcome
    }

    pub fn cancel(&self, id: &str) {
        if let Some(token) = self.calls().get(id) {
            token.cancel();
        }
    }

    /// What changed, coalesced.
    pub fn events(&self) -> impl Stream<Item = Event> + Send + Unpin + use<> {
        self.inner.events.subscribe()
    }

    /// Keeps every account live from now on; where the folder is not open yet, from then on. (A command that asks
    /// one thing and stops does not want this.)
    pub async fn go_live(&self) {
        self.inner.live.store(true, Ordering::SeqCst);
        if let Ok(engine) = self.engine().await {
            engine.go_live();
        }
    }

    /// One part of a message that is open.
    pub async fn part(&self, message: i64, section: &str) -> Result<PartBody, Trouble> {
        let message = MessageId(message);
        let none = || Trouble::new(Code::NoSuchPart, "no such part of an open message");
        if !self.open_messages().contains(&message) {
            return Err(none());
        }
        let section = Section::parse(section).filter(|s| !s.is_root()).ok_or_else(none)?;
        let engine = self.engine().await?;
        let part = engine.part(message, &section).await.map_err(|e| e.trouble(None))?;
        let inline_safe = mime::is_safe_image(&part.media_type, &part.bytes);
        Ok(PartBody {
            media_type: part.media_type,
            name: part.name,
            bytes: part.bytes,
            inline_safe,
        })
    }

    /// A phone is put away: sockets close, nothing is asked of a server.
    pub async fn suspend(&self) {
        if let Ok(engine) = self.engine().await {
            engine.suspend().await;
        }
    }

    pub async fn resume(&self) {
        if let Ok(engine) = self.engine().await {
            engine.resume();
        }
        self.inner.events.resync();
    }

    pub async fn close(&self) {
        self.inner.session.close().await;
    }

    pub(crate) async fn engine(&self) -> Result<Engine, Trouble> {
        self.inner.session.engine().await
    }

    pub(crate) fn opened(&self, message: MessageId) {
        let mut open = self.open_messages();
        open.retain(|m| *m != message);
        open.push_back(message);
        if open.len() > OPEN {
            open.pop_front();
        }
    }

    fn open_messages(&self) -> std::sync::MutexGuard<'_, VecDeque<MessageId>> {
        self.inner.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.inner.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that runs; also one that its front end lets go of in the middle is forgotten.
struct Known<'a> {
    app: &'a App,
    id: &'a str,
}

impl Drop for Known<'_> {
    fn drop(&mut self) {
        self.app.calls().remove(self.id);
    }
}
