use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// A mailbox's whole name in UTF-8, as people see it. The modified UTF-7 of RFC 3501 exists on the wire alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailboxName(pub String);

impl MailboxName {
    /// RFC 9051 5.1: INBOX in any case is the one INBOX.
    pub fn is_inbox(&self) -> bool {
        self.0.eq_ignore_ascii_case("INBOX")
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a mailbox is for (RFC 6154, and INBOX).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Inbox,
    Drafts,
    Sent,
    Archive,
    All,
    Flagged,
    Junk,
    Trash,
    Important,
}

impl Role {
    pub const ALL: [Role; 9] = [
        Role::Inbox,
        Role::Drafts,
        Role::Sent,
        Role::Archive,
        Role::All,
        Role::Flagged,
        Role::Junk,
        Role::Trash,
        Role::Important,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Role::Inbox => "inbox",
            Role::Drafts => "drafts",
            Role::Sent => "sent",
            Role::Archive => "archive",
            Role::All => "all",
            Role::Flagged => "flagged",
            Role::Junk => "junk",
            Role::Trash => "trash",
            Role::Important => "important",
        }
    }

    pub fn parse(text: &str) -> Option<Role> {
        Self::ALL.into_iter().find(|role| role.as_str().eq_ignore_ascii_case(text))
    }

    /// The role that a LIST attribute names. Cyrus gives them in lower case.
    pub fn from_special_use(attribute: &str) -> Option<Role> {
        let name = attribute.strip_prefix('\\')?;
        match name.to_ascii_lowercase().as_str() {
            "inbox" => None,
            "starred" => Some(Role::Flagged),
            "allmail" => Some(Role::All),
            "spam" => Some(Role::Junk),
            other => Role::parse(other),
        }
    }
}
