//! Carries the api's events to the window, and to nobody else.

use crate::access::MAIN;
use futures::StreamExt;
use std::pin::pin;
use tauri::{AppHandle, Emitter};

/// The one name on which the window listens.
pub const NAME: &str = "satchel://event";

pub async fn carry(app: api::App, handle: AppHandle) {
    let mut events = pin!(app.events());
    while let Some(event) = events.next().await {
        // Before the window is there nobody listens; it asks for everything once it is.
        if let Err(error) = handle.emit_to(MAIN, NAME, &event) {
            tracing::debug!(%error, "an event found no window");
        }
    }
}
