use super::*;
use proptest::prelude::*;

fn safe(html: &str) -> SafeHtml {
    let cid = |id: &str| (id == "p@x").then(|| "cid:p@x".to_owned());
    safe_html(html, &HtmlContext { cid: &cid })
}

fn body(html: &str) -> String {
    let html = safe(html).html;
    let inner = html.split_once("<mail-body").and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(_, rest)| rest.trim_end_matches("</mail-body>").to_owned()).unwrap_or(html)
}

#[test]
fn what_people_write_stays() {
    for same in [
        "<p>Hi <b>there</b>,<br>you</p>",
        "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>",
        "<table width=\"600\" cellpadding=\"0\"><tbody><tr><td align=\"center\" bgcolor=\"#fff\">x</td></tr></tbody></table>",
        "<h1 style=\"color:red;\">T</h1>",
        "<pre>  code\n  more</pre>",
        "<blockquote><p>q</p></blockquote>",
        "<font color=\"red\" size=\"+1\">f</font>",
        "a &amp; b &lt; c&nbsp;d",
        "<details open=\"\"><summary>s</summary>t</details>",
    ] {
        assert_eq!(body(same), same);
    }
}

#[test]
fn links_are_written_anew() {
    assert_eq!(
        body("<a href=' HTTPS://X.example/a?b&c ' title='your bank' onclick=x target=_top>t</a>"),
        "<a href=\"https://x.example/a?b&amp;c\" target=\"_blank\" rel=\"noopener noreferrer\" title=\"x.example/a?b&amp;c\">t</a>"
    );
    for dead in [
        "javascript:x",
        "#top",
        "data:text/html,x",
        "page",
        "file:///x",
        "//x.example",
        "cid:p@x",
        "https://a@b.example/",
    ] {
        assert_eq!(body(&format!("<a href=\"{dead}\">t</a>")), "<a>t</a>", "{dead}");
    }
}

#[test]
fn pictures_that_come_with_it_are_shown() {
    assert_eq!(
        body("<img src=cid:p@x width=10 alt=A>"),
        "<img src=\"cid:p@x\" width=\"10\" alt=\"A\">"
    );
    let remote = safe(
        "<img src='https://x.example/a.png' width=600 height=84 srcset='https://x.example/b 2x'>",
    );
    assert!(remote.html.contains("<img width=\"600\" height=\"84\">"), "{}", remote.html);
    let blocked: Vec<_> = remote.blocked.iter().map(|b| format!("{} {}", b.kind, b.url)).collect();
    assert_eq!(blocked, ["image https://x.example/a.png", "image https://x.example/b"]);
}

#[test]
fn what_would_load_is_told() {
    let safe = self::safe(
        "<link rel=stylesheet href=https://x.example/1><link rel=dns-prefetch href=//x.example><script src=https://x.example/2></script>\
         <iframe src=https://x.example/3></iframe><video poster=https://x.example/4><source src=https://x.example/5></video>\
         <svg><image href=https://x.example/6 /></svg><table background=https://x.example/7><tr><td>x</table>\
         <input type=image src=https://x.example/8><object data=https://x.example/9>fallback</object>",
    );
    let mut blocked: Vec<_> =
        safe.blocked.iter().map(|b| format!("{} {}", b.kind, b.url)).collect();
    blocked.sort();
    assert_eq!(
        blocked,
        [
            "frame https://x.example/3",
            "hint //x.example",
            "image https://x.example/6",
            "image https://x.example/7",
            "image https://x.example/8",
            "media https://x.example/4",
            "media https://x.example/5",
            "object https://x.example/9",
            "script https://x.example/2",
            "style https://x.example/1",
        ]
    );
    assert!(safe.html.contains("fallback") && !safe.html.contains("x.example"), "{}", safe.html);
}

#[test]
fn styles_are_collected_and_the_body_kept() {
    let safe = self::safe(
        "<html><head><style>body{margin:0} .a{color:#333}</style><title>T</title></head>\
         <body bgcolor=eeeeee text=#111 class=w style='padding:4px'><p class=a>x<style>p{top:0}</style></p></body></html>",
    );
    assert_eq!(
        safe.html,
        "<style>\nmail-body{margin:0;}\n.a{color:#333;}\np{top:0;}\n</style>\
         <mail-body class=\"w\" style=\"color:#111;background-color:#eeeeee;padding:4px;\"><p class=\"a\">x</p></mail-body>"
    );
    assert!(safe.coloured);
    assert!(!self::safe("<p style='margin:0'>x</p>").coloured);
}

