//! Hang guards of ten times the figure for what is opened every day and for the worst that comes; the figures
//! themselves are printed (`--nocapture`), a release build tells them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::indexing_slicing)]

use satchel_mime::{HtmlContext, safe_html};
use std::time::{Duration, Instant};

fn newsletter(octets: usize) -> String {
    let mut html = String::from(
        "<html><head><style>body{margin:0;background:#eee}.btn{color:#fff;background:#14614a;padding:8px 16px}\
         @media (max-width:600px){.w{width:100%!important}}</style></head><body bgcolor=\"#eeeeee\">",
    );
    while html.len() < octets {
        html.push_str(
            "<table width=\"600\" cellpadding=\"0\" cellspacing=\"0\" class=\"w\" style=\"border-collapse:collapse;width:600px\">\
             <tr><td align=\"center\" style=\"font-family:Arial,sans-serif;font-size:14px;line-height:20px;color:#333333\">\
             <a href=\"https://news.example/c/?u=1&amp;id=2\" style=\"color:#14614a;text-decoration:none\">\
             <img src=\"https://news.example/i/1.png\" width=\"600\" height=\"84\" alt=\"Picture\" style=\"display:block\"></a>\
             <p style=\"margin:0 0 12px 0\">The harbour library opens its doors &amp; its reading room.</p></td></tr></table>",
        );
    }
    html
}

/// A debug build gets a tenth of it, and more patience: it is there to see a hang, not a pace.
const PATIENCE: u32 = if cfg!(debug_assertions) { 60 } else { 10 };
const SHARE: usize = if cfg!(debug_assertions) { 10 } else { 1 };

fn timed(name: &str, html: &str, figure: Duration) {
    let start = Instant::now();
    let safe = safe_html(html, &HtmlContext { cid: &|_| None });
    let taken = start.elapsed();
    println!(
        "{name}: {} kB in {taken:?} (figure {figure:?}, tangled {})",
        html.len() / 1000,
        safe.tangled
    );
    assert!(taken < figure * PATIENCE, "{name}: {taken:?}");
}

#[test]
fn opening_does_not_take_long() {
    let day = Duration::from_millis(5);
    let worst = Duration::from_millis(250);
    timed("newsletter", &newsletter(60_000 / SHARE), day);
    timed("newsletter, the second", &newsletter(60_000 / SHARE), day);
    timed("huge newsletter", &newsletter(5_000_000 / SHARE), worst);
    timed("text without end", &"word ".repeat(1_000_000 / SHARE), worst);
    timed("line breaks", &"<br>".repeat(1_250_000 / SHARE), worst);
    timed("deep", &"<div>".repeat(1_000_000 / SHARE), worst);
    timed("entities", &"&amp;".repeat(1_000_000 / SHARE), worst);
    timed("links", &"<a href=https://x.example/>x</a>".repeat(150_000 / SHARE), worst);
    timed("style", &format!("<style>{}</style>", ".a{color:red}".repeat(380_000 / SHARE)), worst);
    timed("styles", &"<p style='color:red'>x".repeat(220_000 / SHARE), worst);
    timed("attributes", &format!("<p{}>", " a=b".repeat(1_250_000 / SHARE)), worst);
    timed("formatting", &"<b><i><u><p>".repeat(400_000 / SHARE), worst);
    timed("tables", &"<table><tr><td>x</table>".repeat(200_000 / SHARE), worst);
    timed("comments", &"<!-- x -->".repeat(500_000 / SHARE), worst);
    timed("unclosed", &"<".repeat(5_000_000 / SHARE), worst);
}
