//! The async-imap object below the session, before and after signing in.

use crate::error::Error;
use crate::framing::Framing;
use async_imap::{Client, Connection};

#[derive(Debug)]
pub(super) enum Link {
    Before(Client<Framing>),
    After(async_imap::Session<Framing>),
    /// Lost in a sign-in that was given up.
    Gone,
}

impl Link {
    pub fn connection(&mut self) -> Result<&mut Connection<Framing>, Error> {
        match self {
            Self::Before(client) => Ok(&mut *client),
            Self::After(session) => Ok(&mut *session),
            Self::Gone => Err(Error::Closed),
        }
    }

    pub fn framing(&mut self) -> Result<&mut Framing, Error> {
        self.connection().map(Connection::get_mut)
    }

    /// For what async-imap wants to own: signing in.
    pub fn take_client(&mut self) -> Result<Client<Framing>, Error> {
        match std::mem::replace(self, Self::Gone) {
            Self::Before(client) => Ok(client),
            other => {
                let signed_in = matches!(other, Self::After(_));
                *self = other;
                Err(if signed_in {
                    Error::Protocol("the session is signed in already".to_owned())
                } else {
                    Error::Closed
                })
            }
        }
    }
}
