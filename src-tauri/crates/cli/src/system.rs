use crate::out::{Out, cut, list, number, size, text};
use crate::serve::Door;
use crate::{ask, unsaid};
use api::App;
use model::{Code, Trouble};
use serde_json::{Value, json};
use std::net::SocketAddr;

pub async fn storage(
    app: &App,
    out: &Out,
    budget: Option<u64>,
    free: Option<String>,
) -> Result<(), Trouble> {
    let map = if budget.is_some() || free.is_some() {
        ask(app, "storage.change", json!({ "budget": budget, "free": free })).await?
    } else {
        ask(app, "storage.get", json!({})).await?
    };
    out.answer(&map, |s| {
        let mut lines = vec![format!(
            "{} of {} on this device ({} can leave: the server still has it)",
            size(number(s, "used")),
            size(number(s, "budget")),
            size(number(s, "evictable")),
        )];
        for row in list(s, "by") {
            lines.push(format!(
                "  account {}  {}  {}",
                number(row, "account"),
                cut(text(row, "kind"), 12),
                size(number(row, "bytes"))
            ));
        }
        lines.join("\n")
    })
    .map_err(unsaid)
}

pub async fn doctor(app: &App, out: &Out) -> Result<(), Trouble> {
    let report = ask(app, "doctor.get", json!({})).await?;
    out.answer(&report, |d| {
        let store = d.get("store").unwrap_or(&Value::Null);
        let intact = store.get("intact").and_then(Value::as_bool).unwrap_or(false);
        let mut lines = vec![
            format!("Satchel {}", text(d, "version")),
            format!("Data folder: {}", text(d, "data_dir")),
            format!("Secrets: {}", text(d, "secrets")),
            format!(
                "Store: {} (schema {}, SQLCipher {}, {} of {})",
                if intact { "intact" } else { "DAMAGED" },
                number(store, "schema"),
                text(store, "sqlcipher"),
                size(number(store, "used")),
                size(number(store, "budget"))
            ),
        ];
        for account in list(d, "accounts") {
            lines.push(format!(
                "Account {}: {}, password {}",
                number(account, "id"),
                text(account, "imap"),
                if account.get("secret").and_then(Value::as_bool).unwrap_or(false) {
                    "kept"
                } else {
                    "MISSING"
                }
            ));
            let audit = account.get("audit").unwrap_or(&Value::Null);
            lines.push(match text(audit, "checked_at") {
                "" => "  not all mailboxes have been compared with the server yet".to_owned(),
                at => format!(
                    "  same as the server, compared {}; {} differences mended so far",
                    crate::said::day_and_time(at),
                    number(audit, "repaired")
                ),
            });
            for quirk in list(account, "quirks") {
                lines.push(format!("  learnt: {}", quirk.as_str().unwrap_or("")));
            }
            for capability in list(account, "capabilities") {
                let used = text(capability, "used_for");
                lines.push(format!(
                    "  {} {}",
                    cut(text(capability, "name"), 22),
                    if used.is_empty() { "—" } else { used }
                ));
            }
        }
        lines.join("\n")
    })
    .map_err(unsaid)
}

/// The window's interface in a browser. The address is known before the app is made, since its parts are loaded from there.
pub async fn serve(
    make: impl FnOnce(String) -> Result<App, Trouble>,
    out: &Out,
    listen: SocketAddr,
    token: Option<String>,
) -> Result<(), Trouble> {
    let failed = |e: anyhow::Error| {
        Trouble::new(Code::FileFailed, format!("serve: {e:#}")).with("detail", format!("{e:#}"))
    };
    let door = Door::bind(listen).await.map_err(failed)?;
    let app = make(door.origin())?;
    // Mail is kept fresh also before a browser comes. What stands in the way is asked for, and told, when it does.
    app.go_live().await;
    let opening = app.clone();
    tokio::spawn(async move { ask(&opening, "app.start", json!({})).await });
    let said = |address: String| {
        // The one line that a script waits for; the token is in the address's fragment and nowhere else.
        let _ = out.answer(&json!({ "address": address }), |a| {
            format!("Satchel is at {}", text(a, "address"))
        });
    };
    door.open(app, token, said).await.map_err(failed)
}
