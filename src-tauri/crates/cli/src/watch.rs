//! `watch`: every account live, a line for each change, until it is interrupted or nobody reads any more.

use crate::mail::sender;
use crate::out::{Out, list, number, one_line, text};
use crate::said::{self, day_and_time};
use crate::{stop, unsaid};
use api::App;
use futures::StreamExt;
use model::Trouble;
use serde_json::{Value, json};
use std::pin::pin;

pub async fn run(app: &App, out: &Out) -> Result<(), Trouble> {
    // Listening first: what going live finds is said.
    let mut changes = app.watch().await?;
    app.go_live().await;
    let mut stopped = pin!(stop::signal());
    loop {
        tokio::select! {
            // First, so that it is listened for before anything is said.
            biased;
            () = &mut stopped => return Ok(()),
            change = changes.next() => {
                let Some(change) = change else { return Ok(()) };
                if !out.next(&json!(change), people).map_err(unsaid)? {
                    return Ok(());
                }
            }
        }
    }
}

fn people(change: &Value) -> String {
    let row = change.get("row").unwrap_or(&Value::Null);
    let id = number(change, "id");
    let subject = one_line(text(row, "subject"));
    let what = match text(change, "kind") {
        "new" => format!("new {id} from {}: {subject}", one_line(sender(row))),
        "flags" => {
            let flags: Vec<&str> = list(row, "flags").iter().filter_map(Value::as_str).collect();
            format!("flags {id} {}: {subject}", one_line(&flags.join(" ")))
        }
        "gone" => format!("gone {id} from mailbox {}", number(change, "mailbox")),
        "missed" => format!("{} changes were too fast to be listed", number(change, "count")),
        _ => said::state(change),
    };
    let account = match change.get("account").and_then(Value::as_i64) {
        Some(account) => format!("account {account}  "),
        None => String::new(),
    };
    format!("{}  {account}{what}", day_and_time(text(change, "at")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_a_line() {
        let at = "2024-03-01T11:04:00Z";
        let clock = day_and_time(at);
        let new = json!({
            "at": at, "kind": "new", "account": 1, "mailbox": 2, "id": 77,
            "row": { "subject": "Plan\nB", "from": [{ "name": "Ines", "address": "ines@example.org" }] },
        });
        assert_eq!(people(&new), format!("{clock}  account 1  new 77 from Ines: Plan B"));
        let gone = json!({ "at": at, "kind": "gone", "account": 1, "mailbox": 2, "id": 77 });
        assert_eq!(people(&gone), format!("{clock}  account 1  gone 77 from mailbox 2"));
        let state =
            json!({ "at": at, "kind": "state", "account": 3, "state": { "kind": "offline" } });
        assert_eq!(people(&state), format!("{clock}  account 3  waiting for the network"));
        let missed = json!({ "at": at, "kind": "missed", "count": 12 });
        assert_eq!(people(&missed), format!("{clock}  12 changes were too fast to be listed"));
    }
}
