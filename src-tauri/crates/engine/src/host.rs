//! What the engine asks of the world: the time, and a connection. A simulation gives its own of both.

use futures::future::BoxFuture;
use imap::{Deadlines, Session};
use jiff::Timestamp;
use model::Endpoint;
use net::Trust;

pub trait Host: Send + Sync + 'static {
    fn now(&self) -> Timestamp;

    /// A greeted session, secured as the endpoint says.
    fn connect<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        trust: &'a Trust,
        deadlines: &'a Deadlines,
    ) -> BoxFuture<'a, Result<Session, imap::Error>>;
}

/// The machine itself.
pub struct System;

impl Host for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn connect<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        trust: &'a Trust,
        deadlines: &'a Deadlines,
    ) -> BoxFuture<'a, Result<Session, imap::Error>> {
        Box::pin(imap::connect(endpoint, trust, deadlines))
    }
}
