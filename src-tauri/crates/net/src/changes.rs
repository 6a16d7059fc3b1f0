//! What the machine notices of its way to the world: another network, a sleep that ended. Where the system tells,
//! it is listened to; and a probe that asks nobody holds two clocks against each other everywhere.

use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another network, another address, or one again.
    Network,
    /// The machine slept, or its clock was set.
    Woke,
}

/// Between two looks at the clocks.
const PROBE: Duration = Duration::from_secs(5);
/// Time that one clock passed and the other did not.
const JUMP: Duration = Duration::from_secs(15);
/// Interfaces change one by one when a lid is opened; the last of them is told of.
const SETTLE: Duration = Duration::from_millis(500);
const WAITING: usize = 16;

/// Everything that is noticed from now on, until the receiver is dropped.
pub fn changes() -> mpsc::Receiver<Change> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(probe(sender.clone()));
    tokio::spawn(interfaces(sender.clone()));
    #[cfg(target_os = "linux")]
    tokio::spawn(async move {
        if let Err(error) = sleep::watch(None, sender).await {
            tracing::debug!(%error, "nobody tells of sleep here: the clocks do");
        }
    });
    receiver
}

/// A jump of either clock against the other: what slept, or was set, finds its connections dead.
async fn probe(sender: mpsc::Sender<Change>) {
    let mut last = (Instant::now(), SystemTime::now());
    while !sender.is_closed() {
        tokio::time::sleep(PROBE).await;
        let now = (Instant::now(), SystemTime::now());
        let monotonic = now.0.duration_since(last.0);
        if jumped(monotonic, now.1.duration_since(last.1).ok()) {
            // One that is not taken is followed by others.
            let _ = sender.try_send(Change::Woke);
        }
        last = now;
    }
}

/// `wall`: None where it went back.
fn jumped(monotonic: Duration, wall: Option<Duration>) -> bool {
    wall.is_none_or(|wall| wall.abs_diff(monotonic) > JUMP) || monotonic > PROBE + JUMP
}

async fn interfaces(sender: mpsc::Sender<Change>) {
    let (told, mut heard) = mpsc::channel(WAITING);
    let watching = netwatcher::watch_interfaces_with_callback(move |update| {
        if !update.is_initial {
            // A full queue says the same.
            let _ = told.try_send(());
        }
    });
    let _watching = match watching {
        Ok(watching) => watching,
        Err(error) => {
            tracing::debug!(?error, "nobody tells of networks here");
            return;
        }
    };
    loop {
        tokio::select! {
            () = sender.closed() => return,
            Some(()) = heard.recv() => {}
        }
        while tokio::time::timeout(SETTLE, heard.recv()).await.is_ok_and(|more| more.is_some()) {}
        let _ = sender.try_send(Change::Network);
    }
}

/// logind says before it sleeps, and after (org.freedesktop.login1.Manager, PrepareForSleep).
#[cfg(target_os = "linux")]
mod sleep {
    use super::Change;
    use futures::StreamExt;
    use tokio::sync::mpsc;

    /// `bus`: another than the system's.
    pub async fn watch(bus: Option<&str>, sender: mpsc::Sender<Change>) -> zbus::Result<()> {
        let connection = match bus {
            Some(address) => zbus::connection::Builder::address(address)?.build().await?,
            None => zbus::Connection::system().await?,
        };
        let rule = zbus::MatchRule::builder()
            .msg_type(zbus::message::Type::Signal)
            .interface("org.freedesktop.login1.Manager")?
            .member("PrepareForSleep")?
            .build();
        let mut signals = zbus::MessageStream::for_match_rule(rule, &connection, None).await?;
        loop {
            tokio::select! {
                () = sender.closed() => return Ok(()),
                signal = signals.next() => {
                    let Some(signal) = signal else { return Ok(()) };
                    if matches!(signal?.body().deserialize::<bool>(), Ok(false)) {
                        let _ = sender.try_send(Change::Woke);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_part_tell_of_a_sleep() {
        let seconds = Duration::from_secs;
        assert!(!jumped(seconds(5), Some(seconds(5))));
        assert!(!jumped(seconds(8), Some(seconds(6))));
        // Asleep: the wall clock went on, the other stood still.
        assert!(jumped(seconds(5), Some(seconds(3_600))));
        // Set back.
        assert!(jumped(seconds(5), None));
        assert!(jumped(seconds(30), Some(seconds(5))));
        // Both went on: the process was held.
        assert!(jumped(seconds(120), Some(seconds(120))));
    }

    #[tokio::test]
    async fn whoever_listens_no_more_is_left_alone() {
        drop(changes());
        // Every task of it ends: nothing keeps the runtime from closing.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_end_of_a_sleep_is_heard_on_the_bus() {
        use std::io::{BufRead, BufReader};
        use std::process::{Command, Stdio};
        let mut bus = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        let (sender, mut heard) = mpsc::channel(4);
        let listening = address.clone();
        let watching = tokio::spawn(async move { sleep::watch(Some(&listening), sender).await });
        let logind =
            zbus::connection::Builder::address(address.as_str()).unwrap().build().await.unwrap();
        let manager = "org.freedesktop.login1.Manager";
        let told = tokio::time::timeout(Duration::from_secs(20), async {
            // Until somebody listens.
            loop {
                for asleep in [true, false] {
                    logind
                        .emit_signal(
                            None::<&str>,
                            "/org/freedesktop/login1",
                            manager,
                            "PrepareForSleep",
                            &asleep,
                        )
                        .await
                        .unwrap();
                }
                match tokio::time::timeout(Duration::from_millis(200), heard.recv()).await {
                    Ok(told) => return told,
                    Err(_) => continue,
                }
            }
        });
        assert_eq!(told.await.unwrap(), Some(Change::Woke));
        drop(heard);
        watching.await.unwrap().unwrap();
        bus.kill().unwrap();
        bus.wait().unwrap();
    }
}
