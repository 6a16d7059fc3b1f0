use super::*;
use proptest::prelude::*;

fn part(media: &str, encoding: &str) -> Structure {
    Structure { charset: Some("utf-8".into()), ..Structure::leaf(media, encoding, 0) }
}

fn html(text: &str) -> String {
    preview_from_part(text.as_bytes(), &part("text/html", "8bit"), false)
}

fn plain(text: &str) -> String {
    preview_from_part(text.as_bytes(), &part("text/plain", "8bit"), false)
}

#[test]
fn a_newsletter_says_what_it_says() {
    let mail = "<html><head><title>Ledger</title><style>@media{.a{color:red}}</style></head><body>\
        <div style='display:none'>Good morning. Oslo to Busan.&zwnj;&nbsp;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#8199;&shy;</div>\
        <table><tr><td><a href=x>View in browser</a></td></tr><tr><td>The waterfront</td><td>is changing</td></tr></table>";
    assert_eq!(html(mail), "Good morning. Oslo to Busan. The waterfront is changing");
}

#[test]
fn css_first_says_nothing_yet() {
    let cut = "<html><head><style>\n.ExternalClass{width:100%} .a{color:";
    assert_eq!(preview_from_part(cut.as_bytes(), &part("text/html", "7bit"), true), "");
    assert_eq!(html("<p>Hi</p><td style=\"color:"), "Hi");
    assert_eq!(
        preview_from_part(b"<p>Tom &amp; Jerry &nb", &part("text/html", "7bit"), true),
        "Tom & Jerry"
    );
}

#[test]
fn quoted_tails_are_left_out() {
    assert_eq!(
        plain(
            "Same place, I'll be there.\n\nOn 24 Nov 2026, Nora <n@k.example> wrote:\n> Lunch?\n> Yes"
        ),
        "Same place, I'll be there."
    );
    assert_eq!(
        html(
            "<div>Yes.</div><div class=gmail_quote><div class=gmail_attr>On Mon … wrote:</div><blockquote>Lunch?</blockquote></div>"
        ),
        "Yes."
    );
    assert_eq!(plain("> Lunch?\n> Yes"), "Lunch? Yes");
    assert_eq!(html("<blockquote type=cite>Only this</blockquote>"), "Only this");
}

#[test]
fn scripts_of_all_kinds() {
    assert_eq!(
        plain("お世話になっております。\n添付の図面をご確認いただけますでしょうか。"),
        "お世話になっております。 添付の図面をご確認いただけますでしょうか。"
    );
    assert_eq!(plain("يسعدنا دعوتكم إلى ورشة العمل"), "يسعدنا دعوتكم إلى ورشة العمل");
    assert_eq!(plain("می\u{200c}خواهم"), "می\u{200c}خواهم");
    assert_eq!(plain("👩\u{200d}👩\u{200d}👧 hi\u{200b}\u{feff}"), "👩\u{200d}👩\u{200d}👧 hi");
}

#[test]
fn rules_and_addresses_are_no_words() {
    assert_eq!(
        plain("==========\nhttps://x.example/view?u=1\n\nHello\n-----\nthere"),
        "Hello there"
    );
    assert_eq!(
        plain("View this email in your browser: https://x.example/\n\nDear Nora"),
        "Dear Nora"
    );
    assert_eq!(
        tidy_preview(
            "Im Browser ansehen | Liebe Nora, der Winterfahrplan ist da und mit ihm viele neue Verbindungen zwischen Hamburg und Kopenhagen, jetzt buchen"
        ),
        "Liebe Nora, der Winterfahrplan ist da und mit ihm viele neue Verbindungen zwischen Hamburg und Kopenhagen, jetzt buchen"
    );
}

#[test]
fn length_ends_at_a_word() {
    let long = plain(&"word ".repeat(100));
    assert!(long.chars().count() <= LONGEST && long.ends_with("word"));
    assert_eq!(plain(&"字".repeat(500)).chars().count(), LONGEST);
}

#[test]
fn a_piece_cut_anywhere_says_a_part_of_the_whole() {
    let text = "Grüße aus Köln — 展覧会 und mehr, bis bald";
    let base64 = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let quoted: String = text.bytes().map(|b| format!("={b:02X}")).collect();
    for (encoding, encoded) in
        [("base64", &base64), ("quoted-printable", &quoted), ("8bit", &text.to_owned())]
    {
        for cut in 0..=encoded.len() {
            let piece = &encoded.as_bytes()[..cut];
            let preview = preview_from_part(piece, &part("text/plain", encoding), true);
            assert!(text.starts_with(&preview), "{encoding} {cut}: {preview}");
        }
    }
}

proptest! {
    #[test]
    fn any_octets_preview(bytes in prop::collection::vec(any::<u8>(), 0..400), html in any::<bool>(), encoding in prop::sample::select(vec!["base64", "quoted-printable", "8bit"]), truncated in any::<bool>()) {
        let part = part(if html { "text/html" } else { "text/plain" }, encoding);
        let preview = preview_from_part(&bytes, &part, truncated);
        prop_assert!(preview.chars().count() <= LONGEST);
        prop_assert!(!preview.contains(['\n', '\r', '\0']));
    }
}
