//! Fetches in flight, and more sent while their answers are read: how a mailbox of any size is brought
//! in without a round trip's wait between batches.
//!
//! Nothing is read while nobody asks for the next step, so whoever writes rows down holds the server
//! back by TCP's own means.

use super::Session;
use super::lines::{FetchSet, FetchSummary, Line};
use super::link::Link;
use super::run::{Incoming, STRAYS, Wait, outcome, too_many_strays};
use super::want::FetchWant;
use crate::error::Error;
use crate::framing::Limits;
use crate::parse::{Fetched, Reply};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// What `Fetching::next` tells. The number is that of the fetch, as `ask` gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Message(usize, Box<Fetched>),
    /// All of that fetch came, or the server refused it or a part of it by NO or BAD; what came before
    /// stands, and the session lives.
    Done(usize, Result<FetchSummary, Error>),
}

/// Command lines in flight at most; of a longer fetch the rest goes out as those are answered.
const LINES: usize = 256;
const LINES_OCTETS: usize = 64 * 1024;
/// Answers for one message. RFC 9051 7.5.2 lets a server split them; without a bound one that repeats
/// itself would fill the memory of whoever gathers.
const ANSWERS: u64 = 8;

/// Fetches of one session. The silence of the server counts against `Deadlines::fetch_idle` only while
/// `next` waits. Dropped while something is in flight, it leaves a session that is closed.
#[derive(Debug)]
pub struct Fetching<'s> {
    session: &'s mut Session,
    /// By number, those that are not done.
    asked: BTreeMap<usize, Asked>,
    next: usize,
    waiting: VecDeque<Line>,
    /// Sent and not done, with their tags, in order.
    sent: Vec<(String, Line)>,
    /// Done without a word to the server.
    done: VecDeque<usize>,
    limits: Limits,
    by_position: bool,
    /// Spent in waiting since a command was last done.
    waited: Duration,
    strays: u32,
    lost: bool,
}

#[derive(Debug)]
struct Asked {
    lines: usize,
    summary: FetchSummary,
    failed: Option<Error>,
    most: Option<u64>,
}

impl Session {
    /// Nothing else can be asked until it is dropped; what the server says of other messages is in
    /// `take_events` then.
    pub fn fetching(&mut self) -> Fetching<'_> {
        Fetching {
            session: self,
            asked: BTreeMap::new(),
            next: 0,
            waiting: VecDeque::new(),
            sent: Vec::new(),
            done: VecDeque::new(),
            limits: Limits::default(),
            by_position: false,
            waited: Duration::ZERO,
            strays: 0,
            lost: false,
        }
    }
}

