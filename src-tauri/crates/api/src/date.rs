//! Times as they cross the boundary: RFC 3339.

use jiff::Timestamp;

fn rfc3339(time: Timestamp) -> String {
    time.to_string()
}

/// From seconds since 1970, bounded to what a calendar holds.
pub(crate) fn date_of(seconds: i64) -> String {
    rfc3339(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH))
}
