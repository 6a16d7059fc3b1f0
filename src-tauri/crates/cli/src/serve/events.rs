//! The api's events as server-sent events, until the browser or `serve` goes.

use super::Shared;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt};
use std::convert::Infallible;
use std::time::Duration;

pub async fn stream(
    State(shared): State<Shared>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stop = shared.stop.clone();
    let events = shared
        .app
        .events()
        .filter_map(async |event| Event::default().json_data(event).ok().map(Ok))
        .take_until(async move { stop.cancelled().await });
    // A proxy or a sleeping machine that cut the line is noticed by the next one of these.
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
