use model::{AccountId, MailboxId, Role, Trouble};
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// A password on its way in. Prints as nothing, and is never written out again.
#[derive(Clone, Deserialize, TS)]
#[serde(from = "String")]
pub struct Password(#[ts(type = "string")] pub secrecy::SecretString);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct AccountAdd {
    pub email: String,
    pub password: Password,
    /// `imaps://host:port` or `imap+starttls://host:port`. Without it imap.DOMAIN and mail.DOMAIN are tried on 993.
    #[serde(default)]
    #[ts(optional)]
    pub imap: Option<String>,
    /// `smtps://host:port` or `smtp+starttls://host:port`: kept, not yet proved.
    #[serde(default)]
    #[ts(optional)]
    pub smtp: Option<String>,
    /// The name to sign in with, where it is not the address.
    #[serde(default)]
    #[ts(optional)]
    pub user: Option<String>,
    /// One more root certificate for this account alone, in PEM.
    #[serde(default)]
    #[ts(optional)]
    pub ca_pem: Option<String>,
    /// SHA-256 of the certificate that the person has compared and trusts: hex, colons allowed.
    #[serde(default)]
    #[ts(optional)]
    pub trust: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Account {
    pub id: AccountId,
    pub email: String,
    /// What the sidebar calls it.
    pub name: String,
    /// The mark: one letter, and a colour from 1 to 8.
    pub letter: String,
    pub colour: u8,
    pub imap: String,
    pub smtp: Option<String>,
    pub user: String,
    /// `password`.
    pub auth: String,
    pub state: AccountState,
    /// Nothing is asked of its server until it goes on.
    pub paused: bool,
    /// How far the headers are; null while none are being brought here.
    pub progress: Option<Progress>,
    /// When its server last answered.
    pub last_heard: Option<String>,
    /// When all its mailboxes had last been compared with the server's; null until each was once.
    pub audited_at: Option<String>,
}

/// Headers on their way here, with an end: `done` of `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Progress {
    #[ts(type = "number")]
    pub done: u64,
    #[ts(type = "number")]
    pub total: u64,
    pub paused: bool,
    /// The budget has no room for more.
    pub full: bool,
}

/// How new mail is heard of: the server says it by itself, it is asked every few minutes, or was asked once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Heard {
    Idle,
    Poll,
    Check,
}

/// How an account fares: what the status line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AccountState {
    /// Nothing asked of the server since the app was opened.
    Resting,
    Checking,
    /// What is here is what the server has.
    Current {
        by: Heard,
    },
    /// The server does not want to, or does not answer: it is asked again by itself.
    Waiting {
        trouble: Trouble,
        retry_at: String,
    },
    /// There is no network.
    Offline,
    /// Nothing but the person can mend it.
    Trouble {
        trouble: Trouble,
    },
    Paused,
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct AccountRef {
    pub id: AccountId,
}

/// What is not given stays as it is.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct AccountSet {
    pub id: AccountId,
    #[serde(default)]
    #[ts(optional)]
    pub name: Option<String>,
    #[serde(default)]
    #[ts(optional)]
    pub letter: Option<String>,
    /// From 1 to 8.
    #[serde(default)]
    #[ts(optional)]
    pub colour: Option<u8>,
    #[serde(default)]
    #[ts(optional)]
    pub paused: Option<bool>,
}

/// From the top; who is not named comes after.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct AccountOrder {
    pub ids: Vec<AccountId>,
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct AccountRemove {
    pub id: AccountId,
    /// Also when unsent work would be lost.
    #[serde(default)]
    pub force: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AccountRemoved {
    pub id: AccountId,
    #[ts(type = "number")]
    pub freed: u64,
}

#[derive(Clone, Debug, Default, Deserialize, TS)]
pub struct MailboxList {
    #[serde(default)]
    #[ts(optional)]
    pub account: Option<AccountId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Mailbox {
    pub id: MailboxId,
    pub account: AccountId,
    /// The whole name, with the server's separator.
    pub name: String,
    /// The last piece of it: what a tree shows.
    pub label: String,
    pub depth: u32,
    pub role: Option<Role>,
    /// What the server last said; null before it said anything.
    #[ts(type = "number | null")]
    pub total: Option<u64>,
    #[ts(type = "number | null")]
    pub unread: Option<u64>,
    /// How many of its messages have their header on this device.
    #[ts(type = "number")]
    pub cached: u64,
    /// False for a name that only holds others.
    pub selectable: bool,
    /// Who said what it is for.
    pub role_from: Option<RoleFrom>,
    /// All its headers are on this device.
    pub covered: bool,
    /// When it had last been compared with the server's.
    pub audited_at: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum RoleFrom {
    Server,
    /// By its name.
    Guess,
    Person,
}

/// Neither a role nor `none`: left to the server.
#[derive(Clone, Debug, Deserialize, TS)]
pub struct MailboxRole {
    pub mailbox: MailboxId,
    #[serde(default)]
    pub role: Option<Role>,
    /// No role at all, whatever the server says.
    #[serde(default)]
    pub none: bool,
}
