//! Tags on their way to front ends: gathered for a moment, so that a hundred commits are one event.

use crate::wire::Event;
use engine::Engine;
use futures::Stream;
use model::Tag;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::broadcast;

const GATHER: Duration = Duration::from_millis(50);
/// Events that wait for a slow front end; past that it is told to fetch everything on screen again.
const WAITING: usize = 256;

#[derive(Clone)]
pub(crate) struct Events {
    sender: broadcast::Sender<Event>,
    seq: Arc<AtomicU64>,
}

impl Events {
    pub fn new() -> Self {
        Self { sender: broadcast::channel(WAITING).0, seq: Arc::default() }
    }

    pub fn subscribe(&self) -> impl Stream<Item = Event> + Send + Unpin + use<> {
        let receiver = self.sender.subscribe();
        let seq = Arc::clone(&self.seq);
        Box::pin(futures::stream::unfold((receiver, seq), |(mut receiver, seq)| async move {
            match receiver.recv().await {
                Ok(event) => Some((event, (receiver, seq))),
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    let event =
                        Event { seq: seq.load(Ordering::SeqCst), tags: Vec::new(), resync: true };
                    Some((event, (receiver, seq)))
                }
                Err(broadcast::error::RecvError::Closed) => None,
            }
        }))
    }

    /// Everything on screen may be old.
    pub fn resync(&self) {
        self.send(Vec::new(), true);
    }

    /// Passes the engine's changes on until it is closed.
    pub fn follow(&self, engine: &Engine) {
        let mut changes = engine.changes();
        let events = self.clone();
        tokio::spawn(async move {
            loop {
                let mut tags: BTreeSet<Tag> = BTreeSet::new();
                let mut missed = false;
                match changes.recv().await {
                    Ok(tag) => {
                        tags.insert(tag);
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => missed = true,
                    Err(broadcast::error::RecvError::Closed) => return,
                }
                tokio::time::sleep(GATHER).await;
                loop {
                    match changes.try_recv() {
                        Ok(tag) => {
                            tags.insert(tag);
                        }
                        Err(broadcast::error::TryRecvError::Lagged(_)) => missed = true,
                        Err(_) => break,
                    }
                }
                events.send(tags.into_iter().collect(), missed);
            }
        });
    }

    fn send(&self, tags: Vec<Tag>, resync: bool) {
        let seq = self.seq.fetch_add(1, Ordering::SeqCst) + 1;
        // Nobody listening is no fault.
        let _ = self.sender.send(Event { seq, tags, resync });
    }
}
