//! One code for each thing that a person can be told. Nobody matches on text.

use crate::AccountId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use ts_rs::TS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    // the way to the server
    /// No network at all, or the connection was lost. Tried again by itself.
    Offline,
    /// The name has no address. params: host
    NoSuchHost,
    /// Nothing listens there. params: host, port
    Refused,
    /// The server did not answer in time. params: host, what
    Timeout,
    /// params: host, subject, issuer, names, valid_from, valid_to, fingerprint, self_signed, reason (unknown-issuer | expired | not-yet-valid | wrong-name | revoked | changed | other)
    CertificateUntrusted,
    /// TLS itself failed. params: host, detail
    TlsFailed,
    /// The server offers no encryption on that port, or an answer came before it was on. params: host, port, detail
    NotEncrypted,
    /// Something answers, but not in IMAP. params: host, port
    NotImap,
    /// The server broke the protocol past repair. params: host, detail
    Protocol,
    /// The server said no. params: host, reply
    ServerRefused,
    /// The server is busy, or has too many connections. params: host, reply
    ServerBusy,
    // signing in
    /// params: host, user, reply
    WrongPassword,
    /// The server takes no password here. params: host
    NoPasswordLogin,
    /// Nothing was found for the domain: give the server. params: domain, tried
    ServerUnknown,
    NotAnAddress,
    AccountExists,
    // what was asked for
    NoSuchAccount,
    NoSuchMailbox,
    /// More than one fits. params: name, candidates
    AmbiguousMailbox,
    NoSuchMessage,
    NoSuchPart,
    /// The server no longer has it.
    GoneFromServer,
    /// params: method, detail
    BadRequest,
    /// Unsent work would be lost. params: count
    UnsentWork,
    // the device
    /// The budget has no room. params: budget
    BudgetFull,
    /// params: least
    BudgetTooSmall,
    DiskFull,
    /// Another engine runs on this data folder.
    AlreadyOpen,
    /// The file is of a newer version of the app. params: found, known
    StoreNewer,
    /// params: path
    StoreCorrupt,
    /// The key does not open the file. params: path
    StoreKey,
    /// params: path, detail
    FileFailed,
    NoKeyring,
    KeyringLocked,
    /// The sealed file wants a passphrase.
    PassphraseMissing,
    PassphraseWrong,
    /// A secret that should be there is not. params: account
    SecretMissing,
    Cancelled,
    /// A fault of ours. params: detail
    Internal,
}

impl Code {
    /// As it stands on the wire.
    pub fn as_str(self) -> String {
        serde_json_name(&self)
    }
}

fn serde_json_name(code: &Code) -> String {
    // Debug is CamelCase; the wire is kebab-case.
    let mut name = String::new();
    for c in format!("{code:?}").chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(c.to_ascii_lowercase());
    }
    name
}

/// What went wrong, for a person: a code, what it is about, and an English sentence for command line and log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Trouble {
    pub code: Code,
    #[serde(default)]
    pub params: BTreeMap<String, String>,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub account: Option<AccountId>,
    /// When it is tried again by itself: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub retry_at: Option<String>,
}

impl Trouble {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            params: BTreeMap::new(),
            message: message.into(),
            account: None,
            retry_at: None,
        }
    }

    pub fn with(mut self, key: &str, value: impl fmt::Display) -> Self {
        self.params.insert(key.to_owned(), value.to_string());
        self
    }

    pub fn of(mut self, account: AccountId) -> Self {
        self.account = Some(account);
        self
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Trouble {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_wire_form() {
        for code in [Code::Offline, Code::NoSuchHost, Code::CertificateUntrusted] {
            assert_eq!(
                serde_json::to_value(code).ok().as_ref().and_then(|v| v.as_str()),
                Some(code.as_str().as_str())
            );
        }
    }
}
