//! The nouns of mail, as every other crate speaks of them: ids, addresses, flags, envelopes,
//! structure, roles, endpoints, and the codes of what can go wrong.
//!
//! Anybody may depend on this crate; it depends on nobody, and does no I/O.

mod address;
mod endpoint;
mod envelope;
mod error;
mod flags;
mod ids;
mod mailbox;
pub mod query;
mod structure;
mod tag;

pub use address::Address;
pub use endpoint::{Endpoint, EndpointError, Security, SmtpEndpoint};
pub use envelope::{Envelope, Fingerprint, HeaderHash, ServerId};
pub use error::{Code, Trouble};
pub use flags::Flags;
pub use ids::{
    AccountId, MailboxId, MessageId, ModSeq, SeqNum, ThreadId, Uid, UidSet, UidValidity,
};
pub use mailbox::{MailboxName, Role};
pub use structure::{Disposition, Section, Structure, StructureError, Walk};
pub use tag::Tag;
