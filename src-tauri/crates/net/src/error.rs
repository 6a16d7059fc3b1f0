//! Why there is no secured stream, or why it ended. One variant for each thing that a person or the
//! engine does something different about.

use crate::certificate::Untrusted;
use crate::verify::Rejected;
use rustls::{CertificateError, InvalidMessage};
use std::io;
use thiserror::Error;

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// No network, no route, or nobody to ask for addresses: worth trying again by itself.
    #[error("there is no network connection")]
    Offline,
    #[error("there is no host {host}: the name has no address")]
    NoSuchHost { host: String },
    #[error("{host} does not take connections on port {port}")]
    Refused { host: String, port: u16 },
    #[error("{host} did not answer in time while {what}")]
    Timeout { host: String, what: &'static str },
    #[error(transparent)]
    Untrusted(Box<Untrusted>),
    #[error("the connection to {host} could not be secured: {detail}")]
    Tls { host: String, detail: String },
    /// Something came in clear after TLS was agreed on: somebody may have put it there.
    #[error("{host} sent data in clear where encryption should begin; the connection was ended")]
    InjectedBeforeTls { host: String },
    #[error("the connection to {host} failed: {detail}")]
    Io { host: String, kind: io::ErrorKind, detail: String },
}

impl Error {
    /// The host that this is about; none when it is about the network.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::Offline => None,
            Self::NoSuchHost { host }
            | Self::Refused { host, .. }
            | Self::Timeout { host, .. }
            | Self::Tls { host, .. }
            | Self::InjectedBeforeTls { host }
            | Self::Io { host, .. } => Some(host),
            Self::Untrusted(untrusted) => Some(&untrusted.host),
        }
    }

    /// What an I/O error on an established stream means: for those who read and write it.
    pub fn on_stream(host: &str, error: &io::Error) -> Self {
        let host = host.to_owned();
        match tls_error(error) {
            Some(tls) => Self::Tls { host, detail: tls.to_string() },
            None if is_offline(error) => Self::Offline,
            None => Self::Io { host, kind: error.kind(), detail: detail(error) },
        }
    }

    pub(crate) fn on_connect(host: &str, port: u16, error: &io::Error) -> Self {
        let host = host.to_owned();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused { host, port },
            // The system's own limit, which may be shorter than ours.
            io::ErrorKind::TimedOut => Self::Timeout { host, what: CONNECTING },
            _ if is_offline(error) => Self::Offline,
            kind => Self::Io { host, kind, detail: detail(error) },
        }
    }

    /// `upgrade`: the stream had been spoken on in clear before.
    pub(crate) fn on_handshake(host: &str, port: u16, error: &io::Error, upgrade: bool) -> Self {
        let tls = match tls_error(error) {
            Some(tls) => tls,
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                let detail = "the server ended the connection during the TLS handshake".to_owned();
                return Self::Tls { host: host.to_owned(), detail };
            }
            None => return Self::on_stream(host, error),
        };
        if let Some(rejected) = rejected(tls) {
            let facts = Untrusted::read(host, port, rejected.reason, &rejected.leaf);
            return Self::Untrusted(Box::new(facts));
        }
        let host = host.to_owned();
        match tls {
            // Sent before the server could have seen our ClientHello, or instead of its answer.
            rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) if upgrade => {
                Self::InjectedBeforeTls { host }
            }
            rustls::Error::InvalidMessage(_) => {
                let detail = format!("the server does not answer in TLS ({tls})");
                Self::Tls { host, detail }
            }
            _ => Self::Tls { host, detail: tls.to_string() },
        }
    }
}

pub(crate) const LOOKING_UP: &str = "its address was looked up";
pub(crate) const CONNECTING: &str = "connecting";
pub(crate) const LOADING: &str = "the root certificates of this device were read";
pub(crate) const SECURING: &str = "securing the connection";

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref::<rustls::Error>()
}

fn rejected(error: &rustls::Error) -> Option<&Rejected> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => {
            other.0.downcast_ref::<Rejected>()
        }
        _ => None,
    }
}

fn is_offline(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::HostUnreachable
            // No address of ours to connect from.
            | io::ErrorKind::AddrNotAvailable
    )
}

/// In words for what has words, since the system's may be in another language than the rest.
fn detail(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            "the server broke it off".to_owned()
        }
        io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            "the server ended it".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_of_connecting_has_its_meaning() {
        let on = |kind: io::ErrorKind| Error::on_connect("h", 993, &kind.into());
        assert_eq!(
            on(io::ErrorKind::ConnectionRefused),
            Error::Refused { host: "h".into(), port: 993 }
        );
        for kind in [
            io::ErrorKind::NetworkUnreachable,
            io::ErrorKind::HostUnreachable,
            io::ErrorKind::NetworkDown,
            io::ErrorKind::AddrNotAvailable,
        ] {
            assert_eq!(on(kind), Error::Offline, "{kind}");
        }
        assert_eq!(
            on(io::ErrorKind::TimedOut),
            Error::Timeout { host: "h".into(), what: CONNECTING }
        );
        assert!(matches!(
            on(io::ErrorKind::PermissionDenied),
            Error::Io { kind: io::ErrorKind::PermissionDenied, .. }
        ));
    }

    #[test]
    fn every_sentence_names_its_host() {
        let host = || "mail.kontor.example".to_owned();
        for error in [
            Error::NoSuchHost { host: host() },
            Error::Refused { host: host(), port: 993 },
            Error::Timeout { host: host(), what: SECURING },
            Error::Tls { host: host(), detail: "x".into() },
            Error::InjectedBeforeTls { host: host() },
            Error::on_stream(&host(), &io::ErrorKind::ConnectionReset.into()),
            Error::Untrusted(Box::new(Untrusted::read(&host(), 993, crate::Reason::Other, b""))),
        ] {
            assert_eq!(error.host(), Some("mail.kontor.example"));
            assert!(error.to_string().contains("mail.kontor.example"), "{error}");
        }
        assert_eq!(Error::Offline.host(), None);
    }
}
