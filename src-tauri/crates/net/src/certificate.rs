//! What a refused certificate says about itself, for the person who is to judge it. It comes from
//! whoever answered, so the words are cleaned and cut, and nothing in it can end the process.

use sha2::{Digest, Sha256};
use std::fmt;
use std::net::IpAddr;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};
use x509_parser::time::ASN1Time;

/// Why it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    UnknownIssuer,
    /// Issued by itself, and no root either.
    SelfSigned,
    Expired,
    NotYetValid,
    WrongName,
    Revoked,
    /// Another leaf than the one that a person trusted.
    PinChanged,
    Other,
}

/// The leaf that a server showed and that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrusted {
    pub host: String,
    pub port: u16,
    pub reason: Reason,
    /// `CN=mail.kontor.example, O=Kontor`; empty where it cannot be read, as the rest.
    pub subject: String,
    pub issuer: String,
    /// Host names and addresses that it is for.
    pub names: Vec<String>,
    /// RFC 3339, as `valid_to`.
    pub valid_from: String,
    pub valid_to: String,
    /// SHA-256 of the whole leaf: what `Trust::pinned` takes.
    pub fingerprint: [u8; 32],
    /// Subject and issuer are the same. (Its own signature is not checked: nothing depends on it.)
    pub self_signed: bool,
}

const LONGEST_NAME: usize = 512;
const MOST_NAMES: usize = 100;

impl Untrusted {
    pub(crate) fn read(host: &str, port: u16, reason: Reason, leaf: &[u8]) -> Self {
        let mut facts = Self {
            host: host.to_owned(),
            port,
            reason,
            subject: String::new(),
            issuer: String::new(),
            names: Vec::new(),
            valid_from: String::new(),
            valid_to: String::new(),
            fingerprint: fingerprint(leaf),
            self_signed: false,
        };
        // A parser for what strangers send: should it fall over, the fingerprint is still told.
        let parsed = std::panic::catch_unwind(|| {
            X509Certificate::from_der(leaf).map(|(_, certificate)| said(&certificate))
        });
        if let Ok(Ok(said)) = parsed {
            facts.subject = said.subject;
            facts.issuer = said.issuer;
            facts.names = said.names;
            facts.valid_from = said.valid_from;
            facts.valid_to = said.valid_to;
            facts.self_signed = said.self_issued;
        }
        if facts.self_signed && matches!(reason, Reason::UnknownIssuer | Reason::Other) {
            facts.reason = Reason::SelfSigned;
        }
        facts
    }
}

pub(crate) fn fingerprint(leaf: &[u8]) -> [u8; 32] {
    Sha256::digest(leaf).into()
}

/// Whether `now` (seconds since 1970) lies in the certificate's dates; `None` where it has none.
pub(crate) fn date_verdict(leaf: &[u8], now: i64) -> Option<Result<(), Reason>> {
    let dates = std::panic::catch_unwind(|| {
        let (_, certificate) = X509Certificate::from_der(leaf).ok()?;
        let validity = certificate.validity();
        Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
    });
    let (from, to) = dates.ok().flatten()?;
    Some(if now < from {
        Err(Reason::NotYetValid)
    } else if now > to {
        Err(Reason::Expired)
    } else {
        Ok(())
    })
}

struct Said {
    subject: String,
    issuer: String,
    names: Vec<String>,
    valid_from: String,
    valid_to: String,
    self_issued: bool,
}

fn said(certificate: &X509Certificate<'_>) -> Said {
    let validity = certificate.validity();
    Said {
        subject: name(certificate.subject()),
        issuer: name(certificate.issuer()),
        names: names(certificate),
        valid_from: time(&validity.not_before),
        valid_to: time(&validity.not_after),
        self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
    }
}

fn name(name: &X509Name<'_>) -> String {
    clean(&name.to_string())
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternative)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let told = alternative.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(clean(name)),
        GeneralName::IPAddress(octets) => address(octets).map(|a| a.to_string()),
        _ => None,
    });
    told.take(MOST_NAMES).collect()
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(octets)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .ok()
}

fn time(time: &ASN1Time) -> String {
    jiff::Timestamp::from_second(time.timestamp()).map(|t| t.to_string()).unwrap_or_default()
}

/// Without what would move the words around it: controls, and the marks that turn direction.
fn clean(text: &str) -> String {
    let turning = |c: char| {
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{61c}' | '\u{e0000}'..='\u{e007f}')
    };
    let told = text.chars().map(|c| if c.is_control() || turning(c) { '\u{fffd}' } else { c });
    let mut cut: String = told.clone().take(LONGEST_NAME).collect();
    if told.count() > LONGEST_NAME {
        cut.push('…');
    }
    cut
}

/// `AB:CD:…`, as other programs show it.
pub fn fingerprint_text(fingerprint: &[u8; 32]) -> String {
    let pairs: Vec<String> = fingerprint.iter().map(|octet| format!("{octet:02X}")).collect();
    pairs.join(":")
}

