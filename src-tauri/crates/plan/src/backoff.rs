//! How long to wait before a server is asked again.

use std::time::Duration;

/// What stood in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no way to the server: it costs little to look whether there is one again.
    Network,
    /// The server is there and does not want to.
    Server,
}

/// The wait after so many failures in a row. `spread` (0 to 1, at random) moves it by a quarter either way, so that
/// a thousand clients do not come back in the same second.
pub fn backoff(obstacle: Obstacle, failures: u32, spread: f64) -> Duration {
    let seconds = match obstacle {
        // A lid that is opened again, a train out of its tunnel: back within two seconds.
        Obstacle::Network => match failures {
            0..=120 => 1.0,
            121..=240 => 5.0,
            _ => 30.0,
        },
        Obstacle::Server => 5.0 * f64::from(1u32 << failures.saturating_sub(1).min(7)),
    };
    let factor = match obstacle {
        Obstacle::Network => 0.75 + spread.clamp(0.0, 1.0) / 4.0,
        Obstacle::Server => 0.75 + spread.clamp(0.0, 1.0) / 2.0,
    };
    Duration::from_secs_f64(seconds * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_to_a_bound_and_is_spread() {
        let at = |n, spread| backoff(Obstacle::Server, n, spread).as_secs_f64();
        assert_eq!(at(1, 0.5), 5.0);
        assert_eq!(at(2, 0.5), 10.0);
        assert_eq!(at(1, 0.0), 3.75);
        assert_eq!(at(1, 1.0), 6.25);
        assert_eq!(at(8, 0.5), 640.0);
        assert_eq!(at(u32::MAX, 0.5), 640.0);
        assert!(backoff(Obstacle::Network, 3, 1.0) <= Duration::from_secs(1));
        assert!(backoff(Obstacle::Network, u32::MAX, 0.0) >= Duration::from_secs(20));
    }
}
