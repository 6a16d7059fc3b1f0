use model::{AccountId, Address, MailboxId, MessageId, ThreadId, Trouble};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct MessageList {
    /// Without it: every inbox.
    #[serde(default)]
    #[ts(optional)]
    pub mailbox: Option<MailboxId>,
    /// One row a conversation.
    #[serde(default)]
    pub threads: bool,
    /// The page that begins with this row, counted from the newest.
    #[serde(default)]
    #[ts(optional, type = "number")]
    pub at: Option<u64>,
    #[serde(default)]
    #[ts(optional)]
    pub limit: Option<u32>,
    /// From the page before. Past what is cached the server is asked.
    #[serde(default)]
    #[ts(optional)]
    pub before: Option<String>,
    /// Answer from the store alone, at once; `complete` then says whether the server has more for this page.
    #[serde(default)]
    pub cached_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Page {
    pub rows: Vec<Row>,
    /// For the next page; null at the mailbox's end.
    pub cursor: Option<String>,
    /// Rows of the whole list: messages as the server last said; of conversations, those that are known here.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    /// False where the store alone could not fill the page.
    pub complete: bool,
    /// Which row of the list the first one is, where `at` was given.
    #[ts(type = "number | null")]
    pub first: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Row {
    pub id: MessageId,
    pub thread: ThreadId,
    pub account: AccountId,
    pub mailbox: MailboxId,
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub subject: String,
    /// When it arrived (INTERNALDATE).
    pub date: String,
    pub preview: String,
    /// `\Seen`, `\Flagged`, `$Forwarded`, … of the message. A conversation is `\Flagged` where any of it is.
    pub flags: Vec<String>,
    #[ts(type = "number")]
    pub size: u64,
    pub has_attachments: bool,
    /// Messages of its conversation, own replies too; 1 in a list of messages.
    pub count: u32,
    /// Unread ones among them.
    pub unread: u32,
    /// Who wrote in it.
    pub senders: Vec<Address>,
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct MessageThread {
    pub thread: ThreadId,
}

/// `from:ines has:attachment "project plan" is:unread in:inbox after:2024-03-01 -draft*`
#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct Search {
    pub query: String,
    /// Ask the servers too: takes as long as the slowest of them.
    #[serde(default)]
    pub server: bool,
    /// Empty: all.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// From the page before.
    #[serde(default)]
    #[ts(optional)]
    pub before: Option<String>,
    #[serde(default)]
    #[ts(optional)]
    pub limit: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Found {
    /// Newest first.
    pub rows: Vec<Row>,
    /// Null where there are no more. A page with one may hold fewer rows than asked, even none.
    pub cursor: Option<String>,
    pub coverage: Coverage,
}

/// How far a search went, whatever it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Coverage {
    pub local: LocalCoverage,
    /// Empty where no server was to be asked.
    pub server: Vec<Asked>,
}

/// What was searched on this device: every message that arrived between the two, and perhaps some others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LocalCoverage {
    pub from: Option<String>,
    pub to: Option<String>,
    #[ts(type = "number")]
    pub messages: u64,
    /// Every message of every mailbox.
    pub whole: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Asked {
    pub account: AccountId,
    pub state: AskedState,
    pub trouble: Option<Trouble>,
    /// That it searched.
    pub mailboxes: u32,
    #[ts(type = "number")]
    pub found: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum AskedState {
    Answered,
    Failed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum ShowAs {
    /// What a reader would choose: HTML where there is some, else text.
    #[default]
    Best,
    Text,
    Html,
    Raw,
    Structure,
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct MessageShow {
    pub id: MessageId,
    #[serde(default, rename = "as")]
    pub form: ShowAs,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Shown {
    pub id: MessageId,
    pub thread: ThreadId,
    pub account: AccountId,
    pub headers: Headers,
    pub flags: Vec<String>,
    /// The mailboxes it stands in.
    pub mailboxes: Vec<MailboxId>,
    /// Exactly one of these four, by `as`; for `best` one of the first two, neither where the mail has no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub html: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub raw: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub structure: Option<PartNode>,
    /// What the safe HTML left out and would have loaded.
    pub blocked: Vec<Blocked>,
    pub parts: Vec<Part>,
    /// Only the first part of a very long text is here.
    pub truncated: bool,
    #[ts(type = "number")]
    pub fetched_bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Headers {
    pub from: Vec<Address>,
    pub sender: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub subject: String,
    /// The Date header, with the sender's own offset; null where it can't be read.
    pub date: Option<String>,
    /// INTERNALDATE.
    pub received: Option<String>,
    pub message_id: Option<String>,
    pub references: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Part {
    pub section: String,
    pub media_type: String,
    /// Cleaned of paths, controls and tricks; never empty.
    pub name: String,
    /// Decoded octets, as near as the encoding tells.
    #[ts(type = "number")]
    pub size: u64,
    pub content_id: Option<String>,
    /// Shown inside the text, so not listed as an attachment.
    pub inline: bool,
    pub cached: bool,
    /// Where a front end loads it from (images, saving).
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PartNode {
    pub section: String,
    pub media_type: String,
    pub charset: Option<String>,
    pub name: Option<String>,
    #[ts(type = "number")]
    pub size: u64,
    pub encoding: String,
    pub children: Vec<PartNode>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Blocked {
    /// `image`, `style`, `font`, `frame`, `script`, …
    pub kind: String,
    pub url: String,
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct AttachmentSave {
    pub id: MessageId,
    pub section: String,
    /// A path on this machine. A file that is there is not overwritten without `replace`.
    pub output: String,
    #[serde(default)]
    pub replace: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AttachmentSaved {
    pub path: String,
    #[ts(type = "number")]
    pub bytes: u64,
    pub sha256: String,
}

/// One message file, without an account: what `render` and `parse` read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rendered {
    pub html: String,
    pub blocked: Vec<Blocked>,
    pub text: String,
    pub preview: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Parsed {
    pub subject: String,
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub date: Option<String>,
    pub message_id: Option<String>,
    pub references: Vec<String>,
    pub parts: Vec<Part>,
    pub structure: PartNode,
    pub text: String,
    pub preview: String,
}
