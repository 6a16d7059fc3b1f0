//! Five years of older mail: 2,000 messages in threads and alone, the same ones each time, and what hangs on
//! them to make 40 MB together with the written ones.

use super::attach::Maker;
use super::clock::Clock;
use super::noise::Noise;
use super::older_letter::Plan;
use super::older_text::{Topic, Words};
use super::source::{Letter, Place};
use super::{BIGMAIL, KONTOR, recipe};
use anyhow::{Context, Result};

/// How many each mailbox gets. Sent is filled by answers first.
pub const COUNTS: [(Place, usize); 12] = [
    ((KONTOR, "INBOX"), 420),
    ((KONTOR, "Archive"), 330),
    ((KONTOR, "Harbour library"), 260),
    ((KONTOR, "Angebote & Verträge"), 170),
    ((KONTOR, "Trash"), 60),
    ((KONTOR, "Junk"), 50),
    ((BIGMAIL, "INBOX"), 210),
    ((BIGMAIL, "Archive"), 130),
    ((BIGMAIL, "Verein"), 70),
    ((BIGMAIL, "Trash"), 50),
    ((BIGMAIL, "Junk"), 30),
    ((KONTOR, "Sent"), SENT),
];
const SENT: usize = 220;

/// Five years, less what the written ones take.
const OLDEST: usize = 1_815;
const NEWEST: usize = 11;

/// Big things, hung on every so-manieth letter of a mailbox until they are used up.
const HEAVY: [(Place, &str, &str); 16] = [
    ((KONTOR, "Harbour library"), "bay-4-wet.jpg", "jpeg facade-ochre-3 1600x1200 86 4"),
    ((KONTOR, "Harbour library"), "drawings-rev-A.zip", "zip 8"),
    ((KONTOR, "Harbour library"), "foyer-empty.jpg", "jpeg foyer 1600x1200 86 4"),
    ((KONTOR, "Harbour library"), "Bestand 1931, EG.tif", "tiff plan 1650x1240 80 4"),
    ((KONTOR, "Harbour library"), "horn-from-the-reading-room.wav", "wav 11"),
    ((KONTOR, "Archive"), "Bestand 1931, Keller.tif", "tiff plan 1650x1240 80 4"),
    ((KONTOR, "Archive"), "opening-night.jpg", "jpeg facade-night 1600x1200 86 4"),
    ((KONTOR, "Archive"), "Bestand 1931, 1. OG.tif", "tiff plan 1650x1240 80 4"),
    ((KONTOR, "Angebote & Verträge"), "Muster.jpg", "jpeg boards 1400x1050 86 4"),
    ((KONTOR, "Angebote & Verträge"), "Lageplan.tif", "tiff map 1500x1100 80 4"),
    ((KONTOR, "INBOX"), "webcam.jpg", "jpeg facade-grey-green 1280x960 84 4"),
    ((KONTOR, "INBOX"), "horn-from-the-quay.wav", "wav 14"),
    ((BIGMAIL, "INBOX"), "Apfelbaum.jpg", "jpeg garden 1600x1200 86 4"),
    ((BIGMAIL, "Archive"), "Fahrkarten 1968 (scan).tif", "tiff stamp 1240x1754 80 4"),
    ((BIGMAIL, "Archive"), "Balkon.jpg", "jpeg hotel 1600x1200 86 4"),
    ((BIGMAIL, "Verein"), "Lesenacht.jpg", "jpeg foyer 1280x960 84 4"),
];
/// Every so-manieth letter of a mailbox may take a heavy one.
const STEP: usize = 13;

pub fn letters(clock: &Clock) -> Result<Vec<Letter>> {
    let words = Words::read()?;
    let mut work = Work { clock, words: &words, out: Vec::new(), sent: 0, number: 0 };
    for (place, count) in COUNTS {
        if place.1 != "Sent" {
            work.mailbox(place, count)?;
        }
    }
    work.unasked()?;
    Ok(work.out)
}

struct Work<'a> {
    clock: &'a Clock,
    words: &'a Words,
    out: Vec<Letter>,
    /// How many stand in Sent by now.
    sent: usize,
    number: u64,
}

