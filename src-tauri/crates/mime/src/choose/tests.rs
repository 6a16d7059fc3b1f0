use super::*;

fn leaf(media: &str) -> Structure {
    Structure::leaf(media, "7bit", 100)
}

fn attached(media: &str) -> Structure {
    Structure {
        disposition: Some(Disposition::Attachment),
        name: Some("file".into()),
        ..leaf(media)
    }
}

fn cid(media: &str) -> Structure {
    Structure { content_id: Some("x@y".into()), ..leaf(media) }
}

fn multi(subtype: &str, children: Vec<Structure>) -> Structure {
    Structure::multipart(subtype, children)
}

/// `html/text/inline,…/attachments,…`, and a clip where there is one.
fn told(structure: &Structure) -> String {
    let choice = choose(structure);
    let one = |s: &Option<Section>| s.as_ref().map_or("-".to_owned(), |s| s.to_string());
    let many = |s: &[Section]| s.iter().map(|s| s.to_string()).collect::<Vec<_>>().join(",");
    let clip = if has_attachments(structure) { " clip" } else { "" };
    format!(
        "{}/{}/{}/{}{clip}",
        one(&choice.html),
        one(&choice.text),
        many(&choice.inline),
        many(&choice.attachments)
    )
}

#[test]
fn single_parts() {
    assert_eq!(told(&leaf("text/plain")), "-/1//");
    assert_eq!(told(&leaf("text/html")), "1/-//");
    assert_eq!(told(&leaf("image/png")), "-/-//1 clip");
    assert_eq!(told(&leaf("message/rfc822")), "-/-//1 clip");
    assert_eq!(told(&attached("text/plain")), "-/1//");
    assert_eq!(told(&leaf("text/calendar")), "-/-//1 clip");
    assert_eq!(told(&leaf("text/x-web-markdown")), "-/1//");
}

#[test]
fn the_usual_mail() {
    let both = multi("alternative", vec![leaf("text/plain"), leaf("text/html")]);
    assert_eq!(told(&both), "2/1//");
    let pictures = multi("related", vec![both.clone(), cid("image/png"), cid("image/gif")]);
    assert_eq!(told(&pictures), "1.2/1.1/2,3/");
    let whole = multi("mixed", vec![pictures, attached("application/pdf")]);
    assert_eq!(told(&whole), "1.1.2/1.1.1/1.2,1.3/2 clip");
}

#[test]
fn apple_puts_files_within_an_alternative() {
    let rich =
        multi("mixed", vec![leaf("text/html"), attached("application/pdf"), leaf("text/html")]);
    let mail = multi("alternative", vec![leaf("text/plain"), rich]);
    assert_eq!(told(&mail), "2.1/1//2.2,2.3 clip");
}

#[test]
fn an_invitation_has_no_clip_of_its_own() {
    let mail =
        multi("alternative", vec![leaf("text/plain"), leaf("text/html"), leaf("text/calendar")]);
    assert_eq!(told(&mail), "2/1//3");
    let sent = multi("mixed", vec![mail, attached("application/ics")]);
    assert_eq!(told(&sent), "1.2/1.1//1.3,2 clip");
}

#[test]
fn signatures_and_reports_are_no_files() {
    let signed = multi("signed", vec![leaf("text/plain"), leaf("application/pgp-signature")]);
    assert_eq!(told(&signed), "-/1//2");
    let named = multi("signed", vec![leaf("text/plain"), attached("application/octet-stream")]);
    assert_eq!(told(&named), "-/1//2");
    let deep = multi(
        "signed",
        vec![
            multi("mixed", vec![leaf("text/plain"), attached("image/png")]),
            leaf("application/pkcs7-signature"),
        ],
    );
    assert_eq!(told(&deep), "-/1.1//1.2,2 clip");
    let report = multi(
        "report",
        vec![leaf("text/plain"), leaf("message/delivery-status"), leaf("message/rfc822")],
    );
    assert_eq!(told(&report), "-/1//2,3");
}

#[test]
fn footers_and_loose_pictures() {
    let list = multi("mixed", vec![leaf("text/plain"), leaf("text/plain")]);
    assert_eq!(told(&list), "-/1//2");
    let outlook = multi("mixed", vec![leaf("text/html"), cid("image/png"), leaf("image/png")]);
    assert_eq!(told(&outlook), "1/-/2/3 clip");
    let late = multi("mixed", vec![leaf("image/png"), leaf("text/plain")]);
    assert_eq!(told(&late), "-/2//1 clip");
    let no_html = multi("related", vec![leaf("text/plain"), cid("image/png")]);
    assert_eq!(told(&no_html), "-/1//2 clip");
}

#[test]
fn nothing_to_read_and_nothing_at_all() {
    assert_eq!(told(&multi("mixed", vec![])), "-/-//");
    assert_eq!(
        told(&multi(
            "encrypted",
            vec![leaf("application/pgp-encrypted"), leaf("application/octet-stream")]
        )),
        "-/-//1,2 clip"
    );
    let mut deep = leaf("text/plain");
    for _ in 0..500 {
        deep = multi("mixed", vec![deep]);
    }
    assert_eq!(told(&deep), "-/-//");
}

#[test]
fn previews_come_from_plain_text_that_says_something() {
    let mut mail = multi("alternative", vec![leaf("text/plain"), leaf("text/html")]);
    assert_eq!(
        preview_source(&mail).map(|(s, k)| (s.to_string(), k)),
        Some(("1".into(), PreviewKind::Text))
    );
    mail.children[0].size = 2;
    assert_eq!(
        preview_source(&mail).map(|(s, k)| (s.to_string(), k)),
        Some(("2".into(), PreviewKind::Html))
    );
    assert_eq!(preview_source(&leaf("image/png")), None);
}
