//! A host as it was written, as DNS takes it, and as a certificate must name it; and its addresses.

use crate::error::{Error, LOOKING_UP};
use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};
use rustls::pki_types::{DnsName, ServerName};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// As it is shown.
    pub shown: String,
    pub port: u16,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Ip(IpAddr),
    /// RFC 6761 6.3: never asked of DNS.
    Loopback(DnsName<'static>),
    Name(DnsName<'static>),
}

impl Host {
    pub fn parse(host: &str, port: u16) -> Result<Self, Error> {
        let no_such = || Error::NoSuchHost { host: host.to_owned() };
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let place = match bare.parse::<IpAddr>() {
            Ok(ip) => Place::Ip(ip),
            Err(_) => {
                // RFC 5890: DNS and certificates know the A-label. The root's dot is no part of it.
                let name = idna::domain_to_ascii(host).map_err(|_| no_such())?;
                let name = name.strip_suffix('.').unwrap_or(&name);
                let dns = DnsName::try_from(name.to_owned()).map_err(|_| no_such())?;
                if name == "localhost" || name.ends_with(".localhost") {
                    Place::Loopback(dns)
                } else {
                    Place::Name(dns)
                }
            }
        };
        Ok(Self { shown: host.to_owned(), port, place })
    }

    /// What the certificate must be for. An address is no name: RFC 6066 3 keeps it out of SNI, and
    /// the certificate must hold it as an address.
    pub fn server_name(&self) -> ServerName<'static> {
        match &self.place {
            Place::Ip(ip) => ServerName::IpAddress((*ip).into()),
            Place::Loopback(name) | Place::Name(name) => ServerName::DnsName(name.clone()),
        }
    }

    pub async fn addresses(&self, deadline: Instant) -> Result<Vec<SocketAddr>, Error> {
        let at = |ip: IpAddr| SocketAddr::new(ip, self.port);
        match &self.place {
            Place::Ip(ip) => Ok(vec![at(*ip)]),
            Place::Loopback(_) => {
                Ok(vec![at(Ipv4Addr::LOCALHOST.into()), at(Ipv6Addr::LOCALHOST.into())])
            }
            Place::Name(name) => {
                let found = timeout_at(deadline, look_up(name.as_ref().to_owned())).await;
                match found {
                    Err(_) => Err(self.timeout(LOOKING_UP)),
                    Ok(Err(failure)) => Err(self.lookup_error(&failure)),
                    Ok(Ok(ips)) if ips.is_empty() => {
                        Err(Error::NoSuchHost { host: self.shown.clone() })
                    }
                    Ok(Ok(ips)) => Ok(ips.into_iter().map(at).collect()),
                }
            }
        }
    }

    pub fn timeout(&self, what: &'static str) -> Error {
        Error::Timeout { host: self.shown.clone(), what }
    }

    fn lookup_error(&self, failure: &Failure) -> Error {
        match failure.kind {
            LookupErrorKind::NoName | LookupErrorKind::NoData => {
                Error::NoSuchHost { host: self.shown.clone() }
            }
            // Again also stands for a resolver that answers SERVFAIL; both pass by themselves.
            LookupErrorKind::Again | LookupErrorKind::Fail | LookupErrorKind::System => {
                Error::Offline
            }
            _ => Error::Io {
                host: self.shown.clone(),
                kind: failure.io,
                detail: format!("its address could not be looked up: {}", failure.detail),
            },
        }
    }
}

struct Failure {
    kind: LookupErrorKind,
    io: io::ErrorKind,
    detail: String,
}

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        let kind = error.kind();
        let error = io::Error::from(error);
        Self { kind, io: error.kind(), detail: error.to_string() }
    }
}

/// More are not tried.
const MOST_ADDRESSES: usize = 16;
/// Lookups that hang, each on a thread of its own.
const MOST_LOOKUPS: usize = 32;

