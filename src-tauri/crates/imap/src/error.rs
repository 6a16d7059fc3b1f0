use thiserror::Error;

/// Why a verb did not do what it should. Each variant is one thing to do about it; text that came from
/// the server is cleaned of controls and bounded, and never holds what we sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    #[error(transparent)]
    Net(#[from] net::Error),
    /// The server was silent past a deadline. The session is of no further use.
    #[error("no answer in time: {what}")]
    Timeout { what: &'static str },
    /// The connection ended, or was given up in the middle of a command.
    #[error("the connection was closed")]
    Closed,
    /// `* BYE`, with what the server said.
    #[error("the server ended the session: {0}")]
    Bye(String),
    /// A tagged NO. The session goes on.
    #[error("{command} was refused: {text}")]
    No { command: &'static str, code: Option<String>, text: String },
    /// A tagged BAD. The session goes on.
    #[error("{command} was not understood: {text}")]
    Bad { command: &'static str, code: Option<String>, text: String },
    /// The name or the password is wrong, or may not be used here.
    #[error("signing in was refused: {text}")]
    Auth { code: Option<String>, text: String },
    /// Neither LOGIN nor AUTHENTICATE PLAIN is offered.
    #[error("the server takes no password")]
    NoPasswordLogin,
    /// What answered first is not a greeting of RFC 9051 7.1.
    #[error("not an IMAP server; it said: {first}")]
    NotImap { first: String },
    /// The rules of STARTTLS were broken before TLS was on; nothing of ours was sent.
    #[error("the connection could not be secured: {0}")]
    Plaintext(String),
    /// A greeting that says we are signed in already: whose session it would be, nobody knows.
    #[error("the server claims that we are signed in already")]
    Preauth,
    #[error("the server broke the protocol: {0}")]
    Protocol(String),
    /// An answer past the bound that holds for it, in octets; the session is of no further use.
    #[error("{what} is larger than {limit} octets")]
    TooLarge { what: &'static str, limit: u64 },
    /// An argument that has no form in the protocol, such as a NUL.
    #[error("{what} cannot be sent")]
    NotSendable { what: &'static str },
    /// The verb needs a capability that this server has not.
    #[error("the server does not offer {0}")]
    NotOffered(&'static str),
}

impl Error {
    /// The code of a NO or BAD in upper case, such as BADCHARSET, OVERQUOTA or EXPUNGEISSUED (RFC 9051 7.1).
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::No { code, .. } | Self::Bad { code, .. } | Self::Auth { code, .. } => {
                code.as_deref()
            }
            _ => None,
        }
    }

    /// Whether the session that gave this error can be asked something else.
    pub fn session_lives(&self) -> bool {
        matches!(
            self,
            Self::No { .. }
                | Self::Bad { .. }
                | Self::Auth { .. }
                | Self::NoPasswordLogin
                | Self::NotSendable { .. }
                | Self::NotOffered(_)
        )
    }
}

/// How a flight of LOGIN, CAPABILITY and SELECT failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FlightError {
    /// The server does not take commands behind LOGIN: BAD, silence, or the connection closed without
    /// an answer. The commands are to be sent singly on a new connection, and that remembered.
    #[error("the server does not take commands in one flight: {0}")]
    NotUnderstood(#[source] Error),
    /// The flight was understood. `Auth`: the password. `No` with the command SELECT: we are signed in,
    /// and the mailbox was refused; the session lives. Anything else: the connection is lost.
    #[error(transparent)]
    Failed(#[from] Error),
}
