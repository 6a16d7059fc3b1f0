//! LOGIN, CAPABILITY and SELECT in one write (RFC 9051 5.5 allows it: none of them needs the answer of
//! another to be understood). Message sequence numbers never stand behind a SELECT.

use super::Session;
use super::auth::{SEALED, login_splice, quotable};
use super::run::Wait;
use super::select::{Selected, Selecting};
use crate::command::{Literals, quoted};
use crate::error::{Error, FlightError};
use crate::names;
use model::MailboxName;
use secrecy::SecretString;

/// Tags of our own: async-imap's begin with A.
const CAPABILITY: &str = "S1";
const SELECT: &str = "S2";

impl Session {
    /// Whether name and password can be quoted, and LOGIN is not forbidden as far as is known.
    pub fn login_flight_possible(&self, user: &str, password: &SecretString) -> bool {
        quotable(user, password) && !self.capabilities.has("LOGINDISABLED")
    }

    /// Signs in and selects `mailbox` in one round trip; the capabilities are known afterwards.
    pub async fn login_flight(
        &mut self,
        user: &str,
        password: &SecretString,
        mailbox: &MailboxName,
    ) -> Result<Selected, FlightError> {
        if !self.login_flight_possible(user, password) {
            return Err(Error::NoPasswordLogin.into());
        }
        let not_quotable = Error::NotSendable { what: "this mailbox name in a flight" };
        let name = quoted(&names::to_wire(mailbox, false)).ok_or(not_quotable)?;
        let splice = login_splice(user, password, Literals::Synchronising)?;
        let mut client = self.begin_sign_in(splice)?;
        let follow = format!("{CAPABILITY} CAPABILITY\r\n{SELECT} SELECT {name}\r\n");
        client.get_mut().follow(follow.as_bytes());
        let line = match self.signing_in(client.login(SEALED, SEALED)).await {
            Ok(line) => line,
            // No answer to the first command: what stood behind it may be why.
            Err(error @ (Error::Timeout { .. } | Error::Closed)) => {
                return Err(FlightError::NotUnderstood(error));
            }
            Err(error) => return Err(error.into()),
        };
        if let Err(error) = self.signed_in(&line) {
            // What follows is refused too, and nobody reads it: this session is not used again.
            self.busy = true;
            return Err(match error {
                Error::Bad { .. } => FlightError::NotUnderstood(error),
                error => error.into(),
            });
        }
        self.rest_of_flight(mailbox).await
    }

    async fn rest_of_flight(&mut self, mailbox: &MailboxName) -> Result<Selected, FlightError> {
        self.busy = true;
        let wait = Wait::new("SELECT", self.deadlines.command, self.deadlines.command);
        let tags = [CAPABILITY, SELECT].map(|tag| (tag.to_owned(), tag)).to_vec();
        let mut selecting = Selecting::default();
        let done = self.finish(tags, wait, true, &mut |_, reply| selecting.take(reply)).await;
        let done = match done {
            Ok(done) => done,
            Err(error @ Error::Timeout { .. }) => return Err(FlightError::NotUnderstood(error)),
            Err(error) => return Err(error.into()),
        };
        self.busy = false;
        // A CAPABILITY that failed leaves them unknown; that is asked again by who needs them.
        match done.into_iter().nth(1) {
            Some(Ok(line)) => Ok(self.stand_in(mailbox, selecting, &line)),
            Some(Err(Error::Bad { code, text, .. })) => {
                self.busy = true;
                let error = Error::Bad { command: "SELECT", code, text };
                Err(FlightError::NotUnderstood(error))
            }
            Some(Err(Error::No { code, text, .. })) => {
                Err(Error::No { command: "SELECT", code, text }.into())
            }
            Some(Err(error)) => Err(error.into()),
            None => Err(Error::Protocol("SELECT was not answered".to_owned()).into()),
        }
    }
}
