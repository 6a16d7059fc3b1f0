//! What can go wrong, and the one thing that each of it means for a person (architecture: a code for each).

use model::{AccountId, Code, Endpoint, Trouble};
use thiserror::Error;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Error)]
pub enum Error {
    #[error("{}: {}", .0.endpoint, .0.source)]
    Server(Box<ServerFailure>),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Secrets(#[from] secrets::Error),
    #[error("{0}")]
    Told(Box<Trouble>),
}

/// What a server, or the way to it, answered.
#[derive(Debug)]
pub struct ServerFailure {
    pub endpoint: Endpoint,
    pub user: String,
    pub source: imap::Error,
}

impl ServerFailure {
    /// It said nothing for longer than a command may take.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(&self.source, imap::Error::Timeout { .. })
    }

    /// The server refused what was asked and goes on talking to us. (A refusal to sign in is another thing.)
    pub(crate) fn is_of_one_thing(&self) -> bool {
        match &self.source {
            imap::Error::No { command, .. } | imap::Error::Bad { command, .. } => {
                *command != "signing in"
            }
            _ => false,
        }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Error::Told(Box::new(trouble))
    }
}

impl Error {
    pub(crate) fn server(endpoint: &Endpoint, user: &str, source: imap::Error) -> Self {
        Error::Server(Box::new(ServerFailure {
            endpoint: endpoint.clone(),
            user: user.to_owned(),
            source,
        }))
    }

    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Trouble::new(code, message).into()
    }

    /// The connection is gone, not the question wrong: asked again on a fresh one, it may be answered.
    pub(crate) fn is_lost(&self) -> bool {
        let Error::Server(failure) = self else { return false };
        matches!(
            failure.source,
            imap::Error::Closed | imap::Error::Bye(_) | imap::Error::Net(net::Error::Io { .. })
        )
    }

    /// Lost, or silent: what a connection does that died while nobody used it.
    pub(crate) fn may_be_a_dead_connection(&self) -> bool {
        let silent =
            matches!(self, Error::Server(f) if matches!(f.source, imap::Error::Timeout { .. }));
        self.is_lost() || silent
    }

    /// Whether the connection may be used after this.
    pub(crate) fn leaves_connection_usable(&self) -> bool {
        match self {
            Error::Server(failure) => failure.source.session_lives(),
            _ => true,
        }
    }

    /// What to do about it without the person; None where only the person can do something.
    pub(crate) fn obstacle(&self) -> Option<plan::Obstacle> {
        match self.code() {
            Code::Offline | Code::Timeout | Code::NoSuchHost | Code::Refused => {
                Some(plan::Obstacle::Network)
            }
            Code::ServerBusy
            | Code::ServerRefused
            | Code::Protocol
            | Code::NotImap
            | Code::TlsFailed
            | Code::NotEncrypted
            | Code::Cancelled
            | Code::DiskFull
            | Code::BudgetFull
            | Code::Internal => Some(plan::Obstacle::Server),
            _ => None,
        }
    }

    pub(crate) fn code(&self) -> Code {
        self.trouble(None).code
    }

    /// The same for a person. `account`: whose it is, where it is one account's.
    pub fn trouble(&self, account: Option<AccountId>) -> Trouble {
        let mut trouble = match self {
            Error::Told(trouble) => trouble.as_ref().clone(),
            Error::Server(failure) => of_imap(&failure.endpoint, &failure.user, &failure.source),
            Error::Store(error) => of_store(error),
            Error::Secrets(error) => of_secrets(error),
        };
        trouble.account = trouble.account.or(account);
        trouble
    }
}

fn of_imap(endpoint: &Endpoint, user: &str, error: &imap::Error) -> Trouble {
    let host = &endpoint.host;
    let at = |code: Code, message: String| {
        Trouble::new(code, message).with("host", host).with("port", endpoint.port)
    };
    match error {
        imap::Error::Net(error) => of_net(endpoint, error),
        imap::Error::Timeout { what } => at(
            Code::Timeout,
            format!("{host} did not answer in time ({what}): try again later, or check the server's name and port"),
        )
        .with("what", what),
        imap::Error::Closed => at(
            Code::Offline,
            format!("{host} closed the connection: it is tried again at the next check"),
        ),
        imap::Error::Bye(text) => at(
            Code::ServerBusy,
            format!("{host} said goodbye: “{text}”: try again later"),
        )
        .with("reply", text),
        imap::Error::Auth { text, .. } => at(
            Code::WrongPassword,
            format!(
                "{host} did not accept the password for {user}: it answered “{text}”: check it and try again, \
                 or use an app password if you sign in with a second step elsewhere"
            ),
        )
        .with("user", user)
        .with("reply", text),
        imap::Error::NoPasswordLogin => at(
            Code::NoPasswordLogin,
            format!("{host} takes no password for mail programs"),
        ),
        imap::Error::NotImap { first } => at(
            Code::NotImap,
            format!("what answers at {endpoint} is not an IMAP server (it said “{first}”): check server and port"),
        )
        .with("reply", first),
        imap::Error::Plaintext(detail) => at(
            Code::NotEncrypted,
            format!("{endpoint} offers no safe encryption ({detail}): nothing was sent; use another server or port"),
        )
        .with("detail", detail),
        imap::Error::Preauth => at(
            Code::Protocol,
            format!("{host} claims that we are signed in already: the connection was closed"),
        )
        .with("detail", "PREAUTH"),
        imap::Error::No { text, code, .. } => {
            let busy = code.as_deref().is_some_and(|c| {
                ["UNAVAILABLE", "INUSE", "LIMIT"].iter().any(|known| c.eq_ignore_ascii_case(known))
            });
            at(
                if busy { Code::ServerBusy } else { Code::ServerRefused },
                format!("{host} refused: “{text}”"),
            )
            .with("reply", text)
        }
        other => at(
            Code::Protocol,
            format!("{host} broke the rules of IMAP: {other}: the connection was closed, nothing was lost"),
        )
        .with("detail", other),
    }
}

