//! Where a server is, and how the connection is secured. There is no third way: nothing travels in clear.

use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    StartTls,
}

/// An IMAP server: `imaps://host:port` or `imap+starttls://host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// A submission server: `smtps://host:port` or `smtp+starttls://host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SmtpEndpoint(pub Endpoint);

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EndpointError {
    #[error("`{0}` is not a server address: write {1}")]
    Shape(String, &'static str),
    #[error("`{0}` would send the password in clear: write {1}")]
    Plaintext(String, &'static str),
}

const IMAP_FORMS: &str = "imaps://host:port or imap+starttls://host:port";
const SMTP_FORMS: &str = "smtps://host:port or smtp+starttls://host:port";

impl Endpoint {
    pub fn imaps(host: &str) -> Self {
        Self { host: host.to_owned(), port: 993, security: Security::Implicit }
    }

    pub fn parse_imap(url: &str) -> Result<Self, EndpointError> {
        parse(url, "imap", (993, 143), IMAP_FORMS)
    }

    pub fn imap_url(&self) -> String {
        self.url("imap")
    }

    fn url(&self, scheme: &str) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.security {
            Security::Implicit => format!("{scheme}s://{host}:{}", self.port),
            Security::StartTls => format!("{scheme}+starttls://{host}:{}", self.port),
        }
    }
}

impl SmtpEndpoint {
    pub fn parse(url: &str) -> Result<Self, EndpointError> {
        parse(url, "smtp", (465, 587), SMTP_FORMS).map(Self)
    }

    pub fn url(&self) -> String {
        self.0.url("smtp")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

fn parse(
    url: &str,
    scheme: &str,
    ports: (u16, u16),
    forms: &'static str,
) -> Result<Endpoint, EndpointError> {
    let shape = || EndpointError::Shape(url.to_owned(), forms);
    let (given, rest) = url.trim().split_once("://").ok_or_else(shape)?;
    let security = if given.eq_ignore_ascii_case(&format!("{scheme}s")) {
        Security::Implicit
    } else if given.eq_ignore_ascii_case(&format!("{scheme}+starttls")) {
        Security::StartTls
    } else if given.eq_ignore_ascii_case(scheme) {
        return Err(EndpointError::Plaintext(url.to_owned(), forms));
    } else {
        return Err(shape());
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.strip_prefix('[') {
        Some(v6) => {
            let (host, after) = v6.split_once(']').ok_or_else(shape)?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(shape());
            }
            match after {
                "" => (host, None),
                _ => (host, Some(after.strip_prefix(':').ok_or_else(shape)?)),
            }
        }
        None => match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        },
    };
    let default = if security == Security::Implicit { ports.0 } else { ports.1 };
    let port = match port {
        None => default,
        Some(port) => port.parse::<u16>().ok().filter(|p| *p != 0).ok_or_else(shape)?,
    };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"/@?#%\\\"'<>[]".contains(c);
    if host.is_empty() || host.len() > 253 || !host.chars().all(plain) {
        return Err(shape());
    }
    Ok(Endpoint { host: host.to_owned(), port, security })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_back() {
        for url in ["imaps://mail.kontor.example:993", "imap+starttls://[::1]:1143"] {
            assert_eq!(Endpoint::parse_imap(url).map(|e| e.imap_url()), Ok(url.to_owned()));
        }
        assert_eq!(
            Endpoint::parse_imap("imap+starttls://h"),
            Ok(Endpoint { host: "h".into(), port: 143, security: Security::StartTls })
        );
        assert_eq!(SmtpEndpoint::parse("smtps://h").map(|e| e.0.port), Ok(465));
    }

    #[test]
    fn clear_text_is_refused_by_name() {
        assert!(matches!(Endpoint::parse_imap("imap://h:143"), Err(EndpointError::Plaintext(..))));
    }

    #[test]
    fn what_is_no_address_is_said_to_be_none() {
        for url in [
            "h:993",
            "imaps://",
            "imaps://h:0",
            "imaps://h:x",
            "imaps://u@h",
            "imaps://h:1:2",
            "imaps://[::1",
            "https://h",
        ] {
            assert!(matches!(Endpoint::parse_imap(url), Err(EndpointError::Shape(..))), "{url}");
        }
    }
}
