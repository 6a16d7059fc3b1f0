//! One older message, from its plan to its bytes.

use super::clock::rfc_date;
use super::compose::{File, Part, Text, Transfer, line};
use super::encode::{header_text, phrase};
use super::noise::Noise;
use super::{attach::Maker, recipe};
use jiff::Timestamp;
use jiff::tz::Offset;

pub struct Plan {
    /// Says all that is left to chance.
    pub seed: u64,
    pub at: Timestamp,
    pub offset: Offset,
    /// `Name <address>`.
    pub from: String,
    pub to: String,
    pub subject: String,
    /// Oldest first, the last one answered.
    pub chain: Vec<String>,
    pub message_id: String,
    pub kind: String,
    pub charset: &'static str,
    pub opening: String,
    pub paragraphs: Vec<String>,
    pub closing: String,
    /// A line of the message that this one answers.
    pub quote: Option<String>,
    pub attachments: Vec<(String, Maker)>,
    /// Set for what came in from outside.
    pub received_by: Option<&'static str>,
}

impl Plan {
    pub fn render(&self) -> Vec<u8> {
        let mut noise = Noise::new(self.seed);
        let mut out = Vec::new();
        self.head(&mut out, &mut noise);
        let text = self.text(&mut noise);
        if self.attachments.is_empty() {
            text.write(&mut out, &mut noise);
        } else {
            let file = |(name, maker): &(String, Maker)| {
                Part::File(File { name: name.clone(), cid: None, maker: maker.clone() })
            };
            let parts = std::iter::once(text).chain(self.attachments.iter().map(file)).collect();
            Part::Multi { kind: "mixed", parts }.write(&mut out, &mut noise);
        }
        out
    }

    fn head(&self, out: &mut Vec<u8>, noise: &mut Noise) {
        let address = self.from.rsplit('<').next().unwrap_or_default().trim_end_matches('>');
        let domain = address.rsplit('@').next().unwrap_or_default();
        let date = rfc_date(self.at, self.offset);
        if let Some(server) = self.received_by {
            line(out, "Return-Path", &format!("<{address}>"));
            if self.kind != "html" || noise.chance(50) {
                let proof = format!(
                    "{server}; dkim=pass header.d={domain}; spf=pass smtp.mailfrom={address}; dmarc=pass header.from={domain}"
                );
                line(out, "Authentication-Results", &proof);
            }
            let hop =
                format!("from mx.{domain} by mail.{server} with ESMTPS id {}; {date}", noise.hex());
            line(out, "Received", &hop);
        }
        line(out, "Date", &date);
        line(out, "From", &recipe::addresses(&self.from, self.charset));
        line(out, "To", &recipe::addresses(&self.to, self.charset));
        line(out, "Subject", &header_text(&self.subject, self.charset));
        line(out, "Message-ID", &self.message_id);
        if let Some(last) = self.chain.last() {
            line(out, "In-Reply-To", last);
            line(out, "References", &self.chain.join(" "));
        }
        if matches!(self.kind.as_str(), "list" | "newsletter") {
            line(out, "List-Id", &format!("{} <list.{domain}>", phrase("List", "utf-8")));
            line(out, "List-Unsubscribe", &format!("<https://{domain}/leave/{}>", noise.hex()));
        }
        line(out, "MIME-Version", "1.0");
    }

    fn text(&self, noise: &mut Noise) -> Part {
        let mut blocks: Vec<String> = Vec::new();
        if !self.opening.is_empty() {
            blocks.push(self.opening.clone());
        }
        if let Some(quote) = &self.quote {
            blocks.push(format!("> {quote}"));
        }
        blocks.extend(self.paragraphs.iter().cloned());
        if !self.closing.is_empty() {
            let name = self.from.split(" <").next().unwrap_or_default();
            let signs = !self.closing.contains(name) && self.received_by.is_some();
            blocks.push(if signs {
                format!("{}\n{name}", self.closing)
            } else {
                self.closing.clone()
            });
        }
        let transfer = match noise.below(10) {
            _ if self.charset == "iso-2022-jp" => Transfer::SevenBit,
            0 | 1 => Transfer::Base64,
            2 => Transfer::EightBit,
            _ => Transfer::QuotedPrintable,
        };
        let flowed = self.charset == "utf-8" && self.kind == "letter" && noise.chance(40);
        let plain = blocks.join("\n\n");
        let plain = if flowed { plain } else { wrapped(&plain) };
        let plain = Text { charset: self.charset.into(), transfer, flowed, ..Text::plain(&plain) };
        let html = || Part::Text(Text { transfer, ..Text::html(&self.html(&blocks)) });
        match self.kind.as_str() {
            "newsletter" => {
                Part::Multi { kind: "alternative", parts: vec![Part::Text(plain), html()] }
            }
            "html" => html(),
            "letter" if self.charset == "utf-8" && noise.chance(25) => {
                Part::Multi { kind: "alternative", parts: vec![Part::Text(plain), html()] }
            }
            _ => Part::Text(plain),
        }
    }

    fn html(&self, blocks: &[String]) -> String {
        let mut noise = Noise::new(self.seed);
        let escape = |text: &str| {
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('\n', "<br>")
        };
        let body: String = blocks.iter().map(|b| format!("<p>{}</p>\n", escape(b))).collect();
        let head = escape(self.from.split(" <").next().unwrap_or_default());
        let domain = self.message_id.rsplit('@').next().unwrap_or_default().trim_end_matches('>');
        let colours = ["#1d2b4f", "#14614a", "#b8252c", "#7a5b00", "#6645a8"];
        let colour = noise.pick(&colours).unwrap_or("#1d2b4f");
        match self.kind.as_str() {
            "newsletter" | "html" => format!(
                "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><style>.sheet {{ max-width: 600px; margin: 0 auto; background: #ffffff; font-family: Helvetica, Arial, sans-serif; color: #2b2b28 }} p {{ font-size: 15px; line-height: 1.55; margin: 0 0 14px }}</style></head>\n\
                 <body style=\"margin: 0; background: #efede8\"><div class=\"sheet\"><div style=\"background: {colour}; color: #ffffff; padding: 16px 26px; font-size: 19px; font-weight: bold\">{head}</div>\n\
                 <img src=\"https://img.{domain}/{}.png\" width=\"600\" height=\"150\" alt=\"\" style=\"display: block; width: 100%\">\n\
                 <div style=\"padding: 22px 26px\">{body}<p><a href=\"https://{domain}/m/{}\" style=\"color: {colour}\">{domain}</a></p></div></div></body></html>\n",
                noise.hex(),
                noise.hex()
            ),
            _ => format!(
                "<html><body style=\"font-family: Calibri, Helvetica, sans-serif; font-size: 15px\">\n{body}</body></html>\n"
            ),
        }
    }
}

/// Lines of at most 76 characters, where words allow.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for row in text.lines() {
        let mut width = 0;
        let mark = if row.starts_with("> ") { "> " } else { "" };
        for (n, word) in row.split(' ').enumerate() {
            let long = word.chars().count();
            if n > 0 && width + 1 + long > 76 {
                out.push('\n');
                out.push_str(mark);
                width = mark.len();
            } else if n > 0 {
                out.push(' ');
                width += 1;
            }
            out.push_str(word);
            width += long;
        }
        out.push('\n');
    }
    out
}
