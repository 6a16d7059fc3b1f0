//! How a written message stands in `tests/sample/*.mail`, and how it becomes one.
//!
//! ```text
//! [[harbour-5]]
//! in: kontor/INBOX
//! at: 0 11:42 +0530
//! from: Ravi Menon <ravi@menon-partners.example>
//! subject: …
//! re: harbour-4
//! ~~~ plain
//! Hi Nora,
//! ~~~ attach foyer.jpg = jpeg foyer 4032x3024
//! ```
//! Keys before the first `~~~`; then parts, each up to the next `~~~` or `[[`. `{{+2 en weekday}}` is filled
//! by the clock, `{{id harbour-4}}` by that message's Message-ID. A part `raw` is the whole message.

use super::attach::Maker;
use super::clock::{Clock, parse_offset, rfc_date, seconds};
use super::compose::{File, Part, Text, Transfer, line};
use super::encode::{crlf, header_text, phrase};
use super::noise::Noise;
use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// One `[[…]]` as it was read.
pub struct Recipe {
    pub id: String,
    keys: Vec<(String, String)>,
    sections: Vec<(String, String)>,
}

/// A message that only has to be written out.
#[derive(Clone)]
pub struct Mail {
    /// `kontor/INBOX`; `nowhere` is only sent on inside another.
    pub place: String,
    pub at: Timestamp,
    pub flags: Vec<&'static str>,
    id: String,
    head: Vec<u8>,
    body: Option<Part>,
    /// Content headers and body by hand.
    raw: Vec<u8>,
}

impl Mail {
    pub fn render(&self) -> Vec<u8> {
        let mut out = self.head.clone();
        match &self.body {
            Some(part) => part.write(&mut out, &mut Noise::named(&self.id)),
            None => out.extend_from_slice(&self.raw),
        }
        out
    }
}

/// Cuts a file into its recipes.
pub fn read(file: &str) -> Result<Vec<Recipe>> {
    let mut recipes: Vec<Recipe> = Vec::new();
    for text in file.lines() {
        if let Some(id) = text.strip_prefix("[[").and_then(|t| t.strip_suffix("]]")) {
            recipes.push(Recipe { id: id.into(), keys: Vec::new(), sections: Vec::new() });
            continue;
        }
        let Some(recipe) = recipes.last_mut() else { continue };
        if let Some(kind) = text.strip_prefix("~~~ ") {
            recipe.sections.push((kind.trim().into(), String::new()));
        } else if let Some((_, body)) = recipe.sections.last_mut() {
            body.push_str(text);
            body.push('\n');
        } else if !text.trim().is_empty() && !text.starts_with('#') {
            let (key, value) = text
                .split_once(':')
                .with_context(|| format!("[[{}]]: `{text}` is no key", recipe.id))?;
            recipe.keys.push((key.trim().into(), value.trim().into()));
        }
    }
    for (_, body) in recipes.iter_mut().flat_map(|r| r.sections.iter_mut()) {
        let end = body.trim_end().len();
        // The space of a signature's "-- " never stands last.
        body.truncate(end);
        body.push('\n');
    }
    Ok(recipes)
}

/// All recipes together: replies and forwarded ones name others by id.
pub fn cook(recipes: &[Recipe], clock: &Clock) -> Result<Vec<Mail>> {
    let ids: BTreeMap<&str, &Recipe> = recipes.iter().map(|r| (r.id.as_str(), r)).collect();
    recipes.iter().map(|r| r.cook(&ids, clock).with_context(|| format!("[[{}]]", r.id))).collect()
}

type Others<'a> = BTreeMap<&'a str, &'a Recipe>;

impl Recipe {
    fn key(&self, name: &str) -> Option<&str> {
        self.keys.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn need(&self, name: &str) -> Result<&str> {
        self.key(name).with_context(|| format!("no `{name}`"))
    }

    pub fn message_id(&self) -> String {
        let from = self.key("from").unwrap_or_default();
        let domain = from.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
        let domain = if domain.is_ascii() { domain } else { "mail.example" };
        format!("<{}.{}@{domain}>", self.id, Noise::named(&self.id).hex())
    }

    fn cook(&self, others: &Others<'_>, clock: &Clock) -> Result<Mail> {
        let when: Vec<&str> = self.need("at")?.split_whitespace().collect();
        let (day, time) = match when.as_slice() {
            [day, time, ..] => (day.parse::<i64>().context("at: no day")?, seconds(time)?),
            _ => bail!("at: day and time"),
        };
        let at = clock.at(day, time);
        let offset = match when.get(2) {
            Some(zone) => parse_offset(zone)?,
            None => clock.offset(at),
        };
        let place = self.need("in")?.to_owned();
        let date = rfc_date(at, offset);
        let received = !place.ends_with("/Sent") && !place.ends_with("/Drafts");
        let raw = self.sections.iter().find(|(kind, _)| kind == "raw");
        let mut head = Vec::new();
        if received && place != "nowhere" && self.key("bare").is_none() {
            self.envelope(&mut head, &place, &rfc_date(at, clock.offset(at)), clock)?;
        }
        if self.key("bare").is_none() {
            self.headers(&mut head, &date, others, clock)?;
        }
        let fill = |text: &str| clock.fill(&fill_ids(text, others, self)?);
        let (body, raw) = match raw {
            Some((_, text)) => (None, crlf(&fill(text)?).into_bytes()),
            None => (Some(self.body(others, clock, &fill)?), Vec::new()),
        };
        Ok(Mail { place, at, flags: self.flags()?, id: self.id.clone(), head, body, raw })
    }

    fn flags(&self) -> Result<Vec<&'static str>> {
        let words = self.key("flags").unwrap_or_default().split_whitespace();
        words.map(|word| flag(word).with_context(|| format!("flag {word}"))).collect()
    }

