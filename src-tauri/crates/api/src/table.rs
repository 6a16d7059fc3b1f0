//! The command table: every question that a front end can ask, with the tags it reads and changes.
//! One list serves the dispatcher, the TypeScript types and the shell's access table.

use crate::App;
use crate::wire::*;
use model::{Code, Trouble};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One question: its name, and the kinds of tags that say when its answer is old and what it makes old.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    pub name: &'static str,
    pub reads: &'static [&'static str],
    pub changes: &'static [&'static str],
    params: fn() -> String,
    result: fn() -> String,
}

macro_rules! table {
    ($($name:literal $handler:ident ($params:ty) -> $result:ty, reads [$($read:literal)*], changes [$($change:literal)*];)*) => {
        /// Every method, in the order of the table.
        pub const METHODS: &[Method] = &[$(Method {
            name: $name,
            reads: &[$($read),*],
            changes: &[$($change),*],
            params: || type_name::<$params>(),
            result: || type_name::<$result>(),
        }),*];

        pub(crate) async fn dispatch(app: &App, method: &str, params: Value) -> Result<Value, Trouble> {
            match method {
                $($name => {
                    let params: $params = parse($name, params)?;
                    let result: $result = app.$handler(params).await?;
                    serde_json::to_value(result).map_err(|e| internal($name, &e))
                })*
                _ => Err(Trouble::new(Code::BadRequest, format!("there is no method `{method}`"))
                    .with("method", method)
                    .with("detail", "unknown method")),
            }
        }
    };
}

table! {
    "app.start" start(Nothing) -> Started, reads [], changes [];
    "app.recover" recover(Recover) -> Started, reads [], changes ["accounts"];
    "account.add" account_add(AccountAdd) -> Account, reads [], changes ["accounts"];
    "account.list" account_list(Nothing) -> Vec<Account>, reads ["accounts" "account"], changes [];
    "account.set" account_set(AccountSet) -> Account, reads [], changes ["accounts" "account"];
    "account.order" account_order(AccountOrder) -> Vec<Account>, reads [], changes ["accounts"];
    "account.remove" account_remove(AccountRemove) -> AccountRemoved, reads [], changes ["accounts" "storage"];
    "account.check" account_check(AccountRef) -> Checked, reads [], changes ["account" "mailboxes" "list"];
    "mailbox.list" mailbox_list(MailboxList) -> Vec<Mailbox>, reads ["mailboxes"], changes [];
    "mailbox.role" mailbox_role(MailboxRole) -> Mailbox, reads [], changes ["mailboxes" "list"];
    "mailbox.check" mailbox_check(MailboxOpen) -> Checked, reads [], changes ["mailboxes" "list"];
    "message.list" message_list(MessageList) -> Page, reads ["list"], changes [];
    "message.thread" message_thread(MessageThread) -> Vec<Row>, reads ["list" "message"], changes [];
    "search" search(Search) -> Found, reads [], changes [];
    "message.show" message_show(MessageShow) -> Shown, reads ["message"], changes ["storage"];
    "attachment.save" attachment_save(AttachmentSave) -> AttachmentSaved, reads [], changes ["storage"];
    "storage.get" storage_get(Nothing) -> Storage, reads ["storage"], changes [];
    "storage.change" storage_change(StorageChange) -> Storage, reads [], changes ["storage" "message"];
    "sync.run" sync_run(Sync) -> SyncReport, reads [], changes ["account" "mailboxes" "list"];
    "sync.pause" sync_pause(SyncPause) -> Nothing, reads [], changes ["account"];
    "app.network" app_network(Network) -> Nothing, reads [], changes [];
    "link.check" link_check(LinkCheck) -> Link, reads [], changes [];
    "doctor.get" doctor_get(Nothing) -> Doctor, reads ["accounts"], changes [];
}

fn parse<T: DeserializeOwned>(method: &str, params: Value) -> Result<T, Trouble> {
    let params = if params.is_null() { Value::Object(Default::default()) } else { params };
    serde_json::from_value(params).map_err(|e| {
        // A serde message may quote a value, and a value may be a password: only the place is told.
        let detail = format!("line {}, column {}: the parameters do not fit", e.line(), e.column());
        Trouble::new(Code::BadRequest, format!("`{method}`: {detail}"))
            .with("method", method)
            .with("detail", detail)
    })
}

fn internal(method: &str, error: &serde_json::Error) -> Trouble {
    Trouble::new(Code::Internal, format!("`{method}`: the answer could not be written: {error}"))
        .with("detail", error)
}

fn type_name<T: ts_rs::TS>() -> String {
    T::name(&ts_rs::Config::default())
}

/// `Commands`, the typed face of the table for the interface.
pub(crate) fn typescript() -> String {
    let list =
        |tags: &[&str]| tags.iter().map(|t| format!("'{t}'")).collect::<Vec<_>>().join(" | ");
    let never = |text: String| if text.is_empty() { "never".to_owned() } else { text };
    let mut out = String::from("export interface Commands {\n");
    for m in METHODS {
        out += &format!(
            "  '{}': {{ params: {}; result: {}; reads: {}; changes: {} }};\n",
            m.name,
            (m.params)(),
            (m.result)(),
            never(list(m.reads)),
            never(list(m.changes)),
        );
    }
    out += "}\n\n/** Which kinds of tags make an answer old. */\nexport const reads: { [M in keyof Commands]: readonly Tag['kind'][] } = {\n";
    for m in METHODS {
        let tags = m.reads.iter().map(|t| format!("'{t}'")).collect::<Vec<_>>().join(", ");
        out += &format!("  '{}': [{tags}],\n", m.name);
    }
    out += "};\n";
    out
}
