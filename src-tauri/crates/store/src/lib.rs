//! The one encrypted file: what is cached of the server's mail, and the little that exists only here.
//!
//! The engine calls this crate and nobody else; nobody else knows SQLite. The boundary is here because the
//! budget is kept here: one writer, page-bounded transactions, two walls, and a write-ahead log that counts.
//! No network, no secrets: the key comes in as 32 octets, time and text come in as values.
//!
//! A table has a module; its functions take a [`Tx`] (to write) or a [`Read`] (a `Tx` is one too).

pub mod account;
pub mod covered;
pub mod digest;
pub mod flags;
pub mod intent;
pub mod list;
pub mod mailbox;
pub mod message;
pub mod part;
pub mod placement;
pub mod rescue;
pub mod search;
pub mod setting;
pub mod thread;
pub mod usage;

mod check;
mod commit;
mod conversation;
mod cursor;
mod error;
mod find;
mod gate;
mod key;
mod leave;
mod open;
mod pack;
mod put;
mod reader;
mod room;
mod row;
mod scan;
mod schema;
mod shared;
mod stand;
mod store;
mod texts;
mod tidy;
mod tx;
mod wall;
mod words;
mod writer;

pub use check::Integrity;
pub use error::Error;
pub use key::Key;
pub use pack::header_hash;
pub use reader::Reader;
pub use store::Store;
pub use tx::{Read, Tx};
pub use usage::{Kind, Usage};
pub use wall::{DEFAULT_BUDGET, LEAST_BUDGET, MOST_ROWS};
