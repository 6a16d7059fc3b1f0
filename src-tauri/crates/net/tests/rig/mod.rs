//! Servers that speak TLS, or ought to, on loopback; each serves until the test ends.
#![allow(dead_code, reason = "each test file uses a part")]

use model::{Endpoint, Security};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, SupportedProtocolVersion, version};
use satchel_net::{Counted, Trust, counted};
use sha2::{Digest, Sha256};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub const LIMIT: Duration = Duration::from_secs(20);
pub const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
pub const OLD: &[&SupportedProtocolVersion] = &[&version::TLS12];

/// What a server shows, and the key it signs with.
#[derive(Clone)]
pub struct Identity {
    pub chain: Vec<Vec<u8>>,
    pub key: Arc<KeyPair>,
}

impl Identity {
    pub fn leaf(&self) -> &[u8] {
        &self.chain[0]
    }

    pub fn pin(&self) -> Trust {
        Trust { pinned: Some(Sha256::digest(self.leaf()).into()), ..Trust::default() }
    }

    pub fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = params(names);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { chain: vec![certificate.der().to_vec()], key: Arc::new(key) }
    }
}

pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(Self::params(name), key).unwrap())
    }

    fn params(name: &str) -> CertificateParams {
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        as_authority(&mut params);
        params
    }

    pub fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::signed_by(Self::params(name), key, &self.0).unwrap())
    }

    pub fn trust(&self) -> Trust {
        Trust { extra_roots: vec![self.der()], ..Trust::default() }
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    pub fn der(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    pub fn issue(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = params(names);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let issuer: &Issuer<'static, KeyPair> = &self.0;
        let certificate = params.signed_by(&key, issuer).unwrap();
        Identity { chain: vec![certificate.der().to_vec()], key: Arc::new(key) }
    }
}

pub fn as_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
}

pub fn expired(params: &mut CertificateParams) {
    params.not_after = date_time_ymd(2021, 3, 4);
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
    let mut params = CertificateParams::new(names.clone()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    if let Some(name) = names.first() {
        params.distinguished_name.push(DnType::CommonName, name.as_str());
    }
    params.not_before = date_time_ymd(2020, 1, 2);
    params.not_after = date_time_ymd(2120, 1, 2);
    params
}

/// One identity whatever is asked for, without holding key against certificate; notes SNI.
#[derive(Debug)]
struct Always {
    identity: Arc<CertifiedKey>,
    asked: Mutex<Vec<Option<String>>>,
}

impl ResolvesServerCert for Always {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.asked.lock().unwrap().push(hello.server_name().map(str::to_owned));
        Some(self.identity.clone())
    }
}

#[derive(Clone)]
pub struct Tls {
    pub acceptor: TlsAcceptor,
    names: Arc<Always>,
}

impl Tls {
    pub fn new(identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::Pkcs8(identity.key.serialize_der().into());
        let names = Arc::new(Always {
            identity: Arc::new(CertifiedKey::new(
                identity.chain.iter().map(|der| CertificateDer::from(der.clone())).collect(),
                provider.key_provider.load_private_key(key).unwrap(),
            )),
            asked: Mutex::default(),
        });
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(names.clone());
        Self { acceptor: TlsAcceptor::from(Arc::new(config)), names }
    }

    /// The server names that clients sent.
    pub fn asked(&self) -> Vec<Option<String>> {
        self.names.asked.lock().unwrap().clone()
    }
}

/// Takes connections one by one, each on a task; returns where.
pub async fn serve<F>(talk: impl Fn(TcpStream) -> F + Send + 'static) -> Endpoint
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            tokio::spawn(talk(stream));
        }
    });
    Endpoint { host: "localhost".to_owned(), port, security: Security::Implicit }
}

/// A TLS server: `talk` gets each stream that came through the handshake.
pub async fn serve_tls<F>(
    tls: &Tls,
    talk: impl Fn(TlsStream<Counted<TcpStream>>) -> F + Clone + Send + Sync + 'static,
) -> Endpoint
where
    F: Future<Output = ()> + Send + 'static,
{
    let acceptor = tls.acceptor.clone();
    serve(move |stream| {
        let (acceptor, talk) = (acceptor.clone(), talk.clone());
        async move {
            if let Ok(stream) = acceptor.accept(counted(stream).0).await {
                talk(stream).await;
            }
        }
    })
    .await
}
