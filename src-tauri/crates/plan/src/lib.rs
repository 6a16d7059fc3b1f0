//! What to do next: what is known goes in, a list of steps comes out. Pure, so that every rule of syncing
//! can be tested without a server, a store or a clock. The engine carries the steps out and decides nothing.

mod backoff;
mod delta;
mod fill;
mod preview;
mod role;
mod screen;
mod stir;

pub use backoff::{Obstacle, backoff};
pub use delta::{Delta, FlagChanges, Gone, Known, Now, Rows, delta};
pub use fill::{BATCH, Batch, Waiting, batches, order};
pub use preview::{PreviewFetch, preview_fetches};
pub use role::guess_role;
pub use screen::{Rank, SCREEN, newest, page_below, page_fits};
pub use stir::{Moves, Said};
