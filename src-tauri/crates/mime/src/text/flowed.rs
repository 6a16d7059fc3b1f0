//! format=flowed (RFC 3676): paragraphs were broken for the road; here they are whole again.

/// Lines of one paragraph are joined; quoting stays as `>` signs and one space.
pub fn flow(text: &str, delsp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        let depth = line.bytes().take_while(|b| *b == b'>').count();
        let content = line.get(depth..).unwrap_or("");
        // 4.4: stuffing is undone before anything else is looked at.
        let content = content.strip_prefix(' ').unwrap_or(content);
        let signature = content == "-- ";
        if open != Some(depth) || signature {
            if open.is_some() {
                // 4.5: a depth that changes within a paragraph ends it, whatever the space says.
                out.push('\n');
            }
            start(&mut out, depth, content);
        }
        if content.ends_with(' ') && !signature {
            let kept = if delsp { content.strip_suffix(' ').unwrap_or(content) } else { content };
            out.push_str(kept);
            open = Some(depth);
        } else {
            out.push_str(content);
            out.push('\n');
            open = None;
        }
    }
    if open.is_some() {
        out.push('\n');
    }
    out
}

fn start(out: &mut String, depth: usize, content: &str) {
    out.extend(std::iter::repeat_n('>', depth));
    if depth > 0 && !content.is_empty() {
        out.push(' ');
    } else if depth == 0 && content.starts_with('>') {
        // It was stuffed: text that begins with the sign, not a quote.
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_whole_again() {
        let sent = "Dear Ravi, \nthe samples \nare here.\n\nNora\n";
        assert_eq!(flow(sent, false), "Dear Ravi, the samples are here.\n\nNora\n");
    }

    #[test]
    fn quotes_flow_each_at_its_depth() {
        let sent = "> one \n> two\n>> inner \n>> more\nmine \n> theirs\n";
        assert_eq!(flow(sent, false), "> one two\n>> inner more\nmine \n> theirs\n");
    }

    #[test]
    fn delsp_takes_the_space_away() {
        assert_eq!(flow("こんに \nちは\n", true), "こんにちは\n");
    }

    #[test]
    fn a_signature_is_never_joined() {
        assert_eq!(flow("bye \n-- \nNora\n", false), "bye \n-- \nNora\n");
    }

    #[test]
    fn stuffing_is_undone() {
        assert_eq!(
            flow(" >not a quote\n  indented\n From me\n", false),
            " >not a quote\n indented\nFrom me\n"
        );
    }
}
