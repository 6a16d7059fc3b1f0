//! A scripted server on a pipe in memory, on paused time.

mod answers;
mod cuts;
mod deadlines;
mod fetching;
mod flying;
mod hostile;
mod idling;
pub(crate) mod recorded;
mod refusals;
mod signing_in;

use super::*;
use crate::error::Error;
use net::Connected;
use secrecy::SecretString;
use std::future::Future;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};

pub(super) const GREETING: &str =
    "* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+ ID AUTH=PLAIN] ready\r\n";
pub(super) const AFTER: &str = "IMAP4rev1 LITERAL+ ID ENABLE NAMESPACE UNSELECT CONDSTORE QRESYNC \
     ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE PREVIEW COMPRESS=DEFLATE MOVE IDLE";

/// The server's end.
pub(super) struct Peer {
    stream: BufReader<DuplexStream>,
    tag: String,
}

impl Peer {
    pub fn new(stream: DuplexStream) -> Self {
        Self { stream: BufReader::new(stream), tag: String::new() }
    }

    /// The next line without its tag and end.
    pub async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        let line = line.trim_end_matches(['\r', '\n']);
        let (tag, command) = line.split_once(' ').unwrap_or((line, ""));
        self.tag = tag.to_owned();
        command.to_owned()
    }

    /// A line that is no command.
    pub async fn raw_line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        line
    }

    pub async fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut octets = vec![0; length];
        self.stream.read_exact(&mut octets).await.unwrap();
        octets
    }

    pub async fn send(&mut self, octets: impl AsRef<[u8]>) {
        // The client may have gone: its own end says why.
        let _ = self.stream.get_mut().write_all(octets.as_ref()).await;
    }

    /// `{tag}` stands for the tag of the last command.
    pub async fn answer(&mut self, text: &str) {
        let text = text.replace("{tag}", &self.tag);
        self.send(text).await;
    }

    pub async fn expect(&mut self, command: &str, answer: &str) {
        assert_eq!(self.line().await, command);
        self.answer(answer).await;
    }

    /// Nothing more comes from the client.
    pub async fn at_end(&mut self) {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}

pub(super) fn pipe() -> (Connected, Peer) {
    let (near, far) = tokio::io::duplex(1024 * 1024);
    (Connected::over(near, "mail.kontor.example"), Peer::new(far))
}

pub(super) fn password(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

/// A greeted session.
pub(super) async fn greeted(greeting: &str) -> (Session, Peer) {
    let (connected, mut peer) = pipe();
    peer.send(greeting).await;
    (Session::greet(connected, &Deadlines::default()).await.unwrap(), peer)
}

/// A signed-in session with the capabilities of `AFTER`.
pub(super) async fn signed_in() -> (Session, Peer) {
    signed_in_with(AFTER).await
}

pub(super) async fn signed_in_with(capabilities: &str) -> (Session, Peer) {
    let (mut session, mut peer) = greeted(GREETING).await;
    let ok = format!("{{tag}} OK [CAPABILITY {capabilities}] in\r\n");
    let secret = password("secret");
    let (signed, ()) =
        tokio::join!(session.login("anna", &secret), peer.expect("LOGIN \"anna\" \"secret\"", &ok));
    signed.unwrap();
    (session, peer)
}

/// A signed-in session with a mailbox selected.
pub(super) async fn selected() -> (Session, Peer) {
    let (mut session, mut peer) = signed_in().await;
    let inbox = inbox();
    let (opened, ()) = tokio::join!(
        session.select(&inbox, true),
        peer.expect(
            "SELECT \"INBOX\" (CONDSTORE)",
            "* 100 EXISTS\r\n* OK [HIGHESTMODSEQ 5]\r\n{tag} OK in\r\n"
        )
    );
    opened.unwrap();
    (session, peer)
}

pub(super) fn inbox() -> MailboxName {
    MailboxName("INBOX".to_owned())
}

/// Both ends at once.
pub(super) async fn both<T>(
    client: impl Future<Output = T>,
    server: impl Future<Output = ()>,
) -> T {
    tokio::join!(client, server).0
}

#[test]
fn sessions_and_their_futures_can_be_sent() {
    fn sent<T: Send>(_: T) {}
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Session>();
    fn verbs(session: &'static mut Session, set: &'static FetchSet, want: &'static FetchWant) {
        sent(session.fetch(set, want, |_| ()));
    }
    fn more(
        session: &'static mut Session,
        secret: &'static SecretString,
        name: &'static MailboxName,
    ) {
        sent(session.login_flight("", secret, name));
    }
    fn list(session: &'static mut Session, want: &'static ListWant) {
        sent(session.list(want));
    }
    fn fetching(fetching: &'static mut Fetching<'static>) {
        sent(fetching.next());
    }
    fn asking(
        fetching: &'static mut Fetching<'static>,
        set: &'static FetchSet,
        want: &'static FetchWant,
    ) {
        sent(fetching.ask(set, want));
    }
    fn idle(session: &'static mut Session) {
        sent(session.idle(Duration::ZERO, std::future::pending()));
    }
    let _ = (verbs, more, list, fetching, asking, idle);
}
