//! One run: what the person does, what others do, what breaks; all of it out of one number.

use crate::kit::{World, anna, give_up_after};
use crate::model::{BARE, FULL, Fate, Mailbox, Message, Mutant, OBJECTS, QUICK, Server, State};
use crate::view;
use ::model::AccountId;
use engine::Until;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub acts: u64,
    pub faults: u64,
    pub restarts: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.acts += other.acts;
        self.faults += other.faults;
        self.restarts += other.restarts;
    }
}

/// SplitMix64: the same numbers everywhere.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

const OFFERS: [&str; 6] =
    [FULL, QUICK, BARE, "IMAP4rev1 IDLE", OBJECTS, "IMAP4rev1 ESEARCH IDLE UNSELECT"];

pub struct Script {
    dice: Dice,
    server: Server,
    world: World,
    account: AccountId,
    tally: Tally,
    /// The server itself shows something else than it holds: nothing else breaks.
    mutant: bool,
}

impl Script {
    pub async fn new(seed: u64, mutant: Option<Mutant>) -> Self {
        let mut dice = Dice(seed);
        let offers = OFFERS[dice.below(OFFERS.len() as u64) as usize];
        let server = Server::with(offers, dice.below(140) as u32);
        let sent = dice.below(60) as u32;
        server.act(|state| state.mailboxes[1].fill(sent));
        server.faults(|f| f.mutant = mutant);
        let world = World::new().await;
        world.host("imap.kontor.example", &server);
        let account = world.engine.add_account(anna()).await.unwrap();
        let mutant = mutant.is_some();
        Self { dice, server, world, account, tally: Tally::default(), mutant }
    }

    pub async fn play(mut self) -> (Result<(), String>, Tally) {
        for _ in 0..14 {
            self = self.step().await;
        }
        let outcome = self.rest().await;
        (outcome, self.tally)
    }

    /// Nothing breaks any more, and nobody acts: what is shown is what is there.
    async fn rest(&mut self) -> Result<(), String> {
        self.server.faults(|f| {
            *f = crate::model::Faults { mutant: f.mutant, ..Default::default() };
        });
        self.server.state().watcher = None;
        self.world.net.go_dark(false);
        self.world.engine.resume();
        for _ in 0..2 {
            let report = self.world.engine.sync(None, Until::Window).await;
            let report = report.map_err(|e| e.to_string())?;
            if let Some(trouble) = report.failed.first() {
                return Err(format!("at rest, the sync says: {}", trouble.message));
            }
        }
        view::compare(&self.world, &self.server).await
    }

