//! What is counted, what is bounded, and what a server may do that ends the connection.

#![allow(clippy::unwrap_used, clippy::panic)]

mod rig;

use model::{Endpoint, Security};
use rig::{Authority, BOTH, LIMIT, OLD, Tls, serve, serve_tls};
use satchel_net::{Clear, Error, Traffic, connect, connect_clear};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// For what must run into its limit; a machine under load is given time elsewhere.
const SHORT: Duration = Duration::from_millis(400);

async fn line(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n") {
        text.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(text).unwrap()
}

fn authority() -> (Authority, Tls, Tls) {
    let authority = Authority::new("Kontor Root");
    let identity = authority.issue(&["localhost"], |_| ());
    let tls = [BOTH, OLD].map(|versions| Tls::new(&identity, versions));
    let [new, old] = tls;
    (authority, new, old)
}

#[tokio::test]
async fn bursts_are_counted_exactly_and_octets_as_the_server_counts_them() {
    let (authority, new, old) = authority();
    // TLS 1.3: ClientHello, Finished. TLS 1.2: ClientHello, key exchange and Finished, and the
    // server's own Finished before the first command.
    for (tls, handshake) in [(new, 2), (old, 2)] {
        let (tell, mut told) = mpsc::unbounded_channel();
        let at = serve_tls(&tls, move |mut stream| {
            let tell = tell.clone();
            async move {
                stream.write_all(b"* OK here\r\n").await.unwrap();
                stream.flush().await.unwrap();
                for answer in [b"a OK\r\nb OK\r\n".as_slice(), b"c OK\r\n"] {
                    for _ in 0..answer.iter().filter(|o| **o == b'\n').count() {
                        line(&mut stream).await;
                    }
                    stream.write_all(answer).await.unwrap();
                    stream.flush().await.unwrap();
                }
                tell.send(stream.get_ref().0.counters().traffic()).unwrap();
                let _ = stream.read(&mut [0u8; 8]).await;
            }
        })
        .await;
        let mut connected = connect(&at, &authority.trust(), LIMIT).await.unwrap();
        let counters = connected.counters.clone();
        assert_eq!(connected.host, "localhost");
        assert_eq!(counters.traffic().round_trips, handshake);
        let stream = &mut connected.stream;
        line(stream).await;
        assert_eq!(counters.traffic().round_trips, handshake, "reading is no burst");
        for command in [b"a NOOP\r\n", b"b NOOP\r\n"] {
            stream.write_all(command).await.unwrap();
            stream.flush().await.unwrap();
        }
        line(stream).await;
        line(stream).await;
        assert_eq!(counters.traffic().round_trips, handshake + 1, "two commands in one flight");
        stream.write_all(b"c NOOP\r\n").await.unwrap();
        stream.flush().await.unwrap();
        line(stream).await;
        let server = told.recv().await.unwrap();
        let client = counters.traffic();
        assert_eq!(client.round_trips, handshake + 2);
        assert_eq!((client.bytes_in, client.bytes_out), (server.bytes_out, server.bytes_in));
    }
}

#[tokio::test]
async fn a_first_flight_leaves_with_the_finished_of_tls_1_3() {
    let (authority, tls, _) = authority();
    let at = serve_tls(&tls, |mut stream| async move {
        line(&mut stream).await;
        stream.write_all(b"* OK here\r\na OK\r\n").await.unwrap();
        stream.flush().await.unwrap();
        let _ = stream.read(&mut [0u8; 8]).await;
    })
    .await;
    let mut connected = connect(&at, &authority.trust(), LIMIT).await.unwrap();
    connected.stream.write_all(b"a NOOP\r\n").await.unwrap();
    connected.stream.flush().await.unwrap();
    line(&mut connected.stream).await;
    line(&mut connected.stream).await;
    assert_eq!(connected.counters.traffic().round_trips, 2);
}

/// A server that agrees to STARTTLS, and then does as `after` says.
async fn upgrading<F>(
    agreed: &'static [u8],
    after: impl Fn(tokio::net::TcpStream) -> F + Clone + Send + Sync + 'static,
) -> Endpoint
where
    F: Future<Output = ()> + Send + 'static,
{
    let at = serve(move |mut stream| {
        let after = after.clone();
        async move {
            stream.write_all(b"* OK here\r\n").await.unwrap();
            assert_eq!(line(&mut stream).await, "a STARTTLS\r\n");
            stream.write_all(agreed).await.unwrap();
            after(stream).await;
        }
    })
    .await;
    Endpoint { security: Security::StartTls, ..at }
}

