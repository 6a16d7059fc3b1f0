//! One account's ear: a connection that has INBOX selected and waits. What the server says there is on the screen
//! a moment later; whatever else it may have, the working task is told to look for.

use crate::account::sign_in;
use crate::error::{Error, Result};
use crate::live::{Conn, Heard, Live, Phase, connect, learn};
use crate::sync::{delta, folders, stir};
use crate::{Engine, Inner};
use imap::Idled;
use jiff::{SignedDuration, Timestamp};
use model::{AccountId, Code, MailboxId, MailboxName, Role};
use plan::Obstacle;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How long it waits without a word before it asks whether anybody is still there. With the time that an answer may
/// take, a connection that died without a word is noticed within half a minute.
const QUIET: Duration = Duration::from_secs(19);
/// A connection that may be dead (another network, a sleep) has so long to prove otherwise.
const PROOF: Duration = Duration::from_secs(4);
/// Where the server does not tell, it is asked.
const POLL: Duration = Duration::from_secs(60);
/// Between two looks at all mailboxes.
const ROUND: Duration = Duration::from_secs(5 * 60);
/// What only the person can mend may have mended itself meanwhile: a certificate, a lock.
const LONG: Duration = Duration::from_secs(15 * 60);

pub(crate) async fn listen(inner: Arc<Inner>, account: AccountId) {
    let live = inner.live(account);
    let mut failures = 0;
    loop {
        let nudge = live.nudge.notified();
        tokio::pin!(nudge);
        nudge.as_mut().enable();
        if inner.is_suspended() {
            nudge.await;
            continue;
        }
        match inner.db.read(move |read| store::account::get(read, account)).await {
            Ok(Some(row)) if row.paused => {
                inner.enter(account, Phase::Paused);
                nudge.await;
                continue;
            }
            Ok(Some(_)) => {}
            // It is being removed: whoever keeps the accounts ends this task.
            Ok(None) => return nudge.await,
            Err(error) => tracing::warn!(%error, "the account could not be read"),
        }
        let generation = live.generation();
        let outcome = tokio::select! {
            biased;
            () = live.outlived(generation) => continue,
            outcome = attend(&inner, &live, &mut failures) => outcome,
        };
        let Err(error) = outcome else { continue };
        failures += 1;
        let wait = after(&inner, account, &error, failures);
        tokio::select! {
            () = nudge => {}
            () = sleep(wait) => {}
            () = live.outlived(generation) => {}
        }
    }
}

/// What is told of a failure, and how long it is waited for.
fn after(inner: &Inner, account: AccountId, error: &Error, failures: u32) -> Duration {
    let trouble = error.trouble(Some(account));
    tracing::info!(%account, code = trouble.code.as_str(), failures, "no longer heard");
    let Some(obstacle) = error.obstacle() else {
        inner.enter(account, Phase::Trouble { trouble });
        return LONG;
    };
    let wait = plan::backoff(obstacle, failures, inner.host.chance());
    let code = trouble.code;
    if code == Code::ServerBusy && failures > 1 {
        // The one that works may be the one too many.
        inner.live(account).be_frugal();
    }
    if obstacle == Obstacle::Network && code != Code::Refused {
        inner.enter(account, Phase::Offline);
    } else {
        let retry_at = SignedDuration::try_from(wait)
            .ok()
            .and_then(|wait| inner.host.now().checked_add(wait).ok())
            .unwrap_or(Timestamp::MAX);
        inner.enter(account, Phase::Waiting { trouble, retry_at });
    }
    wait
}

struct Ear<'a> {
    inner: &'a Arc<Inner>,
    live: &'a Live,
    inbox: MailboxId,
    name: MailboxName,
    round: Instant,
    /// Something left INBOX: it may stand elsewhere now.
    due: bool,
}