    /// What the servers on the way put on top.
    fn envelope(&self, head: &mut Vec<u8>, place: &str, date: &str, clock: &Clock) -> Result<()> {
        let (owner, server) = if place.starts_with("kontor/") {
            (super::KONTOR, "kontor.example")
        } else {
            (super::BIGMAIL, "bigmail.example")
        };
        let sender = self.key("sender").or(self.key("from")).unwrap_or_default();
        let sender = address_of(sender);
        let domain = sender.rsplit('@').next().unwrap_or_default();
        line(head, "Return-Path", &format!("<{sender}>"));
        line(head, "Delivered-To", owner);
        if let Some(proof) = self.key("proved") {
            let value = format!(
                "{server}; dkim=pass header.d={proof} header.s=mail; spf=pass smtp.mailfrom={sender}; \
                 dmarc=pass header.from={proof}"
            );
            line(head, "Authentication-Results", &value);
        }
        for (_, extra) in self.keys.iter().filter(|(key, _)| key == "top") {
            let (name, value) = extra.split_once(':').context("top: Name: value")?;
            line(head, name, clock.fill(value.trim())?.as_str());
        }
        let id = Noise::named(&format!("{} received", self.id)).hex();
        let value = format!(
            "from mx.{domain} (mx.{domain} [192.0.2.{}]) by mail.{server} with ESMTPS id {id} for <{owner}>; {date}",
            Noise::named(domain).below(200) + 10
        );
        line(head, "Received", &value);
        Ok(())
    }

    fn headers(
        &self,
        head: &mut Vec<u8>,
        date: &str,
        others: &Others<'_>,
        clock: &Clock,
    ) -> Result<()> {
        let charset = self.key("charset").unwrap_or("utf-8");
        line(head, "Date", date);
        for (key, name) in
            [("from", "From"), ("reply-to", "Reply-To"), ("to", "To"), ("cc", "Cc"), ("bcc", "Bcc")]
        {
            if let Some(list) = self.key(key) {
                line(head, name, &addresses(list, charset));
            }
        }
        if let Some(subject) = self.key("subject") {
            let subject = clock.fill(subject)?;
            line(head, "Subject", &header_text(&subject, charset));
        }
        line(head, "Message-ID", &self.message_id());
        let chain = self.ancestors(others)?;
        if let Some(last) = chain.last() {
            line(head, "In-Reply-To", last);
            line(head, "References", &chain.join(" "));
        }
        for (_, extra) in self.keys.iter().filter(|(key, _)| key == "header") {
            let (name, value) = extra.split_once(':').context("header: Name: value")?;
            line(head, name, &header_text(&clock.fill(value.trim())?, charset));
        }
        line(head, "MIME-Version", "1.0");
        Ok(())
    }

    /// Oldest first.
    fn ancestors(&self, others: &Others<'_>) -> Result<Vec<String>> {
        let mut chain = Vec::new();
        let mut of = self;
        while let Some(id) = of.key("re") {
            of = others.get(id).with_context(|| format!("re: no [[{id}]]"))?;
            chain.insert(0, of.message_id());
            anyhow::ensure!(chain.len() < 100, "re: a circle");
        }
        Ok(chain)
    }

