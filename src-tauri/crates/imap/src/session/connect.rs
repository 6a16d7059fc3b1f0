//! From nothing to a greeted session.

use super::link::Link;
use super::run::Incoming;
use super::{Deadlines, Session, starttls};
use crate::capabilities::Capabilities;
use crate::error::Error;
use crate::event::Events;
use crate::framing::{Condition, Framing, Limits};
use crate::parse::Reply;
use async_imap::Client;
use model::{Endpoint, Security};
use net::{Connected, Trust};

/// The longest greeting: its code may list capabilities.
const GREETING: usize = 8 * 1024;

/// Dials, secures the connection as the endpoint says, and reads the greeting. What goes out before TLS
/// is `STARTTLS` and nothing else.
pub async fn connect(
    endpoint: &Endpoint,
    trust: &Trust,
    deadlines: &Deadlines,
) -> Result<Session, Error> {
    match endpoint.security {
        Security::Implicit => {
            let connected = net::connect(endpoint, trust, deadlines.connect).await?;
            Session::greet(connected, deadlines).await
        }
        Security::StartTls => {
            let clear = net::connect_clear(endpoint, deadlines.connect).await?;
            let connected = starttls::upgrade(clear, trust, deadlines).await?;
            Session::secured(connected, deadlines).await
        }
    }
}

impl Session {
    /// Reads the greeting of RFC 9051 7.1 on a secured connection.
    pub async fn greet(connected: Connected, deadlines: &Deadlines) -> Result<Session, Error> {
        let mut session = Self::over(connected, deadlines);
        let limits = Limits { line: GREETING, ..Limits::default() };
        session.link.framing()?.limit(limits);
        let wait = super::run::Wait::new("the greeting", deadlines.greeting, deadlines.greeting);
        let incoming = match session.read(&wait).await {
            Ok(incoming) => incoming,
            Err(error) => return Err(session.not_greeted(error)),
        };
        match incoming {
            Incoming::Reply(Reply::Condition(line), octets) => match line.condition {
                Condition::Ok => session.note_condition(&line, octets),
                Condition::Preauth => return Err(Error::Preauth),
                Condition::Bye => return Err(Error::Bye(line.text)),
                Condition::No | Condition::Bad => {
                    return Err(Error::NotImap { first: line.text });
                }
            },
            Incoming::Done { line, .. } => return Err(Error::NotImap { first: line.text }),
            Incoming::Reply(Reply::Junk(first), _) => return Err(Error::NotImap { first }),
            Incoming::Continue | Incoming::Reply(..) => {
                return Err(Error::Protocol("a greeting that is none".to_owned()));
            }
        }
        session.link.framing()?.limit(Limits::default());
        Ok(session)
    }

    /// After STARTTLS no greeting comes; what the server can do is asked anew (RFC 9051 6.2.1).
    pub(super) async fn secured(
        connected: Connected,
        deadlines: &Deadlines,
    ) -> Result<Session, Error> {
        let mut session = Self::over(connected, deadlines);
        session.capability().await?;
        Ok(session)
    }

    fn over(connected: Connected, deadlines: &Deadlines) -> Session {
        let Connected { stream, counters, host } = connected;
        Session {
            link: Link::Before(Client::new(Framing::new(stream))),
            host,
            counters,
            deadlines: *deadlines,
            capabilities: Capabilities::default(),
            events: Events::default(),
            bye: None,
            selected: None,
            no_modseq: false,
            utf8: false,
            busy: false,
        }
    }

    /// Something spoke, and no line of IMAP came of it.
    fn not_greeted(&mut self, error: Error) -> Error {
        let said = self.link.framing().map(|f| Self::first_words(f.unframed())).unwrap_or_default();
        let spoke = matches!(error, Error::TooLarge { .. } | Error::Timeout { .. } | Error::Closed);
        if spoke && !said.is_empty() { Error::NotImap { first: said } } else { error }
    }
}
