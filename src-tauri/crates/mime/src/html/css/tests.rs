use super::*;
use proptest::prelude::*;

fn with<T>(read: impl FnOnce(&mut Filter<'_>) -> T) -> (T, Vec<String>) {
    let cid = |id: &str| (id == "pic@x").then(|| "cid:pic@x".to_owned());
    let context = HtmlContext { cid: &cid };
    let mut filter = Filter::new(&context);
    let out = read(&mut filter);
    let blocked = filter.blocked.into_list().into_iter().map(|b| format!("{} {}", b.kind, b.url));
    (out, blocked.collect())
}

fn sheet(css: &str) -> String {
    with(|f| f.sheet(css)).0
}

fn style(css: &str) -> String {
    with(|f| f.attribute(css)).0
}

#[test]
fn a_newsletters_style_stays() {
    assert_eq!(
        sheet("/* x */ .btn > a:hover, td.c{ Color:#FFF !important; padding : 4px 8px;mso-x:y }"),
        ".btn>a:hover,td.c{color:#FFF !important;padding:4px 8px;}\n"
    );
    assert_eq!(
        sheet("@media only screen and (max-width:600px){.w{width:100%!important}} p{margin:0}"),
        "@media only screen and (max-width:600px){\n.w{width:100% !important;}\n}\np{margin:0;}\n"
    );
    assert_eq!(
        style(
            "font: 14px/1.5 \"Helvetica Neue\", Arial; width: calc(100% - 2px); background: linear-gradient(90deg, #fff 0%, rgba(0,0,0,.5))"
        ),
        "font:14px/1.5 \"Helvetica Neue\", Arial;width:calc(100% - 2px);background:linear-gradient(90deg, #fff 0%, rgba(0,0,0,.5));"
    );
}

#[test]
fn body_means_the_mail() {
    assert_eq!(sheet("body{margin:0}"), "mail-body{margin:0;}\n");
    assert_eq!(sheet("html>body p, :root{margin:0}"), "mail-body p,mail-body{margin:0;}\n");
    assert_eq!(sheet("HTML .x{margin:0}"), "mail-body .x{margin:0;}\n");
    assert_eq!(
        sheet("body.dark #id[data-x='a']::before{content:'·'}"),
        "mail-body.dark #id[data-x=\"a\"]::before{content:\"·\";}\n"
    );
}

#[test]
fn nothing_loads() {
    for css in [
        "background:url(https://x.example/a)",
        "background:u\\72l(https://x.example/a)",
        "background:URL( 'https://x.example/a' )",
        "background-image:image-set('https://x.example/a' 1x)",
        "background:-webkit-image-set(url(https://x.example/a) 1x)",
        "content:url(https://x.example/a)",
        "cursor:url(https://x.example/a),auto",
        "--x:url(https://x.example/a)",
        "background:var(--x, url(https://x.example/a))",
        "filter:url(https://x.example/a#f)",
        "border-image:url(https://x.example/a) 30",
        "mask:url(https://x.example/a)",
        "behavior:url(https://x.example/a)",
        "-moz-binding:url(https://x.example/a)",
        "shape-outside:url(https://x.example/a)",
        "src:url(https://x.example/a)",
        "background:src(\"https://x.example/a\")",
        "background:/**/url(//x.example/a)",
    ] {
        for (out, blocked) in [
            with(|f| f.attribute(css)),
            with(|f| f.sheet(&format!("p{{{css}}}"))),
            with(|f| f.sheet(&format!("input::placeholder{{{css}}}"))),
            with(|f| f.sheet(&format!("@media print{{p{{{css}}}}}"))),
        ] {
            assert!(!out.contains("x.example") && !out.contains("url"), "{css}: {out}");
            assert_eq!(blocked.len(), 1, "{css}: {blocked:?}");
        }
    }
    let (out, blocked) = with(|f| {
        f.sheet("@import 'https://x.example/1';@import url(//x.example/2);@font-face{font-family:a;src:url(https://x.example/3)}@namespace url(https://x.example/4);@charset \"x\";")
    });
    assert_eq!(out, "");
    assert_eq!(
        blocked[..3],
        ["style https://x.example/1", "style //x.example/2", "font https://x.example/3"]
    );
    assert_eq!(
        style("background:#fff url(https://x.example/a) no-repeat"),
        "background:#fff none no-repeat;"
    );
}

#[test]
fn own_pictures_stay() {
    let (out, _) = with(|f| {
        let out = f.attribute("background:url(cid:pic@x) red; content:url(cid:pic@x)");
        assert_eq!(f.own.len(), 1);
        out
    });
    assert_eq!(out, "background:url(\"cid:pic@x\") red;");
}

#[test]
fn nothing_covers_or_imitates() {
    for css in [
        "position:fixed",
        "position:sticky",
        "position:-webkit-sticky",
        "POSITION:Fixed!important",
        "width:expression(alert(1))",
        "top:99999px",
        "cursor:none",
        "unicode-bidi:bidi-override",
        "animation:x 1s",
        "all:unset",
        "appearance:button",
        "width:10000000000px",
    ] {
        assert_eq!(style(css), "", "{css}");
    }
    for css in [
        "input::placeholder{color:red}",
        "::file-selector-button{color:red}",
        "a:has(b){color:red}",
        "@keyframes x{from{top:0}}",
        "@supports (a:b){p{color:red}}",
        "a|b{color:red}",
        "> p{color:red}",
        "p >{color:red}",
        "@media (prefers-color-scheme:dark){p{color:red}}",
    ] {
        assert_eq!(sheet(css), "", "{css}");
    }
}

#[test]
fn no_way_out_of_the_style_element() {
    for css in [
        "p{content:'</style><script>'}",
        "p::after{content:\"\\3c/style>\"}",
        ".\\<\\/style{color:red}",
        "p{font-family:\\</style>}",
        "[a='</style>']{color:red}",
        "@media (a<b){p{color:red}}",
        "p{color:red}</style><img src=x>",
        "<!-- p{color:red} -->",
    ] {
        let out = sheet(css);
        assert!(!out.contains('<'), "{css}: {out}");
    }
    assert_eq!(sheet("<!-- p{color:red} -->"), "p{color:red;}\n");
}

#[test]
fn bombs_are_bounded() {
    for css in [
        "(".repeat(500_000),
        "a{".repeat(300_000),
        "@media x{".repeat(100_000),
        "a,".repeat(300_000),
        ":not(".repeat(200_000),
        format!("a{{b:{}}}", "calc(".repeat(100_000)),
        "url(".repeat(200_000),
        "\\".repeat(500_000),
    ] {
        assert!(sheet(&css).len() < 100);
        assert!(style(&css).len() < 100);
    }
}

/// By tokens: an address may stand in a string that is only shown.
fn loads_nothing(css: &str) -> bool {
    fn walk(input: &mut Parser<'_, '_>, inside_url: bool) -> bool {
        while let Ok(token) = input.next_including_whitespace_and_comments() {
            let sound = match token.clone() {
                cssparser::Token::UnquotedUrl(_) | cssparser::Token::BadUrl(_) => false,
                cssparser::Token::QuotedString(url) => !inside_url || &*url == "cid:pic@x",
                cssparser::Token::Function(name) => {
                    let url = name.eq_ignore_ascii_case("url");
                    let known = !matches!(&*name, "image-set" | "src" | "image" | "var");
                    known && nested(input, url)
                }
                cssparser::Token::ParenthesisBlock
                | cssparser::Token::SquareBracketBlock
                | cssparser::Token::CurlyBracketBlock => nested(input, false),
                _ => true,
            };
            if !sound {
                return false;
            }
        }
        true
    }
    fn nested(input: &mut Parser<'_, '_>, inside_url: bool) -> bool {
        input
            .parse_nested_block(|inner| {
                Ok::<_, cssparser::ParseError<'_, ()>>(walk(inner, inside_url))
            })
            .unwrap_or(false)
    }
    let mut input = ParserInput::new(css);
    walk(&mut Parser::new(&mut input), false)
}

proptest! {
    #[test]
    fn twice_is_once(css in "(p|\\.a|#b|\\{|\\}|;|:|color|red|background|url\\(|\\)|'|\"|\\\\|cid:pic@x|https://x\\.example/|@media|@import|calc\\(|1px|-?[0-9.]{1,4}(e3|%|em)?|!important|,|>|\\+|/\\*|\\*/|<|body|html|:root|\\[|\\]|=| |\\n|\\PC){0,40}") {
        let once = sheet(&css);
        prop_assert_eq!(sheet(&once), once.clone());
        prop_assert!(!once.contains('<') && loads_nothing(&once), "{}", once);
        let once = style(&css);
        prop_assert_eq!(style(&once), once.clone());
        prop_assert!(!once.contains('<') && loads_nothing(&once), "{}", once);
    }
}
