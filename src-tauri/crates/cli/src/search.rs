//! `search`: what was found, and how far it was looked, also where nothing was found.

use crate::args::SearchArgs;
use crate::mail::people_rows;
use crate::out::{Out, count, list, number, one_line, text};
use crate::said::month;
use crate::{ask, unsaid};
use api::App;
use model::Trouble;
use serde_json::{Value, json};

pub async fn run(app: &App, out: &Out, args: SearchArgs) -> Result<(), Trouble> {
    let query = args.query.join(" ");
    let found = ask(
        app,
        "search",
        json!({
            "query": query, "server": args.server, "accounts": args.account,
            "before": args.before, "limit": args.limit,
        }),
    )
    .await?;
    out.answer(&found, people).map_err(unsaid)
}

fn people(found: &Value) -> String {
    let rows = list(found, "rows");
    let mut lines = people_rows(rows);
    let more = found.get("cursor").and_then(Value::as_str);
    if rows.is_empty() && more.is_none() {
        lines.push("Nothing found.".to_owned());
    }
    if let Some(cursor) = more {
        lines.push(format!("More: --before {cursor}"));
    }
    lines.extend(coverage(found.get("coverage").unwrap_or(&Value::Null)));
    lines.join("\n")
}

/// `On this device back to March 2024 (41,200 messages); asked 2 of 3 servers.` and why not the third.
fn coverage(coverage: &Value) -> Vec<String> {
    let local = coverage.get("local").unwrap_or(&Value::Null);
    let messages = count(number(local, "messages"));
    let whole = local.get("whole").and_then(Value::as_bool).unwrap_or(false);
    let here = match text(local, "from") {
        _ if whole => format!("All {messages} messages are on this device"),
        "" => format!("{messages} messages are on this device"),
        from => format!("On this device back to {} ({messages} messages)", month(from)),
    };
    let asked = list(coverage, "server");
    let answered = asked.iter().filter(|a| text(a, "state") == "answered").count();
    let servers = match asked.len() {
        0 => String::new(),
        1 => format!("; asked {answered} of 1 server"),
        all => format!("; asked {answered} of {all} servers"),
    };
    let mut lines = vec![format!("{here}{servers}.")];
    for one in asked.iter().filter(|a| text(a, "state") == "failed") {
        let trouble = one.get("trouble").unwrap_or(&Value::Null);
        lines.push(format!(
            "  account {}: {}",
            number(one, "account"),
            one_line(text(trouble, "message"))
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coverage_is_said_also_when_nothing_was_found() {
        let found = json!({
            "rows": [], "cursor": null,
            "coverage": {
                "local": { "from": "2024-03-15T00:00:00Z", "to": null, "messages": 41_200, "whole": false },
                "server": [
                    { "account": 1, "state": "answered", "trouble": null, "mailboxes": 3, "found": 0 },
                    { "account": 2, "state": "failed", "trouble": { "message": "no\nway" }, "mailboxes": 0, "found": 0 },
                ],
            },
        });
        assert_eq!(
            people(&found),
            "Nothing found.\nOn this device back to March 2024 (41,200 messages); asked 1 of 2 servers.\n  \
             account 2: no way"
        );
    }

    #[test]
    fn all_of_it_is_said_to_be_all() {
        let local = json!({ "local": { "from": null, "to": null, "messages": 7, "whole": true }, "server": [] });
        assert_eq!(coverage(&local), ["All 7 messages are on this device."]);
    }
}
