//! A signed-in session, where it stands, and what was learnt of its server on the way.

use crate::account::{Quirk, SignIn};
use crate::error::{Error, Result};
use crate::host::Host;
use imap::{Deadlines, Event, FlightError, Selected, Session};
use model::{Endpoint, MailboxName, ModSeq, Uid, UidValidity};
use net::Traffic;
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use tokio::time::Instant;

/// A kept connection older than this is not worth a try: servers and NATs have forgotten it.
const YOUNG: Duration = Duration::from_secs(10 * 60);
/// How long a server may take to say goodbye.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);

/// The selected mailbox, as the server last described it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub mailbox: MailboxName,
    pub exists: u32,
    pub uidvalidity: Option<UidValidity>,
    pub uidnext: Option<Uid>,
    pub highestmodseq: Option<ModSeq>,
}

pub(crate) struct Conn {
    session: Session,
    endpoint: Endpoint,
    user: String,
    pub place: Option<Place>,
    pub learnt: Vec<Quirk>,
    pub generation: u64,
    /// Made for whoever holds it now, and not yet used for anything else.
    fresh: bool,
    rested: Instant,
}

impl Conn {
    fn new(session: Session, sign_in: &SignIn, learnt: Vec<Quirk>) -> Self {
        Self {
            session,
            endpoint: sign_in.endpoint.clone(),
            user: sign_in.user.clone(),
            place: None,
            learnt,
            generation: 0,
            fresh: true,
            rested: Instant::now(),
        }
    }

    pub fn fail(&self, error: imap::Error) -> Error {
        Error::server(&self.endpoint, &self.user, error)
    }

    pub fn capability_names(&self) -> Vec<String> {
        self.session.capabilities().iter().map(str::to_owned).collect()
    }

    /// What was counted before the work at hand: nothing, where the connection was made for it.
    pub fn begin_counting(&self) -> Traffic {
        if self.fresh { Traffic::default() } else { self.session.traffic() }
    }

    pub fn counted_since(&self, before: Traffic) -> Traffic {
        let now = self.session.traffic();
        Traffic {
            bytes_in: now.bytes_in.saturating_sub(before.bytes_in),
            bytes_out: now.bytes_out.saturating_sub(before.bytes_out),
            round_trips: now.round_trips.saturating_sub(before.round_trips),
        }
    }

    /// The mailbox that was selected while signing in, if nothing has happened since.
    pub fn fresh_place(&self) -> Option<Place> {
        self.place.clone().filter(|_| self.fresh)
    }

    /// Selects `mailbox` anew, so that what the server says of it is of now.
    pub async fn select(&mut self, mailbox: &MailboxName) -> Result<Place> {
        self.place = None;
        let condstore = self.session.capabilities().has("CONDSTORE");
        let selected = self.session.select(mailbox, condstore).await.map_err(|e| self.fail(e))?;
        Ok(self.stand(mailbox, &selected))
    }

    /// The mailbox as it stands, selected only where it is not.
    pub async fn stand_in(&mut self, mailbox: &MailboxName) -> Result<Place> {
        self.catch_up();
        match &self.place {
            Some(place) if place.mailbox == *mailbox => Ok(place.clone()),
            _ => self.select(mailbox).await,
        }
    }

    /// What the server said unasked: how many messages there are, and that some are gone.
    fn catch_up(&mut self) {
        for event in self.session.take_events() {
            match (event, &mut self.place) {
                (Event::Exists(count), Some(place)) => place.exists = count,
                (Event::Expunge(_), Some(place)) => place.exists = place.exists.saturating_sub(1),
                (Event::Vanished { earlier: false, uids }, Some(place)) => {
                    let gone = u32::try_from(uids.len()).unwrap_or(u32::MAX);
                    place.exists = place.exists.saturating_sub(gone);
                }
                // What is known of the mailbox is no longer sound: it is selected anew.
                (Event::Overflow, _) => self.place = None,
                (Event::Alert(text), _) => {
                    tracing::warn!(host = self.session.host(), text, "the server's alert")
                }
                _ => {}
            }
        }
    }

    fn stand(&mut self, mailbox: &MailboxName, selected: &Selected) -> Place {
        let place = Place {
            mailbox: mailbox.clone(),
            exists: selected.exists,
            uidvalidity: selected.uidvalidity,
            uidnext: selected.uidnext,
            highestmodseq: selected.highestmodseq,
        };
        self.place = Some(place.clone());
        place
    }

    pub fn at_rest(mut self) -> Self {
        self.fresh = false;
        self.catch_up();
        self.rested = Instant::now();
        self
    }

    pub fn is_young(&self) -> bool {
        self.rested.elapsed() < YOUNG
    }

    pub async fn goodbye(self, limit: Duration) {
        // Best effort: the server notices either way.
        let _ = tokio::time::timeout(limit, self.session.logout()).await;
    }
}

impl Deref for Conn {
    type Target = Session;
    fn deref(&self) -> &Session {
        &self.session
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.session
    }
}

/// Connects and signs in; with `mailbox`, selects it in the same flight where the server takes that.
pub(crate) async fn connect(
    host: &dyn Host,
    sign_in: &SignIn,
    mailbox: Option<&MailboxName>,
) -> Result<Conn> {
    let deadlines = Deadlines::default();
    let fail = |error| Error::server(&sign_in.endpoint, &sign_in.user, error);
    let dial = || host.connect(&sign_in.endpoint, &sign_in.trust, &deadlines);
    let mut session = dial().await.map_err(fail)?;
    let mut learnt = sign_in.quirks.clone();
    if let Some(mailbox) = mailbox
        && !learnt.contains(&Quirk::NoLoginFlight)
        && session.login_flight_possible(&sign_in.user, &sign_in.password)
    {
        match session.login_flight(&sign_in.user, &sign_in.password, mailbox).await {
            Ok(selected) => {
                capabilities(&mut session).await.map_err(fail)?;
                let mut conn = Conn::new(session, sign_in, learnt);
                conn.stand(mailbox, &selected);
                return Ok(conn);
            }
            Err(FlightError::NotUnderstood(_)) => {
                learnt.push(Quirk::NoLoginFlight);
                session = dial().await.map_err(fail)?;
            }
            Err(FlightError::Failed(error)) => return Err(fail(error)),
        }
    }
    session.sign_in(&sign_in.user, &sign_in.password).await.map_err(fail)?;
    capabilities(&mut session).await.map_err(fail)?;
    let mut conn = Conn::new(session, sign_in, learnt);
    if let Some(mailbox) = mailbox {
        conn.select(mailbox).await?;
    }
    Ok(conn)
}

/// Asks what the server can do where it did not say so by itself after signing in (RFC 9051 7.1 lets it).
async fn capabilities(session: &mut Session) -> std::result::Result<(), imap::Error> {
    if session.capabilities().known() {
        return Ok(());
    }
    match session.capability().await {
        // One that does not answer even this is used as if it could nothing.
        Ok(()) | Err(imap::Error::No { .. } | imap::Error::Bad { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