impl Fetching<'_> {
    /// Sends a fetch and gives its number: 0, 1, 2 and so on. A long set goes out as several commands and
    /// is done when the last of them is. By position only where nothing else is in flight (RFC 9051 5.5).
    /// What cannot be sent leaves everything as it was.
    pub async fn ask(&mut self, set: &FetchSet, want: &FetchWant) -> Result<usize, Error> {
        let number = self.enter(set, want)?;
        self.send().await?;
        Ok(number)
    }

    /// Several in one write.
    pub(super) async fn ask_all(&mut self, fetches: &[(FetchSet, FetchWant)]) -> Result<(), Error> {
        for (set, want) in fetches {
            self.enter(set, want)?;
        }
        self.send().await
    }

    /// The next message, or the end of a fetch; None where nothing is in flight. May be dropped while it
    /// waits, and asked again.
    pub async fn next(&mut self) -> Result<Option<Step>, Error> {
        if let Some(number) = self.done.pop_front() {
            return Ok(Some(Step::Done(number, Ok(FetchSummary::default()))));
        }
        if self.lost {
            return Err(self.session.closed());
        }
        if self.asked.is_empty() {
            return Ok(None);
        }
        let began = Instant::now();
        let step = self.step().await;
        self.waited = self.waited.saturating_add(began.elapsed());
        match step {
            Ok(step) => {
                if matches!(step, Step::Done(..)) {
                    self.waited = Duration::ZERO;
                }
                Ok(Some(step))
            }
            Err(error) => {
                self.lost = true;
                Err(error)
            }
        }
    }

    fn enter(&mut self, set: &FetchSet, want: &FetchWant) -> Result<usize, Error> {
        let others = !self.asked.is_empty();
        // Busy with somebody else's command: that was given up.
        if self.lost || (self.session.busy && !others) {
            return Err(self.session.closed());
        }
        if !matches!(self.session.link, Link::After(_)) {
            return Err(Error::NotSendable { what: "a FETCH before signing in" });
        }
        if others && (self.by_position || set.is_by_position()) {
            return Err(Error::NotSendable { what: "a FETCH by position among others" });
        }
        let number = self.next;
        let lines = self.session.lines(number, set, want)?;
        self.next += 1;
        if lines.is_empty() {
            self.done.push_back(number);
            return Ok(number);
        }
        self.by_position = set.is_by_position();
        want.widen(&mut self.limits);
        let asked = Asked {
            lines: lines.len(),
            summary: FetchSummary::default(),
            failed: None,
            most: set.most().map(|most| most.saturating_mul(ANSWERS)),
        };
        self.asked.insert(number, asked);
        self.waiting.extend(lines);
        Ok(number)
    }

    /// As many lines as may be in flight.
    async fn send(&mut self) -> Result<(), Error> {
        let mut octets: usize = self.sent.iter().map(|(_, line)| line.text.len()).sum();
        let mut group = Vec::new();
        while let Some(line) = self.waiting.pop_front() {
            octets = octets.saturating_add(line.text.len());
            let in_flight = self.sent.len() + group.len();
            if in_flight >= LINES || (in_flight > 0 && octets > LINES_OCTETS) {
                self.waiting.push_front(line);
                break;
            }
            group.push(line);
        }
        if group.is_empty() {
            return Ok(());
        }
        // Given up from here on, nobody knows what was sent.
        self.session.busy = true;
        self.lost = true;
        self.session.link.framing()?.limit(self.limits);
        let commands =
            group.iter().map(|line| self.session.command("FETCH", line.text.as_str())).collect();
        let tags = self.session.send(commands).await?;
        self.sent.extend(tags.into_iter().map(|(tag, _)| tag).zip(group));
        self.lost = false;
        Ok(())
    }

    async fn step(&mut self) -> Result<Step, Error> {
        let deadlines = self.session.deadlines;
        let left = deadlines.whole.saturating_sub(self.waited);
        if left.is_zero() {
            return Err(Error::Timeout { what: "FETCH" });
        }
        let wait = Wait::new("FETCH", deadlines.fetch_idle, left);
        loop {
            match self.session.read(&wait).await? {
                Incoming::Done { tag, line } => {
                    self.session.note_condition(&line, 0);
                    let Some(at) = self.sent.iter().position(|(sent, _)| *sent == tag) else {
                        continue;
                    };
                    let (_, ended) = self.sent.remove(at);
                    let done = self.ended(ended.index, outcome("FETCH", line).err());
                    self.send().await?;
                    if let Some(done) = done {
                        return Ok(done);
                    }
                }
                Incoming::Continue => {}
                Incoming::Reply(Reply::Fetch { fetched, whole }, octets) => {
                    let line = self.sent.iter().find(|(_, line)| line.asked(&fetched));
                    match line.map(|(_, line)| line.index) {
                        Some(number) => {
                            self.count(number, whole)?;
                            return Ok(Step::Message(number, fetched));
                        }
                        None => self.stray(Reply::Fetch { fetched, whole }, octets)?,
                    }
                }
                Incoming::Reply(reply, octets) => self.stray(reply, octets)?,
            }
        }
    }

    /// One command of a fetch is done, and with the last of them the fetch.
    fn ended(&mut self, number: usize, failed: Option<Error>) -> Option<Step> {
        self.strays = 0;
        let asked = self.asked.get_mut(&number)?;
        asked.failed = asked.failed.take().or(failed);
        asked.lines = asked.lines.saturating_sub(1);
        if asked.lines > 0 {
            return None;
        }
        let asked = self.asked.remove(&number)?;
        if self.asked.is_empty() {
            self.session.busy = false;
            self.limits = Limits::default();
            if let Ok(framing) = self.session.link.framing() {
                framing.limit(self.limits);
            }
        }
        Some(Step::Done(number, asked.failed.map_or(Ok(asked.summary), Err)))
    }

    fn count(&mut self, number: usize, whole: bool) -> Result<(), Error> {
        let Some(asked) = self.asked.get_mut(&number) else { return Ok(()) };
        asked.summary.answered += 1;
        asked.summary.unreadable += u64::from(!whole);
        match asked.most {
            Some(most) if asked.summary.answered > most => {
                Err(Error::TooLarge { what: "the number of answers", limit: most })
            }
            _ => Ok(()),
        }
    }

    fn stray(&mut self, reply: Reply, octets: usize) -> Result<(), Error> {
        self.strays += 1;
        if self.strays > STRAYS {
            return Err(too_many_strays());
        }
        self.session.absorb(reply, octets);
        Ok(())
    }
}
