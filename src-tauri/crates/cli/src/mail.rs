use crate::args::{ListArgs, ShowAs};
use crate::out::{Out, cut, list as items, number, one_line, safe_lines, size, text};
use crate::{ask, unsaid};
use api::App;
use model::{Code, Role, Trouble};
use serde_json::{Value, json};
use std::path::Path;

pub async fn list(app: &App, out: &Out, args: ListArgs) -> Result<(), Trouble> {
    let mailbox = match &args.mailbox {
        Some(which) => Some(find(app, which, args.account).await?),
        None => None,
    };
    let page = ask(
        app,
        "message.list",
        json!({
            "mailbox": mailbox, "limit": args.limit, "before": args.before, "at": args.at,
            "threads": args.threads,
        }),
    )
    .await?;
    out.answer(&page, people_page).map_err(unsaid)
}

pub async fn thread(app: &App, out: &Out, id: i64) -> Result<(), Trouble> {
    let rows = ask(app, "message.thread", json!({ "thread": id })).await?;
    if rows.as_array().is_some_and(Vec::is_empty) {
        return Err(Trouble::new(
            Code::NoSuchMessage,
            format!("there is no conversation {id}: `list --json` says the threads"),
        ));
    }
    out.answer(&rows, |rows| {
        people_rows(rows.as_array().map_or(&[] as &[Value], Vec::as_slice)).join("\n")
    })
    .map_err(unsaid)
}

pub async fn show(app: &App, out: &Out, id: i64, form: ShowAs) -> Result<(), Trouble> {
    let shown = ask(app, "message.show", json!({ "id": id, "as": form.as_str() })).await?;
    out.answer(&shown, |s| people_message(s, form)).map_err(unsaid)
}

pub async fn attachment(
    app: &App,
    out: &Out,
    id: i64,
    section: String,
    output: &Path,
    replace: bool,
) -> Result<(), Trouble> {
    let output = std::path::absolute(output).map_err(|e| {
        Trouble::new(Code::FileFailed, format!("{}: {e}", output.display()))
            .with("path", output.display())
    })?;
    let params = json!({ "id": id, "section": section, "output": output, "replace": replace });
    let saved = ask(app, "attachment.save", params).await?;
    out.answer(&saved, |s| {
        format!("{} ({}, SHA-256 {})", text(s, "path"), size(number(s, "bytes")), text(s, "sha256"))
    })
    .map_err(unsaid)
}

/// A role, an exact name, or an id, in this order; `id:N` is always an id.
pub async fn find(app: &App, which: &str, account: Option<i64>) -> Result<i64, Trouble> {
    let mailboxes = ask(app, "mailbox.list", json!({ "account": account })).await?;
    let all = mailboxes.as_array().map_or(&[] as &[Value], Vec::as_slice);
    let id_of = |m: &Value| m.get("id").and_then(Value::as_i64);
    let by = |fits: &dyn Fn(&Value) -> bool| {
        all.iter().filter(|m| fits(m)).filter_map(id_of).collect::<Vec<_>>()
    };
    let asked_id = which.strip_prefix("id:");
    let mut found = Vec::new();
    if asked_id.is_none() {
        if Role::parse(which).is_some() {
            found = by(&|m| text(m, "role").eq_ignore_ascii_case(which));
        }
        if found.is_empty() {
            found = by(&|m| text(m, "name") == which);
        }
    }
    if found.is_empty() {
        let id: Option<i64> = asked_id.unwrap_or(which).parse().ok();
        found = by(&|m| id.is_some() && id_of(m) == id);
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(Trouble::new(
            Code::NoSuchMailbox,
            format!("there is no mailbox `{}`: see `satchel mailboxes`", one_line(which)),
        )
        .with("name", which)),
        several => {
            let ids: Vec<String> = several.iter().map(|id| format!("id:{id}")).collect();
            Err(Trouble::new(
                Code::AmbiguousMailbox,
                format!(
                    "`{}` is {} mailboxes: name one with --account, or as {}",
                    one_line(which),
                    several.len(),
                    ids.join(", ")
                ),
            )
            .with("name", which)
            .with("candidates", ids.join(",")))
        }
    }
}

