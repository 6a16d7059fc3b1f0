//! What front ends ask: answered from the store where it can be, from the server where it must be.

mod attachment;
mod list;
mod look;
mod search;
mod show;

pub use attachment::{PartFile, Saved};
pub use list::{ListAsk, Listed};
pub use look::{FirstScreen, Report, Until};
pub use search::{Asked, AskedState, Coverage, Found, SearchAsk};
pub use show::{Form, Opened};
