//! What to do next: what is known goes in, a list of steps comes out. Pure, so that every rule of syncing
//! can be tested without a server, a store or a clock. The engine carries the steps out and decides nothing.

mod check;
mod preview;
mod role;
mod screen;

pub use check::{Check, Known, Now, check};
pub use preview::{PreviewFetch, preview_fetches};
pub use role::guess_role;
pub use screen::{Rank, SCREEN, newest, page_below, page_fits};