/// The system's resolver, on a thread that is left behind when time is up: it can't be stopped, and
/// on the runtime's own pool it would hold up quitting for as long as a dead resolver takes. (std's
/// lookup hides the code of the error in a text, which is translated in some processes.)
async fn look_up(name: String) -> Result<Vec<IpAddr>, Failure> {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    struct Slot;
    impl Drop for Slot {
        fn drop(&mut self) {
            RUNNING.fetch_sub(1, Ordering::Relaxed);
        }
    }
    let busy = |detail: &str| Failure {
        kind: LookupErrorKind::IO,
        io: io::ErrorKind::ResourceBusy,
        detail: detail.to_owned(),
    };
    let running = RUNNING.fetch_add(1, Ordering::Relaxed);
    let slot = Slot;
    if running >= MOST_LOOKUPS {
        return Err(busy("too many lookups are waiting"));
    }
    let (answer, answered) = oneshot::channel();
    let name: Arc<str> = name.into();
    std::thread::Builder::new()
        .name("lookup".to_owned())
        .spawn(move || {
            let _slot = slot;
            let _ = answer.send(ask(&name));
        })
        .map_err(|e| busy(&e.to_string()))?;
    answered.await.unwrap_or_else(|_| Err(busy("the lookup ended without an answer")))
}

fn ask(name: &str) -> Result<Vec<IpAddr>, Failure> {
    let hints = AddrInfoHints { socktype: SockType::Stream.into(), ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(name), None, Some(hints))?;
    let mut ips = Vec::new();
    for ip in found.filter_map(Result::ok).map(|info| info.sockaddr.ip()).take(MOST_ADDRESSES) {
        if !ips.contains(&ip) {
            ips.push(ip);
        }
    }
    Ok(ips)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[tokio::test]
    async fn literals_and_localhost_need_no_dns() {
        let addresses = |host: &'static str| async move {
            let host = Host::parse(host, 993).unwrap();
            host.addresses(soon()).await.unwrap()
        };
        assert_eq!(addresses("192.0.2.7").await, ["192.0.2.7:993".parse().unwrap()]);
        assert_eq!(addresses("::1").await, ["[::1]:993".parse().unwrap()]);
        assert_eq!(addresses("[2001:db8::1]").await, ["[2001:db8::1]:993".parse().unwrap()]);
        for name in ["localhost", "mail.localhost.", "LOCALHOST"] {
            assert_eq!(
                addresses(name).await,
                ["127.0.0.1:993".parse().unwrap(), "[::1]:993".parse().unwrap()]
            );
        }
    }

    #[test]
    fn a_certificate_must_name_the_a_label() {
        let named =
            |host: &str| Host::parse(host, 993).unwrap().server_name().to_str().into_owned();
        assert_eq!(named("Post.Büro.example."), "post.xn--bro-hoa.example");
        assert_eq!(named("192.0.2.7"), "192.0.2.7");
        assert!(matches!(
            Host::parse("192.0.2.7", 1).unwrap().server_name(),
            ServerName::IpAddress(_)
        ));
        for wrong in ["", ".", "a..b", "a b", "a\0b", &"x".repeat(64), &"a.".repeat(200)] {
            assert!(
                matches!(Host::parse(wrong, 1), Err(Error::NoSuchHost { .. })),
                "{wrong:?}: {:?}",
                Host::parse(wrong, 1)
            );
        }
    }

    #[test]
    fn what_the_resolver_says_is_told_apart() {
        let host = Host::parse("mail.kontor.example", 993).unwrap();
        let said = |kind| {
            host.lookup_error(&Failure { kind, io: io::ErrorKind::Other, detail: "x".into() })
        };
        let no_such = Error::NoSuchHost { host: "mail.kontor.example".into() };
        assert_eq!(said(LookupErrorKind::NoName), no_such);
        assert_eq!(said(LookupErrorKind::NoData), no_such);
        assert_eq!(said(LookupErrorKind::Again), Error::Offline);
        assert!(matches!(said(LookupErrorKind::Memory), Error::Io { .. }));
    }

    /// Whether this machine has DNS or none: a name that cannot exist (RFC 6761 6.4) is never found.
    #[tokio::test]
    async fn a_name_that_does_not_exist_is_not_found() {
        let host = Host::parse("mail.satchel.invalid", 993).unwrap();
        let failure = host.addresses(soon()).await.unwrap_err();
        assert!(
            matches!(
                failure,
                Error::NoSuchHost { .. } | Error::Offline | Error::Timeout { what: LOOKING_UP, .. }
            ),
            "{failure:?}"
        );
    }
}