    async fn step(mut self) -> Self {
        match self.dice.below(12) {
            0 | 1 => self.sync(Until::Window).await,
            2 => self.sync(Until::FirstScreen).await,
            3 => {
                self.world.engine.go_live();
                let seconds = 1 + self.dice.below(120);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            4 => {
                self.world.engine.suspend().await;
                self.act();
                self.world.engine.resume();
            }
            5 => {
                // Whatever the network answers, the page is what there is.
                let _ = self.world.list(40, None).await;
            }
            6 => self = self.restart().await,
            7 if !self.mutant => self.fault(),
            8 if !self.mutant => self.meddle(),
            9 if !self.mutant => {
                self.tally.faults += 1;
                self.world.net.go_dark(true);
                tokio::time::sleep(Duration::from_secs(self.dice.below(90))).await;
                self.act();
                self.world.net.go_dark(false);
            }
            _ => self.act(),
        }
        self
    }

    async fn sync(&mut self, until: Until) {
        let deadline = Duration::from_secs(600);
        // It may fail; what counts is what it leaves behind.
        let _ = tokio::time::timeout(deadline, self.world.engine.sync(None, until)).await;
    }

    /// The app is dropped at some await, and opened again.
    async fn restart(mut self) -> Self {
        self.tally.restarts += 1;
        let polls = self.dice.below(60) as u32;
        let engine = self.world.engine.clone();
        give_up_after(polls, engine.sync(Some(self.account), Until::Window)).await;
        drop(engine);
        self.world = self.world.reopen().await;
        self
    }

    fn act(&mut self) {
        self.tally.acts += 1;
        let mut dice = Dice(self.dice.next());
        self.server.act(|state| others(state, &mut dice));
    }

    /// From now on somebody else acts between our commands.
    fn meddle(&mut self) {
        let dice = Arc::new(Mutex::new(Dice(self.dice.next())));
        self.tally.acts += 1;
        self.server.watch(move |mailboxes, _| {
            let mut dice = dice.lock().unwrap();
            if dice.below(6) == 0 {
                one_act(mailboxes, &mut dice);
            }
        });
    }

    fn fault(&mut self) {
        self.tally.faults += 1;
        let at = self.dice.below(6_000) as usize;
        let choice = self.dice.below(12);
        let times = 1 + self.dice.below(3) as u32;
        self.server.faults(|f| match choice {
            0 | 1 => f.fates.push_back(Fate::Cut(at)),
            2 => f.fates.push_back(Fate::Silence(at)),
            3 => f.fates.push_back(Fate::HalfClosed(at)),
            4 => f.doubles = !f.doubles,
            5 => f.wrong_exists = !f.wrong_exists,
            6 => f.no_uidnext = !f.no_uidnext,
            7 => f.low_uidnext = at as u32 % 4,
            8 => f.deaf = !f.deaf,
            9 => f.no_preview = !f.no_preview,
            10 => f.some_answers.push(("UID FETCH".into(), "{tag} NO not now\r\n".into(), times)),
            _ => f.some_answers.push(("UID SEARCH".into(), "* BYE restart\r\n".into(), times)),
        });
    }
}

fn others(state: &mut State, dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        one_act(&mut state.mailboxes, dice);
    }
}

/// Another client, or the delivery, does one thing.
fn one_act(mailboxes: &mut [Mailbox], dice: &mut Dice) {
    let at = dice.below(mailboxes.len() as u64) as usize;
    let uids: Vec<u32> = mailboxes[at].all().map(|m| m.uid).collect();
    let some = (!uids.is_empty()).then(|| uids[dice.below(uids.len() as u64) as usize]);
    match (dice.below(16), some) {
        (0..=4, _) => mailboxes[at].fill(1 + dice.below(3) as u32),
        (5, _) => mailboxes[at].fill(60),
        (6, Some(uid)) => {
            let parent = mailboxes[at].get(uid).map(|m| m.message_id.clone());
            let mut answer = Message::text(mailboxes[at].uidnext);
            answer.references.extend(parent);
            mailboxes[at].add(answer);
        }
        (7, _) if dice.below(4) == 0 => mailboxes[at].renumber(),
        (8 | 9, Some(uid)) => {
            let flag = ["\\Seen", "\\Flagged", "\\Answered"][dice.below(3) as usize];
            let on = dice.below(3) > 0;
            mailboxes[at].set_flag(uid, flag, on);
        }
        (10 | 11, Some(uid)) => mailboxes[at].expunge(uid),
        (12, Some(uid)) => {
            let other = (at + 1) % mailboxes.len();
            if let Some(message) = mailboxes[at].take(uid) {
                mailboxes[other].add(message);
            }
        }
        (13, Some(_)) => {
            for uid in uids.iter().take(dice.below(30) as usize) {
                mailboxes[at].set_flag(*uid, "\\Seen", true);
            }
        }
        _ => {}
    }
}

/// A first sync whose connection ends after so many octets. Whether another was needed.
pub async fn cut_at(octets: usize) -> Result<bool, String> {
    let server = Server::with(QUICK, 3);
    let (world, _) = World::on(&server).await;
    let world = world.reopen().await;
    server.faults(|f| f.fates.push_back(Fate::Cut(octets)));
    let before = server.state().connections;
    let report = world.engine.sync(None, Until::Window).await.map_err(|e| e.to_string())?;
    let felt = !report.failed.is_empty() || server.state().connections > before + 1;
    server.faults(|f| f.fates.clear());
    world.engine.sync(None, Until::Window).await.map_err(|e| e.to_string())?;
    view::compare(&world, &server).await.map_err(|why| format!("cut at {octets}: {why}"))?;
    Ok(felt)
}
