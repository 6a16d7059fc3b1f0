//! What crosses the boundary, in the words of the field (RFC 8621 where it has one). Times are RFC 3339,
//! sizes octets, ids numbers. Secrets go in, never out.

mod accounts;
mod messages;
mod system;

pub use accounts::*;
pub use messages::*;
pub use system::*;
