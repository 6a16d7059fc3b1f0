//! What is printed: JSON for scripts, lines for people. All of standard output goes through here.

use model::Trouble;
use serde_json::{Value, json};
use std::io::{self, IsTerminal, Write};

/// Everything that a verb says is said through this.
pub struct Out {
    json: bool,
}

impl Out {
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// The answer as JSON, or as `people` puts it.
    pub fn answer(&self, value: &Value, people: impl FnOnce(&Value) -> String) -> io::Result<()> {
        let text = if self.json { value.to_string() } else { people(value) };
        line(&mut io::stdout().lock(), text.trim_end_matches('\n'))
    }

    /// One of many answers: a document or a line each. False once nobody reads them any more.
    pub fn next(&self, value: &Value, people: impl FnOnce(&Value) -> String) -> io::Result<bool> {
        let text = if self.json { value.to_string() } else { people(value) };
        let mut to = io::stdout().lock();
        match writeln!(to, "{}", text.trim_end_matches('\n')).and_then(|()| to.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// A line of progress, for people alone.
    pub fn note(&self, text: &str) -> io::Result<()> {
        if self.json { Ok(()) } else { line(&mut io::stderr().lock(), text) }
    }

    /// A line that the next one overwrites; nothing where there is no terminal to overwrite it on. An empty one
    /// makes room for what comes after.
    pub fn passing(&self, text: &str) -> io::Result<()> {
        let mut to = io::stderr().lock();
        if self.json || !to.is_terminal() {
            return Ok(());
        }
        // ESC [ K: what stood there before may have been longer.
        write!(to, "\r{text}\x1b[K").and_then(|()| to.flush())
    }

    /// One line on standard error; with --json also the document on standard output.
    pub fn trouble(&self, trouble: &Trouble) -> io::Result<()> {
        if self.json {
            let error = json!({ "error": trouble });
            line(&mut io::stdout().lock(), &error.to_string())?;
        }
        line(&mut io::stderr().lock(), &format!("satchel: {}", one_line(&trouble.message)))
    }
}

fn line(to: &mut impl Write, text: &str) -> io::Result<()> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        // `satchel list | head` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Without line ends and terminal controls, whoever wrote it.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().to_owned()
}

/// Several lines, without terminal controls: mail may hold escape sequences.
pub fn safe_lines(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// At most `width` characters, with an ellipsis where it was cut.
pub fn cut(text: &str, width: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= width {
        return format!("{text:width$}");
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("")
}

pub fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// With separators: `41,200`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Decimal, two figures: `2.4 MB`.
pub fn size(octets: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if octets < 1_000 {
        return format!("{octets} B");
    }
    let mut amount = octets as f64 / 1_000.0;
    let mut unit = 0;
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1_000.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).copied().unwrap_or("TB");
    if amount < 9.95 { format!("{amount:.1} {unit}") } else { format!("{amount:.0} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_figures() {
        for (octets, said) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (64_400, "64 kB"),
            (2_400_000, "2.4 MB"),
            (999_600, "1.0 MB"),
            (182_000_000, "182 MB"),
        ] {
            assert_eq!(size(octets), said);
        }
    }

    #[test]
    fn numbers_can_be_read() {
        for (n, said) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (41_200, "41,200"), (1_000_000, "1,000,000")]
        {
            assert_eq!(count(n), said);
        }
    }

    #[test]
    fn mail_cannot_command_the_terminal() {
        assert_eq!(one_line("a\x1b[31m\r\nb"), "a [31m  b");
        assert_eq!(safe_lines("a\x1b[2J\nb\x07"), "a[2J\nb");
    }

    #[test]
    fn cutting_counts_characters() {
        assert_eq!(cut("façade", 4), "faç…");
        assert_eq!(cut("ab", 4), "ab  ");
    }
}
