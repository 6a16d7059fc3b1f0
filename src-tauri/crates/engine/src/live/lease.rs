use super::{Conn, Live, connect};
use crate::Inner;
use crate::account::{SignIn, sign_in};
use crate::error::{Error, Result};
use model::{AccountId, Code, MailboxName, Tag};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Somebody is looking at the screen and waits.
    Interactive,
    Background,
}

/// The use of one connection. Dropped in the middle of a command (a cancelled question), the connection goes
/// with it: nobody knows what is still on its way.
pub(crate) struct Lease {
    live: Arc<Live>,
    conn: Option<Conn>,
    kept: bool,
    _seats: Vec<OwnedSemaphorePermit>,
}

impl Lease {
    pub async fn take(
        inner: &Inner,
        live: &Arc<Live>,
        urgency: Urgency,
        mailbox: Option<&MailboxName>,
    ) -> Result<Self> {
        inner.awake()?;
        let mut seats = Vec::with_capacity(2);
        if urgency == Urgency::Background {
            seats.push(seat(&live.background).await?);
        }
        seats.push(seat(&live.seats).await?);
        let mut lease =
            Self { conn: live.take(mailbox), kept: true, live: Arc::clone(live), _seats: seats };
        if lease.conn.is_none() {
            lease.renew(inner, mailbox).await?;
        }
        Ok(lease)
    }

    /// A fresh connection in the place of a dead one.
    pub async fn renew(&mut self, inner: &Inner, mailbox: Option<&MailboxName>) -> Result<()> {
        self.conn = None;
        self.kept = false;
        let account = self.live.account;
        let sign_in = sign_in(inner, account).await?;
        let generation = self.live.generation();
        let mut conn =
            connect(&*inner.host, &sign_in, mailbox, self.live.deadlines(), false).await?;
        conn.generation = generation;
        learn(inner, account, &sign_in, &conn).await?;
        self.conn = Some(conn);
        Ok(())
    }

    pub fn conn(&mut self) -> Result<&mut Conn> {
        self.conn.as_mut().ok_or_else(|| {
            Error::new(Code::Internal, "a connection was used after it was given back")
        })
    }

    /// It comes from an earlier use, and may have died since.
    pub fn was_kept(&self) -> bool {
        self.kept
    }

    /// Gives the connection back where it can be used again.
    pub fn settle<T>(&mut self, outcome: &Result<T>) {
        let usable = outcome.as_ref().err().is_none_or(Error::leaves_connection_usable);
        if let Some(conn) = self.conn.take()
            && usable
        {
            self.live.give(conn);
        }
    }
}

/// Remembers what a new connection showed of its server.
pub(crate) async fn learn(
    inner: &Inner,
    account: AccountId,
    sign_in: &SignIn,
    conn: &Conn,
) -> Result<()> {
    let (capabilities, learnt) = (conn.capability_names(), conn.learnt.clone());
    let known = inner.db.read(move |read| store::account::capabilities(read, account)).await?;
    let news = conn.learnt.iter().any(|quirk| !sign_in.quirks.contains(quirk));
    if !news && known == capabilities {
        return Ok(());
    }
    inner
        .db
        .write(move |tx| {
            for quirk in &learnt {
                store::account::set_quirk(tx, account, quirk.name(), "")?;
            }
            store::account::set_capabilities(tx, account, &capabilities)?;
            tx.changed(Tag::Account(account));
            Ok(())
        })
        .await
}

async fn seat(semaphore: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit> {
    Arc::clone(semaphore)
        .acquire_owned()
        .await
        .map_err(|_| Error::new(Code::Cancelled, "the account was closed meanwhile"))
}
