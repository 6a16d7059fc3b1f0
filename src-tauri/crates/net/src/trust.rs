//! Whom an account trusts besides the platform. A value of this holds for that account, host and
//! port alone, so it travels with each call and is kept nowhere here.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::fmt;
use thiserror::Error;

/// The default trusts what the platform trusts, and nothing more.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Trust {
    /// Certificate authorities besides the platform's, in DER.
    pub extra_roots: Vec<Vec<u8>>,
    /// SHA-256 of the one leaf that is taken. Its name, dates and issuer are not looked at; no other
    /// leaf is taken, whoever signed it, so that a person is asked again when it changes.
    pub pinned: Option<[u8; 32]>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("extra_roots", &self.extra_roots.len())
            .field("pinned", &self.pinned.map(|pin| crate::fingerprint_text(&pin)))
            .finish()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PemError {
    #[error("the file holds no certificate: it must have lines with BEGIN CERTIFICATE in PEM")]
    Empty,
    #[error("certificate {number} of the file cannot be read: {detail}")]
    Broken { number: usize, detail: String },
    #[error("the file holds more than {} certificates", MOST_ROOTS)]
    TooMany,
}

/// The largest bundle in use, the platform's own, has about 150.
const MOST_ROOTS: usize = 1000;

/// The certificates of a PEM file (RFC 7468), each proved to be fit as a root. Private keys and
/// whatever else stands in the file are passed over.
pub fn roots_from_pem(pem: &[u8]) -> Result<Vec<Vec<u8>>, PemError> {
    let mut roots = Vec::new();
    let mut proof = RootCertStore::empty();
    for (number, found) in (1..).zip(CertificateDer::pem_slice_iter(pem)) {
        if number > MOST_ROOTS {
            return Err(PemError::TooMany);
        }
        let broken = |detail: String| PemError::Broken { number, detail };
        let der = found.map_err(|e| broken(e.to_string()))?;
        proof.add(der.clone()).map_err(|e| broken(e.to_string()))?;
        roots.push(der.as_ref().to_vec());
    }
    if roots.is_empty() { Err(PemError::Empty) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_certificate_of_the_file_is_taken() {
        let one = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let two = rcgen::generate_simple_self_signed(["b.example".to_owned()]).unwrap();
        let file = format!(
            "Kontor's own authority\r\n{}\n{}\n{}",
            one.cert.pem(),
            one.signing_key.serialize_pem(),
            two.cert.pem()
        );
        assert_eq!(
            roots_from_pem(file.as_bytes()),
            Ok(vec![one.cert.der().to_vec(), two.cert.der().to_vec()])
        );
    }

    #[test]
    fn what_is_no_certificate_is_said_to_be_none() {
        let key = rcgen::KeyPair::generate().unwrap();
        for file in [b"".as_slice(), b"\x30\x82\x01", key.serialize_pem().as_bytes()] {
            assert_eq!(roots_from_pem(file), Err(PemError::Empty));
        }
        let garbage = "-----BEGIN CERTIFICATE-----\nAAECAw==\n-----END CERTIFICATE-----\n";
        assert!(matches!(
            roots_from_pem(garbage.as_bytes()),
            Err(PemError::Broken { number: 1, .. })
        ));
    }
}
