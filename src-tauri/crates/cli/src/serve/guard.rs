//! Who may come in. Three doors one behind the other: the request names the address that was printed
//! (else a name of a stranger's that resolves to us, DNS rebinding, would do), it does not come from
//! another site's page, and it carries the session's cookie, which only the token buys.

use super::Shared;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use serde::Deserialize;
use std::net::SocketAddr;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;

/// A wrong token costs this, one after the other: also a short one of the person's own isn't guessed.
const WRONG_TOKEN: Duration = Duration::from_millis(500);

pub struct Guard {
    /// `127.0.0.1:PORT`, as a browser sends it.
    host: String,
    origin: String,
    token: String,
    /// What the cookie holds; not the token, which is in a terminal's scrollback.
    session: String,
    /// Cookies know no ports: two of us side by side would overwrite each other's.
    cookie: String,
    wrong: Mutex<()>,
}

impl Guard {
    pub fn new(address: SocketAddr, token: Option<String>) -> anyhow::Result<Self> {
        let token = match token {
            Some(token) => {
                // It stands in an address's fragment.
                let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
                if token.is_empty() || !token.bytes().all(plain) {
                    anyhow::bail!("a token is made of letters, digits and `-._~`");
                }
                token
            }
            None => random()?,
        };
        Ok(Self {
            host: address.to_string(),
            origin: format!("http://{address}"),
            token,
            session: random()?,
            cookie: format!("satchel-{}", address.port()),
            wrong: Mutex::new(()),
        })
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// The first two doors.
    fn at_home(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        let mut hosts = headers.get_all(header::HOST).iter();
        if hosts.next().is_none_or(|host| host.as_bytes() != self.host.as_bytes()) {
            return Err("the host is not the printed address");
        }
        if hosts.next().is_some() {
            return Err("two hosts");
        }
        // Absent from plain GETs, and from clients that are no browser; those hold no cookie of a browser's.
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if origins.any(|origin| origin.as_bytes() != self.origin.as_bytes()) {
            return Err("the origin is not the printed address");
        }
        Ok(())
    }

    /// The third, and what a page on another port of this machine gets by, since cookies and
    /// SameSite know no ports: its GETs have no Origin, but the browser says where they come from.
    fn signed_in(&self, headers: &HeaderMap) -> bool {
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        if site.is_some_and(|site| site != b"same-origin") {
            return false;
        }
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .any(|(name, value)| name == self.cookie && same(value, &self.session))
    }
}

/// In front of everything.
pub async fn at_home(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    match shared.guard.at_home(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => {
            tracing::warn!(why, "a request was refused");
            (StatusCode::FORBIDDEN, "Not here.\n").into_response()
        }
    }
}

/// In front of everything but the interface's own files.
pub async fn signed_in(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if shared.guard.signed_in(request.headers()) {
        return next.run(request).await;
    }
    (StatusCode::UNAUTHORIZED, "Open the address that `satchel serve` printed.\n").into_response()
}

#[derive(Deserialize)]
pub struct SignIn {
    token: String,
}

/// The token for a cookie that no script can read.
pub async fn sign_in(State(shared): State<Shared>, Json(given): Json<SignIn>) -> Response {
    let guard = &shared.guard;
    if !same(&given.token, &guard.token) {
        let _one_at_a_time = guard.wrong.lock().await;
        tokio::time::sleep(WRONG_TOKEN).await;
        tracing::warn!("a wrong token was given");
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", guard.cookie, guard.session);
    (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response()
}

fn same(given: &str, kept: &str) -> bool {
    given.as_bytes().ct_eq(kept.as_bytes()).into()
}

fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
