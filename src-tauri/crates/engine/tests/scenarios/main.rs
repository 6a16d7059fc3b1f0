//! The engine from account to attachment, over a model server in the same process, on paused time: what a
//! person sees after what they, other clients and the network did.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

extern crate satchel_engine as engine;

mod adding;
mod checking;
mod kit;
mod living;
#[path = "../model/mod.rs"]
mod model;
mod opening;
mod paging;
mod pausing;
mod signing_in;
mod trouble;
