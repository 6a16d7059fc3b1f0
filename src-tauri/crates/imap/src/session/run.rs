//! Sending commands and reading until they are done: what every verb stands on.

use super::Session;
use super::link::Link;
use crate::command::Command;
use crate::error::Error;
use crate::event::Event;
use crate::framing::{Broken, Condition, Head};
use crate::parse::{ConditionLine, Reply, condition_line, reply};
use crate::wire::clean;
use async_imap::imap_proto::Response;
use bytes::Bytes;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Unasked responses within one command: past this the server does nothing else any more.
pub(super) const STRAYS: u32 = 1_000_000;
/// Octets of answers that a verb gathers before it gives them out.
const GATHERED: usize = 64 * 1024 * 1024;

/// Looks at each untagged response; what it gives back was not meant for it. The number says which of
/// the group's commands is the first that is not done.
pub(super) type Take<'a> = &'a mut (dyn FnMut(usize, Reply) -> Option<Reply> + Send);

/// How long to read on.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    pub what: &'static str,
    quiet: Duration,
    began: Instant,
    until: Instant,
}

impl Wait {
    /// A clock can be added to no further than it goes.
    const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    pub fn new(what: &'static str, quiet: Duration, whole: Duration) -> Self {
        let began = Instant::now();
        let (quiet, whole) = (quiet.min(Self::LONGEST), whole.min(Self::LONGEST));
        Self { what, quiet, began, until: began + whole.max(quiet) }
    }

    pub fn until(&self) -> Instant {
        self.until
    }
}

pub(super) enum Incoming {
    Done { tag: String, line: ConditionLine },
    Continue,
    Reply(Reply, usize),
}

/// The outcome of one command of a group.
pub(super) type Outcome = Result<ConditionLine, Error>;

pub(super) fn outcome(verb: &'static str, line: ConditionLine) -> Outcome {
    let (code, text) = (line.code_name(), line.text.clone());
    match line.condition {
        Condition::Ok => Ok(line),
        Condition::No => Err(Error::No { command: verb, code, text }),
        _ => Err(Error::Bad { command: verb, code, text }),
    }
}

pub(super) fn too_many_strays() -> Error {
    Error::TooLarge { what: "the number of unasked answers", limit: u64::from(STRAYS) }
}

impl Session {
    pub(super) fn wait(&self, what: &'static str) -> Wait {
        Wait::new(what, self.deadlines.command, self.deadlines.whole)
    }

    /// One command to its end.
    pub(super) async fn run(
        &mut self,
        command: Command,
        mut take: impl FnMut(Reply) -> Option<Reply> + Send,
    ) -> Outcome {
        let wait = self.wait(command.verb);
        let verb = command.verb;
        let mut outcomes =
            self.run_group(vec![command], wait, true, &mut |_, reply| take(reply)).await?;
        outcomes.pop().unwrap_or(Err(Error::Protocol(format!("{verb} was not answered"))))
    }

    /// Several commands in one write, and all of their ends, in order. Fails as a whole only where the
    /// session is lost.
    pub(super) async fn run_group(
        &mut self,
        commands: Vec<Command>,
        wait: Wait,
        gathers: bool,
        take: Take<'_>,
    ) -> Result<Vec<Outcome>, Error> {
        if std::mem::replace(&mut self.busy, true) {
            return Err(self.closed());
        }
        let outcomes = match &self.link {
            Link::Before(_) => self.run_before(commands, wait, take).await?,
            _ => {
                let tags = timeout_at(wait.until(), self.send(commands))
                    .await
                    .map_err(|_| Error::Timeout { what: wait.what })??;
                self.finish(tags, wait, gathers, take).await?
            }
        };
        self.busy = false;
        Ok(outcomes)
    }