#[test]
fn what_no_parser_would_leave_alone_is_flat() {
    assert_eq!(
        body("<a href=https://x.example/>a<object><a href=https://y.example/>b</a></object></a>")
            .matches("<a")
            .count(),
        1
    );
    assert_eq!(body("<p>a<object><p>b</p></object>c</p>"), "<p>abc</p>");
    assert_eq!(body("<p>a<button><div>b</div></button></p>"), "<p>ab</p>");
    assert_eq!(body("<pre>\n\n\nx</pre>"), "<pre>x</pre>");
    assert_eq!(
        body("<form><table><tr><td><form>x</form></td></tr></table></form>"),
        "<table><tbody><tr><td>x</td></tr></tbody></table>"
    );
    assert_eq!(body("<noscript><p>n</p></noscript>"), "<p>n</p>");
    assert_eq!(body("<o:p>&nbsp;</o:p><xmp><b></xmp>"), "&nbsp;<pre>&lt;b&gt;</pre>");
    assert_eq!(body("<svg><style><img src=x onerror=y></style></svg>z"), "<img>z");
    // A known way to have two parsers disagree: all of it goes.
    assert_eq!(
        body(
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1&gt;\">"
        ),
        ""
    );
}

#[test]
fn the_tangled_falls_back_to_its_words() {
    let bomb = format!(
        "<p>before &amp; here</p><style>x</style>{}deep https://x.example/",
        "<div>".repeat(100_000)
    );
    let safe = self::safe(&bomb);
    assert!(safe.tangled);
    assert!(
        safe.html.contains("before &amp; here") && safe.html.contains("deep <a href"),
        "{}",
        safe.html
    );
    assert!(safe.html.len() < 5_000);
    assert!(self::safe(&"<b>".repeat(3_000_000)).html.len() < 5_000);
}

#[test]
fn deep_but_honest_mail_keeps_its_text() {
    let deep = format!("{}core{}", "<blockquote>".repeat(400), "</blockquote>".repeat(400));
    let safe = self::safe(&deep);
    assert!(!safe.tangled && safe.html.contains("core"));
    assert!(safe.html.matches("<blockquote>").count() <= standing::DEEPEST);
}

#[test]
fn long_text_is_written_in_pieces() {
    let words = "a & b é\n".repeat(5_000);
    let once = self::safe(&format!("<pre>{}</pre>", words.replace('&', "&amp;")));
    assert_eq!(super::super::html_to_text(&once.html).trim_end(), words.trim_end());
    assert_eq!(self::safe(&once.html).html, once.html);
    assert!(once.html.matches("<span>").count() > 3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn twice_is_once(html in "(<(/?)(a|b|i|p|div|table|tr|td|tbody|caption|li|ul|dl|dd|dt|pre|h1|h2|font|span|object|button|form|select|option|marquee|svg|math|style|noscript|template|body|html|ruby|rt|nobr|img|br|hr|mail-body|title|plaintext|xmp|textarea|center|colgroup|col|applet|frameset)( (href=https://x\\.example/|src=cid:p@x|src=https://x\\.example/|style='color:red;background:url\\(cid:p@x\\)'|class=a|width=9|title='<b>'))?/?>|text|\\n| |<!--|-->|&amp;|&lt;|&#13;|&#0;|\\PC|]]>|<!\\[CDATA\\[){0,40}") {
        let once = safe(&html);
        let twice = safe(&once.html);
        prop_assert_eq!(&twice.html, &once.html);
        prop_assert!(twice.blocked.is_empty());
        prop_assert!(!once.tangled);
        // The second parser finds nothing to do: what was checked is what is shown.
        let cid = |id: &str| (id == "p@x").then(|| "cid:p@x".to_owned());
        if let Ok(parsed) = parse(&html) {
            let context = HtmlContext { cid: &cid };
            let draft = draft(&parsed, &context);
            prop_assert_eq!(second::clean(&draft.body, &draft.filter.own), draft.body);
        }
    }
}
