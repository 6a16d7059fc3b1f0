use crate::out::{Out, list, safe_lines, text};
use crate::unsaid;
use model::{Code, Trouble};
use serde_json::{Value, json};
use std::path::Path;

/// A message file larger than this is refused: no server takes one.
const MOST: u64 = 256 * 1024 * 1024;

pub fn parse(out: &Out, file: &Path) -> Result<(), Trouble> {
    let parsed = api::parse(&read(file)?);
    out.answer(&json!(parsed), |p| {
        let address = |key: &str| {
            list(p, key)
                .iter()
                .map(|a| format!("{} <{}>", text(a, "name"), text(a, "address")))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let parts = list(p, "parts").iter().map(|x| {
            format!("  {} {} {}", text(x, "section"), text(x, "media_type"), text(x, "name"))
        });
        safe_lines(&format!(
            "Subject: {}\nFrom: {}\nTo: {}\nDate: {}\nParts:\n{}\n\n{}",
            text(p, "subject"),
            address("from"),
            address("to"),
            text(p, "date"),
            parts.collect::<Vec<_>>().join("\n"),
            text(p, "text")
        ))
    })
    .map_err(unsaid)
}

pub fn render(out: &Out, file: &Path) -> Result<(), Trouble> {
    let rendered = api::render(&read(file)?);
    out.answer(&json!(rendered), |r: &Value| text(r, "html").to_owned()).map_err(unsaid)
}

fn read(file: &Path) -> Result<Vec<u8>, Trouble> {
    let failed = |detail: String| {
        Trouble::new(Code::FileFailed, format!("{}: {detail}", file.display()))
            .with("path", file.display())
            .with("detail", detail)
    };
    let length = std::fs::metadata(file).map_err(|e| failed(e.to_string()))?.len();
    if length > MOST {
        return Err(failed(format!("larger than {} MB: no message is", MOST / 1_000_000)));
    }
    std::fs::read(file).map_err(|e| failed(e.to_string()))
}
