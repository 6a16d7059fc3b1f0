//! One message of the model: what it is built of, and each part's octets.

use super::words::quoted;

#[derive(Clone)]
pub struct Message {
    pub uid: u32,
    pub modseq: u64,
    pub flags: Vec<String>,
    /// INTERNALDATE, seconds since 1970.
    pub arrived: i64,
    pub from: String,
    pub subject: String,
    pub message_id: String,
    pub text: String,
    /// A file beside the text, as it is encoded.
    pub file: Option<Vec<u8>>,
    /// The server answers ENVELOPE with NIL.
    pub no_envelope: bool,
}

impl Message {
    /// The `n`th letter: no two are alike, and later ones arrive later.
    pub fn text(n: u32) -> Self {
        Self {
            uid: 0,
            modseq: 0,
            flags: Vec::new(),
            arrived: 1_700_000_000 + i64::from(n) * 3_600,
            from: format!("writer{n}"),
            subject: format!("Letter {n}"),
            message_id: format!("<letter-{n}@kontor.example>"),
            text: format!("This is what letter {n} says.\r\n"),
            file: None,
            no_envelope: false,
        }
    }

    pub fn with_file(n: u32, encoded: Vec<u8>) -> Self {
        Self { file: Some(encoded), ..Self::text(n) }
    }

    pub fn header(&self) -> Vec<(String, String)> {
        let date = jiff::Timestamp::from_second(self.arrived).unwrap();
        let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
        let kind = match self.file {
            Some(_) => "multipart/mixed; boundary=seam",
            None => "text/plain; charset=utf-8",
        };
        [
            ("From", format!("Writer <{}@kontor.example>", self.from)),
            ("To", "anna@kontor.example".to_owned()),
            ("Subject", self.subject.clone()),
            ("Date", date),
            ("Message-ID", self.message_id.clone()),
            ("References", "<first@kontor.example>".to_owned()),
            ("Content-Type", kind.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    fn whole(&self) -> Vec<u8> {
        let mut whole = String::new();
        for (name, value) in self.header() {
            whole += &format!("{name}: {value}\r\n");
        }
        whole += "\r\n";
        let Some(file) = &self.file else { return (whole + &self.text).into_bytes() };
        whole += &format!("--seam\r\nContent-Type: text/plain\r\n\r\n{}\r\n--seam\r\n", self.text);
        whole += "Content-Type: application/pdf; name=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n";
        let mut whole = whole.into_bytes();
        whole.extend_from_slice(file);
        whole.extend_from_slice(b"\r\n--seam--\r\n");
        whole
    }

    pub fn size(&self) -> usize {
        self.whole().len()
    }

    pub fn section(&self, section: &str) -> Option<Vec<u8>> {
        match section {
            "" => Some(self.whole()),
            "1" => Some(self.text.clone().into_bytes()),
            "2" => self.file.clone(),
            _ => None,
        }
    }

    pub fn envelope(&self) -> String {
        if self.no_envelope {
            return "NIL".to_owned();
        }
        let field = |name: &str| {
            let found = self.header().into_iter().find(|(known, _)| known == name);
            quoted(&found.map(|(_, value)| value).unwrap_or_default())
        };
        let from = format!("((\"Writer\" NIL {} \"kontor.example\"))", quoted(&self.from));
        let to = "((NIL NIL \"anna\" \"kontor.example\"))";
        format!(
            "({} {} {from} {from} {from} {to} NIL NIL NIL {})",
            field("Date"),
            field("Subject"),
            field("Message-ID")
        )
    }

    pub fn structure(&self) -> String {
        let text = format!(
            "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"8BIT\" {} {} NIL NIL NIL NIL)",
            self.text.len(),
            self.text.lines().count()
        );
        match &self.file {
            None => text,
            Some(file) => format!(
                "({text}(\"APPLICATION\" \"PDF\" (\"NAME\" \"plan.pdf\") NIL NIL \"BASE64\" {} NIL \
                 (\"ATTACHMENT\" (\"FILENAME\" \"plan.pdf\")) NIL NIL) \"MIXED\" (\"BOUNDARY\" \"seam\") NIL NIL NIL)",
                file.len()
            ),
        }
    }
}