    pub(super) async fn send(
        &mut self,
        commands: Vec<Command>,
    ) -> Result<Vec<(String, &'static str)>, Error> {
        let mut tags = Vec::with_capacity(commands.len());
        let Link::After(session) = &mut self.link else { return Err(Error::Closed) };
        session.get_mut().hold();
        let mut sent = Ok(());
        for command in commands {
            session.get_mut().splice(command.splices);
            match session.run_command(&command.text).await {
                Ok(tag) => tags.push((tag.0, command.verb)),
                Err(error) => {
                    sent = Err(error);
                    break;
                }
            }
        }
        session.get_mut().let_go();
        // The commands are whole; reading sends what the stream does not take at once.
        let flushed = tokio::io::AsyncWriteExt::flush(session.get_mut()).await;
        if let Err(error) = sent {
            return Err(self.lost(error));
        }
        flushed.map_err(|error| self.failed(&error))?;
        Ok(tags)
    }

    /// Reads until each of `tags` is done.
    pub(super) async fn finish(
        &mut self,
        tags: Vec<(String, &'static str)>,
        wait: Wait,
        gathers: bool,
        take: Take<'_>,
    ) -> Result<Vec<Outcome>, Error> {
        let mut done: Vec<Option<Outcome>> = tags.iter().map(|_| None).collect();
        let (mut strays, mut gathered) = (0, 0);
        while let Some(first) = done.iter().position(Option::is_none) {
            match self.read(&wait).await? {
                Incoming::Done { tag, line } => {
                    self.note_condition(&line, 0);
                    let slot = tags.iter().zip(&mut done).find(|((known, _), _)| *known == tag);
                    if let Some(((_, verb), slot)) = slot {
                        *slot = Some(outcome(verb, line));
                    }
                }
                Incoming::Continue => {}
                Incoming::Reply(reply, octets) => match take(first, reply) {
                    Some(stray) => {
                        strays += 1;
                        if strays > STRAYS {
                            return Err(too_many_strays());
                        }
                        self.absorb(stray, octets);
                    }
                    None => {
                        gathered += octets;
                        if gathers && gathered > GATHERED {
                            let limit = GATHERED as u64;
                            return Err(Error::TooLarge { what: "the answer", limit });
                        }
                    }
                },
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// Before signing in async-imap gives no `run_command`: it runs and checks in one, while the
    /// responses lie in the framing.
    async fn run_before(
        &mut self,
        commands: Vec<Command>,
        wait: Wait,
        take: Take<'_>,
    ) -> Result<Vec<Outcome>, Error> {
        let mut outcomes = Vec::new();
        for command in commands {
            let Link::Before(client) = &mut self.link else { return Err(Error::Closed) };
            client.get_mut().splice(command.splices);
            // The farewell and an ID take no longer than a greeting does.
            let until = Instant::now() + wait.quiet;
            let ran = timeout_at(until, client.run_command_and_check_ok(&command.text, None)).await;
            let line = self.drain(take)?;
            outcomes.push(match (line, ran) {
                (Some(line), _) => outcome(command.verb, line),
                (None, Ok(Err(error))) => return Err(self.lost(error)),
                (None, Ok(Ok(()))) => return Err(Error::Protocol("no completion".to_owned())),
                (None, Err(_)) => return Err(Error::Timeout { what: wait.what }),
            });
        }
        Ok(outcomes)
    }

    /// What async-imap read by itself: every response in order, and the completion, if it was reached.
    pub(super) fn drain(&mut self, take: Take<'_>) -> Result<Option<ConditionLine>, Error> {
        let mut done = None;
        while let Some(frame) = self.link.framing()?.take_frame() {
            match Head::of(&frame) {
                Head::Tagged(..) => {
                    done = condition_line(&frame);
                    if let Some(line) = &done {
                        self.note_condition(line, frame.len());
                    }
                }
                Head::Continue => {}
                _ => {
                    if let Some(stray) = take(0, reply(&frame, self.utf8)) {
                        self.absorb(stray, frame.len());
                    }
                }
            }
        }
        Ok(done)
    }

    /// The next response. Fails on silence, on the end, and where the framing is broken.
    pub(super) async fn read(&mut self, wait: &Wait) -> Result<Incoming, Error> {
        let timed_out = Error::Timeout { what: wait.what };
        loop {
            let heard = self.link.framing()?.heard();
            let silent = heard.max(wait.began) + wait.quiet;
            let limit = silent.min(wait.until);
            if Instant::now() >= wait.until {
                return Err(timed_out);
            }
            let connection = self.link.connection()?;
            let data = match timeout_at(limit, connection.read_response()).await {
                Ok(Ok(Some(data))) => data,
                Ok(Ok(None)) => return Err(self.closed()),
                Ok(Err(error)) => return Err(self.failed(&error)),
                // Octets of a long response came meanwhile: not silence.
                Err(_) if self.link.framing()?.heard() > heard => continue,
                Err(_) => return Err(timed_out),
            };
            let frame = self.link.framing()?.take_frame();
            let frame =
                frame.ok_or_else(|| Error::Protocol("a response out of step".to_owned()))?;
            return Ok(self.incoming(data.parsed(), &frame));
        }
    }

    fn incoming(&self, note: &Response<'_>, frame: &Bytes) -> Incoming {
        match (note, condition_line(frame)) {
            (Response::Done { tag, .. }, Some(line)) => Incoming::Done { tag: tag.0.clone(), line },
            (Response::Continue(_), _) => Incoming::Continue,
            _ => Incoming::Reply(reply(frame, self.utf8), frame.len()),
        }
    }

    /// What nobody waits for.
    pub(super) fn absorb(&mut self, stray: Reply, octets: usize) {
        match stray {
            Reply::Condition(line) => self.note_condition(&line, octets),
            Reply::Capability(names) => self.note_capabilities(&names),
            Reply::Exists(count) => self.events.push(Event::Exists(count), octets),
            Reply::Expunge(seq) => self.events.push(Event::Expunge(seq), octets),
            Reply::Vanished { earlier, uids } => {
                self.events.push(Event::Vanished { earlier, uids }, octets);
            }
            Reply::Fetch { fetched, .. } if fetched.flags.is_some() => {
                self.events.push(Event::Flags(fetched), octets);
            }
            Reply::Dropped { word, why } => {
                tracing::debug!(host = %self.host, %word, why, "a response was dropped");
            }
            Reply::Junk(_) => {
                tracing::debug!(host = %self.host, "a line that is not of IMAP was dropped");
            }
            _ => {}
        }
    }

    pub(super) fn note_capabilities(&mut self, names: &[String]) {
        self.capabilities = crate::Capabilities::new(names.iter().map(String::as_str));
    }

    pub(super) fn note_condition(&mut self, line: &ConditionLine, octets: usize) {
        if let Some(names) = line.capabilities() {
            self.note_capabilities(&names);
        }
        if line.condition == Condition::Bye {
            self.bye = Some(line.text.clone());
            self.events.push(Event::Bye(line.text.clone()), octets);
        } else if line.code.as_ref().is_some_and(|code| code.is("ALERT")) {
            self.events.push(Event::Alert(line.text.clone()), octets);
        }
    }

    pub(super) fn closed(&self) -> Error {
        self.bye.clone().map_or(Error::Closed, Error::Bye)
    }

    /// Why reading or writing failed.
    pub(super) fn failed(&mut self, error: &io::Error) -> Error {
        match self.link.framing().ok().and_then(|framing| framing.broken()) {
            Some(Broken::Line { limit }) => Error::TooLarge { what: "a line of the answer", limit },
            Some(Broken::Literal { limit }) => {
                Error::TooLarge { what: "a part of the answer", limit }
            }
            None if error.kind() == io::ErrorKind::UnexpectedEof => self.closed(),
            // However the connection broke then: the server had said that it would.
            None if self.bye.is_some() => self.closed(),
            None => Error::Net(net::Error::on_stream(&self.host, error)),
        }
    }

    pub(super) fn lost(&mut self, error: async_imap::error::Error) -> Error {
        match error {
            async_imap::error::Error::Io(error) => self.failed(&error),
            async_imap::error::Error::ConnectionLost => self.closed(),
            // Its text may hold what was read or sent.
            _ => Error::Protocol("an answer that cannot be read".to_owned()),
        }
    }

    /// The first words of something that is not IMAP.
    pub(super) fn first_words(octets: &[u8]) -> String {
        let line = octets.split(|b| *b == b'\n').next().unwrap_or_default();
        clean(line.get(..120).unwrap_or(line))
    }
}
