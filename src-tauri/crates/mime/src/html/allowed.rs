//! The lists: what may be in a mail that is shown. Everything else is dropped, with or without its content.

/// Elements that are written out.
pub const ELEMENTS: [&str; 81] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
    "mail-body",
    "hgroup",
    "search",
];

/// Elements that go with everything in them. (Others that aren't listed above leave their content.)
pub fn is_dropped_whole(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "title"
            | "template"
            | "iframe"
            | "noembed"
            | "noframes"
            | "plaintext"
            | "select"
            | "datalist"
            | "option"
            | "optgroup"
            | "svg"
            | "math"
            | "head"
            | "frameset"
            | "progress"
            | "meter"
            | "audio"
            | "video"
            | "canvas"
            | "map"
            | "textarea"
    )
}

pub fn is_void(name: &str) -> bool {
    matches!(name, "br" | "hr" | "img" | "col" | "wbr")
}

/// Start tags that end an open paragraph (HTML 13.2.6.4.7).
pub fn closes_paragraph(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "center"
            | "details"
            | "dir"
            | "div"
            | "dl"
            | "figcaption"
            | "figure"
            | "footer"
            | "header"
            | "hgroup"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "search"
            | "section"
            | "summary"
            | "ul"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "pre"
            | "hr"
            | "table"
            | "li"
            | "dd"
            | "dt"
    )
}

pub fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

/// Attributes that any element may have, besides those that are looked at one by one.
pub fn keeps_plainly(element: &str, attribute: &str) -> Option<Form> {
    Some(match (element, attribute) {
        (_, "class" | "id" | "title" | "aria-label") => Form::Words,
        (_, "dir" | "align" | "valign" | "aria-hidden") => Form::Ident,
        (_, "lang") => Form::Ident,
        (_, "role") => Form::Role,
        (_, "bgcolor" | "color" | "bordercolor") => Form::Colour,
        (
            "img" | "table" | "td" | "th" | "tr" | "col" | "colgroup" | "hr" | "div" | "pre",
            "width" | "height",
        ) => Form::Length,
        ("table" | "img", "border") => Form::Length,
        ("table", "cellpadding" | "cellspacing") => Form::Length,
        ("table", "frame" | "rules") => Form::Ident,
        ("table", "summary") => Form::Words,
        ("img", "hspace" | "vspace") => Form::Length,
        ("img", "alt") => Form::Words,
        ("td" | "th", "colspan" | "rowspan") | ("col" | "colgroup", "span") => Form::Count,
        ("td" | "th", "nowrap")
        | ("hr", "noshade")
        | ("ol", "reversed")
        | ("details", "open")
        | ("ul" | "ol" | "dl" | "dir" | "menu", "compact") => Form::Flag,
        ("th", "scope") | ("br", "clear") => Form::Ident,
        ("td" | "th", "headers" | "abbr") => Form::Words,
        ("font", "face") => Form::Words,
        ("font" | "hr", "size") => Form::Length,
        ("ol" | "ul" | "li", "type") => Form::Ident,
        ("ol", "start") | ("li", "value") => Form::Length,
        ("time" | "ins" | "del", "datetime") => Form::Words,
        _ => return None,
    })
}

/// What a value must look like; one that doesn't is dropped with its attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Words,
    Ident,
    Colour,
    Length,
    Count,
    Flag,
    Role,
}

const LONGEST: usize = 1_000;
/// Cells that span more are a bomb for the layout.
const WIDEST: u32 = 1_000;

impl Form {
    /// The value as it is written out.
    pub fn read(self, value: &str) -> Option<String> {
        let trimmed = value.trim();
        let all = |allowed: fn(char) -> bool| {
            (!trimmed.is_empty() && trimmed.len() <= 60 && trimmed.chars().all(allowed))
                .then(|| trimmed.to_owned())
        };
        match self {
            Self::Words => {
                let clean: String = value
                    .chars()
                    .take(LONGEST)
                    .map(|c| if c.is_control() { ' ' } else { c })
                    .collect();
                Some(clean)
            }
            Self::Ident => all(|c| c.is_ascii_alphanumeric() || c == '-'),
            Self::Colour => all(|c| c.is_ascii_alphanumeric() || "#(),.% -".contains(c)),
            Self::Length => {
                let number = trimmed.trim_end_matches("px").trim_end_matches('%').trim();
                let digits = number.trim_start_matches(['+', '-']);
                let sound = !digits.is_empty()
                    && digits.len() <= 5
                    && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
                sound.then(|| trimmed.to_owned())
            }
            Self::Count => {
                trimmed.parse::<u32>().ok().filter(|n| *n <= WIDEST).map(|n| n.to_string())
            }
            Self::Flag => Some(String::new()),
            Self::Role => {
                matches!(trimmed, "presentation" | "none" | "img" | "heading" | "list" | "listitem")
                    .then(|| trimmed.to_owned())
            }
        }
    }
}
