use std::collections::BTreeSet;

/// What a server says it can do, as far as it has said so in the present state (RFC 9051 7.2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    names: BTreeSet<String>,
    known: bool,
}

/// RFC 9051 appendix E: what a server of IMAP4rev2 need not name.
const REV2: [&str; 15] = [
    "BINARY",
    "ENABLE",
    "ESEARCH",
    "IDLE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LITERAL-",
    "MOVE",
    "NAMESPACE",
    "SASL-IR",
    "SEARCHRES",
    "SPECIAL-USE",
    "STATUS=SIZE",
    "UIDPLUS",
    "UNSELECT",
];

impl Capabilities {
    const MOST: usize = 500;

    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let names = names
            .into_iter()
            .take(Self::MOST)
            .filter(|name| !name.is_empty())
            .map(str::to_ascii_uppercase)
            .collect();
        Self { names, known: true }
    }

    /// Whether the server has said them in this state of the session; they change with signing in.
    pub fn known(&self) -> bool {
        self.known
    }

    pub fn has(&self, name: &str) -> bool {
        let name = name.to_ascii_uppercase();
        let rev2_alone = || self.names.contains("IMAP4REV2") && !self.names.contains("IMAP4REV1");
        self.names.contains(&name) || (REV2.contains(&name.as_str()) && rev2_alone())
    }

    /// In upper case, sorted, as the server named them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_without_case_and_rev2_implies() {
        let caps = Capabilities::new(["IMAP4rev2", "auth=plain"]);
        assert!(caps.has("AUTH=PLAIN") && caps.has("esearch") && !caps.has("CONDSTORE"));
        // Both named: what is not named beside them is not there.
        assert!(!Capabilities::new(["IMAP4rev1", "IMAP4rev2"]).has("ESEARCH"));
        assert!(!Capabilities::default().known());
    }
}
