//! A TCP proxy that counts what passes and breaks it on demand: delay, rate, a cut at a given byte, a stall, a
//! half-closed connection. It sees what the network sees: TLS records, not what is in them.
//!
//! A burst of the client begins with its bytes when the last that passed came from the server, or nothing had
//! passed yet: what the command line calls a round trip.

use crate::runtime;
use anyhow::{Context, Result};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

/// What is done to the connections opened from now on. The default lets all pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Each way, so that a round trip costs twice this.
    pub delay: Duration,
    /// Octets a second, down to the client.
    pub rate: Option<u64>,
    pub down: Break,
    pub up: Break,
}

/// What befalls one direction. Octets are counted from the connection's beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Break {
    #[default]
    Never,
    /// The first `n` octets pass, then the whole connection is gone.
    CutAfter(u64),
    /// The first `n` octets pass, then nothing more, and the connection stays open.
    StallAfter(u64),
    /// The first `n` octets pass, then this direction is closed and the other goes on.
    HalfCloseAfter(u64),
}

/// One connection, as counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Octets from the client.
    pub up: u64,
    /// Octets from the server.
    pub down: u64,
    /// Each burst of the client, with what the server answered to it.
    pub bursts: Vec<Burst>,
    pub closed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Burst {
    pub up: u64,
    pub down: u64,
    /// The server had been silent for longer than the way takes, and nothing of its was still under way: this trip
    /// was waited for. Told only where there is a delay.
    pub dry: bool,
}

pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<u64>,
    pulled: watch::Sender<bool>,
    accepting: tokio::task::JoinHandle<()>,
}

struct Shared {
    target: Mutex<SocketAddr>,
    weather: Mutex<Weather>,
    seen: Mutex<Vec<Seen>>,
    /// How often the network was pulled: a connection from before is dead.
    pulls: AtomicU64,
}