/// Reads it back: with or without colons or spaces, in either case.
pub fn fingerprint_from_text(text: &str) -> Option<[u8; 32]> {
    let mut octets = [0u8; 32];
    let mut digits = text.chars().filter(|c| !matches!(c, ':' | ' '));
    for octet in &mut octets {
        let (high, low) = (digits.next()?.to_digit(16)?, digits.next()?.to_digit(16)?);
        *octet = u8::try_from(high * 16 + low).ok()?;
    }
    digits.next().is_none().then_some(octets)
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownIssuer => "its issuer is not known on this device",
            Self::SelfSigned => "it is signed by itself alone",
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet",
            Self::WrongName => "it is for another name",
            Self::Revoked => "it has been revoked",
            Self::PinChanged => "it is not the one that was trusted before",
            Self::Other => "it cannot be verified",
        })
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the certificate of {}:{} is not trusted: {}",
            self.host, self.port, self.reason
        )?;
        match self.reason {
            Reason::Expired if !self.valid_to.is_empty() => write!(f, " ({})", self.valid_to)?,
            Reason::NotYetValid if !self.valid_from.is_empty() => {
                write!(f, " ({})", self.valid_from)?
            }
            Reason::WrongName if !self.names.is_empty() => {
                let some: Vec<&str> = self.names.iter().take(5).map(String::as_str).collect();
                write!(f, " ({})", some.join(", "))?;
            }
            Reason::UnknownIssuer if !self.issuer.is_empty() => write!(f, " ({})", self.issuer)?,
            _ => {}
        }
        write!(f, "; its SHA-256 is {}", fingerprint_text(&self.fingerprint))
    }
}

impl std::error::Error for Untrusted {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

    fn leaf(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params =
            CertificateParams::new(["mail.kontor.example".to_owned(), "192.0.2.7".to_owned()])
                .unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "mail.kontor.example");
        params.not_before = date_time_ymd(2024, 2, 29);
        params.not_after = date_time_ymd(2031, 1, 1);
        change(&mut params);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn the_facts_are_read() {
        let der = leaf(|_| ());
        let facts = Untrusted::read("mail.kontor.example", 993, Reason::UnknownIssuer, &der);
        assert_eq!(
            facts,
            Untrusted {
                host: "mail.kontor.example".into(),
                port: 993,
                reason: Reason::SelfSigned,
                subject: "CN=mail.kontor.example".into(),
                issuer: "CN=mail.kontor.example".into(),
                names: vec!["mail.kontor.example".into(), "192.0.2.7".into()],
                valid_from: "2024-02-29T00:00:00Z".into(),
                valid_to: "2031-01-01T00:00:00Z".into(),
                fingerprint: fingerprint(&der),
                self_signed: true,
            }
        );
        let expired = Untrusted::read("h", 1, Reason::Expired, &der);
        assert_eq!(expired.reason, Reason::Expired);
        assert!(expired.to_string().contains("2031-01-01T00:00:00Z"), "{expired}");
    }

    #[test]
    fn words_of_strangers_are_cleaned_and_cut() {
        let der = leaf(|params| {
            params.distinguished_name.push(DnType::OrganizationName, "a\n\u{202e}knab\u{0}");
            params.distinguished_name.push(DnType::OrganizationalUnitName, "x".repeat(5000));
            params.subject_alt_names = (0..500)
                .map(|n| rcgen::SanType::DnsName(format!("h{n}.example").try_into().unwrap()))
                .collect();
        });
        let facts = Untrusted::read("h", 1, Reason::Other, &der);
        assert!(facts.subject.contains("O=a\u{fffd}\u{fffd}knab\u{fffd}"), "{}", facts.subject);
        assert_eq!(facts.subject.chars().count(), LONGEST_NAME + 1);
        assert_eq!(facts.names.len(), MOST_NAMES);
    }

    #[test]
    fn dates_are_held_against_now() {
        let der = leaf(|_| ());
        let noon = 1_750_000_000;
        assert_eq!(date_verdict(&der, noon), Some(Ok(())));
        assert_eq!(date_verdict(&der, 0), Some(Err(Reason::NotYetValid)));
        assert_eq!(date_verdict(&der, 4_000_000_000), Some(Err(Reason::Expired)));
        assert_eq!(date_verdict(b"garbage", noon), None);
    }

    #[test]
    fn a_fingerprint_is_read_back() {
        let print = fingerprint(b"x");
        let text = fingerprint_text(&print);
        assert_eq!(text.len(), 95);
        for form in
            [text.clone(), text.to_lowercase(), text.replace(':', ""), text.replace(':', " ")]
        {
            assert_eq!(fingerprint_from_text(&form), Some(print), "{form}");
        }
        let doubled = format!("{text}:00");
        for wrong in ["", "AB", "zz", &text[..93], &doubled, &text.replace('A', "é")] {
            assert_eq!(fingerprint_from_text(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_certificate_panics(at in 0usize..700, with in any::<u8>(), cut in 0usize..700) {
            let mut der = leaf(|_| ());
            let at = at % der.len();
            der[at] = with;
            let _ = Untrusted::read("h", 1, Reason::Other, &der);
            der.truncate(cut);
            let facts = Untrusted::read("h", 1, Reason::Other, &der);
            prop_assert_eq!(facts.fingerprint, fingerprint(&der));
            let _ = date_verdict(&der, 0);
        }

        #[test]
        fn no_octets_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let facts = Untrusted::read("h", 1, Reason::Other, &bytes);
            prop_assert_eq!(facts.subject, "");
        }
    }
}
