//! The only name server and the only host there is: every name is 127.0.0.1, and every call is written down.

use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
pub struct Sink(Arc<Mutex<Vec<String>>>);

impl Sink {
    pub fn open() -> anyhow::Result<Self> {
        let sink = Self::default();
        let names = UdpSocket::bind("127.0.0.1:53")?;
        let asked = sink.clone();
        std::thread::spawn(move || {
            let mut packet = [0; 1500];
            while let Ok((length, from)) = names.recv_from(&mut packet) {
                if let Some((name, answer)) = answer(&packet[..length]) {
                    asked.write(name);
                    let _ = names.send_to(&answer, from);
                }
            }
        });
        for port in [80, 443, 21, 8080, 8443] {
            let listener = TcpListener::bind(("0.0.0.0", port))?;
            let called = sink.clone();
            std::thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    let called = called.clone();
                    std::thread::spawn(move || {
                        // A request line with its Host, or a ClientHello with its server name.
                        let mut start = [0; 4096];
                        let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
                        let length = stream.read(&mut start).unwrap_or(0);
                        called
                            .write(format!("{port} {}", String::from_utf8_lossy(&start[..length])));
                    });
                }
            });
        }
        Ok(sink)
    }

    pub fn heard(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub fn forget(&self) {
        self.0.lock().unwrap().clear();
    }

    fn write(&self, call: String) {
        self.0.lock().unwrap().push(call);
    }
}

/// The name that was asked for, and the answer to it (RFC 1035 4).
fn answer(query: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).into_owned());
        at += length;
    }
    let question = query.get(12..at + 4)?;
    let is_address = query.get(at..at + 2)? == [0, 1];
    let mut answer = query.get(..2)?.to_vec();
    answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_address), 0, 0, 0, 0]);
    answer.extend(question);
    if is_address {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    Some((labels.join("."), answer))
}
