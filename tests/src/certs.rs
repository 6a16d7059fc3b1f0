//! A certificate authority of the rig's own, and every kind of certificate that a server may show.

use anyhow::Result;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// Signs leaves. Its PEM is what `--ca-file` is given.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    name: String,
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Leaf {
    pub chain_pem: String,
    pub key_pem: String,
    der: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Authority {
    pub fn new(name: &str) -> Result<Self> {
        let mut params = CertificateParams::new(Vec::default())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "Satchel's rig");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = days(-2, 30);
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem, name: name.to_owned() })
    }

    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// For localhost and the loopback addresses, valid today.
    pub fn leaf(&self) -> Result<Leaf> {
        self.leaf_for(&["localhost", "127.0.0.1", "127.0.0.2", "::1"])
    }

    pub fn leaf_for(&self, names: &[&str]) -> Result<Leaf> {
        let (from, to) = days(-1, 20);
        self.sign(names, from, to)
    }

    /// Ended yesterday.
    pub fn expired(&self) -> Result<Leaf> {
        let (from, to) = days(-30, -1);
        self.sign(&["localhost", "127.0.0.1"], from, to)
    }

    fn sign(&self, names: &[&str], from: OffsetDateTime, to: OffsetDateTime) -> Result<Leaf> {
        let (params, key) = (leaf_params(names, from, to)?, KeyPair::generate()?);
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Leaf {
            chain_pem: format!("{}{}", certificate.pem(), self.pem),
            key_pem: key.serialize_pem(),
            der: certificate.der().clone(),
            key: key.serialize_der(),
        })
    }
}

impl Leaf {
    /// Vouched for by nobody.
    pub fn self_signed(names: &[&str]) -> Result<Self> {
        let (from, to) = days(-1, 20);
        let (params, key) = (leaf_params(names, from, to)?, KeyPair::generate()?);
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            chain_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            der: certificate.der().clone(),
            key: key.serialize_der(),
        })
    }

    /// SHA-256 of the certificate, lower-case hex: what a person compares.
    pub fn fingerprint(&self) -> String {
        Sha256::digest(&self.der).iter().map(|b| format!("{b:02x}")).collect()
    }

    pub fn server_config(&self) -> Result<Arc<ServerConfig>> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], key)?;
        Ok(Arc::new(config))
    }
}

fn leaf_params(
    names: &[&str],
    from: OffsetDateTime,
    to: OffsetDateTime,
) -> Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut params = CertificateParams::new(names.clone())?;
    params.distinguished_name.push(DnType::CommonName, names.first().cloned().unwrap_or_default());
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    (params.not_before, params.not_after) = (from, to);
    Ok(params)
}

fn days(from: i64, to: i64) -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    (now + Duration::days(from), now + Duration::days(to))
}
