//! Tags on their way to front ends: gathered for a moment, so that a hundred commits are one event; and each at most
//! four times a second, so that a header sync does not have the screen fetched at every batch. The first of them
//! goes out at once, the last is never left out.

use crate::wire::Event;
use futures::Stream;
use model::Tag;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::Instant;

const GATHER: Duration = Duration::from_millis(50);
/// Between two events with the same tag.
const PACE: Duration = Duration::from_millis(250);
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
    pub fn follow(&self, mut changes: broadcast::Receiver<Tag>) {
        let events = self.clone();
        tokio::spawn(async move {
            let mut paced = Paced::default();
            loop {
                let mut missed = false;
                tokio::select! {
                    change = changes.recv() => match change {
                        Ok(tag) => paced.add(tag),
                        Err(broadcast::error::RecvError::Lagged(_)) => missed = true,
                        Err(broadcast::error::RecvError::Closed) => {
                            let last = paced.all();
                            if !last.is_empty() {
                                events.send(last, false);
                            }
                            return;
                        }
                    },
                    () = until(paced.due()) => {}
                }
                tokio::time::sleep(GATHER).await;
                loop {
                    match changes.try_recv() {
                        Ok(tag) => paced.add(tag),
                        Err(broadcast::error::TryRecvError::Lagged(_)) => missed = true,
                        Err(_) => break,
                    }
                }
                let tags = paced.ready(Instant::now());
                if missed || !tags.is_empty() {
                    events.send(tags, missed);
                }
            }
        });
    }

    fn send(&self, tags: Vec<Tag>, resync: bool) {
        let seq = self.seq.fetch_add(1, Ordering::SeqCst) + 1;
        // Nobody listening is no fault.
        let _ = self.sender.send(Event { seq, tags, resync });
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// What waits to be said, and what was said so lately that it has to wait. The value is not kept: whoever hears a
/// tag asks, and gets what is true then.
pub(crate) struct Paced<K> {
    waiting: BTreeSet<K>,
    said: HashMap<K, Instant>,
}

impl<K> Default for Paced<K> {
    fn default() -> Self {
        Self { waiting: BTreeSet::new(), said: HashMap::new() }
    }
}

impl<K: Clone + Ord + std::hash::Hash> Paced<K> {
    pub fn add(&mut self, key: K) {
        self.waiting.insert(key);
    }

    /// When the next of what waits may go.
    pub fn due(&self) -> Option<Instant> {
        let free = |key: &K| self.said.get(key).map_or_else(Instant::now, |said| *said + PACE);
        self.waiting.iter().map(free).min()
    }

    /// Takes what may go now.
    pub fn ready(&mut self, now: Instant) -> Vec<K> {
        self.said.retain(|_, said| *said + PACE > now);
        let (wait, go) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|key| self.said.contains_key(key));
        self.waiting = wait;
        let go: BTreeSet<K> = go;
        self.said.extend(go.iter().map(|key| (key.clone(), now)));
        go.into_iter().collect()
    }

    fn all(&mut self) -> Vec<K> {
        std::mem::take(&mut self.waiting).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use model::{AccountId, MailboxId};

    /// What comes within `span`, with the time it came at.
    async fn heard(
        events: &mut (impl Stream<Item = Event> + Unpin),
        span: Duration,
    ) -> Vec<(Duration, Event)> {
        let begun = Instant::now();
        let mut all = Vec::new();
        while let Ok(Some(event)) = tokio::time::timeout_at(begun + span, events.next()).await {
            all.push((begun.elapsed(), event));
        }
        all
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_goes_at_once_and_the_last_is_never_left_out() {
        let (tell, changes) = broadcast::channel(64);
        let events = Events::new();
        let mut stream = events.subscribe();
        events.follow(changes);
        let progress = Tag::Account(AccountId(1));
        let telling = tokio::spawn({
            let progress = progress.clone();
            async move {
                // A header sync: a hundred changes within a second.
                for _ in 0..100 {
                    tell.send(progress.clone()).unwrap();
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                let last = Instant::now();
                tell.send(progress).unwrap();
                // Open for as long as the test listens.
                tokio::time::sleep(Duration::from_secs(10)).await;
                last
            }
        });
        let begun = Instant::now();
        let heard = heard(&mut stream, Duration::from_secs(5)).await;
        assert!(heard.len() <= 6, "{heard:?}");
        assert!(heard[0].0 <= Duration::from_millis(60), "{heard:?}");
        assert!(heard.windows(2).all(|two| two[1].0 - two[0].0 >= PACE), "{heard:?}");
        assert!(heard.windows(2).all(|two| two[1].1.seq == two[0].1.seq + 1), "{heard:?}");
        let told_last = telling.await.unwrap() - begun;
        assert!(heard.last().unwrap().0 >= told_last, "{heard:?} but {told_last:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_tag_does_not_hold_up_another() {
        let (tell, changes) = broadcast::channel(64);
        let events = Events::new();
        let mut stream = events.subscribe();
        events.follow(changes);
        tell.send(Tag::Storage).unwrap();
        tokio::time::sleep(Duration::from_millis(80)).await;
        tell.send(Tag::Storage).unwrap();
        tell.send(Tag::List(MailboxId(3))).unwrap();
        let heard = heard(&mut stream, Duration::from_secs(2)).await;
        let tags: Vec<&[Tag]> = heard.iter().map(|(_, event)| event.tags.as_slice()).collect();
        let list = Tag::List(MailboxId(3));
        assert_eq!(tags, [&[Tag::Storage][..], &[list], &[Tag::Storage]]);
        assert!(heard[1].0 <= Duration::from_millis(60), "{heard:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_missed_is_owned_up_to() {
        let (tell, changes) = broadcast::channel(4);
        let events = Events::new();
        let mut stream = events.subscribe();
        for mailbox in 0..20 {
            tell.send(Tag::List(MailboxId(mailbox))).unwrap();
        }
        events.follow(changes);
        let heard = heard(&mut stream, Duration::from_secs(1)).await;
        assert!(heard[0].1.resync, "{heard:?}");
    }

    #[test]
    fn nothing_is_remembered_for_ever() {
        let mut paced = Paced::default();
        let begun = Instant::now();
        for n in 0..1_000 {
            paced.add(n);
            paced.ready(begun + n * PACE);
        }
        assert!(paced.said.len() <= 2, "{}", paced.said.len());
    }
}