    fn body(
        &self,
        others: &Others<'_>,
        clock: &Clock,
        fill: &dyn Fn(&str) -> Result<String>,
    ) -> Result<Part> {
        let (mut texts, mut shown, mut outer) = (Vec::new(), Vec::new(), Vec::new());
        for (spec, content) in &self.sections {
            let (kind, rest) = spec.split_once(' ').unwrap_or((spec, ""));
            let content = fill(content)?;
            match kind {
                "plain" | "html" | "calendar" => {
                    texts.push(Part::Text(text_part(kind, rest, content)?));
                }
                // Text between or behind the attachments, as some programs write it.
                "then" => outer.push(Part::Text(text_part("plain", rest, content)?)),
                "attach" => {
                    let (name, maker) = rest.split_once(" = ").context("attach NAME = MAKER")?;
                    let maker = Maker::parse(&fill(maker)?, &content)?;
                    outer.push(Part::File(File { name: fill(name)?, cid: None, maker }));
                }
                "inline" => {
                    let (what, maker) = rest.split_once(" = ").context("inline CID = MAKER")?;
                    let (cid, name) = what.split_once(' ').context("inline CID NAME = …")?;
                    let maker = Maker::parse(maker, &content)?;
                    shown.push(Part::File(File {
                        name: name.into(),
                        cid: Some(cid.into()),
                        maker,
                    }));
                }
                "forward" => {
                    let (id, name) = rest.split_once(' ').unwrap_or((rest, ""));
                    let other = others.get(id).with_context(|| format!("no [[{id}]]"))?;
                    let name = (!name.is_empty()).then(|| name.to_owned());
                    let bytes = other.cook(others, clock)?.render();
                    outer.push(Part::Message { name, bytes });
                }
                _ => bail!("a part `{kind}`"),
            }
        }
        Ok(assemble(texts, shown, outer))
    }
}

/// mixed(alternative(plain, related(html, pictures)), attachments), without the layers that hold one thing.
fn assemble(mut texts: Vec<Part>, shown: Vec<Part>, outer: Vec<Part>) -> Part {
    if !shown.is_empty()
        && let Some(at) =
            texts.iter().position(|p| matches!(p, Part::Text(t) if t.subtype == "html"))
    {
        let html = texts.remove(at);
        let parts = std::iter::once(html).chain(shown).collect();
        texts.insert(at, Part::Multi { kind: "related", parts });
    }
    let layer = |kind, mut parts: Vec<Part>| match parts.pop() {
        Some(only) if parts.is_empty() => Some(only),
        Some(last) => {
            parts.push(last);
            Some(Part::Multi { kind, parts })
        }
        None => None,
    };
    let text = layer("alternative", texts);
    if outer.is_empty() {
        return text.unwrap_or_else(|| Part::Text(Text::plain("")));
    }
    Part::Multi { kind: "mixed", parts: text.into_iter().chain(outer).collect() }
}

/// `charset=… enc=… flowed` and one further parameter.
fn text_part(subtype: &str, options: &str, text: String) -> Result<Text> {
    let mut part = Text { subtype: subtype.into(), ..Text::plain(&text) };
    for option in options.split_whitespace() {
        match option.split_once('=') {
            None if option == "flowed" => part.flowed = true,
            Some(("charset", name)) => part.charset = name.into(),
            Some(("enc", "qp")) => part.transfer = Transfer::QuotedPrintable,
            Some(("enc", "base64")) => part.transfer = Transfer::Base64,
            Some(("enc", "8bit")) => part.transfer = Transfer::EightBit,
            Some(("enc", "7bit")) => part.transfer = Transfer::SevenBit,
            Some(("enc", other)) => bail!("enc={other}"),
            Some(_) => part.parameter = Some(option.into()),
            None => bail!("option {option}"),
        }
    }
    Ok(part)
}

fn fill_ids(text: &str, others: &Others<'_>, own: &Recipe) -> Result<String> {
    let mut out = text.replace("{{self}}", &own.message_id());
    while let Some((before, after)) = out.split_once("{{id ") {
        let (id, after) = after.split_once("}}").context("a slot without its end")?;
        let other = others.get(id).with_context(|| format!("no [[{id}]]"))?;
        out = format!("{before}{}{after}", other.message_id());
    }
    Ok(out)
}

fn address_of(mailbox: &str) -> &str {
    mailbox.rsplit('<').next().unwrap_or_default().trim_end_matches('>').trim()
}

/// `Name <address>, address`. A comma inside a name is one after which no address was complete.
pub fn addresses(list: &str, charset: &str) -> String {
    let mut mailboxes: Vec<String> = Vec::new();
    for piece in list.split(", ") {
        match mailboxes.last_mut().filter(|open| !open.contains('@')) {
            Some(open) => *open = format!("{open}, {piece}"),
            None => mailboxes.push(piece.to_owned()),
        }
    }
    let one = |mailbox: String| match mailbox.trim().rsplit_once(" <") {
        Some((name, address)) => format!("{} <{address}", phrase(name.trim(), charset)),
        None => mailbox.trim().to_owned(),
    };
    mailboxes.into_iter().map(one).collect::<Vec<_>>().join(", ")
}

pub fn flag(word: &str) -> Option<&'static str> {
    Some(match word {
        "seen" => "\\Seen",
        "answered" => "\\Answered",
        "flagged" => "\\Flagged",
        "draft" => "\\Draft",
        "forwarded" => "$Forwarded",
        "junk" => "$Junk",
        "important" => "$Important",
        _ => return None,
    })
}