impl Proxy {
    pub fn start(target: SocketAddr) -> Result<Self> {
        let listener = runtime()
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .context("binding the proxy")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            target: Mutex::new(target),
            weather: Mutex::default(),
            seen: Mutex::default(),
            pulls: AtomicU64::new(0),
        });
        // The value counts the orders to close; a connection ends when it changes.
        let (stop, stopped) = watch::channel(0);
        let (pulled, pulled_now) = watch::channel(false);
        let accepting = runtime().spawn(accept(listener, shared.clone(), stopped, pulled_now));
        Ok(Self { address, shared, stop, pulled, accepting })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `imaps://localhost:PORT`
    pub fn url(&self) -> String {
        format!("imaps://localhost:{}", self.port())
    }

    /// For connections opened from now on.
    pub fn set(&self, weather: Weather) {
        *lock(&self.shared.weather) = weather;
    }

    /// Where connections opened from now on lead.
    pub fn lead_to(&self, target: SocketAddr) {
        *lock(&self.shared.target) = target;
    }

    /// Ends every open connection, now and without farewell.
    pub fn close_all(&self) {
        self.stop.send_modify(|n| *n += 1);
    }

    /// The network is gone without a word: nothing passes on what was open, ever again, and nobody is told. What is
    /// opened meanwhile waits, as a SYN does.
    pub fn pull(&self) {
        self.pulled.send_replace(true);
        self.shared.pulls.fetch_add(1, Ordering::SeqCst);
    }

    /// The network is back; what waited goes on.
    pub fn plug(&self) {
        self.pulled.send_replace(false);
    }

    /// Every connection since the start or the last `reset`, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.seen).clone()
    }

    /// The connection that carried the most.
    pub fn busiest(&self) -> Seen {
        self.seen().into_iter().max_by_key(|s| s.up + s.down).unwrap_or_default()
    }

    /// Waits until every connection is closed: what is counted then is all.
    pub fn settled(&self, limit: Duration) -> Result<Vec<Seen>> {
        let start = std::time::Instant::now();
        loop {
            let seen = self.seen();
            if !seen.is_empty() && seen.iter().all(|s| s.closed) {
                return Ok(seen);
            }
            anyhow::ensure!(start.elapsed() < limit, "connections are still open: {seen:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Octets up and down, and bursts, over all connections so far: take the difference of two for what lies between.
    pub fn sum(&self) -> (u64, u64, u64) {
        self.seen().iter().fold((0, 0, 0), |(up, down, bursts), s| {
            (up + s.up, down + s.down, bursts + s.bursts.len() as u64)
        })
    }
}

impl Seen {
    /// Bursts up to the last whose answer was larger than `octets`: a LOGOUT and its BYE come after that.
    pub fn bursts_until_last_over(&self, octets: u64) -> usize {
        self.bursts.iter().rposition(|b| b.down > octets).map_or(0, |at| at + 1)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.close_all();
    }
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopped: watch::Receiver<u64>,
    pulled: watch::Receiver<bool>,
) {
    while let Ok((client, _)) = listener.accept().await {
        let index = {
            let mut seen = lock(&shared.seen);
            seen.push(Seen::default());
            seen.len() - 1
        };
        let mut stopped = stopped.clone();
        stopped.mark_unchanged();
        let (shared, mut pulled) = (shared.clone(), pulled.clone());
        tokio::spawn(async move {
            if pulled.wait_for(|pulled| !pulled).await.is_err() {
                return;
            }
            let weather = *lock(&shared.weather);
            let target = *lock(&shared.target);
            tokio::select! {
                _ = stopped.changed() => {}
                _ = carry(client, target, weather, &shared, index) => {}
            }
            if let Some(seen) = lock(&shared.seen).get_mut(index) {
                seen.closed = true;
            }
        });
    }
}

/// Ends when both directions have, or when one is cut.
async fn carry(
    client: TcpStream,
    target: SocketAddr,
    weather: Weather,
    shared: &Arc<Shared>,
    index: usize,
) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let pulls = shared.pulls.load(Ordering::SeqCst);
    let dead = || {
        let shared = shared.clone();
        move || shared.pulls.load(Ordering::SeqCst) != pulls
    };
    // What came from the server and is not with the client yet, and when the last of it came.
    let under_way = Arc::new(AtomicU64::new(0));
    let last_down = Arc::new(Mutex::new(Instant::now()));
    let count = |upward: bool| {
        let (shared, under_way, last_down) = (shared.clone(), under_way.clone(), last_down.clone());
        move |octets: u64| {
            let mut all = lock(&shared.seen);
            let Some(seen) = all.get_mut(index) else { return };
            if upward {
                seen.up += octets;
                // A new burst: the first, or the one before has been answered.
                if seen.bursts.last().is_none_or(|b| b.down > 0) {
                    let silent = lock(&last_down).elapsed() >= weather.delay;
                    let dry =
                        !weather.delay.is_zero() && silent && under_way.load(Ordering::SeqCst) == 0;
                    seen.bursts.push(Burst { dry, ..Burst::default() });
                }
            } else {
                seen.down += octets;
                under_way.fetch_add(octets, Ordering::SeqCst);
                *lock(&last_down) = Instant::now();
            }
            // A server that speaks first (in clear) answers no burst.
            if let Some(burst) = seen.bursts.last_mut() {
                let side = if upward { &mut burst.up } else { &mut burst.down };
                *side += octets;
            }
        }
    };
    let upward = Way { delay: weather.delay, rate: None, broken: weather.up, upward: true };
    let downward =
        Way { delay: weather.delay, rate: weather.rate, broken: weather.down, upward: false };
    let arrived = under_way.clone();
    let up = flow(from_client, to_server, upward, count(true), |_| {}, dead());
    let down = flow(
        from_server,
        to_client,
        downward,
        count(false),
        move |octets| {
            arrived.fetch_sub(octets, Ordering::SeqCst);
        },
        dead(),
    );
    tokio::pin!(up, down);
    // A cut of one side is the end of both; an orderly end of one lets the other finish.
    tokio::select! {
        cut = &mut up => if !cut { down.await; },
        cut = &mut down => if !cut { up.await; },
    }
}

/// One direction of one connection.
#[derive(Clone, Copy)]
struct Way {
    delay: Duration,
    rate: Option<u64>,
    broken: Break,
    upward: bool,
}

/// One direction; true where it was cut. `count` hears what comes in, `arrived` what went out again.
async fn flow(
    mut from: OwnedReadHalf,
    to: OwnedWriteHalf,
    way: Way,
    count: impl Fn(u64),
    arrived: impl Fn(u64),
    dead: impl Fn() -> bool + Clone,
) -> bool {
    let Way { delay, rate, broken, upward } = way;
    let dead_on_arrival = dead.clone();
    let (send, arrive) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    let last = match broken {
        Break::Never => u64::MAX,
        Break::CutAfter(n) | Break::StallAfter(n) | Break::HalfCloseAfter(n) => n,
    };
    let read = async move {
        let mut buffer = vec![0u8; 16 * 1024];
        let mut passed = 0u64;
        while passed < last {
            let read = from.read(&mut buffer).await;
            if dead() {
                return swallow(from, read.is_ok_and(|n| n > 0), upward).await;
            }
            let Ok(n @ 1..) = read else { return Break::Never };
            let n = n.min(usize::try_from(last - passed).unwrap_or(usize::MAX));
            passed += n as u64;
            count(n as u64);
            if send.send((Instant::now() + delay, buffer[..n].to_vec())).await.is_err() {
                return Break::Never;
            }
        }
        if let Break::StallAfter(_) = broken {
            // The channel stays open: the other side sees a connection on which nothing comes.
            while matches!(from.read(&mut buffer).await, Ok(1..)) {}
        }
        drop(send);
        if let Break::HalfCloseAfter(_) = broken {
            // What still comes is taken and dropped, so that nobody is told.
            while matches!(from.read(&mut buffer).await, Ok(1..)) {}
        }
        broken
    };
    let (end, ()) = tokio::join!(read, deliver(to, arrive, rate, arrived, dead_on_arrival));
    matches!(end, Break::CutAfter(_))
}

/// What is left of a direction once the network was pulled: what still comes is lost. When the client gives the
/// connection up, it is over; the server's giving up is not heard here any more.
async fn swallow(mut from: OwnedReadHalf, more: bool, upward: bool) -> Break {
    let mut buffer = vec![0u8; 16 * 1024];
    while more && matches!(from.read(&mut buffer).await, Ok(1..)) {}
    if !upward {
        std::future::pending::<()>().await;
    }
    Break::CutAfter(0)
}

async fn deliver(
    mut to: OwnedWriteHalf,
    mut arrive: mpsc::Receiver<(Instant, Vec<u8>)>,
    rate: Option<u64>,
    arrived: impl Fn(u64),
    dead: impl Fn() -> bool,
) {
    while let Some((due, bytes)) = arrive.recv().await {
        sleep_until(due).await;
        if let Some(rate) = rate.filter(|r| *r > 0) {
            sleep(Duration::from_micros(bytes.len() as u64 * 1_000_000 / rate)).await;
        }
        if dead() {
            continue;
        }
        if to.write_all(&bytes).await.is_err() {
            return;
        }
        arrived(bytes.len() as u64);
    }
    let _ = to.shutdown().await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
