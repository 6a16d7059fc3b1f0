//! Who is trusted, and what is said of those who are not: against real TLS servers on loopback.

#![allow(clippy::unwrap_used, clippy::panic)]

mod rig;

use model::Endpoint;
use rig::{Authority, BOTH, Identity, LIMIT, OLD, Tls, as_authority, expired, serve_tls};
use satchel_net::{Connected, Error, Reason, Trust, Untrusted, connect};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const GREETING: &[u8] = b"* OK here\r\n";

async fn greeting(tls: &Tls) -> Endpoint {
    serve_tls(tls, |mut stream| async move {
        if stream.write_all(GREETING).await.is_ok() && stream.flush().await.is_ok() {
            let _ = stream.read(&mut [0u8; 64]).await;
        }
    })
    .await
}

async fn server(identity: &Identity) -> Endpoint {
    greeting(&Tls::new(identity, BOTH)).await
}

async fn heard(connected: Result<Connected, Error>) {
    let mut stream = connected.unwrap().stream;
    let mut text = [0u8; GREETING.len()];
    stream.read_exact(&mut text).await.unwrap();
    assert_eq!(text, GREETING);
}

fn refused(connected: Result<Connected, Error>) -> Untrusted {
    match connected {
        Err(Error::Untrusted(facts)) => *facts,
        other => panic!("not refused for its certificate: {other:?}"),
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_with_its_facts_and_taken_when_pinned() {
    let identity = Identity::self_signed(&["localhost", "127.0.0.1"], |_| ());
    for versions in [BOTH, OLD] {
        let at = greeting(&Tls::new(&identity, versions)).await;
        let facts = refused(connect(&at, &Trust::default(), LIMIT).await);
        assert_eq!(
            facts,
            Untrusted {
                host: "localhost".into(),
                port: at.port,
                reason: Reason::SelfSigned,
                subject: "CN=localhost".into(),
                issuer: "CN=localhost".into(),
                names: vec!["localhost".into(), "127.0.0.1".into()],
                valid_from: "2020-01-02T00:00:00Z".into(),
                valid_to: "2120-01-02T00:00:00Z".into(),
                fingerprint: Sha256::digest(identity.leaf()).into(),
                self_signed: true,
            }
        );
        let trust = Trust { pinned: Some(facts.fingerprint), ..Trust::default() };
        heard(connect(&at, &trust, LIMIT).await).await;
    }
}

#[tokio::test]
async fn a_pin_waives_name_dates_and_purpose() {
    let identity = Identity::self_signed(&["elsewhere.example"], |params| {
        expired(params);
        as_authority(params);
    });
    heard(connect(&server(&identity).await, &identity.pin(), LIMIT).await).await;
}

#[tokio::test]
async fn a_changed_leaf_asks_again_even_where_its_issuer_is_trusted() {
    let old = Identity::self_signed(&["localhost"], |_| ());
    let authority = Authority::new("Kontor Root");
    let new = authority.issue(&["localhost"], |_| ());
    let trust = Trust { pinned: old.pin().pinned, ..authority.trust() };
    let at = server(&new).await;
    let facts = refused(connect(&at, &trust, LIMIT).await);
    assert_eq!(facts.reason, Reason::PinChanged);
    assert_eq!(Some(facts.fingerprint), new.pin().pinned);
    assert_eq!(facts.issuer, "CN=Kontor Root");
    // The same holds without any authority.
    assert_eq!(refused(connect(&at, &old.pin(), LIMIT).await).reason, Reason::PinChanged);
}

#[tokio::test]
async fn a_pinned_leaf_whose_key_another_holds_is_refused() {
    let real = Identity::self_signed(&["localhost"], |_| ());
    let thief = Identity::self_signed(&["localhost"], |_| ());
    let false_one = Identity { chain: real.chain.clone(), key: thief.key.clone() };
    for versions in [BOTH, OLD] {
        let at = greeting(&Tls::new(&false_one, versions)).await;
        let failed = connect(&at, &real.pin(), LIMIT).await.unwrap_err();
        // Not a question that a person could answer with "trust it".
        assert!(matches!(failed, Error::Tls { .. }), "{failed:?}");
        let at = greeting(&Tls::new(&real, versions)).await;
        heard(connect(&at, &real.pin(), LIMIT).await).await;
    }
}

#[tokio::test]
async fn a_further_root_is_trusted_by_that_account_alone() {
    let authority = Authority::new("Kontor Root");
    let at = server(&authority.issue(&["localhost"], |_| ())).await;
    heard(connect(&at, &authority.trust(), LIMIT).await).await;
    for other in [Trust::default(), Authority::new("Kontor Root").trust()] {
        let facts = refused(connect(&at, &other, LIMIT).await);
        assert_eq!(facts.reason, Reason::UnknownIssuer);
        assert_eq!(facts.issuer, "CN=Kontor Root");
        assert!(!facts.self_signed);
    }
    heard(connect(&at, &authority.trust(), LIMIT).await).await;
}

#[tokio::test]
async fn an_intermediate_leads_to_a_further_root() {
    let root = Authority::new("Kontor Root");
    let middle = root.below("Kontor Middle");
    let leaf = middle.issue(&["localhost"], |_| ());
    let whole = Identity { chain: vec![leaf.chain[0].clone(), middle.der()], ..leaf.clone() };
    heard(connect(&server(&whole).await, &root.trust(), LIMIT).await).await;
    let facts = refused(connect(&server(&leaf).await, &root.trust(), LIMIT).await);
    assert_eq!(facts.reason, Reason::UnknownIssuer, "the server left the intermediate out");
}

#[tokio::test]
async fn dates_and_names_are_held_to_under_a_further_root() {
    let authority = Authority::new("Kontor Root");
    let reason = async |identity: Identity| {
        refused(connect(&server(&identity).await, &authority.trust(), LIMIT).await).reason
    };
    assert_eq!(reason(authority.issue(&["localhost"], expired)).await, Reason::Expired);
    let tomorrow = authority.issue(&["localhost"], |params| {
        params.not_before = rcgen::date_time_ymd(2110, 1, 1);
    });
    assert_eq!(reason(tomorrow).await, Reason::NotYetValid);
    let other = authority.issue(&["mail.kontor.example"], |_| ());
    assert_eq!(reason(other).await, Reason::WrongName);
    // A certificate for a name is none for an address.
    let at = server(&authority.issue(&["localhost"], |_| ())).await;
    let by_address = Endpoint { host: "127.0.0.1".into(), ..at };
    let facts = refused(connect(&by_address, &authority.trust(), LIMIT).await);
    assert_eq!(facts.reason, Reason::WrongName);
    assert_eq!(facts.host, "127.0.0.1");
}

#[tokio::test]
async fn a_leaf_given_as_root_serves_for_its_name_and_time() {
    // What `openssl req -x509` makes: a leaf that calls itself an authority.
    let own = |names: &[&str], change: fn(&mut rcgen::CertificateParams)| {
        let identity = Identity::self_signed(names, |params| {
            as_authority(params);
            change(params);
        });
        let trust = Trust { extra_roots: identity.chain.clone(), ..Trust::default() };
        (identity, trust)
    };
    let (identity, trust) = own(&["localhost"], |_| ());
    let at = server(&identity).await;
    heard(connect(&at, &trust, LIMIT).await).await;
    assert_eq!(refused(connect(&at, &Trust::default(), LIMIT).await).reason, Reason::SelfSigned);

    let (identity, trust) = own(&["elsewhere.example"], |_| ());
    let facts = refused(connect(&server(&identity).await, &trust, LIMIT).await);
    assert_eq!(facts.reason, Reason::WrongName);
    let (identity, trust) = own(&["localhost"], expired);
    let facts = refused(connect(&server(&identity).await, &trust, LIMIT).await);
    assert_eq!(facts.reason, Reason::Expired);
}

#[tokio::test]
async fn a_name_is_sent_and_an_address_is_not() {
    let authority = Authority::new("Kontor Root");
    let tls = Tls::new(&authority.issue(&["localhost", "127.0.0.1"], |_| ()), BOTH);
    let at = greeting(&tls).await;
    heard(connect(&at, &authority.trust(), LIMIT).await).await;
    let by_address = Endpoint { host: "127.0.0.1".into(), ..at };
    heard(connect(&by_address, &authority.trust(), LIMIT).await).await;
    assert_eq!(tls.asked(), [Some("localhost".to_owned()), None]);
}

/// Sessions are resumed (the certificate is not sent again), and never into another trust.
#[tokio::test]
async fn a_session_is_resumed_under_the_same_trust_alone() {
    let identity = Identity::self_signed(&["localhost"], |_| ());
    for versions in [BOTH, OLD] {
        let at = greeting(&Tls::new(&identity, versions)).await;
        let octets = async || {
            let mut connected = connect(&at, &identity.pin(), LIMIT).await.unwrap();
            connected.stream.read_exact(&mut [0u8; GREETING.len()]).await.unwrap();
            connected.counters.traffic().bytes_in
        };
        let (first, second) = (octets().await, octets().await);
        assert!(
            second + identity.leaf().len() as u64 <= first,
            "{second} octets after {first}: the certificate came again"
        );
        let stranger = refused(connect(&at, &Trust::default(), LIMIT).await);
        assert_eq!(stranger.reason, Reason::SelfSigned);
    }
}

#[tokio::test]
async fn a_root_that_cannot_be_read_is_said_so() {
    let at = server(&Identity::self_signed(&["localhost"], |_| ())).await;
    let trust = Trust { extra_roots: vec![b"none".to_vec()], ..Trust::default() };
    let failed = connect(&at, &trust, LIMIT).await.unwrap_err();
    assert!(matches!(&failed, Error::Tls { detail, .. } if detail.contains("root")), "{failed:?}");
}
