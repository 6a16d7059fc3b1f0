//! Getting a TCP connection out of several addresses: RFC 8305, so that a family which is announced
//! and does not work costs a quarter of a second and no more.

use crate::error::{CONNECTING, Error};
use crate::host::Host;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

/// RFC 8305 8: "Connection Attempt Delay".
const STAGGER: Duration = Duration::from_millis(250);

pub(crate) async fn dial(host: &Host, deadline: Instant) -> Result<TcpStream, Error> {
    let addresses = host.addresses(deadline).await?;
    match timeout_at(deadline, first_of(interleaved(addresses))).await {
        Err(_) => Err(host.timeout(CONNECTING)),
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(failures)) => Err(told(host, &failures)),
    }
}

/// The first that answers; the others are given up. A failure starts the next at once.
async fn first_of(mut waiting: VecDeque<SocketAddr>) -> Result<TcpStream, Vec<io::Error>> {
    let mut attempts = JoinSet::new();
    let mut failures = Vec::new();
    let mut next_at = Instant::now();
    loop {
        tokio::select! {
            biased;
            Some(ended) = attempts.join_next() => match ended {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(failure)) => {
                    failures.push(failure);
                    next_at = Instant::now();
                }
                Err(ended) => failures.push(io::Error::other(ended)),
            },
            () = sleep_until(next_at), if !waiting.is_empty() => {
                if let Some(address) = waiting.pop_front() {
                    attempts.spawn(one(address));
                }
                next_at = Instant::now() + STAGGER;
            }
            else => return Err(failures),
        }
    }
}

async fn one(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Commands are written whole; nothing is gained by waiting for more.
    stream.set_nodelay(true)?;
    // What a system does not know of these it leaves out: whoever uses the connection has deadlines too.
    if let Err(error) = keep_alive(&stream) {
        tracing::debug!(%error, "the connection has no keepalive of the system's");
    }
    Ok(stream)
}

/// A peer that is gone without a word is noticed by the system itself, whatever the protocol above is doing.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let socket = socket2::SockRef::from(stream);
    let seconds = Duration::from_secs;
    let keepalive = socket2::TcpKeepalive::new().with_time(seconds(15)).with_interval(seconds(5));
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_user_timeout(Some(seconds(20)))?;
    Ok(())
}

/// RFC 8305 4: families in turn, beginning with the one that the system put first.
fn interleaved(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let v4_first = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|a| a.is_ipv4() == v4_first);
    let mut order = VecDeque::new();
    while !first.is_empty() || !second.is_empty() {
        order.extend(first.pop_front());
        order.extend(second.pop_front());
    }
    order
}

/// The failure that tells most: a host that refuses is there, though another of its addresses can't
/// be reached from here.
fn told(host: &Host, failures: &[io::Error]) -> Error {
    let rank = |error: &Error| match error {
        Error::Refused { .. } => 3,
        Error::Timeout { .. } => 2,
        Error::Io { .. } => 1,
        _ => 0,
    };
    failures
        .iter()
        .map(|failure| Error::on_connect(&host.shown, host.port, failure))
        .max_by_key(rank)
        .unwrap_or_else(|| Error::NoSuchHost { host: host.shown.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::{TcpListener, TcpSocket};

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn families_take_turns() {
        let [a, b, c] = ["[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::3]:1"].map(address);
        let [x, y] = ["192.0.2.1:1", "192.0.2.2:1"].map(address);
        assert_eq!(interleaved(vec![a, b, c, x, y]), [a, x, b, y, c]);
        assert_eq!(interleaved(vec![x, y, a]), [x, a, y]);
        assert!(interleaved(vec![]).is_empty());
    }

    #[test]
    fn the_failure_that_tells_most_is_told() {
        let host = Host::parse("mail.kontor.example", 993).unwrap();
        let of = |kinds: &[io::ErrorKind]| {
            told(&host, &kinds.iter().map(|k| io::Error::from(*k)).collect::<Vec<_>>())
        };
        use io::ErrorKind::{ConnectionRefused, NetworkUnreachable, TimedOut};
        assert!(matches!(of(&[NetworkUnreachable, ConnectionRefused]), Error::Refused { .. }));
        assert!(matches!(of(&[TimedOut, NetworkUnreachable]), Error::Timeout { .. }));
        assert_eq!(of(&[NetworkUnreachable, NetworkUnreachable]), Error::Offline);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_system_watches_the_connection_too() {
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = one(open.local_addr().unwrap()).await.unwrap();
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(15));
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_secs(20)));
    }

    #[tokio::test]
    async fn an_address_that_hangs_does_not_hold_up_the_next() {
        // A listener whose queue is full lets further connections wait unanswered.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(address("127.0.0.1:0")).unwrap();
        let full = socket.listen(1).unwrap();
        let hole = full.local_addr().unwrap();
        let mut queued = Vec::new();
        let hangs = loop {
            match tokio::time::timeout(Duration::from_millis(300), one(hole)).await {
                Ok(stream) => queued.push(stream.unwrap()),
                Err(_) => break true,
            }
            if queued.len() > 64 {
                break false;
            }
        };
        assert!(hangs, "the queue never filled");

        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let way = open.local_addr().unwrap();
        let began = Instant::now();
        let stream = first_of([hole, way].into()).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), way);
        assert!(began.elapsed() >= STAGGER, "the first has its head start");
        assert!(began.elapsed() < STAGGER * 10);
    }

    #[tokio::test]
    async fn a_refusal_starts_the_next_at_once() {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shut = gone.local_addr().unwrap();
        drop(gone);
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let way = open.local_addr().unwrap();
        // Twenty refusals, each waited out, would take five seconds.
        let mut addresses: VecDeque<_> = std::iter::repeat_n(shut, 20).collect();
        addresses.push_back(way);
        let stream =
            tokio::time::timeout(Duration::from_secs(3), first_of(addresses)).await.unwrap();
        assert_eq!(stream.unwrap().peer_addr().unwrap(), way);
        let failures = first_of([shut, shut].into()).await.unwrap_err();
        assert_eq!(failures.len(), 2);
    }
}
