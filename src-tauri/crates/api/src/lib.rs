//! What every front end can ask: wire types, the command table, and one `App` that answers it. Window, browser
//! and command line stand on this and on nothing below it.

mod accounts;
mod app;
mod audit;
mod date;
mod events;
mod files;
mod headers;
mod messages;
mod rows;
mod search;
mod session;
mod start;
mod storage;
mod table;
pub mod typescript;
mod watch;
pub mod wire;

pub use app::{App, PartBody};
pub use files::{parse, render};
pub use session::{Config, SecretsChoice};
pub use table::{METHODS, Method};
