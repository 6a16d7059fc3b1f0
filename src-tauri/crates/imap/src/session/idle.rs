//! IDLE (RFC 2177): waiting for the server to speak first.
//!
//! Not async-imap's handle: it takes the end of the connection for an interruption, and hangs where the
//! server refuses.

use super::Session;
use super::link::Link;
use super::run::{Incoming, Outcome, STRAYS, Wait, outcome, too_many_strays};
use crate::error::Error;
use crate::framing::Framing;
use crate::parse::Reply;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idled {
    /// The server said something of the mailbox: it is in `take_events`.
    Stirred,
    /// Nothing was said for as long as was asked, or the server itself ended the wait.
    Quiet,
    /// Whoever asked wants the session back.
    Stopped,
}

/// What one response means to an IDLE.
enum Heard {
    GoOn,
    /// Of the mailbox.
    Stir,
    /// Of something else, such as `* OK Still here`.
    Other,
    Ended(Outcome),
}

impl Session {
    /// Waits in the selected mailbox until the server says something of it, until `limit` has passed (at
    /// most 29 minutes: RFC 2177 3), or until `stop` is done. By then the server has been told, and has
    /// answered: the session is free. NO and BAD are errors, and the session lives; so is a server that
    /// ends every wait at once, as BAD. One that says nothing any more is found `deadlines.command`
    /// after DONE.
    pub async fn idle(
        &mut self,
        limit: Duration,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<Idled, Error> {
        if !matches!(self.link, Link::After(_)) || !self.capabilities.has("IDLE") {
            return Err(Error::NotOffered("IDLE"));
        }
        if std::mem::replace(&mut self.busy, true) {
            return Err(self.closed());
        }
        let sent = self.send(vec![self.command("IDLE", "IDLE")]).await?;
        let (tag, _) = sent.into_iter().next().ok_or(Error::Closed)?;
        let mut stop = pin!(stop);
        let (mut stirred, mut stopped, mut strays) = (false, false, 0);

        // Until the `+`: DONE before it would be read as a command.
        let wait = self.answer_wait();
        loop {
            tokio::select! {
                biased;
                () = &mut stop, if !stopped => stopped = true,
                heard = self.hear(&tag, &wait) => match heard? {
                    Heard::GoOn => break,
                    Heard::Stir => stirred = true,
                    Heard::Other => count(&mut strays)?,
                    Heard::Ended(outcome) => return Err(self.not_idle(outcome)),
                },
            }
        }

        let began = Instant::now();
        let wait = Wait::new("IDLE", limit, limit);
        let mut quiet = false;
        while !(stirred || stopped || quiet) {
            tokio::select! {
                biased;
                () = &mut stop => stopped = true,
                heard = self.hear(&tag, &wait) => match heard {
                    Ok(Heard::Stir) => stirred = true,
                    Ok(Heard::Other | Heard::GoOn) => count(&mut strays)?,
                    // Some servers have a limit of their own. One that had not even time to be silent
                    // would be asked again and again.
                    Ok(Heard::Ended(Ok(_))) if began.elapsed() >= self.deadlines.command => {
                        self.busy = false;
                        return Ok(Idled::Quiet);
                    }
                    Ok(Heard::Ended(outcome)) => return Err(self.not_idle(outcome)),
                    Err(Error::Timeout { .. }) => quiet = true,
                    Err(error) => return Err(error),
                },
            }
        }

        let said = said_done(self.link.framing()?).await;
        said.map_err(|error| self.failed(&error))?;
        let wait = self.answer_wait();
        loop {
            match self.hear(&tag, &wait).await? {
                Heard::Stir => stirred = true,
                Heard::Other | Heard::GoOn => count(&mut strays)?,
                Heard::Ended(outcome) => {
                    self.busy = false;
                    outcome?;
                    break;
                }
            }
        }
        Ok(match (stirred, stopped) {
            (_, true) => Idled::Stopped,
            (true, false) => Idled::Stirred,
            (false, false) => Idled::Quiet,
        })
    }

    fn answer_wait(&self) -> Wait {
        Wait::new("IDLE", self.deadlines.command, self.deadlines.command)
    }

    /// The next response. Nothing is lost where the future is dropped.
    async fn hear(&mut self, tag: &str, wait: &Wait) -> Result<Heard, Error> {
        Ok(match self.read(wait).await? {
            Incoming::Continue => Heard::GoOn,
            Incoming::Done { tag: ended, line } => {
                self.note_condition(&line, 0);
                if ended == tag { Heard::Ended(outcome("IDLE", line)) } else { Heard::Other }
            }
            Incoming::Reply(reply, octets) => {
                let stirs = matches!(
                    reply,
                    Reply::Exists(_)
                        | Reply::Expunge(_)
                        | Reply::Vanished { .. }
                        | Reply::Fetch { .. }
                );
                self.absorb(reply, octets);
                // After BYE some servers leave it to the client to close.
                if self.bye.is_some() {
                    return Err(self.closed());
                }
                if stirs { Heard::Stir } else { Heard::Other }
            }
        })
    }

    /// The server ended what had hardly begun.
    fn not_idle(&mut self, outcome: Outcome) -> Error {
        self.busy = false;
        match outcome {
            Err(error) => error,
            Ok(line) => {
                let code = line.code_name();
                Error::Bad { command: "IDLE", code, text: line.text }
            }
        }
    }
}

async fn said_done(framing: &mut Framing) -> std::io::Result<()> {
    framing.write_all(b"DONE\r\n").await?;
    framing.flush().await
}

fn count(strays: &mut u32) -> Result<(), Error> {
    *strays += 1;
    if *strays > STRAYS { Err(too_many_strays()) } else { Ok(()) }
}
