//! What a FETCH says of one message.

use super::Faults;
use super::message::Message;
use super::words::quoted;

/// One item of the answer, as octets.
pub fn item(message: &Message, item: &str, faults: &Faults) -> Option<Vec<u8>> {
    let date = jiff::Timestamp::from_second(message.arrived).unwrap();
    let text = match item {
        "UID" => format!("UID {}", message.uid),
        "FLAGS" if faults.no_flags => return None,
        "FLAGS" => format!("FLAGS ({})", message.flags.join(" ")),
        "MODSEQ" => format!("MODSEQ ({})", message.modseq),
        "EMAILID" => {
            let id = message.message_id.trim_matches(['<', '>']).split('@').next()?;
            format!("EMAILID ({id})")
        }
        "INTERNALDATE" => {
            format!("INTERNALDATE \"{}\"", date.strftime("%d-%b-%Y %H:%M:%S +0000"))
        }
        "RFC822.SIZE" => format!("RFC822.SIZE {}", message.size()),
        "ENVELOPE" => format!("ENVELOPE {}", message.envelope()),
        "BODYSTRUCTURE" => format!("BODYSTRUCTURE {}", message.structure()),
        "PREVIEW" => format!("PREVIEW {}", quoted(message.text.trim_end())),
        other => return body(message, other, faults),
    };
    Some(text.into_bytes())
}

fn body(message: &Message, item: &str, faults: &Faults) -> Option<Vec<u8>> {
    let (section, range) = item.strip_prefix("BODY.PEEK[")?.split_once(']')?;
    let (mut octets, mut origin) = match section.strip_prefix("HEADER.FIELDS ") {
        Some(names) => (fields(message, names), String::new()),
        None => (message.section(section)?, String::new()),
    };
    let range = range.strip_prefix('<').and_then(|r| r.strip_suffix('>')?.split_once('.'));
    if let Some((from, count)) = range {
        let (from, mut count): (usize, usize) = (from.parse().ok()?, count.parse().ok()?);
        count = count.min(faults.most_octets.unwrap_or(count));
        origin = format!("<{from}>");
        octets = octets.into_iter().skip(from).take(count).collect();
    }
    let mut answer = format!("BODY[{section}]{origin} {{{}}}\r\n", octets.len()).into_bytes();
    answer.extend(octets);
    Some(answer)
}

fn fields(message: &Message, names: &str) -> Vec<u8> {
    let wanted: Vec<String> =
        names.trim_matches(['(', ')']).split(' ').map(str::to_ascii_lowercase).collect();
    let mut block = String::new();
    for (name, value) in message.header() {
        if wanted.contains(&name.to_ascii_lowercase()) {
            block += &format!("{name}: {value}\r\n");
        }
    }
    (block + "\r\n").into_bytes()
}
