//! FETCH and UID FETCH (RFC 9051 6.4.5, 6.4.9).

use super::Session;
use super::fetching::Step;
use super::lines::{FetchSet, FetchSummary};
use super::want::FetchWant;
use crate::error::Error;
use crate::parse::Fetched;

impl Session {
    /// Hands on each message's data as it comes. Flags of others, and nothing else, become events. A long
    /// set goes out as several commands. By NO or BAD it fails at the end; what came before stands.
    pub async fn fetch(
        &mut self,
        set: &FetchSet,
        want: &FetchWant,
        mut each: impl FnMut(Fetched) + Send,
    ) -> Result<FetchSummary, Error> {
        self.fetch_many(vec![(set.clone(), want.clone())], |_, fetched| each(fetched)).await
    }

    /// Several fetches in one write; `each` is told which of them a message was fetched by. Positions
    /// may shift under commands that follow (RFC 9051 5.5), so by position only one at a time.
    pub async fn fetch_many(
        &mut self,
        commands: Vec<(FetchSet, FetchWant)>,
        mut each: impl FnMut(usize, Fetched) + Send,
    ) -> Result<FetchSummary, Error> {
        let mut fetching = self.fetching();
        fetching.ask_all(&commands).await?;
        let mut summary = FetchSummary::default();
        let mut failed = None;
        while let Some(step) = fetching.next().await? {
            match step {
                Step::Message(index, fetched) => each(index, *fetched),
                Step::Done(_, Ok(one)) => {
                    summary.answered += one.answered;
                    summary.unreadable += one.unreadable;
                }
                Step::Done(_, Err(error)) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(summary), Err)
    }
}