async fn agreed(at: &Endpoint) -> Clear {
    let mut clear = connect_clear(at, LIMIT).await.unwrap();
    assert_eq!(line(&mut clear).await, "* OK here\r\n");
    clear.write_all(b"a STARTTLS\r\n").await.unwrap();
    assert_eq!(line(&mut clear).await, "a OK begin\r\n");
    clear
}

#[tokio::test]
async fn an_upgrade_goes_on_counting() {
    let (authority, tls, _) = authority();
    let at = upgrading(b"a OK begin\r\n", move |stream| {
        let acceptor = tls.acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            line(&mut stream).await;
            stream.write_all(b"b OK\r\n").await.unwrap();
            stream.flush().await.unwrap();
        }
    })
    .await;
    let clear = agreed(&at).await;
    assert_eq!(clear.host(), "localhost");
    assert_eq!(clear.counters().traffic(), Traffic { bytes_in: 23, bytes_out: 12, round_trips: 1 });
    let mut connected = clear.secure(&authority.trust(), LIMIT).await.unwrap();
    // STARTTLS, ClientHello, Finished: the command leaves with the last.
    assert_eq!(connected.counters.traffic().round_trips, 3);
    connected.stream.write_all(b"b NOOP\r\n").await.unwrap();
    connected.stream.flush().await.unwrap();
    assert_eq!(line(&mut connected.stream).await, "b OK\r\n");
    assert_eq!(connected.counters.traffic().round_trips, 3);
}

#[tokio::test]
async fn what_follows_the_agreement_in_clear_ends_the_connection_before_we_say_a_word() {
    let (authority, tls, _) = authority();
    let (tell, mut told) = mpsc::unbounded_channel();
    let at = upgrading(b"a OK begin\r\n* CAPABILITY IMAP4rev1 INJECTED\r\n", move |mut stream| {
        let (acceptor, tell) = (tls.acceptor.clone(), tell.clone());
        async move {
            let mut first = [0u8; 1];
            // An honest TLS server behind it would complete the handshake.
            match stream.peek(&mut first).await {
                Ok(0) | Err(_) => tell.send(false).unwrap(),
                Ok(_) => {
                    let _ = acceptor.accept(&mut stream).await;
                    tell.send(true).unwrap();
                }
            }
        }
    })
    .await;
    let failed = agreed(&at).await.secure(&authority.trust(), LIMIT).await.unwrap_err();
    assert_eq!(failed, Error::InjectedBeforeTls { host: "localhost".into() });
    assert_eq!(told.recv().await, Some(false), "a handshake was begun");
}

#[tokio::test]
async fn what_comes_in_clear_during_the_handshake_ends_the_connection() {
    let (authority, tls, _) = authority();
    let at = upgrading(b"a OK begin\r\n", move |mut stream| {
        let acceptor = tls.acceptor.clone();
        async move {
            stream.peek(&mut [0u8; 1]).await.unwrap();
            stream.write_all(b"* OK [ALERT] late\r\n").await.unwrap();
            let _ = acceptor.accept(stream).await;
        }
    })
    .await;
    let failed = agreed(&at).await.secure(&authority.trust(), LIMIT).await.unwrap_err();
    assert_eq!(failed, Error::InjectedBeforeTls { host: "localhost".into() });
}

#[tokio::test]
async fn an_upgrade_checks_the_certificate_and_the_limit_too() {
    let (authority, tls, _) = authority();
    let at = upgrading(b"a OK begin\r\n", move |stream| {
        let acceptor = tls.acceptor.clone();
        async move {
            let _ = acceptor.accept(stream).await;
        }
    })
    .await;
    let other = Authority::new("Another").trust();
    let failed = agreed(&at).await.secure(&other, LIMIT).await.unwrap_err();
    assert!(matches!(&failed, Error::Untrusted(facts) if facts.port == at.port), "{failed:?}");

    let silent = upgrading(b"a OK begin\r\n", |stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    let failed = agreed(&silent).await.secure(&authority.trust(), SHORT).await.unwrap_err();
    assert!(matches!(failed, Error::Timeout { .. }), "{failed:?}");

    let gone = upgrading(b"a OK begin\r\n", |stream| async move { drop(stream) }).await;
    let failed = agreed(&gone).await.secure(&authority.trust(), LIMIT).await.unwrap_err();
    assert!(matches!(failed, Error::Io { .. } | Error::Tls { .. }), "{failed:?}");
}

#[tokio::test]
async fn where_nothing_listens_it_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for host in ["localhost", "127.0.0.1", "[127.0.0.1]"] {
        let at = Endpoint { port, ..Endpoint::imaps(host) };
        let refused = Error::Refused { host: host.into(), port };
        assert_eq!(connect(&at, &Default::default(), LIMIT).await.unwrap_err(), refused);
        assert_eq!(connect_clear(&at, LIMIT).await.unwrap_err(), refused);
    }
}