impl<'a> Work<'a> {
    fn mailbox(&mut self, place: Place, count: usize) -> Result<()> {
        let mut noise = Noise::named(&format!("{}/{}", place.0, place.1));
        let heavy: Vec<_> = HEAVY.iter().filter(|(at, ..)| *at == place).collect();
        let mut heavy = heavy.into_iter();
        let mut made = 0;
        while made < count {
            let topic = self.topic(place, &mut noise)?;
            // Denser towards today: half of it is younger than a year and a half.
            let share = noise.below(1_000_000) as f64 / 1_000_000.0;
            let day = NEWEST + (share.powf(1.6) * (OLDEST - NEWEST) as f64) as usize;
            let answered = topic.kind == "letter"
                && place.0 == KONTOR
                && !matches!(place.1, "Trash" | "Junk")
                && noise.chance(34);
            let rounds = if answered { 1 + noise.below(3) } else { 1 };
            let mut thread = Thread::new(topic, day, &mut noise);
            for round in 0..rounds {
                if made == count {
                    break;
                }
                let answers = answered && self.sent < SENT;
                let mut plan = thread.comes(self, place, answers, &mut noise)?;
                if made % STEP == STEP - 1 && plan.1.kind == "letter" {
                    if let Some((_, name, maker)) = heavy.next() {
                        plan.1.attachments.push(((*name).into(), Maker::parse(maker, "")?));
                    }
                } else if plan.1.kind == "letter" && latin(topic) && noise.chance(6) {
                    plan.1.attachments.push(note(&plan.1, &mut noise)?);
                }
                self.put(plan.0, plan.1, place);
                made += 1;
                if !answers || round + 1 == rounds && noise.chance(50) {
                    continue;
                }
                let (flags, answer) = thread.goes(self, &mut noise)?;
                self.put(flags, answer, (KONTOR, "Sent"));
                self.sent += 1;
            }
        }
        anyhow::ensure!(heavy.next().is_none(), "{}: heavy ones are left over", place.1);
        Ok(())
    }

    /// Letters of Nora's that began something; they fill Sent.
    fn unasked(&mut self) -> Result<()> {
        let mut noise = Noise::named("unasked");
        while self.sent < SENT {
            let topic = self.topic((KONTOR, "INBOX"), &mut noise)?;
            if topic.kind != "letter" {
                continue;
            }
            let day = NEWEST + noise.below(OLDEST - NEWEST);
            let mut thread = Thread::new(topic, day, &mut noise);
            let (flags, letter) = thread.goes(self, &mut noise)?;
            self.put(flags, letter, (KONTOR, "Sent"));
            self.sent += 1;
        }
        Ok(())
    }

    fn topic(&self, place: Place, noise: &mut Noise) -> Result<&'a Topic> {
        let account = place.0.rsplit('@').next().unwrap_or_default().trim_end_matches(".example");
        let name = format!("{account}/{}", place.1);
        let topics = &self.words.topics;
        let total: usize = topics.iter().map(|t| t.weight(&name)).sum();
        let mut left = noise.below(total);
        for topic in topics {
            let weight = topic.weight(&name);
            if left < weight {
                return Ok(topic);
            }
            left -= weight;
        }
        anyhow::bail!("nothing older is written for {name}")
    }

    fn put(&mut self, flags: Vec<&'static str>, plan: Plan, place: Place) {
        self.out.push(Letter::new(place, plan.at, flags, move || plan.render()));
    }
}

/// A correspondence with one person about one thing.
struct Thread<'a> {
    topic: &'a Topic,
    person: String,
    subject: String,
    day: usize,
    second: usize,
    chain: Vec<String>,
    last: Option<String>,
}

impl<'a> Thread<'a> {
    fn new(topic: &'a Topic, day: usize, noise: &mut Noise) -> Self {
        Self {
            topic,
            person: topic.draw("people", noise),
            subject: topic.draw("subjects", noise),
            day,
            second: (7 * 60 + noise.below(12 * 60)) * 60 + noise.below(60),
            chain: Vec::new(),
            last: None,
        }
    }

