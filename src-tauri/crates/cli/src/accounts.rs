use crate::args::{AccountVerb, AddArgs, MailboxVerb, NewRole, SetArgs};
use crate::mail::find;
use crate::out::{Out, cut, list, number, one_line, size, text};
use crate::{ask, unsaid};
use api::App;
use model::{Code, Trouble};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::io::{IsTerminal, Read};

pub async fn run(app: &App, out: &Out, verb: AccountVerb) -> Result<(), Trouble> {
    match verb {
        AccountVerb::Add(add) => self::add(app, out, add).await,
        AccountVerb::List => {
            let accounts = ask(app, "account.list", json!({})).await?;
            out.answer(&accounts, people_accounts).map_err(unsaid)
        }
        AccountVerb::Set(set) => self::set(app, out, set).await,
        AccountVerb::Order { ids } => {
            let accounts = ask(app, "account.order", json!({ "ids": ids })).await?;
            out.answer(&accounts, people_accounts).map_err(unsaid)
        }
        AccountVerb::Remove { id, force } => {
            let removed = ask(app, "account.remove", json!({ "id": id, "force": force })).await?;
            out.answer(&removed, |r| {
                format!(
                    "Account {id} is off this device ({} freed). The server keeps its mail.",
                    size(number(r, "freed"))
                )
            })
            .map_err(unsaid)
        }
    }
}

async fn set(app: &App, out: &Out, set: SetArgs) -> Result<(), Trouble> {
    let paused = match (set.pause, set.resume) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let params = json!({
        "id": set.id, "name": set.name, "letter": set.letter, "colour": set.colour, "paused": paused,
    });
    let account = ask(app, "account.set", params).await?;
    out.answer(&account, |account| people_accounts(&json!([account]))).map_err(unsaid)
}

/// What a person says that a mailbox is for.
pub async fn mailbox(app: &App, out: &Out, verb: MailboxVerb) -> Result<(), Trouble> {
    let MailboxVerb::Role { name, role, account } = verb;
    let mailbox = find(app, &name, account).await?;
    let (role, none) = match role {
        NewRole::Is(role) => (Some(role), false),
        NewRole::None => (None, true),
        NewRole::Auto => (None, false),
    };
    let params = json!({ "mailbox": mailbox, "role": role, "none": none });
    let changed = ask(app, "mailbox.role", params).await?;
    out.answer(&changed, |mailbox| {
        let name = one_line(text(mailbox, "name"));
        match (text(mailbox, "role"), text(mailbox, "role_from")) {
            ("", _) => format!("{name} is for nothing special"),
            (role, "person") => format!("{name} is {role}, as you say"),
            (role, "guess") => format!("{name} is {role}, by its name"),
            (role, _) => format!("{name} is {role}, as the server says"),
        }
    })
    .map_err(unsaid)
}

async fn add(app: &App, out: &Out, add: AddArgs) -> Result<(), Trouble> {
    let ca_pem = match &add.ca_file {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|e| {
            Trouble::new(Code::FileFailed, format!("{}: {e}", path.display()))
                .with("path", path.display())
        })?),
        None => None,
    };
    let password = password(&add)?;
    let params = json!({
        "email": add.email, "password": password.expose_secret(), "imap": add.imap, "smtp": add.smtp,
        "user": add.user, "ca_pem": ca_pem, "trust": add.trust,
    });
    let account = ask(app, "account.add", params).await?;
    out.answer(&account, |a| {
        format!(
            "{} is added as account {}: signed in to {}",
            text(a, "email"),
            number(a, "id"),
            text(a, "imap")
        )
    })
    .map_err(unsaid)
}

/// From standard input, or asked for without an echo; never an argument, which other users could read.
fn password(add: &AddArgs) -> Result<SecretString, Trouble> {
    let failed = |e: std::io::Error| {
        Trouble::new(Code::FileFailed, format!("the password could not be read: {e}"))
    };
    if add.password_stdin {
        let mut text = String::new();
        std::io::stdin().take(64 * 1024).read_to_string(&mut text).map_err(failed)?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        return Ok(SecretString::from(text.strip_suffix('\r').unwrap_or(text).to_owned()));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::new(
            Code::BadRequest,
            "give the password on standard input with --password-stdin",
        ));
    }
    rpassword::prompt_password(format!("Password for {}: ", one_line(&add.email)))
        .map(SecretString::from)
        .map_err(failed)
}

pub async fn mailboxes(app: &App, out: &Out, account: Option<i64>) -> Result<(), Trouble> {
    let mailboxes = ask(app, "mailbox.list", json!({ "account": account })).await?;
    out.answer(&mailboxes, people_mailboxes).map_err(unsaid)
}

fn people_accounts(accounts: &Value) -> String {
    let accounts = accounts.as_array().map_or(&[] as &[Value], Vec::as_slice);
    if accounts.is_empty() {
        return "No accounts yet: satchel account add you@example.org".to_owned();
    }
    let mut lines =
        vec![format!("{:>4}  {}  {}  server", "id", cut("name", 20), cut("address", 34))];
    for a in accounts {
        let (name, email) = (cut(text(a, "name"), 20), cut(text(a, "email"), 34));
        let paused = a.get("paused").and_then(Value::as_bool).unwrap_or(false);
        let rests = if paused { "  (paused)" } else { "" };
        lines.push(format!("{:>4}  {name}  {email}  {}{rests}", number(a, "id"), text(a, "imap")));
    }
    lines.join("\n")
}

fn people_mailboxes(mailboxes: &Value) -> String {
    let head = format!(
        "{:>4}  {:>7}  {}  {}  {:>8}  {:>8}  {:>8}",
        "id",
        "account",
        cut("name", 32),
        cut("role", 9),
        "total",
        "unread",
        "here"
    );
    let count = |m: &Value, key: &str| {
        m.get(key).and_then(Value::as_u64).map_or("?".to_owned(), |n| n.to_string())
    };
    let rows = list_of(mailboxes).iter().map(|m| {
        format!(
            "{:>4}  {:>7}  {}  {}  {:>8}  {:>8}  {:>8}",
            number(m, "id"),
            number(m, "account"),
            cut(text(m, "name"), 32),
            cut(text(m, "role"), 9),
            count(m, "total"),
            count(m, "unread"),
            count(m, "cached"),
        )
    });
    std::iter::once(head).chain(rows).collect::<Vec<_>>().join("\n")
}

fn list_of(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| list(value, "rows"), Vec::as_slice)
}
