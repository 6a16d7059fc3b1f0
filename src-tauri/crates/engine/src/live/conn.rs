//! A signed-in session, where it stands, and what was learnt of its server on the way.

use super::dial::redial;
use super::patience::FIRST;
use crate::account::{Quirk, SignIn};
use crate::error::{Error, Result};
use crate::host::Host;
use imap::{Deadlines, Event, Fetched, FlightError, Idled, Selected, Session};
use model::{Endpoint, MailboxName, ModSeq, Uid, UidSet, UidValidity};
use net::Traffic;
use plan::Said;
use std::ops::{Deref, DerefMut};
use std::time::Duration;
use tokio::time::Instant;

/// A kept connection older than this is not worth a try: servers and NATs have forgotten it.
const YOUNG: Duration = Duration::from_secs(10 * 60);
/// Things said unasked that are kept for whoever settles the mailbox.
const MOST_SAID: usize = 20_000;
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

/// What the server said unasked of the selected mailbox since it was last settled.
#[derive(Debug, Default)]
pub(crate) struct Stirred {
    /// How many messages there were before any of it.
    pub before: u32,
    /// In its order, by position.
    pub said: Vec<Said>,
    pub vanished: UidSet,
    /// Flags that came with their UID.
    pub flags: Vec<Fetched>,
}

pub(crate) struct Conn {
    session: Session,
    endpoint: Endpoint,
    user: String,
    pub place: Option<Place>,
    stirred: Stirred,
    compressed: bool,
    deadlines: Deadlines,
    pub learnt: Vec<Quirk>,
    pub generation: u64,
    /// Made for whoever holds it now, and not yet used for anything else.
    fresh: bool,
    rested: Instant,
}

impl Conn {
    fn new(session: Session, sign_in: &SignIn, deadlines: Deadlines, learnt: Vec<Quirk>) -> Self {
        Self {
            session,
            endpoint: sign_in.endpoint.clone(),
            user: sign_in.user.clone(),
            place: None,
            stirred: Stirred::default(),
            compressed: false,
            deadlines,
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
        let selected = self.session.select(mailbox, true).await.map_err(|e| self.fail(e))?;
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

    /// The mailbox that is selected, as the server told of it last. None where that is no longer sound.
    pub fn standing(&mut self) -> Option<Place> {
        self.catch_up();
        self.place.clone()
    }

    /// What was said unasked since the last call.
    pub fn stirred(&mut self) -> Stirred {
        self.catch_up();
        let before = self.place.as_ref().map_or(0, |place| place.exists);
        std::mem::replace(&mut self.stirred, Stirred { before, ..Stirred::default() })
    }

    /// Something was said that nobody has made true here yet.
    pub fn is_stirred(&mut self) -> bool {
        self.catch_up();
        let Stirred { said, vanished, flags, .. } = &self.stirred;
        self.place.is_none() || !(said.is_empty() && vanished.is_empty() && flags.is_empty())
    }

    /// Waits for the server to say something of the selected mailbox.
    pub async fn idle(
        &mut self,
        limit: Duration,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<Idled> {
        self.fresh = false;
        // However slow a server is with its work, that it is still there it says at once.
        let usual = self.deadlines;
        self.session.set_deadlines(Deadlines { command: FIRST, ..usual });
        let outcome = self.session.idle(limit, stop).await;
        self.session.set_deadlines(usual);
        outcome.map_err(|e| self.fail(e))
    }

    pub async fn noop_now(&mut self) -> Result<()> {
        self.fresh = false;
        self.session.noop().await.map_err(|e| self.fail(e))
    }

    /// From here on everything is compressed, where the server offers it. One that says no is asked no more.
    pub async fn compress(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.compressed, true)
            || !self.session.capabilities().has("COMPRESS=DEFLATE")
        {
            return Ok(());
        }
        match self.session.compress().await {
            Ok(_) | Err(imap::Error::No { .. } | imap::Error::Bad { .. }) => Ok(()),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// What the server said unasked: how many messages there are, and that some are gone.
    fn catch_up(&mut self) {
        for event in self.session.take_events() {
            let place = self.place.as_mut();
            match (event, place) {
                (Event::Exists(count), Some(place)) => {
                    place.exists = count;
                    self.stirred.said.push(Said::Exists(count));
                }
                (Event::Expunge(seq), Some(place)) => {
                    place.exists = place.exists.saturating_sub(1);
                    self.stirred.said.push(Said::Expunge(seq));
                }
                (Event::Vanished { earlier: false, uids }, Some(place)) => {
                    let gone = u32::try_from(uids.len()).unwrap_or(u32::MAX);
                    place.exists = place.exists.saturating_sub(gone);
                    for &(low, high) in uids.ranges() {
                        self.stirred.vanished.insert_range(low, high);
                    }
                }
                (Event::Flags(fetched), Some(_)) => {
                    if fetched.uid.is_some() {
                        self.stirred.flags.push(*fetched);
                    } else {
                        self.stirred.said.push(Said::Flags(fetched.seq));
                    }
                }
                // What is known of the mailbox is no longer sound: it is selected anew.
                (Event::Overflow, _) => self.place = None,
                (Event::Alert(text), _) => {
                    tracing::warn!(host = self.session.host(), text, "the server's alert")
                }
                _ => {}
            }
            // Nobody took it for long: whoever does compares everything.
            if self.stirred.said.len() > MOST_SAID || self.stirred.flags.len() > MOST_SAID {
                self.stirred = Stirred::default();
                self.place = None;
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
        self.stirred = Stirred { before: place.exists, ..Stirred::default() };
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

/// Connects and signs in, `again` where the way was lost before; with `mailbox`, selects it in the same flight where the server takes that.
pub(crate) async fn connect(
    host: &dyn Host,
    sign_in: &SignIn,
    mailbox: Option<&MailboxName>,
    deadlines: Deadlines,
    again: bool,
) -> Result<Conn> {
    let fail = |error| Error::server(&sign_in.endpoint, &sign_in.user, error);
    let dial = async || match again {
        true => redial(host, &sign_in.endpoint, &sign_in.trust, &deadlines).await,
        false => host.connect(&sign_in.endpoint, &sign_in.trust, &deadlines).await,
    };
    let mut session = dial().await.map_err(fail)?;
    let mut learnt = sign_in.quirks.clone();
    if let Some(mailbox) = mailbox
        && !learnt.contains(&Quirk::NoLoginFlight)
        && session.login_flight_possible(&sign_in.user, &sign_in.password)
    {
        match session.login_flight(&sign_in.user, &sign_in.password, mailbox).await {
            Ok(selected) => {
                capabilities(&mut session).await.map_err(fail)?;
                let mut conn = Conn::new(session, sign_in, deadlines, learnt);
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
    let mut conn = Conn::new(session, sign_in, deadlines, learnt);
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
