//! Times, and how an account fares, in words for people.

use crate::out::{count, number, one_line, text};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

/// `12:04`, by the clock on the wall.
fn time(rfc3339: &str) -> String {
    here(rfc3339, "%H:%M")
}

/// `2024-03-01 12:04`
pub fn day_and_time(rfc3339: &str) -> String {
    here(rfc3339, "%Y-%m-%d %H:%M")
}

/// `March 2024`
pub fn month(rfc3339: &str) -> String {
    here(rfc3339, "%B %Y")
}

fn here(rfc3339: &str, form: &str) -> String {
    rfc3339.parse::<Timestamp>().map_or_else(
        |_| one_line(rfc3339),
        |time| time.to_zoned(TimeZone::system()).strftime(form).to_string(),
    )
}

/// An account's state line. `account` has the fields `state`, `last_heard` and `progress`.
pub fn state(account: &Value) -> String {
    let state = account.get("state").unwrap_or(&Value::Null);
    let trouble = state.get("trouble").unwrap_or(&Value::Null);
    let heard = match text(account, "last_heard") {
        "" => String::new(),
        at => format!("heard {}", time(at)),
    };
    let mut line = match text(state, "kind") {
        "resting" if heard.is_empty() => "not asked yet".to_owned(),
        "checking" => "asking the server".to_owned(),
        "current" => match text(state, "by") {
            "idle" => format!("{heard} by IDLE"),
            "poll" => format!("{heard}, asked every few minutes"),
            _ => heard,
        },
        "waiting" => format!(
            "{}; trying again at {}",
            one_line(text(trouble, "message")),
            time(text(state, "retry_at"))
        ),
        "offline" if heard.is_empty() => "waiting for the network".to_owned(),
        "offline" => format!("waiting for the network; last {heard}"),
        "trouble" => one_line(text(trouble, "message")),
        "paused" => "paused".to_owned(),
        _ => heard,
    };
    if let Some(progress) = account.get("progress").filter(|p| !p.is_null()) {
        let is = |key: &str| progress.get(key).and_then(Value::as_bool).unwrap_or(false);
        let done = format!(
            "{} of {} headers{}",
            count(number(progress, "done")),
            count(number(progress, "total")),
            if is("paused") {
                ", paused"
            } else if is("full") {
                ": the budget has no room for more"
            } else {
                ""
            }
        );
        line = if line.is_empty() { done } else { format!("{line}; {done}") };
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_state_is_a_line_in_words() {
        let at = "2024-03-01T11:04:00Z";
        let clock = time(at);
        let trouble = json!({ "code": "server-busy", "message": "mail.example refused: \u{201c}too many\u{201d}" });
        for (account, said) in [
            (json!({ "state": { "kind": "resting" } }), "not asked yet".to_owned()),
            (
                json!({ "state": { "kind": "current", "by": "idle" }, "last_heard": at }),
                format!("heard {clock} by IDLE"),
            ),
            (
                json!({ "state": { "kind": "waiting", "trouble": trouble, "retry_at": at } }),
                format!("mail.example refused: \u{201c}too many\u{201d}; trying again at {clock}"),
            ),
            (json!({ "state": { "kind": "offline" } }), "waiting for the network".to_owned()),
            (
                json!({ "state": { "kind": "current", "by": "check" }, "last_heard": at,
                        "progress": { "done": 41_200, "total": 100_000, "paused": false, "full": false } }),
                format!("heard {clock}; 41,200 of 100,000 headers"),
            ),
            (
                json!({ "state": { "kind": "checking" },
                        "progress": { "done": 1, "total": 2, "paused": true, "full": false } }),
                "asking the server; 1 of 2 headers, paused".to_owned(),
            ),
        ] {
            assert_eq!(state(&account), said, "{account}");
        }
    }

    #[test]
    fn a_time_that_is_none_is_said_as_it_is() {
        assert_eq!(time("soon\n"), "soon");
    }
}
