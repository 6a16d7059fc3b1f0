//! Every document that made some mail program load something, shown as the reader would show it: nothing is
//! left in it that could. The checker that says so is not the sanitiser's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::indexing_slicing)]

mod common;

use common::checker;
use model::Section;
use satchel_mime as mime;
use satchel_mime::{FrameOptions, HtmlContext, frame_document, render, safe_html};

const HOST: &str = "sink.example";

fn filled(text: &str, id: &str) -> String {
    let mut text = text.replace("{{ID}}", id).replace("{{HOST}}", HOST);
    while let Some((before, rest)) = text.split_once("{{B64:") {
        use base64::Engine as _;
        let (inner, after) = rest.split_once("}}").expect("an open {{B64:");
        let encoded = base64::engine::general_purpose::STANDARD.encode(inner);
        text = format!("{before}{encoded}{after}");
    }
    text
}

fn part_url(section: &Section) -> String {
    format!("mail://localhost/part/7/{section}")
}

fn document(html: &str) -> String {
    let cid = |id: &str| id.ends_with("@sink").then(|| part_url(&Section::root().child(2)));
    let safe = safe_html(html, &HtmlContext { cid: &cid });
    let again = safe_html(html, &HtmlContext { cid: &cid });
    assert_eq!(safe, again, "the same mail is shown the same way");
    frame_document(&safe, &FrameOptions { part_origin: "mail://localhost" })
}

#[test]
fn the_checker_sees_what_is_wrong() {
    for bad in [
        "<img src=https://sink.example/>",
        "<p style='background:url(//sink.example/)'>",
        "<p style='background:u\\72l(//x)'>",
        "<style>@import 'x';</style>",
        "<style>p{background:/**/url(\"https://x\")}</style>",
        "<svg>",
        "<a href=https://x>",
        "<a href=javascript:x target=_blank rel='noopener noreferrer'>",
        "<link rel=preload>",
        "<p onclick=x>",
        "<!-- x -->",
        "<p style='position: fixed'>",
        "<table background=x>",
        "<meta http-equiv=refresh>",
        "<img srcset=x>",
    ] {
        let safe = mime::SafeHtml { html: bad.to_owned(), ..Default::default() };
        let document = frame_document(&safe, &FrameOptions { part_origin: "mail://localhost" });
        assert!(!checker::faults(&document).is_empty(), "{bad}");
    }
    let document = document("<p style='color:red'>fine <a href=https://x.example/>link</a>");
    assert_eq!(checker::faults(&document), Vec::<String>::new());
}

#[test]
fn no_vector_is_left() {
    let Some(security) = common::security() else { return };
    let text = std::fs::read_to_string(security.join("leak-vectors.json")).unwrap();
    let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(vectors.len() > 300, "{} vectors", vectors.len());
    let mut wrong = Vec::new();
    for vector in &vectors {
        let field = |name: &str| vector.get(name).and_then(|v| v.as_str()).unwrap_or("");
        let id = field("id");
        let shown = if field("kind") == "html" {
            document(&filled(field("html"), id))
        } else {
            let eml = message(vector, id);
            let rendered = render(eml.as_bytes(), &part_url);
            assert!(!rendered.preview.contains("<img src"), "{id}: markup in a preview");
            rendered.html
        };
        for fault in checker::faults(&shown) {
            wrong.push(format!("{id} {}: {fault}", field("name")));
        }
    }
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_would_have_loaded_is_counted() {
    let Some(security) = common::security() else { return };
    let text = std::fs::read_to_string(security.join("leak-vectors.json")).unwrap();
    let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    // Those that load an image by the plainest means must be told of.
    let mut told = 0;
    for vector in &vectors {
        let html = vector["html"].as_str().unwrap_or("");
        if vector["kind"] == "html" && html.contains("<img src=\"https://{{ID}}") {
            let id = vector["id"].as_str().unwrap_or("");
            let safe = safe_html(&filled(html, id), &HtmlContext { cid: &|_| None });
            if safe.blocked.iter().any(|b| b.url.contains(HOST)) {
                told += 1;
            } else {
                // In a style sheet's text, a title or an attribute it was never an image.
                assert!(!safe.html.contains("<img"), "{id} loads in silence");
            }
        }
    }
    assert!(told >= 5, "{told} told");
}

#[test]
fn httpleaks_leaks_nothing() {
    let Some(corpus) = common::corpus() else { return };
    let html = std::fs::read_to_string(corpus.join("httpleaks/leak.html")).unwrap();
    let shown = document(&html);
    assert_eq!(checker::faults(&shown), Vec::<String>::new());
    let safe = safe_html(&html, &HtmlContext { cid: &|_| None });
    assert!(safe.blocked.len() > 50, "{} told of", safe.blocked.len());
}

/// The mail that a vector of headers and parts stands for.
fn message(vector: &serde_json::Value, id: &str) -> String {
    let field = |name: &str| filled(vector.get(name).and_then(|v| v.as_str()).unwrap_or(""), id);
    let mut head = String::new();
    let mut from = false;
    for pair in vector.get("headers").and_then(|h| h.as_array()).into_iter().flatten() {
        let (name, value) = (pair[0].as_str().unwrap(), filled(pair[1].as_str().unwrap(), id));
        from |= name == "From";
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !from {
        head.push_str("From: a@b.example\r\n");
    }
    let parts = vector.get("parts").and_then(|p| p.as_array());
    if let Some(parts) = parts {
        let mut eml = format!(
            "{head}Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n{}\r\n",
            field("html")
        );
        for part in parts {
            let of = |name: &str| filled(part[name].as_str().unwrap_or(""), id);
            eml.push_str(&format!(
                "--b\r\nContent-Type: {}\r\nContent-ID: <{}>\r\nContent-Disposition: {}; filename=\"{}\"\r\n\r\n{}\r\n",
                of("ct"), of("cid"), of("disp"), of("filename"), of("body")
            ));
        }
        return eml + "--b--\r\n";
    }
    let (kind, body) = match field("ctype") {
        kind if kind.is_empty() => ("text/html".to_owned(), field("html")),
        kind => (kind, field("body")),
    };
    format!("{head}Content-Type: {kind}\r\n\r\n{body}\r\n")
}
