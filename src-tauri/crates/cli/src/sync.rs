//! `sync`: looks, brings as much as was asked for, and stops. A person at a terminal sees how far it is.

use crate::args::Until;
use crate::out::{Out, count, list, number, size};
use crate::{ask, unsaid};
use api::App;
use futures::StreamExt;
use model::{Code, Tag, Trouble};
use serde_json::{Value, json};
use std::pin::pin;

pub async fn run(app: &App, out: &Out, account: Option<i64>, until: Until) -> Result<(), Trouble> {
    out.note("Looking for new mail …").map_err(unsaid)?;
    // Another question, so another name: the same would take its place.
    let params = json!({ "account": account, "until": until.as_str() });
    let mut events = app.events();
    let mut running = pin!(app.call("sync", "sync.run", params));
    let report = loop {
        tokio::select! {
            report = &mut running => break report,
            Some(event) = events.next() => {
                if event.resync || event.tags.iter().any(|tag| matches!(tag, Tag::Account(_))) {
                    let accounts = ask(app, "account.list", json!({})).await.unwrap_or_default();
                    if let Some(far) = how_far(&accounts) {
                        out.passing(&far).map_err(unsaid)?;
                    }
                }
            }
        }
    };
    out.passing("").map_err(unsaid)?;
    let report = report?;
    out.answer(&report, people).map_err(unsaid)?;
    // What could be synced is; what could not is still a failure.
    match list(&report, "failed").first() {
        Some(failed) => Err(serde_json::from_value(failed.clone())
            .unwrap_or_else(|_| Trouble::new(Code::Internal, "an account could not be synced"))),
        None => Ok(()),
    }
}

fn people(report: &Value) -> String {
    let screen = report.get("first_screen").unwrap_or(&Value::Null);
    format!(
        "{} new. First screen: {} rows after {} round trips, {} down, {} ms. In all: {} down, {} ms.",
        count(number(report, "headers")),
        number(screen, "rows"),
        number(screen, "round_trips"),
        size(number(screen, "bytes_in")),
        number(screen, "ms"),
        size(number(report, "bytes_in")),
        number(report, "ms"),
    )
}

/// `41,200 of 100,000`, over all accounts that bring headers.
fn how_far(accounts: &Value) -> Option<String> {
    let progress: Vec<&Value> = accounts
        .as_array()?
        .iter()
        .filter_map(|account| account.get("progress"))
        .filter(|progress| !progress.is_null())
        .collect();
    if progress.is_empty() {
        return None;
    }
    let sum = |key: &str| progress.iter().map(|p| number(p, key)).sum::<u64>();
    let full = progress.iter().any(|p| p.get("full").and_then(Value::as_bool).unwrap_or(false));
    let end = if full { " (the budget has no room for more)" } else { "" };
    Some(format!("{} of {}{end}", count(sum("done")), count(sum("total"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_of_all_accounts_together() {
        let accounts = json!([
            { "progress": { "done": 41_000, "total": 90_000, "paused": false, "full": false } },
            { "progress": null },
            { "progress": { "done": 200, "total": 10_000, "paused": false, "full": false } },
        ]);
        assert_eq!(how_far(&accounts).as_deref(), Some("41,200 of 100,000"));
        assert_eq!(how_far(&json!([{ "progress": null }])), None);
        assert_eq!(how_far(&Value::Null), None);
    }
}
