use super::{AccountState, Progress, Row};
use model::{AccountId, MailboxId, MessageId, Tag, Trouble};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// The newest 50 of every INBOX, and the list of mailboxes.
    #[default]
    FirstScreen,
    /// Every header that the budget has room for, in every mailbox.
    Window,
    /// And what is fetched ahead of being opened: the text of the newest mail.
    Done,
}

/// The headers alone: new mail goes on arriving.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct SyncPause {
    /// Without it: every account.
    #[serde(default)]
    #[ts(optional)]
    pub account: Option<AccountId>,
    pub paused: bool,
}

/// What a front end knows of the network: a hint.
#[derive(Clone, Copy, Debug, Deserialize, TS)]
pub struct Network {
    pub online: bool,
}

#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct Sync {
    #[serde(default)]
    #[ts(optional)]
    pub account: Option<AccountId>,
    #[serde(default)]
    pub until: Until,
}

/// Traffic of one connection or of several: bursts of the client, and octets on the TCP stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FirstScreen {
    #[ts(type = "number")]
    pub ms: u64,
    #[ts(type = "number")]
    pub round_trips: u64,
    #[ts(type = "number")]
    pub bytes_in: u64,
    #[ts(type = "number")]
    pub bytes_out: u64,
    #[ts(type = "number")]
    pub rows: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SyncReport {
    pub first_screen: FirstScreen,
    /// Headers written in this run.
    #[ts(type = "number")]
    pub headers: u64,
    #[ts(type = "number")]
    pub ms: u64,
    #[ts(type = "number")]
    pub round_trips: u64,
    #[ts(type = "number")]
    pub bytes_in: u64,
    #[ts(type = "number")]
    pub bytes_out: u64,
    /// Accounts that could not be synced, and why.
    pub failed: Vec<Trouble>,
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct MailboxOpen {
    pub mailbox: MailboxId,
}

/// What a check of one mailbox brought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Checked {
    #[ts(type = "number")]
    pub new: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Storage {
    #[ts(type = "number")]
    pub budget: u64,
    /// file + wal
    #[ts(type = "number")]
    pub used: u64,
    #[ts(type = "number")]
    pub file: u64,
    #[ts(type = "number")]
    pub wal: u64,
    pub by: Vec<StorageRow>,
    /// What can leave: the server still has it.
    #[ts(type = "number")]
    pub evictable: u64,
    /// The least that a budget can be.
    #[ts(type = "number")]
    pub least: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StorageRow {
    pub account: AccountId,
    /// `text`, `attachments`, `headers`, `index`
    pub kind: String,
    #[ts(type = "number")]
    pub bytes: u64,
}

#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct StorageChange {
    /// Octets; applied at once.
    #[serde(default)]
    #[ts(optional, type = "number")]
    pub budget: Option<u64>,
    /// `text` or `attachments`: leaves this device, stays on the server.
    #[serde(default)]
    #[ts(optional)]
    pub free: Option<String>,
}

/// Whether the store is open, and what stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Started {
    Ready {
        accounts: u32,
        demo: bool,
    },
    /// A screen with a choice: see `recover`.
    Trouble {
        trouble: Trouble,
        choices: Vec<Recovery>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Recovery {
    /// Try the same again (the keyring was unlocked, the other window closed).
    Retry,
    /// The cache is fetched again from the server; what exists only here is rescued first.
    Rebuild,
    /// Keep secrets in a file sealed with a passphrase, where there is no keyring.
    Passphrase,
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct Recover {
    pub choice: Recovery,
    #[serde(default)]
    #[ts(optional)]
    pub passphrase: Option<super::Password>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Doctor {
    pub version: String,
    pub data_dir: String,
    /// `keyring`, `file` or what is wrong with it.
    pub secrets: String,
    pub store: DoctorStore,
    pub accounts: Vec<DoctorAccount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoctorStore {
    pub schema: u32,
    pub sqlcipher: String,
    pub intact: bool,
    #[ts(type = "number")]
    pub used: u64,
    #[ts(type = "number")]
    pub budget: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoctorAccount {
    pub id: AccountId,
    pub imap: String,
    /// What was learnt of this server: `login-flight-refused`, …
    pub quirks: Vec<String>,
    pub capabilities: Vec<DoctorCapability>,
    pub secret: bool,
    pub audit: DoctorAudit,
}

/// What comparing this device with the server showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoctorAudit {
    /// Null until every mailbox was compared once.
    pub checked_at: Option<String>,
    /// That were compared.
    pub mailboxes: u32,
    /// Differences that were found and mended since the account was added.
    #[ts(type = "number")]
    pub repaired: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoctorCapability {
    pub name: String,
    /// What Satchel uses it for; empty where it does not.
    pub used_for: String,
}

/// Tags coalesced over some 50 ms after commit. A gap in `seq`, or `resync`: fetch everything on screen again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Event {
    #[ts(type = "number")]
    pub seq: u64,
    pub tags: Vec<Tag>,
    pub resync: bool,
}

/// One thing that happened, for those who follow along (`watch`). Not for a screen: that follows the events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub at: String,
    /// Whose it is; not said where it is nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    #[serde(flatten)]
    pub what: What,
}

/// A message that has left again by the time that it is looked at comes without a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum What {
    New {
        mailbox: MailboxId,
        id: MessageId,
        #[serde(skip_serializing_if = "Option::is_none")]
        row: Option<Box<Row>>,
    },
    Flags {
        mailbox: MailboxId,
        id: MessageId,
        #[serde(skip_serializing_if = "Option::is_none")]
        row: Option<Box<Row>>,
    },
    Gone {
        mailbox: MailboxId,
        id: MessageId,
    },
    State {
        state: AccountState,
        last_heard: Option<String>,
        progress: Option<Progress>,
    },
    /// More happened than could be listened to: so many things were not said.
    Missed {
        count: u64,
    },
}

/// No parameters, or nothing to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(type = "Record<string, never>")]
pub struct Nothing {}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct LinkCheck {
    pub url: String,
}

/// A link that may be opened outside, and where it really goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Link {
    pub url: String,
    pub display: String,
}
