//! The proxy counts exactly, and breaks exactly where it was told to.

use satchel_tests::proxy::{Break, Burst, Proxy, Weather};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Answers each `n\n` with n octets.
fn server() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                let mut line = Vec::new();
                let mut byte = [0u8];
                while let Ok(1) = stream.read(&mut byte) {
                    if byte[0] != b'\n' {
                        line.push(byte[0]);
                        continue;
                    }
                    let n: usize = String::from_utf8_lossy(&line).parse().unwrap_or(0);
                    line.clear();
                    if stream.write_all(&vec![b'x'; n]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

fn ask(stream: &mut TcpStream, octets: usize) -> Vec<u8> {
    stream.write_all(format!("{octets}\n").as_bytes()).unwrap();
    let mut answer = vec![0u8; octets];
    stream.read_exact(&mut answer).unwrap();
    answer
}

fn rest(stream: &mut TcpStream) -> usize {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    all.len()
}

#[test]
fn octets_and_bursts_are_counted_for_each_connection() {
    let proxy = Proxy::start(server()).unwrap();
    let mut first = connect(&proxy);
    ask(&mut first, 10);
    ask(&mut first, 70_000);
    let mut second = connect(&proxy);
    second.write_all(b"3").unwrap();
    second.flush().unwrap();
    // Still the same burst: nothing has come from the server since.
    thread::sleep(Duration::from_millis(30));
    second.write_all(b"00\n").unwrap();
    let mut answer = [0u8; 300];
    second.read_exact(&mut answer).unwrap();
    drop((first, second));
    let seen = proxy.settled(Duration::from_secs(10)).unwrap();
    let counted = |bursts: &[Burst]| bursts.iter().map(|b| (b.up, b.down)).collect::<Vec<_>>();
    assert_eq!(counted(&seen[0].bursts), [(3, 10), (6, 70_000)]);
    assert_eq!((seen[0].up, seen[0].down), (9, 70_010));
    assert_eq!(counted(&seen[1].bursts), [(4, 300)]);
    assert_eq!(proxy.busiest(), seen[0]);
    assert_eq!(proxy.sum(), (13, 70_310, 3));
    assert_eq!(seen[0].bursts_until_last_over(50), 2);
    assert_eq!(seen[0].bursts_until_last_over(100_000), 0);
}

#[test]
fn a_cut_comes_after_exactly_so_many_octets() {
    let proxy = Proxy::start(server()).unwrap();
    for at in [0, 1, 999, 40_000] {
        proxy.set(Weather { down: Break::CutAfter(at), ..Weather::default() });
        let mut stream = connect(&proxy);
        let _ = stream.write_all(b"50000\n");
        assert_eq!(rest(&mut stream) as u64, at);
    }
    proxy.set(Weather { up: Break::CutAfter(3), ..Weather::default() });
    let mut stream = connect(&proxy);
    stream.write_all(b"20\n30\n").unwrap();
    assert!(rest(&mut stream) <= 20);
    assert_eq!(proxy.seen().last().unwrap().up, 3);
}

#[test]
fn a_stall_keeps_the_connection_and_says_nothing() {
    let proxy = Proxy::start(server()).unwrap();
    proxy.set(Weather { down: Break::StallAfter(100), ..Weather::default() });
    let mut stream = connect(&proxy);
    stream.write_all(b"5000\n").unwrap();
    let mut first = [0u8; 100];
    stream.read_exact(&mut first).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let end = stream.read(&mut first);
    assert!(
        matches!(&end, Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)),
        "{end:?}"
    );
    drop(stream);
    proxy.settled(Duration::from_secs(10)).unwrap();
}

#[test]
fn a_half_closed_connection_still_carries_the_other_way() {
    let proxy = Proxy::start(server()).unwrap();
    proxy.set(Weather { down: Break::HalfCloseAfter(5), ..Weather::default() });
    let mut stream = connect(&proxy);
    stream.write_all(b"50\n").unwrap();
    assert_eq!(rest(&mut stream), 5);
    stream.write_all(b"7\n").unwrap();
    let start = Instant::now();
    while proxy.seen()[0].up < 5 {
        assert!(start.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn delay_and_rate_take_the_time_they_should() {
    let proxy = Proxy::start(server()).unwrap();
    proxy.set(Weather { delay: Duration::from_millis(60), ..Weather::default() });
    let mut stream = connect(&proxy);
    let start = Instant::now();
    ask(&mut stream, 10);
    ask(&mut stream, 10);
    assert!(start.elapsed() >= Duration::from_millis(240), "{:?}", start.elapsed());
    proxy.set(Weather { rate: Some(100_000), ..Weather::default() });
    let mut stream = connect(&proxy);
    let start = Instant::now();
    ask(&mut stream, 40_000);
    assert!(start.elapsed() >= Duration::from_millis(350), "{:?}", start.elapsed());
}

#[test]
fn connections_end_on_command_and_new_ones_may_lead_elsewhere() {
    let proxy = Proxy::start(server()).unwrap();
    let mut stream = connect(&proxy);
    ask(&mut stream, 10);
    proxy.close_all();
    assert_eq!(rest(&mut stream), 0);
    let mut stream = connect(&proxy);
    assert_eq!(ask(&mut stream, 4).len(), 4);
    // Nothing listens there: the client is let in and sent away.
    proxy.lead_to("127.0.0.1:1".parse().unwrap());
    let mut stream = connect(&proxy);
    assert_eq!(rest(&mut stream), 0);
}
