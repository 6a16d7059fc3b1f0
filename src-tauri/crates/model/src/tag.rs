use crate::{AccountId, MailboxId, MessageId};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What changed: the interface fetches again what it shows and reads from it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(tag = "kind", content = "id", rename_all = "lowercase")]
pub enum Tag {
    /// Which accounts there are, and their names.
    Accounts,
    /// How an account fares: connected, late, why.
    Account(AccountId),
    /// An account's mailboxes and their counts.
    Mailboxes(AccountId),
    /// The rows of one mailbox's list.
    List(MailboxId),
    /// One message: its flags, its text, its parts.
    Message(MessageId),
    /// What takes how much space.
    Storage,
}
