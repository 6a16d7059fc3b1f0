//! A connected, counted, secured stream to a host and port. It knows no mail protocol: what is said
//! on the stream is the business of `imap` and its neighbours, and STARTTLS's dialogue is theirs too.
//!
//! The boundary is here so that trust is decided in one place. Only this crate names rustls; a
//! caller gets a stream over which nothing has been sent in clear, or an error that says why not and,
//! where a certificate is the reason, whose it is. Every wait is bounded by the caller's limit.
#![warn(clippy::indexing_slicing)]

mod certificate;
mod changes;
mod clear;
mod connect;
mod connected;
mod counted;
mod dial;
mod error;
mod host;
mod tls;
mod trust;
mod verify;

pub use certificate::{Reason, Untrusted, fingerprint_from_text, fingerprint_text};
pub use changes::{Change, changes};
pub use clear::Clear;
pub use connect::{connect, connect_clear};
pub use connected::{Connected, Wire};
pub use counted::{Counted, Counters, Traffic, counted};
pub use error::Error;
pub use trust::{PemError, Trust, roots_from_pem};
