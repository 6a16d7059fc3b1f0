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
}

/// How an account fares: what the status line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AccountState {
    /// Nothing asked of the server since the app was opened.
    Resting,
    Checking,
    /// The last check went well.
    Current {
        checked_at: String,
    },
    Trouble {
        trouble: Trouble,
        last_heard: Option<String>,
    },
}

#[derive(Clone, Debug, Deserialize, TS)]
pub struct AccountRef {
    pub id: AccountId,
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
}