#[tokio::test]
async fn a_silent_server_runs_into_the_limit_and_is_let_go() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let at = serve(move |mut stream| {
        let tell = tell.clone();
        async move {
            let mut all = Vec::new();
            let _ = stream.read_to_end(&mut all).await;
            tell.send(all.len()).unwrap();
        }
    })
    .await;
    let began = Instant::now();
    let failed = connect(&at, &Default::default(), SHORT).await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        "localhost did not answer in time while securing the connection"
    );
    assert!(began.elapsed() < SHORT * 10);
    assert!(told.recv().await.unwrap() > 0, "the socket was closed after our ClientHello");
}

#[tokio::test]
async fn giving_up_closes_the_socket() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let at = serve(move |mut stream| {
        let tell = tell.clone();
        async move {
            stream.read_u8().await.unwrap();
            tell.send("begun").unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
            tell.send("closed").unwrap();
        }
    })
    .await;
    let connecting =
        tokio::spawn(async move { connect(&at, &Default::default(), LIMIT).await.map(|_| ()) });
    assert_eq!(told.recv().await, Some("begun"));
    connecting.abort();
    assert_eq!(told.recv().await, Some("closed"));
}

#[tokio::test]
async fn what_is_no_tls_server_is_said_to_be_none() {
    let (authority, ..) = authority();
    for answer in [
        b"* OK [CAPABILITY IMAP4rev1] here\r\n".as_slice(),
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        // An alert: handshake_failure.
        b"\x15\x03\x03\x00\x02\x02\x28",
        // A handshake message of 16 MB, announced.
        b"\x16\x03\x03\x40\x00\x02\xff\xff\xff",
        &[0xff; 4096],
    ] {
        let at = serve(move |mut stream| async move {
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        })
        .await;
        let failed = connect(&at, &authority.trust(), LIMIT).await.unwrap_err();
        assert!(matches!(&failed, Error::Tls { host, .. } if host == "localhost"), "{failed:?}");
    }
}

#[tokio::test]
async fn a_server_that_never_ends_its_handshake_is_stopped() {
    let sent = Arc::new(Mutex::new(0usize));
    let at = serve({
        let sent = sent.clone();
        move |mut stream| {
            let sent = sent.clone();
            async move {
                // Records of a handshake message that goes on and on.
                let mut record = vec![0x16, 3, 3, 0x40, 0];
                record.extend_from_slice(&[2, 0xff, 0xff, 0xff]);
                record.resize(5 + 0x4000, 0);
                while stream.write_all(&record).await.is_ok() {
                    *sent.lock().unwrap() += record.len();
                }
            }
        }
    })
    .await;
    let failed = connect(&at, &Default::default(), LIMIT).await.unwrap_err();
    assert!(matches!(failed, Error::Tls { .. }), "{failed:?}");
    // What fits into the sockets' own buffers, and no flood.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(*sent.lock().unwrap() < 16_000_000);
}

#[tokio::test]
async fn a_stream_that_breaks_off_says_so_for_its_host() {
    let (authority, tls, _) = authority();
    let at = serve_tls(&tls, |mut stream| async move {
        stream.write_all(b"* OK here\r\n").await.unwrap();
        stream.flush().await.unwrap();
        // Closed beneath TLS, without its farewell: a cut, not an end.
        drop(stream);
    })
    .await;
    let mut connected = connect(&at, &authority.trust(), LIMIT).await.unwrap();
    line(&mut connected.stream).await;
    let cut = connected.stream.read(&mut [0u8; 8]).await.unwrap_err();
    let error = Error::on_stream(&connected.host, &cut);
    assert_eq!(error.host(), Some("localhost"));
    assert!(error.to_string().contains("the server"), "{error}");
}
