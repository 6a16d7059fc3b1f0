use crate::Address;
use serde::{Deserialize, Serialize};

/// The ENVELOPE of RFC 9051 7.5.2, decoded: encoded words (RFC 2047) are already text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// The Date header as seconds since 1970, where it can be read.
    pub date: Option<i64>,
    pub subject: String,
    pub from: Vec<Address>,
    pub sender: Vec<Address>,
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    /// With its angle brackets taken off.
    pub in_reply_to: Vec<String>,
    pub message_id: Option<String>,
}

/// What a server calls a message wherever it stands: EMAILID (RFC 8474) or X-GM-MSGID.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ServerId {
    EmailId(String),
    GmMsgId(u64),
}

impl ServerId {
    /// One column for both; neither form can be taken for the other.
    pub fn to_text(&self) -> String {
        match self {
            Self::EmailId(id) => format!("e:{id}"),
            Self::GmMsgId(id) => format!("g:{id}"),
        }
    }
}

/// A Message-ID as the store keeps it: eight bytes of SHA-256 over the id without brackets.
/// (The text itself is fetched when one answers.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct HeaderHash(pub i64);

/// What binds a vanished placement again, and only one to one: under a stranger's control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    pub internal_date: i64,
    pub size: u64,
    /// Over the envelope's addresses, subject, date and Message-ID.
    pub headers: i64,
}
