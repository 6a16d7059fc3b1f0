//! Parts into bytes: the other direction of what the app reads, written apart from it so that the sample
//! can't share its mistakes.

use super::attach::Maker;
use super::encode::{base64_lines, charset_bytes, crlf, flowed, fold, parameter, quoted_printable};
use super::noise::Noise;

#[derive(Clone, Debug)]
pub enum Part {
    Text(Text),
    File(File),
    /// A whole message, as message/rfc822.
    Message {
        name: Option<String>,
        bytes: Vec<u8>,
    },
    Multi {
        kind: &'static str,
        parts: Vec<Part>,
    },
}

#[derive(Clone, Debug)]
pub struct Text {
    /// `plain`, `html`, `calendar`.
    pub subtype: String,
    pub charset: String,
    pub transfer: Transfer,
    pub flowed: bool,
    /// A further parameter, as `method=REQUEST`.
    pub parameter: Option<String>,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    /// Set for what the HTML shows itself.
    pub cid: Option<String>,
    pub maker: Maker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    SevenBit,
    EightBit,
    QuotedPrintable,
    Base64,
}

impl Transfer {
    pub fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }

    pub fn apply(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::SevenBit | Self::EightBit => bytes.to_vec(),
            Self::QuotedPrintable => quoted_printable(bytes),
            Self::Base64 => base64_lines(bytes),
        }
    }
}

impl Text {
    pub fn plain(text: &str) -> Self {
        Self {
            subtype: "plain".into(),
            charset: "utf-8".into(),
            transfer: Transfer::QuotedPrintable,
            flowed: false,
            parameter: None,
            text: text.into(),
        }
    }

    pub fn html(text: &str) -> Self {
        Self { subtype: "html".into(), ..Self::plain(text) }
    }
}

impl Part {
    /// Content headers, an empty line and the body. `seed` makes the boundaries.
    pub fn write(&self, out: &mut Vec<u8>, seed: &mut Noise) {
        match self {
            Self::Text(text) => write_text(text, out),
            Self::File(file) => write_file(file, out),
            Self::Message { name, bytes } => {
                out.extend_from_slice(b"Content-Type: message/rfc822\r\n");
                let name = name.as_deref().map(|n| parameter("filename", n)).unwrap_or_default();
                line(out, "Content-Disposition", &format!("attachment{name}"));
                // RFC 2046 5.2.1 allows no encoding here but these.
                let transfer = if bytes.is_ascii() { "7bit" } else { "8bit" };
                line(out, "Content-Transfer-Encoding", transfer);
                out.extend_from_slice(b"\r\n");
                out.extend_from_slice(bytes);
            }
            Self::Multi { kind, parts } => {
                let boundary = format!("=_{}{}", seed.hex(), seed.hex());
                let root = match (*kind, parts.first()) {
                    ("related", Some(Self::Text(_))) => "; type=\"text/html\"",
                    _ => "",
                };
                let value = format!("multipart/{kind}; boundary=\"{boundary}\"{root}");
                line(out, "Content-Type", &value);
                for part in parts {
                    out.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
                    part.write(out, seed);
                }
                out.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
            }
        }
    }
}

fn write_text(text: &Text, out: &mut Vec<u8>) {
    let format = if text.flowed { "; format=flowed" } else { "" };
    let extra = text.parameter.as_ref().map(|p| format!("; {p}")).unwrap_or_default();
    let value = format!("text/{}; charset={}{format}{extra}", text.subtype, text.charset);
    line(out, "Content-Type", &value);
    line(out, "Content-Transfer-Encoding", text.transfer.name());
    out.extend_from_slice(b"\r\n");
    let body = if text.flowed { flowed(&text.text) } else { crlf(&text.text) };
    out.extend_from_slice(&text.transfer.apply(&charset_bytes(&body, &text.charset)));
}

fn write_file(file: &File, out: &mut Vec<u8>) {
    let bytes = file.maker.bytes();
    let named = parameter("name", &file.name);
    line(out, "Content-Type", &format!("{}{named}", file.maker.content_type()));
    let filename = parameter("filename", &file.name);
    let disposition = if file.cid.is_some() { "inline" } else { "attachment" };
    let size = bytes.len();
    line(out, "Content-Disposition", &format!("{disposition}{filename}; size={size}"));
    if let Some(cid) = &file.cid {
        line(out, "Content-ID", &format!("<{cid}>"));
    }
    line(out, "Content-Transfer-Encoding", "base64");
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&base64_lines(&bytes));
}

pub fn line(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(fold(name, value).as_bytes());
}
