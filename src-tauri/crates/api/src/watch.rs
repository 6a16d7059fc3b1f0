//! What happens to the mail, one thing after the other, for those who follow along without a screen.

use crate::accounts::state_of;
use crate::app::App;
use crate::date::date_of;
use crate::events::Paced;
use crate::rows;
use crate::wire::{AccountState, Change, Progress, What};
use engine::Noted;
use futures::Stream;
use model::{AccountId, MessageId, Trouble};
use std::collections::HashMap;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, sleep_until};

/// Lines that wait for a slow reader before the engine's own list begins to.
const WAITING: usize = 256;

impl App {
    /// How every account fares, then every change, until the folder is closed. Said of states: the latest, not each
    /// in between.
    pub async fn watch(
        &self,
    ) -> Result<impl Stream<Item = Change> + Send + Unpin + use<>, Trouble> {
        let engine = self.engine().await?;
        let (sender, receiver) = mpsc::channel(WAITING);
        // Listening begins before anything is read: what happens in between is said.
        let noted = engine.noted();
        let accounts = engine.accounts().await.map_err(|e| e.trouble(None))?;
        let accounts = accounts.into_iter().map(|(row, _)| row.id).collect();
        let watcher = Watcher { app: self.clone(), sender, said: HashMap::new() };
        tokio::spawn(watcher.follow(noted, accounts));
        Ok(Box::pin(futures::stream::unfold(receiver, |mut receiver| async move {
            receiver.recv().await.map(|change| (change, receiver))
        })))
    }
}

type Said = (AccountState, Option<String>, Option<Progress>);

struct Watcher {
    /// Not the engine: that closes when the app lets go of it.
    app: App,
    sender: mpsc::Sender<Change>,
    /// What was last said of each account.
    said: HashMap<AccountId, Said>,
}

/// Nobody listens any more, or there is nothing more to hear.
struct Left;

impl Watcher {
    async fn follow(mut self, mut noted: broadcast::Receiver<Noted>, accounts: Vec<AccountId>) {
        let mut states: Paced<AccountId> = Paced::default();
        accounts.into_iter().for_each(|account| states.add(account));
        loop {
            let due = states.due();
            let told = tokio::select! {
                biased;
                () = async { sleep_until(due.unwrap_or_else(Instant::now)).await }, if due.is_some() => {
                    self.tell_states(&states.ready(Instant::now())).await
                }
                () = self.sender.closed() => return,
                next = noted.recv() => match next {
                    Ok(Noted::State { account }) => {
                        states.add(account);
                        Ok(())
                    }
                    Ok(one) => self.tell(one).await,
                    Err(broadcast::error::RecvError::Lagged(count)) => {
                        self.send(None, What::Missed { count }).await
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                },
            };
            if told.is_err() {
                return;
            }
        }
    }

    async fn tell(&self, noted: Noted) -> Result<(), Left> {
        match noted {
            Noted::New { account, mailbox, message: id } => {
                let row = self.row(id).await;
                self.send(Some(account), What::New { mailbox, id, row }).await
            }
            Noted::Flags { account, mailbox, message: id } => {
                let row = self.row(id).await;
                self.send(Some(account), What::Flags { mailbox, id, row }).await
            }
            Noted::Gone { account, mailbox, message: id } => {
                self.send(Some(account), What::Gone { mailbox, id }).await
            }
            Noted::State { .. } => Ok(()),
        }
    }

    async fn tell_states(&mut self, accounts: &[AccountId]) -> Result<(), Left> {
        let engine = self.app.engine().await.map_err(|_| Left)?;
        let Ok(all) = engine.accounts().await else { return Ok(()) };
        for (row, state) in all.into_iter().filter(|(row, _)| accounts.contains(&row.id)) {
            let (state, last_heard, progress) = state_of(state);
            let state = if row.paused { AccountState::Paused } else { state };
            let now = (state, last_heard, progress);
            if self.said.get(&row.id) == Some(&now) {
                continue;
            }
            self.said.insert(row.id, now.clone());
            let (state, last_heard, progress) = now;
            self.send(Some(row.id), What::State { state, last_heard, progress }).await?;
        }
        Ok(())
    }

    /// A message that has left again by now has none.
    async fn row(&self, id: MessageId) -> Option<Box<crate::wire::Row>> {
        let rows = self.app.engine().await.ok()?.rows(vec![id]).await.ok()?;
        rows.into_iter().next().map(rows::message).map(Box::new)
    }

    async fn send(&self, account: Option<AccountId>, what: What) -> Result<(), Left> {
        let at = date_of(jiff::Timestamp::now().as_second());
        self.sender.send(Change { at, account, what }).await.map_err(|_| Left)
    }
}