/// Connects, brings INBOX up to date, and stays until something fails.
async fn attend(inner: &Arc<Inner>, live: &Live, failures: &mut u32) -> Result<()> {
    let account = live.account;
    let inbox = inner
        .db
        .read(move |read| store::mailbox::by_role(read, account, Role::Inbox))
        .await?
        .ok_or_else(|| Error::new(Code::Cancelled, "the account's mailboxes are not known yet"))?;
    inner.checking(account);
    if live.is_frugal() {
        return poll_sparingly(inner, live, failures).await;
    }
    let sign_in = sign_in(inner, account).await?;
    let again = *failures > 0;
    let mut conn =
        connect(&*inner.host, &sign_in, Some(&inbox.name), live.deadlines(), again).await?;
    learn(inner, account, &sign_in, &conn).await?;
    let mut ear = Ear {
        inner,
        live,
        inbox: inbox.id,
        name: inbox.name.clone(),
        round: Instant::now(),
        due: false,
    };
    let outcome = async {
        let news = delta::look(&inner.db, &mut conn, ear.inbox, &ear.name).await?;
        inner.note(account, ear.inbox, &news);
        ear.round(&mut conn, true).await?;
        *failures = 0;
        ear.stay(&mut conn).await
    }
    .await;
    live.note_patience(&outcome);
    outcome
}

impl Ear<'_> {
    async fn stay(&mut self, conn: &mut Conn) -> Result<()> {
        let mut idles = conn.capabilities().has("IDLE");
        loop {
            while conn.is_stirred() {
                self.hear(conn).await?;
            }
            let by = if idles { Heard::Idle } else { Heard::Poll };
            self.inner.heard_by(self.live.account, by);
            if self.due || self.round.elapsed() >= ROUND {
                self.round(conn, false).await?;
                continue;
            }
            if !idles {
                let nudged = timeout(POLL, self.live.nudge.notified()).await.is_ok();
                timeout_proof(nudged, conn.noop_now()).await?;
                continue;
            }
            match self.wait(conn).await {
                Ok(Idled::Stirred | Idled::Quiet) => {}
                Ok(Idled::Stopped) => {
                    // Somebody asked to look, or woke us: everything.
                    let news = self.anew(conn).await?;
                    self.inner.note(self.live.account, self.inbox, &news);
                    self.round(conn, false).await?;
                }
                // Offered and refused: it is asked from time to time instead.
                Err(error) if error.leaves_connection_usable() => idles = false,
                Err(error) => return Err(error),
            }
        }
    }

    async fn wait(&self, conn: &mut Conn) -> Result<Idled> {
        let stop = self.live.nudge.notified();
        let deaf = async {
            self.live.nudge.notified().await;
            sleep(PROOF).await;
        };
        let dead = conn.fail(imap::Error::Timeout { what: "a sign of life" });
        tokio::select! {
            biased;
            idled = conn.idle(QUIET, stop) => idled,
            () = deaf => Err(dead),
        }
    }

    /// Selects INBOX once more and compares.
    async fn anew(&self, conn: &mut Conn) -> Result<delta::News> {
        let place = conn.select(&self.name).await?;
        delta::settle(&self.inner.db, conn, self.inbox, &place).await
    }

    /// Makes true what the server said by itself.
    async fn hear(&mut self, conn: &mut Conn) -> Result<()> {
        let db = &self.inner.db;
        let news = match stir::apply(db, conn, self.inbox).await? {
            Some(news) => news,
            None => self.anew(conn).await?,
        };
        self.inner.note(self.live.account, self.inbox, &news);
        if !news.is_empty() {
            folders::count_unread(db, conn, self.inbox, &self.name).await?;
            self.due |= !news.gone.is_empty();
            self.live.work.notify_one();
        }
        Ok(())
    }

    /// Asks what every mailbox holds; those that are not as they are here are left to the working task.
    async fn round(&mut self, conn: &mut Conn, thorough: bool) -> Result<()> {
        self.round = Instant::now();
        self.due = false;
        let account = self.live.account;
        let behind = folders::round(self.inner, conn, account, Some(self.inbox), thorough).await?;
        self.live.add_behind(behind);
        self.live.work.notify_one();
        Ok(())
    }
}

/// A dead connection shows within seconds where there is reason to think so.
async fn timeout_proof(suspect: bool, asked: impl Future<Output = Result<()>>) -> Result<()> {
    if !suspect {
        return asked.await;
    }
    match timeout(PROOF, asked).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::new(
            Code::Timeout,
            "the connection did not answer after the network changed",
        )),
    }
}

/// A server that has no connection to spare is asked from time to time, on the one that works.
async fn poll_sparingly(inner: &Arc<Inner>, live: &Live, failures: &mut u32) -> Result<()> {
    let engine = Engine::within(Arc::clone(inner));
    loop {
        engine.first_screen(live.account).await?;
        *failures = 0;
        inner.heard_by(live.account, Heard::Poll);
        live.work.notify_one();
        // Whichever comes first.
        let _ = timeout(POLL, live.nudge.notified()).await;
    }
}
