//! The words that older mail is put together from: `tests/sample/older/*.txt`, a file for each kind of
//! correspondence. `@name` opens a list; `{what}` in a sentence draws from the list of that name.

use super::noise::Noise;
use anyhow::{Context, Result};
use std::collections::BTreeMap;

pub struct Topic {
    pub language: String,
    /// `letter`, `list`, `html` or `newsletter`.
    pub kind: String,
    /// Mailbox and weight: how often this is what arrives there.
    pub places: Vec<(String, usize)>,
    lists: BTreeMap<String, Vec<String>>,
}

const FILES: [(&str, &str); 14] = [
    ("site", include_str!("../../sample/older/site.txt")),
    ("angebote", include_str!("../../sample/older/angebote.txt")),
    ("buero", include_str!("../../sample/older/buero.txt")),
    ("forge", include_str!("../../sample/older/forge.txt")),
    ("familie", include_str!("../../sample/older/familie.txt")),
    ("verein", include_str!("../../sample/older/verein.txt")),
    ("ledger", include_str!("../../sample/older/ledger.txt")),
    ("orders", include_str!("../../sample/older/orders.txt")),
    ("junk", include_str!("../../sample/older/junk.txt")),
    ("paris", include_str!("../../sample/older/paris.txt")),
    ("far", include_str!("../../sample/older/far.txt")),
    ("kyiv", include_str!("../../sample/older/kyiv.txt")),
    ("nora-de", include_str!("../../sample/older/nora-de.txt")),
    ("nora-fr", include_str!("../../sample/older/nora-fr.txt")),
];
const NORA: &str = include_str!("../../sample/older/nora.txt");

/// What others write, and what Nora answers: by language, English where there is none.
pub struct Words {
    pub topics: Vec<Topic>,
    answers: Vec<Topic>,
}

impl Words {
    pub fn read() -> Result<Self> {
        let (mut topics, mut answers) = (Vec::new(), vec![Topic::read(NORA)?]);
        for (name, file) in FILES {
            let topic = Topic::read(file).with_context(|| format!("older/{name}.txt"))?;
            if name.starts_with("nora") { answers.push(topic) } else { topics.push(topic) }
        }
        Ok(Self { topics, answers })
    }

    pub fn answer(&self, language: &str) -> Option<&Topic> {
        let own = self.answers.iter().find(|t| t.language == language);
        own.or(self.answers.first())
    }
}

impl Topic {
    fn read(file: &str) -> Result<Self> {
        let mut topic = Self {
            language: "en".into(),
            kind: "letter".into(),
            places: Vec::new(),
            lists: BTreeMap::new(),
        };
        let mut list = None;
        for line in file.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match (line.strip_prefix('@'), &list) {
                (Some(head), _) => match head.split_once(' ') {
                    Some(("in", place)) => {
                        let (place, weight) = place.rsplit_once(' ').context("@in PLACE WEIGHT")?;
                        topic.places.push((place.into(), weight.parse().context("a weight")?));
                    }
                    Some(("language", language)) => topic.language = language.into(),
                    Some(("kind", kind)) => topic.kind = kind.into(),
                    Some((other, _)) => anyhow::bail!("@{other}"),
                    None => list = Some(head.to_owned()),
                },
                (None, Some(list)) => {
                    topic.lists.entry(list.clone()).or_default().push(line.into())
                }
                (None, None) => anyhow::bail!("`{line}` stands in no list"),
            }
        }
        for needed in ["people", "subjects", "openings", "sentences", "closings"] {
            anyhow::ensure!(topic.lists.contains_key(needed), "no @{needed}");
        }
        Ok(topic)
    }

    pub fn weight(&self, place: &str) -> usize {
        self.places.iter().find(|(name, _)| name == place).map_or(0, |(_, weight)| *weight)
    }

    /// One line of a list with its slots filled; empty for `-`.
    pub fn draw(&self, list: &str, noise: &mut Noise) -> String {
        let lines = self.lists.get(list).map(Vec::as_slice).unwrap_or_default();
        let line = lines.get(noise.below(lines.len())).map_or("", String::as_str);
        match list {
            _ if line == "-" => String::new(),
            // Addresses stand as they are.
            "people" => line.to_owned(),
            _ => capital(&self.fill(line, noise)),
        }
    }

    /// `count` different lines.
    pub fn several(&self, list: &str, count: usize, noise: &mut Noise) -> Vec<String> {
        let lines = self.lists.get(list).map(Vec::as_slice).unwrap_or_default();
        let mut left: Vec<&String> = lines.iter().collect();
        let mut out = Vec::new();
        while out.len() < count && !left.is_empty() {
            let line = left.remove(noise.below(left.len()));
            out.push(capital(&self.fill(line, noise)));
        }
        out
    }

    fn fill(&self, line: &str, noise: &mut Noise) -> String {
        let (mut out, mut rest) = (String::new(), line);
        while let Some((before, after)) = rest.split_once('{') {
            let Some((slot, after)) = after.split_once('}') else { break };
            out.push_str(before);
            out.push_str(&self.slot(slot, noise));
            rest = after;
        }
        out + rest
    }

    fn slot(&self, slot: &str, noise: &mut Noise) -> String {
        match slot {
            "n" => (noise.below(26) + 2).to_string(),
            "money" => (noise.below(180) + 3).to_string(),
            "letter" => char::from(b'A' + noise.below(6) as u8).to_string(),
            "month" => {
                let day = jiff::civil::date(2024, noise.below(12) as i8 + 1, 1);
                super::words::date(day, &self.language, "month").unwrap_or_default()
            }
            list => {
                let inner = self.lists.get(list).map(Vec::as_slice).unwrap_or_default();
                let line = inner.get(noise.below(inner.len())).cloned().unwrap_or_default();
                // One level deep: the rooms of the library have numbers.
                line.replace("{n}", &(noise.below(11) + 1).to_string())
                    .replace("{letter}", &char::from(b'A' + noise.below(6) as u8).to_string())
            }
        }
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}
