//! One question over all mail: what this device knows at once, what the servers know where that is wanted.

use crate::app::App;
use crate::date::date_of;
use crate::messages::cursor;
use crate::rows;
use crate::wire::*;
use engine::SearchAsk;
use model::Trouble;

const PAGE: u32 = 50;

impl App {
    pub(crate) async fn search(&self, search: Search) -> Result<Found, Trouble> {
        let ask = SearchAsk {
            before: search.before.as_deref().map(|c| cursor("search", c)).transpose()?,
            limit: search.limit.unwrap_or(PAGE),
            query: search.query,
            accounts: search.accounts,
            server: search.server,
        };
        let found = self.engine().await?.search(ask).await.map_err(|e| e.trouble(None))?;
        let coverage = found.coverage;
        Ok(Found {
            rows: found.rows.into_iter().map(rows::message).collect(),
            cursor: found.next.map(|c| c.to_string()),
            coverage: Coverage {
                local: LocalCoverage {
                    from: coverage.local.from.map(date_of),
                    to: coverage.local.to.map(date_of),
                    messages: coverage.local.messages,
                    whole: coverage.local.whole,
                },
                server: coverage.server.into_iter().map(asked).collect(),
            },
        })
    }
}

fn asked(one: engine::Asked) -> Asked {
    let (state, trouble) = match one.state {
        engine::AskedState::Answered => (AskedState::Answered, None),
        engine::AskedState::Failed(trouble) => (AskedState::Failed, Some(trouble)),
    };
    Asked { account: one.account, state, trouble, mailboxes: one.mailboxes, found: one.found }
}
