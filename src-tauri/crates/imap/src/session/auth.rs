//! Signing in with a password. async-imap is given marks in place of name and password: it writes what
//! it sends into its trace log.

use super::Session;
use super::link::Link;
use crate::command::{Literals, quoted, secret_string};
use crate::error::Error;
use crate::framing::{Condition, Splice};
use crate::parse::ConditionLine;
use async_imap::{Authenticator, Client};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// What async-imap sees, and how it writes it.
pub(super) const SEALED: &str = "sealed";
const SEALED_LOGIN: &[u8] = b"LOGIN \"sealed\" \"sealed\"";
const SEALED_BASE64: &str = "c2VhbGVk";

pub(super) type Signed<A> = Result<A, (async_imap::error::Error, Client<crate::framing::Framing>)>;

impl Session {
    /// LOGIN where it can be quoted and is not forbidden, else AUTHENTICATE PLAIN (RFC 9051 6.2.2).
    pub async fn sign_in(&mut self, user: &str, password: &SecretString) -> Result<(), Error> {
        let plain = self.capabilities.has("AUTH=PLAIN");
        if self.login_allowed() && (quotable(user, password) || !plain) {
            return self.login(user, password).await;
        }
        if !plain && self.capabilities.known() {
            return Err(Error::NoPasswordLogin);
        }
        self.authenticate_plain(user, password).await
    }

    /// RFC 9051 6.2.3. A wrong password is `Error::Auth`, and the session can be asked again.
    pub async fn login(&mut self, user: &str, password: &SecretString) -> Result<(), Error> {
        if !self.login_allowed() {
            return Err(Error::NoPasswordLogin);
        }
        let splice = login_splice(user, password, self.literals())?;
        let client = self.begin_sign_in(splice)?;
        let line = self.signing_in(client.login(SEALED, SEALED)).await?;
        self.signed_in(&line)
    }

    /// RFC 4616, with the initial response in the command where SASL-IR is offered (RFC 4959).
    pub async fn authenticate_plain(
        &mut self,
        user: &str,
        password: &SecretString,
    ) -> Result<(), Error> {
        let message = plain_message(user, password)?;
        let octets = Zeroizing::new(STANDARD.encode(&*message).into_bytes());
        let splice = Splice { mark: SEALED_BASE64.as_bytes().to_vec(), octets };
        let initial = self.capabilities.has("SASL-IR");
        let client = self.begin_sign_in(splice)?;
        let mechanism = if initial { format!("PLAIN {SEALED_BASE64}") } else { "PLAIN".to_owned() };
        let dialogue = Plain { owes_response: !initial };
        let line = self.signing_in(client.authenticate(mechanism, dialogue)).await?;
        self.signed_in(&line)
    }

    fn login_allowed(&self) -> bool {
        !self.capabilities.has("LOGINDISABLED")
    }

    pub(super) fn begin_sign_in(
        &mut self,
        splice: Splice,
    ) -> Result<Client<crate::framing::Framing>, Error> {
        if self.busy {
            return Err(self.closed());
        }
        let mut client = self.link.take_client()?;
        self.busy = true;
        client.get_mut().splice([splice]);
        Ok(client)
    }

    /// Drives async-imap's sign-in to its end and gives the completion that the server sent.
    pub(super) async fn signing_in(
        &mut self,
        dialogue: impl Future<Output = Signed<async_imap::Session<crate::framing::Framing>>>,
    ) -> Result<ConditionLine, Error> {
        let until = Instant::now() + self.deadlines.sign_in;
        // Given up, the connection is gone with the future: the link stays `Gone`.
        let signed =
            timeout_at(until, dialogue).await.map_err(|_| Error::Timeout { what: "signing in" })?;
        let error = match signed {
            Ok(session) => {
                self.link = Link::After(session);
                None
            }
            Err((error, client)) => {
                self.link = Link::Before(client);
                Some(error)
            }
        };
        self.link.framing()?.forget_splices();
        // What is said before the completion was said of the state before.
        match (self.drain(&mut |_, reply| Some(reply))?, error) {
            (Some(line), _) => {
                self.busy = false;
                Ok(line)
            }
            (None, Some(error)) => Err(self.lost(error)),
            (None, None) => Err(Error::Protocol("no completion".to_owned())),
        }
    }

    pub(super) fn signed_in(&mut self, line: &ConditionLine) -> Result<(), Error> {
        match line.condition {
            Condition::Ok => {
                self.capabilities_after_sign_in(line);
                Ok(())
            }
            Condition::No => Err(refused(line)),
            _ => Err(Error::Bad {
                command: "signing in",
                code: line.code_name(),
                text: line.text.clone(),
            }),
        }
    }

    /// Those of before hold no more (RFC 9051 6.2.3); some servers say the new ones at once.
    fn capabilities_after_sign_in(&mut self, line: &ConditionLine) {
        match line.capabilities() {
            Some(names) => self.note_capabilities(&names),
            None => self.capabilities = crate::Capabilities::default(),
        }
    }
}

/// RFC 5530 has codes for what is not the password's fault.
fn refused(line: &ConditionLine) -> Error {
    const NOT_THE_PASSWORD: [&str; 7] =
        ["UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "OVERQUOTA", "CANNOT", "CONTACTADMIN"];
    let (code, text) = (line.code_name(), line.text.clone());
    match &code {
        Some(name) if NOT_THE_PASSWORD.contains(&name.as_str()) => {
            Error::No { command: "signing in", code, text }
        }
        _ => Error::Auth { code, text },
    }
}

pub(super) fn quotable(user: &str, password: &SecretString) -> bool {
    let fits = |text: &str| text.len() <= 1_000 && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    fits(user) && fits(password.expose_secret())
}

/// What goes out where async-imap wrote `LOGIN "sealed" "sealed"`.
pub(super) fn login_splice(
    user: &str,
    password: &SecretString,
    literals: Literals,
) -> Result<Splice, Error> {
    debug_assert!(quoted(SEALED.as_bytes()).is_some());
    let user = secret_string(user.as_bytes(), literals)?;
    let password = secret_string(password.expose_secret().as_bytes(), literals)?;
    let mut octets = Zeroizing::new(Vec::with_capacity(user.len() + password.len() + 7));
    octets.extend_from_slice(b"LOGIN ");
    octets.extend_from_slice(&user);
    octets.push(b' ');
    octets.extend_from_slice(&password);
    Ok(Splice { mark: SEALED_LOGIN.to_vec(), octets })
}

/// No authorization identity, NUL, name, NUL, password.
fn plain_message(user: &str, password: &SecretString) -> Result<Zeroizing<Vec<u8>>, Error> {
    let password = password.expose_secret();
    if user.contains('\0') || password.contains('\0') {
        return Err(Error::NotSendable { what: "a name or password with a NUL in it" });
    }
    let mut message = Zeroizing::new(Vec::with_capacity(user.len() + password.len() + 2));
    message.push(0);
    message.extend_from_slice(user.as_bytes());
    message.push(0);
    message.extend_from_slice(password.as_bytes());
    Ok(message)
}

/// Answers the server's `+`: first with the message, if the command did not hold it; a further one is
/// how some servers tell of a failure, and wants an empty answer before the NO.
struct Plain {
    owes_response: bool,
}

impl Authenticator for Plain {
    type Response = &'static str;

    fn process(&mut self, _challenge: &[u8]) -> Self::Response {
        if std::mem::take(&mut self.owes_response) { SEALED } else { "" }
    }
}
