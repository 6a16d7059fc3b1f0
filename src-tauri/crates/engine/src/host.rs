//! What the engine asks of the world: the time, a connection, chance, and whether the way to the world changed. A
//! simulation gives its own of each.

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};
use imap::{Deadlines, Session};
use jiff::Timestamp;
use model::Endpoint;
use net::Trust;

pub use net::Change;

pub trait Host: Send + Sync + 'static {
    fn now(&self) -> Timestamp;

    /// A greeted session, secured as the endpoint says.
    fn connect<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        trust: &'a Trust,
        deadlines: &'a Deadlines,
    ) -> BoxFuture<'a, Result<Session, imap::Error>>;

    /// From 0 to 1, at random.
    fn chance(&self) -> f64 {
        rand::random()
    }

    /// What the machine notices from now on.
    fn changes(&self) -> BoxStream<'static, Change> {
        stream::pending().boxed()
    }
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

    fn changes(&self) -> BoxStream<'static, Change> {
        let mut heard = net::changes();
        stream::poll_fn(move |cx| heard.poll_recv(cx)).boxed()
    }
}
