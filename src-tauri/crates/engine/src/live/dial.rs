//! Dialling again after the way to the server was lost. Nobody says when it is back, and a connection that was
//! begun a moment too early hangs for many seconds: so while one hangs, others are begun, and the first that is
//! greeted is taken.

use crate::host::Host;
use futures::future::BoxFuture;
use imap::{Deadlines, Session};
use model::Endpoint;
use net::Trust;
use std::collections::VecDeque;
use std::time::Duration;

/// Between one attempt and the next.
const STEP: Duration = Duration::from_secs(1);
/// The first stays for as long as a connection may take, for a slow network; of the later ones the newest.
const AT_ONCE: usize = 3;

type Attempt<'a> = BoxFuture<'a, Result<Session, imap::Error>>;

pub(crate) async fn redial(
    host: &dyn Host,
    endpoint: &Endpoint,
    trust: &Trust,
    deadlines: &Deadlines,
) -> Result<Session, imap::Error> {
    let mut open: VecDeque<Attempt<'_>> = VecDeque::new();
    open.push_back(host.connect(endpoint, trust, deadlines));
    let until = tokio::time::Instant::now() + deadlines.connect;
    loop {
        let next = tokio::time::sleep(STEP);
        let first = first(&mut open);
        tokio::select! {
            biased;
            outcome = first => {
                match outcome {
                    Ok(session) => return Ok(session),
                    // A server that answered, or an attempt after which none is left.
                    Err(error) if open.is_empty() || !is_of_the_network(&error) => return Err(error),
                    Err(_) => {}
                }
            }
            () = next => {
                // Those that still hang have had their time; whoever asked knows when to begin anew.
                if tokio::time::Instant::now() >= until {
                    return Err(imap::Error::Timeout { what: "connecting" });
                }
                if open.len() >= AT_ONCE {
                    open.remove(1);
                }
                open.push_back(host.connect(endpoint, trust, deadlines));
            }
        }
    }
}

/// The first of them to end is taken out.
async fn first(open: &mut VecDeque<Attempt<'_>>) -> Result<Session, imap::Error> {
    let (at, outcome) = std::future::poll_fn(|cx| {
        for (at, attempt) in open.iter_mut().enumerate() {
            if let std::task::Poll::Ready(outcome) = attempt.as_mut().poll(cx) {
                return std::task::Poll::Ready((at, outcome));
            }
        }
        std::task::Poll::Pending
    })
    .await;
    drop(open.remove(at));
    outcome
}

fn is_of_the_network(error: &imap::Error) -> bool {
    matches!(error, imap::Error::Net(_) | imap::Error::Timeout { .. } | imap::Error::Closed)
}
