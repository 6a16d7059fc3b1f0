//! By a raw TCP client, which sends what no browser would.

use super::{Door, Guard};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

struct Served {
    address: SocketAddr,
    token: String,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

async fn serve(token: Option<&str>) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let door = Door::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = door.address;
    let app = api::App::new(api::Config {
        data_dir: folder.path().to_owned(),
        secrets: api::SecretsChoice::File {
            path: folder.path().join("sealed"),
            passphrase: Some("open sesame".into()),
        },
        part_base: door.origin(),
        demo: false,
        beside: false,
    });
    let (told, ready) = tokio::sync::oneshot::channel();
    let stop = CancellationToken::new();
    let task =
        tokio::spawn(door.open_until(app, token.map(str::to_owned), stop.clone(), move |door| {
            told.send(door).unwrap()
        }));
    let door = ready.await.unwrap();
    let (place, token) = door.split_once("/#token=").unwrap();
    assert_eq!(place, format!("http://{address}"));
    Served { address, token: token.to_owned(), stop, task, _folder: folder }
}

impl Served {
    async fn raw(&self, request: String) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes);
        tokio::time::timeout(Duration::from_secs(20), read).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// With the right host; `extra` are whole header lines.
    async fn ask(&self, method: &str, path: &str, extra: &[String], body: &str) -> Answer {
        let mut extra = extra.concat();
        if !body.is_empty() {
            extra += "Content-Type: application/json\r\n";
        }
        let host = self.address;
        let length = body.len();
        self.raw(format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{extra}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
        .await
    }

    async fn sign_in(&self) -> String {
        let body = format!(r#"{{"token":"{}"}}"#, self.token);
        let answer = self.ask("POST", "/session", &[], &body).await;
        assert_eq!(answer.status, 204, "{}", answer.head);
        let cookie = answer.header("set-cookie").unwrap();
        for word in ["HttpOnly", "SameSite=Strict", "Path=/"] {
            assert!(cookie.contains(word), "{cookie}");
        }
        assert!(!cookie.contains(&self.token));
        format!("Cookie: {}\r\n", cookie.split(';').next().unwrap())
    }
}

const QUESTION: &str = r#"{"id":"1","method":"no.such","params":{}}"#;
const INSIDE: &[(&str, &str, &str)] = &[
    ("POST", "/rpc", QUESTION),
    ("POST", "/cancel", r#"{"id":"1"}"#),
    ("GET", "/events", ""),
    ("GET", "/part/1/1", ""),
];

#[tokio::test]
async fn without_the_cookie_nobody_is_let_in() {
    let served = serve(None).await;
    assert!(served.token.len() >= 43, "256 bits");
    let cookie = served.sign_in().await;
    let port = served.address.port();
    let wrong = [
        String::new(),
        format!("Cookie: satchel-{port}=\r\n"),
        format!("Cookie: satchel-{port}={}\r\n", served.token),
        cookie.replace("satchel-", "other-"),
        format!("{}x\r\n", cookie.trim_end()),
        format!("Authorization: Bearer {}\r\n", served.token),
    ];
    for (method, path, body) in INSIDE {
        for wrong in &wrong {
            let answer = served.ask(method, path, std::slice::from_ref(wrong), body).await;
            assert_eq!(answer.status, 401, "{method} {path} with {wrong}");
        }
    }
    let answer = served.ask("POST", "/rpc", &[cookie], QUESTION).await;
    assert_eq!(answer.status, 400, "{}", answer.head);
    assert!(answer.body.contains(r#""code":"bad-request""#), "{}", answer.body);
}

#[tokio::test]
async fn the_wrong_token_buys_nothing() {
    let served = serve(None).await;
    let half = &served.token[..served.token.len() / 2];
    for token in ["", "x", half] {
        let answer =
            served.ask("POST", "/session", &[], &format!(r#"{{"token":"{token}"}}"#)).await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("set-cookie").is_none());
    }
    // Not JSON: what a form of another site could send without asking.
    let form = format!("token={}", served.token);
    let answer = served
        .raw(format!(
            "POST /session HTTP/1.1\r\nHost: {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
            served.address,
            form.len()
        ))
        .await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn a_chosen_token_is_taken_and_a_strange_one_refused() {
    let served = serve(Some("my-own.token_1")).await;
    assert_eq!(served.token, "my-own.token_1");
    served.sign_in().await;
    for token in ["", "a b", "a#b", "ü"] {
        assert!(Guard::new(served.address, Some(token.to_owned())).is_err(), "{token}");
    }
}

#[tokio::test]
async fn every_other_name_for_us_is_refused() {
    let served = serve(None).await;
    let cookie = served.sign_in().await;
    let port = served.address.port();
    let hosts = [
        format!("Host: localhost:{port}\r\n"),
        format!("Host: rebound.example:{port}\r\n"),
        format!("Host: 127.0.0.1.nip.example:{port}\r\n"),
        format!("Host: 127.0.0.2:{port}\r\n"),
        format!("Host: 127.0.0.1:{}\r\n", port ^ 1),
        "Host: 127.0.0.1\r\n".to_owned(),
        "Host: \r\n".to_owned(),
        format!("Host: {}\r\nHost: rebound.example\r\n", served.address),
    ];
    for (method, path, body) in INSIDE.iter().chain(&[("GET", "/", ""), ("POST", "/session", "{}")])
    {
        for host in &hosts {
            let answer = served
                .raw(format!(
                    "{method} {path} HTTP/1.1\r\n{host}{cookie}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                ))
                .await;
            assert!(
                matches!(answer.status, 400 | 403),
                "{method} {path} {host}: {}",
                answer.status
            );
        }
        let none = served.raw(format!("{method} {path} HTTP/1.0\r\n{cookie}\r\n")).await;
        assert_eq!(none.status, 403, "{method} {path} without a host");
    }
}

#[tokio::test]
async fn other_sites_are_refused() {
    let served = serve(None).await;
    let cookie = served.sign_in().await;
    let port = served.address.port();
    let mut strange: Vec<String> =
        ["null", "", "https://evil.example", "http://127.0.0.1", "http://rebound.example"]
            .iter()
            .map(|origin| format!("Origin: {origin}\r\n"))
            .collect();
    strange.push(format!("Origin: http://localhost:{port}\r\n"));
    strange.push(format!("Origin: https://127.0.0.1:{port}\r\n"));
    for (method, path, body) in INSIDE {
        for origin in &strange {
            let answer = served.ask(method, path, &[cookie.clone(), origin.clone()], body).await;
            assert_eq!(answer.status, 403, "{method} {path} {origin}");
        }
        // A page on another port of this machine is the same site: its cookies come along.
        for site in ["cross-site", "same-site", "none"] {
            let from = format!("Sec-Fetch-Site: {site}\r\n");
            let answer = served.ask(method, path, &[cookie.clone(), from], body).await;
            assert_eq!(answer.status, 401, "{method} {path} {site}");
        }
    }
    let ours = format!("Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\n");
    let answer = served.ask("POST", "/rpc", &[cookie, ours], QUESTION).await;
    assert_eq!(answer.status, 400, "our own page is heard");
    // No CORS: a preflight is answered by nothing that it looks for.
    let answer = served.ask("OPTIONS", "/rpc", &[], "").await;
    assert!(answer.header("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn nothing_but_the_interface_and_parts_is_there() {
    let served = serve(None).await;
    let cookie = served.sign_in().await;
    for path in [
        "/../Cargo.toml",
        "/..%2fCargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/assets/../../Cargo.toml",
        "/assets\\..\\..\\Cargo.toml",
        "/index.html/",
        "/.git/config",
        "/part/1/../../etc",
        "/part/1/..",
        "/part/1/%2e%2e",
        "/part/1/",
        "/part/1/1/1",
        "/part/-1/1",
        "/part/+1/1",
        "/part/x/1",
        "/part/1/TEXT",
        "/part/99999999999999999999/1",
        "/rpc/",
    ] {
        let answer = served.ask("GET", path, std::slice::from_ref(&cookie), "").await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
    }
    let answer = served.ask("PUT", "/index.html", std::slice::from_ref(&cookie), "{}").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn every_answer_carries_the_policy() {
    let served = serve(None).await;
    let cookie = served.sign_in().await;
    for (method, path, extra, body) in [
        ("GET", "/", String::new(), ""),
        ("GET", "/nothing", String::new(), ""),
        ("POST", "/rpc", String::new(), QUESTION),
        ("POST", "/rpc", cookie.clone(), QUESTION),
        ("POST", "/rpc", "Origin: null\r\n".to_owned(), QUESTION),
        ("GET", "/part/1/1", cookie, ""),
    ] {
        let answer = served.ask(method, path, &[extra], body).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(!policy.contains("unsafe-eval") && !policy.contains("http"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn only_this_machine_may_be_listened_on() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "10.0.0.1:8080"] {
        let refused = Door::bind(listen.parse().unwrap()).await.err().unwrap().to_string();
        assert!(refused.contains("127.0.0.1"), "{refused}");
    }
}

#[tokio::test]
async fn it_stops_with_an_event_stream_open() {
    let served = serve(None).await;
    let cookie = served.sign_in().await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let request = format!("GET /events HTTP/1.1\r\nHost: {}\r\n{cookie}\r\n", served.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut start = [0; 512];
    let n = stream.read(&mut start).await.unwrap();
    let head = String::from_utf8_lossy(&start[..n]);
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"), "{head}");
    served.stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), served.task).await.unwrap().unwrap().unwrap();
}
