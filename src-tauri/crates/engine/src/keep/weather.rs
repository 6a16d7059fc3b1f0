use crate::Inner;
use crate::host::Change;

/// The machine noticed something: connections that are open may be dead, and what was out of reach may be there.
pub(crate) fn took(inner: &Inner, change: Change) {
    match change {
        Change::Network => tracing::info!("another network"),
        Change::Woke => tracing::info!("awake again, or the clock was set"),
    }
    inner.look_about();
}