    fn comes(
        &mut self,
        work: &mut Work<'_>,
        place: Place,
        answered: bool,
        noise: &mut Noise,
    ) -> Result<(Vec<&'static str>, Plan)> {
        let mut flags = Vec::new();
        if place.1 != "Junk" && (self.day > 40 || noise.chance(85)) && noise.chance(98) {
            flags.extend(recipe::flag("seen"));
        }
        if answered {
            flags.extend(recipe::flag("answered"));
        }
        if noise.chance(3) && !matches!(place.1, "Junk" | "Trash") {
            flags.extend(recipe::flag("flagged"));
        }
        if place.1 == "Junk" {
            flags.extend(recipe::flag("junk"));
        }
        let to = format!("Nora Albrecht <{}>", place.0);
        let server = if place.0 == KONTOR { "kontor.example" } else { "bigmail.example" };
        let from = self.person.clone();
        let mut plan = self.plan(work, &from, &to, self.topic, noise)?;
        plan.received_by = Some(server);
        Ok((flags, plan))
    }

    /// Nora writes.
    fn goes(
        &mut self,
        work: &mut Work<'_>,
        noise: &mut Noise,
    ) -> Result<(Vec<&'static str>, Plan)> {
        let words = work.words.answer(&self.topic.language).context("no answers")?;
        let from = format!("Nora Albrecht <{KONTOR}>");
        let to = self.person.clone();
        let plan = self.plan(work, &from, &to, words, noise)?;
        Ok((recipe::flag("seen").into_iter().collect(), plan))
    }

    fn plan(
        &mut self,
        work: &mut Work<'_>,
        from: &str,
        to: &str,
        words: &Topic,
        noise: &mut Noise,
    ) -> Result<Plan> {
        work.number += 1;
        let at = work.clock.at(-(self.day as i64), self.second as i64);
        let domain = from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
        let message_id = format!("<{}.{}@{domain}>", noise.hex(), work.number);
        let nora = from.contains(KONTOR);
        let count = if nora { 1 + noise.below(2) } else { 2 + noise.below(5) };
        let sentences = words.several("sentences", count, noise);
        let glue = if matches!(words.language.as_str(), "ja") { "" } else { " " };
        let paragraphs: Vec<String> =
            sentences.chunks(1 + noise.below(3)).map(|few| few.join(glue)).collect();
        let again = self.chain.is_empty() || self.subject.starts_with("Re: ");
        let subject = if again { self.subject.clone() } else { format!("Re: {}", self.subject) };
        let plan = Plan {
            seed: noise.next(),
            at,
            offset: work.clock.offset(at),
            from: from.into(),
            to: to.into(),
            subject,
            chain: self.chain.clone(),
            message_id: message_id.clone(),
            kind: if nora { "letter".into() } else { self.topic.kind.clone() },
            charset: match words.language.as_str() {
                "ja" if noise.chance(50) => "iso-2022-jp",
                "uk" if noise.chance(30) => "koi8-u",
                "de" | "fr" if noise.chance(12) => "windows-1252",
                _ => "utf-8",
            },
            opening: words.draw("openings", noise),
            paragraphs,
            closing: words.draw("closings", noise),
            quote: self.last.take(),
            attachments: Vec::new(),
            received_by: None,
        };
        self.last = sentences.into_iter().next();
        self.chain.push(message_id);
        self.day = (self.day - noise.below(3).min(self.day)).max(NEWEST - 2);
        self.second = (self.second + 900 + noise.below(9_000)).min(23 * 3600);
        Ok(plan)
    }
}

/// Whether the fonts of our paper have the letters.
fn latin(topic: &Topic) -> bool {
    !matches!(topic.language.as_str(), "ja" | "uk")
}

/// A page or two with the letter's own words on it.
fn note(plan: &Plan, noise: &mut Noise) -> Result<(String, Maker)> {
    let (text, n) = (plan.paragraphs.join("\n\n"), noise.below(900) + 100);
    let sheet = format!("# {}\nKontor {n}\n---\n{text}\n@ facade\n", plan.subject);
    Ok((format!("Anlage-{n}.pdf"), Maker::parse("pdf", &sheet)?))
}