fn of_net(endpoint: &Endpoint, error: &net::Error) -> Trouble {
    let host = &endpoint.host;
    let at = |code: Code, message: String| {
        Trouble::new(code, message).with("host", host).with("port", endpoint.port)
    };
    match error {
        net::Error::NoSuchHost { .. } => {
            at(Code::NoSuchHost, format!("there is no server named {host}: check the spelling"))
        }
        net::Error::Refused { .. } => at(
            Code::Refused,
            format!("nothing answers at {endpoint}: check the port, or try again later"),
        ),
        net::Error::Timeout { what, .. } => at(
            Code::Timeout,
            format!("{host} did not answer in time ({what}): check the server and the port, or try again later"),
        )
        .with("what", what),
        net::Error::Untrusted(facts) => {
            let fingerprint = net::fingerprint_text(&facts.fingerprint);
            at(
                Code::CertificateUntrusted,
                format!(
                    "nobody vouches for {host}: its certificate is of {}, issued by {}, valid until {} ({}). \
                     Nothing was sent. If its administrator confirms the SHA-256 fingerprint {fingerprint}, \
                     trust it by that: --trust {fingerprint}",
                    facts.subject,
                    facts.issuer,
                    facts.valid_to,
                    reason(&facts.reason),
                ),
            )
            .with("subject", &facts.subject)
            .with("issuer", &facts.issuer)
            .with("names", facts.names.join(", "))
            .with("valid_from", &facts.valid_from)
            .with("valid_to", &facts.valid_to)
            .with("fingerprint", fingerprint)
            .with("self_signed", facts.self_signed)
            .with("reason", reason(&facts.reason))
        }
        net::Error::InjectedBeforeTls { .. } => at(
            Code::NotEncrypted,
            format!("{endpoint} spoke before encryption was on: nothing was sent"),
        )
        .with("detail", "injected"),
        net::Error::Tls { detail, .. } => at(
            Code::TlsFailed,
            format!("no encrypted connection to {endpoint} ({detail}): check the port and whether it is implicit TLS or STARTTLS"),
        )
        .with("detail", detail),
        other => at(Code::Offline, format!("no connection to {host}: {other}")),
    }
}

fn reason(reason: &net::Reason) -> &'static str {
    match reason {
        net::Reason::UnknownIssuer => "unknown-issuer",
        net::Reason::SelfSigned => "self-signed",
        net::Reason::Expired => "expired",
        net::Reason::NotYetValid => "not-yet-valid",
        net::Reason::WrongName => "wrong-name",
        net::Reason::Revoked => "revoked",
        net::Reason::PinChanged => "changed",
        net::Reason::Other => "other",
    }
}

fn of_store(error: &store::Error) -> Trouble {
    let say = |code: Code| Trouble::new(code, error.to_string());
    match error {
        store::Error::Full | store::Error::HeadersFull | store::Error::PinnedFull => {
            say(Code::BudgetFull)
        }
        store::Error::BudgetTooSmall { least } => say(Code::BudgetTooSmall).with("least", least),
        store::Error::DiskFull => say(Code::DiskFull),
        store::Error::AlreadyOpen { path } => say(Code::AlreadyOpen).with("path", path.display()),
        store::Error::NewerSchema { found, known } => {
            say(Code::StoreNewer).with("found", found).with("known", known)
        }
        store::Error::Corrupt { path } => say(Code::StoreCorrupt).with("path", path.display()),
        store::Error::WrongKey { path } => say(Code::StoreKey).with("path", path.display()),
        other => say(Code::Internal).with("detail", other),
    }
}

fn of_secrets(error: &secrets::Error) -> Trouble {
    let say = |code: Code| Trouble::new(code, error.to_string());
    match error {
        secrets::Error::NoKeyring(_) => say(Code::NoKeyring),
        secrets::Error::Locked => say(Code::KeyringLocked),
        secrets::Error::PassphraseWrong(_) => say(Code::PassphraseWrong),
        secrets::Error::PassphraseEmpty => say(Code::PassphraseMissing),
        other => say(Code::FileFailed).with("detail", other),
    }
}
