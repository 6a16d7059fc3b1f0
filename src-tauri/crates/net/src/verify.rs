//! The one verifier: the platform's, a further root, or a leaf that a person pinned.
//!
//! A verdict against a certificate leaves here as `Rejected`, inside rustls's own error, so that the
//! leaf reaches whoever asked without the verifier (which connections share) keeping any state.

use crate::certificate::{Reason, date_verdict, fingerprint};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use std::fmt;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Judge {
    rule: Rule,
    algorithms: WebPkiSupportedAlgorithms,
}

#[derive(Debug)]
enum Rule {
    /// Exactly this leaf.
    Pinned([u8; 32]),
    Chain {
        /// None where the platform has no roots at all.
        platform: Option<Arc<dyn ServerCertVerifier>>,
        extra: Option<Extra>,
    },
}

/// Roots of one account. WebPKI judges them on every platform, so that they mean the same on each
/// (the platform verifier for Android takes none).
#[derive(Debug)]
struct Extra {
    chains: Arc<WebPkiServerVerifier>,
    roots: Vec<Vec<u8>>,
}

impl Judge {
    pub fn pinned(leaf: [u8; 32], provider: &CryptoProvider) -> Self {
        Self { rule: Rule::Pinned(leaf), algorithms: provider.signature_verification_algorithms }
    }

    pub fn chain(
        platform: Option<Arc<dyn ServerCertVerifier>>,
        extra_roots: &[Vec<u8>],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let extra = if extra_roots.is_empty() {
            None
        } else {
            let mut store = RootCertStore::empty();
            for root in extra_roots {
                store.add(CertificateDer::from_slice(root)).map_err(|e| {
                    format!("a root certificate of the account cannot be read ({e})")
                })?;
            }
            let chains =
                WebPkiServerVerifier::builder_with_provider(store.into(), provider.clone())
                    .build()
                    .map_err(|e| e.to_string())?;
            Some(Extra { chains, roots: extra_roots.to_vec() })
        };
        Ok(Self {
            rule: Rule::Chain { platform, extra },
            algorithms: provider.signature_verification_algorithms,
        })
    }

    fn verdict(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let (platform, extra) = match &self.rule {
            Rule::Pinned(pin) if fingerprint(leaf) == *pin => return Ok(()),
            Rule::Pinned(_) => return Err(rejection(leaf, Reason::PinChanged)),
            Rule::Chain { platform, extra } => (platform, extra),
        };
        // The account's own roots first: they need no question to the platform.
        let by_extra =
            extra.as_ref().map(|extra| extra.judge(leaf, intermediates, name, stapled, now));
        if let Some(Ok(())) = by_extra {
            return Ok(());
        }
        let by_platform = match platform {
            None => Err(CertificateError::UnknownIssuer.into()),
            Some(platform) => {
                platform.verify_server_cert(leaf, intermediates, name, stapled, now).map(|_| ())
            }
        };
        let Err(refused) = by_platform else {
            return Ok(());
        };
        // What the account's root says of a chain of its own tells more than "unknown here".
        match (by_extra, refused) {
            (Some(Err(reason)), _) if reason != Reason::UnknownIssuer => {
                Err(rejection(leaf, reason))
            }
            (_, rustls::Error::InvalidCertificate(why)) => Err(rejection(leaf, reason(&why))),
            (_, other) => Err(other),
        }
    }
}

impl Extra {
    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<(), Reason> {
        match self.chains.verify_server_cert(leaf, intermediates, name, stapled, now) {
            Ok(_) => Ok(()),
            // A server that signed for itself mostly did so with CA:TRUE (`openssl req -x509`), which
            // WebPKI takes for no leaf. The person gave this very certificate: name and dates decide.
            Err(_) if self.roots.iter().any(|root| root.as_slice() == leaf.as_ref()) => {
                let parsed = ParsedCertificate::try_from(leaf).map_err(|_| Reason::Other)?;
                let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
                date_verdict(leaf, seconds).unwrap_or(Err(Reason::Other))?;
                verify_server_name(&parsed, name).map_err(|_| Reason::WrongName)
            }
            Err(rustls::Error::InvalidCertificate(why)) => Err(reason(&why)),
            Err(_) => Err(Reason::Other),
        }
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verdict(leaf, intermediates, name, stapled, now)
            .map(|()| ServerCertVerified::assertion())
    }

    // Whatever made the leaf acceptable, its key must have signed this handshake.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, leaf, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, leaf, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// A leaf that was not taken, on its way through rustls.
#[derive(Debug)]
pub(crate) struct Rejected {
    pub leaf: Vec<u8>,
    pub reason: Reason,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate is not trusted: {}", self.reason)
    }
}

impl std::error::Error for Rejected {}

fn rejection(leaf: &CertificateDer<'_>, reason: Reason) -> rustls::Error {
    let rejected = Rejected { leaf: leaf.as_ref().to_vec(), reason };
    CertificateError::Other(OtherError(Arc::new(rejected))).into()
}

fn reason(why: &CertificateError) -> Reason {
    match why {
        // A bad signature: an authority of that name is known, and this is another one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Reason::UnknownIssuer,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Reason::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Reason::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Reason::WrongName
        }
        CertificateError::Revoked => Reason::Revoked,
        _ => Reason::Other,
    }
}
