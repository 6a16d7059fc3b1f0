//! Everything in the sample happens some days before one `now`, and its texts speak of days around it.
//! This is the only file that knows what day it is.

use super::words;
use anyhow::{Context, Result, bail};
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp, Zoned};

/// The sample was drawn at four minutes past noon. Earlier in the day its morning is squeezed, so that
/// nothing comes from the future and all of it is still "today".
const DRAWN_AT: i64 = (12 * 60 + 4) * 60;

pub struct Clock {
    now: Zoned,
}

impl Clock {
    pub fn new(now: &Zoned) -> Self {
        Self { now: now.clone() }
    }

    pub fn now(&self) -> Timestamp {
        self.now.timestamp()
    }

    pub fn date(&self, day: i64) -> Date {
        self.now.date().saturating_add(Span::new().days(day.clamp(-20_000, 20_000)))
    }

    /// `day` 0 is today, -1 yesterday; `second` counts from that day's midnight.
    pub fn at(&self, day: i64, second: i64) -> Timestamp {
        let midnight = |date: Date| {
            date.to_zoned(self.now.time_zone().clone()).map_or(self.now(), |z| z.timestamp())
        };
        if day == 0 {
            let today = midnight(self.now.date());
            let gone = self.now().duration_since(today).as_secs();
            let second = if gone < DRAWN_AT { second * gone / DRAWN_AT } else { second };
            return today.saturating_add(SignedDuration::from_secs(second)).unwrap_or(self.now());
        }
        let second = second.clamp(0, 86_399);
        let time = |n: i64| i8::try_from(n).unwrap_or(0);
        let clock = Time::new(time(second / 3600), time(second / 60 % 60), time(second % 60), 0);
        let local = self.date(day).to_datetime(clock.unwrap_or(Time::midnight()));
        local.to_zoned(self.now.time_zone().clone()).map_or(self.now(), |z| z.timestamp())
    }

    /// This place's own distance from UTC at that moment.
    pub fn offset(&self, at: Timestamp) -> Offset {
        self.now.time_zone().to_offset(at)
    }

    /// Fills `{{+2 en weekday}}`, `{{-1 iso}}` and their like.
    pub fn fill(&self, text: &str) -> Result<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (slot, after) = after.split_once("}}").context("a slot without its end")?;
            out.push_str(before);
            out.push_str(&self.slot(slot).with_context(|| format!("in {{{{{slot}}}}}"))?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn slot(&self, slot: &str) -> Result<String> {
        let mut words = slot.split_whitespace();
        let day: i64 = words.next().context("no day")?.parse().context("no number of days")?;
        let date = self.date(day);
        let written = words.collect::<Vec<_>>();
        Ok(match written.as_slice() {
            ["year"] => date.year().to_string(),
            ["iso"] => date.to_string(),
            ["ics"] => date.strftime("%Y%m%d").to_string(),
            ["rfc", time, zone] => {
                let at = self.at(day, seconds(time)?);
                rfc_date(at, parse_offset(zone)?)
            }
            [language, form] => words::date(date, language, form)
                .with_context(|| format!("no {form} in {language}"))?,
            _ => bail!("not a way to write a date"),
        })
    }
}

/// `16:40` or `16:40:05` in seconds.
pub fn seconds(time: &str) -> Result<i64> {
    let mut parts = time.split(':').map(str::parse::<i64>);
    let mut next = || parts.next().unwrap_or(Ok(0)).with_context(|| format!("{time} is no time"));
    Ok(next()? * 3600 + next()? * 60 + next()?)
}

/// `+0530`.
pub fn parse_offset(zone: &str) -> Result<Offset> {
    let number: i32 = zone.parse().with_context(|| format!("{zone} is no zone"))?;
    let seconds = (number / 100) * 3600 + (number % 100) * 60;
    Offset::from_seconds(seconds).with_context(|| format!("{zone} is no zone"))
}

/// A date as RFC 5322 3.3 writes it.
pub fn rfc_date(at: Timestamp, offset: Offset) -> String {
    at.to_zoned(TimeZone::fixed(offset)).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}
