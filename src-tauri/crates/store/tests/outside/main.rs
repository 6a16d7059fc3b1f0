//! The store from outside, one binary for all.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

extern crate satchel_store as store;

mod accounts;
mod kit;
mod lists;
mod parts;
mod processes;
mod rows;
mod searching;
mod standing;
mod trouble;
mod walls;