fn people_page(page: &Value) -> String {
    let rows = items(page, "rows");
    if rows.is_empty() {
        return "No messages.".to_owned();
    }
    let mut lines = people_rows(rows);
    if let Some(cursor) = page.get("cursor").and_then(Value::as_str) {
        lines.push(format!("More: --before {cursor}"));
    }
    lines.join("\n")
}

/// A line a row, and one for the preview where there is one.
pub fn people_rows(rows: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows {
        let has = |flag: &str| items(row, "flags").iter().any(|f| f.as_str() == Some(flag));
        let marks = format!(
            "{}{}{}",
            if number(row, "unread") > 0 { '•' } else { ' ' },
            if has("\\Flagged") { '!' } else { ' ' },
            if row.get("has_attachments").and_then(Value::as_bool).unwrap_or(false) {
                '@'
            } else {
                ' '
            }
        );
        let date: String = text(row, "date").chars().take(16).collect();
        // Of several that wrote, the first is named and the others are counted.
        let count = number(row, "count");
        let from = if count > 1 {
            let senders = items(row, "senders");
            let first = senders.first().map_or("", name);
            let others = senders.len().saturating_sub(1);
            let others = if others > 0 { format!(" +{others}") } else { String::new() };
            format!("{}{others} ({count})", one_line(first))
        } else {
            sender(row).to_owned()
        };
        lines.push(format!(
            "{:>7} {marks} {} {} {}",
            number(row, "id"),
            date.replace('T', " "),
            cut(&from, 22),
            cut(text(row, "subject"), 60).trim_end()
        ));
        let preview = one_line(text(row, "preview"));
        if !preview.is_empty() {
            lines.push(format!("{:>11} {}", "", cut(&preview, 100).trim_end()));
        }
    }
    lines
}

/// Who wrote it: a name, else an address.
pub fn sender(row: &Value) -> &str {
    items(row, "from").first().map_or("", name)
}

fn name(address: &Value) -> &str {
    match text(address, "name") {
        "" => text(address, "address"),
        name => name,
    }
}

fn people_message(shown: &Value, form: ShowAs) -> String {
    let body = match form {
        ShowAs::Html => return text(shown, "html").to_owned(),
        ShowAs::Raw => return safe_lines(text(shown, "raw")),
        ShowAs::Structure => return tree(shown.get("structure").unwrap_or(&Value::Null), 0),
        ShowAs::Text => text(shown, "text"),
    };
    let headers = shown.get("headers").unwrap_or(&Value::Null);
    let people = |key: &str| {
        items(headers, key)
            .iter()
            .map(|a| match text(a, "name") {
                "" => text(a, "address").to_owned(),
                name => format!("{name} <{}>", text(a, "address")),
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut lines = vec![
        format!("Subject: {}", one_line(text(headers, "subject"))),
        format!("From: {}", one_line(&people("from"))),
        format!("To: {}", one_line(&people("to"))),
    ];
    if !items(headers, "cc").is_empty() {
        lines.push(format!("Cc: {}", one_line(&people("cc"))));
    }
    lines.push(format!("Date: {}", text(headers, "date")));
    for part in items(shown, "parts") {
        lines.push(format!(
            "Attachment {}: {} ({}, {})",
            text(part, "section"),
            one_line(text(part, "name")),
            text(part, "media_type"),
            size(number(part, "size"))
        ));
    }
    lines.push(String::new());
    lines.push(safe_lines(body));
    lines.join("\n")
}

fn tree(node: &Value, depth: usize) -> String {
    let mut lines = vec![
        format!(
            "{}{} {} {} {}",
            "  ".repeat(depth),
            text(node, "section"),
            text(node, "media_type"),
            size(number(node, "size")),
            one_line(text(node, "name"))
        )
        .trim_end()
        .to_owned(),
    ];
    lines.extend(items(node, "children").iter().map(|child| tree(child, depth + 1)));
    lines.join("\n")
}
