//! One message of the model: what it is built of, and each part's octets.

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
    pub references: Vec<String>,
    /// By which a server that has such ids knows the conversation.
    pub conversation: String,
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
            references: Vec::new(),
            conversation: format!("letter-{n}"),
            text: format!("This is what letter {n} says.\r\n"),
            file: None,
            no_envelope: false,
        }
    }

    pub fn with_file(n: u32, encoded: Vec<u8>) -> Self {
        Self { file: Some(encoded), ..Self::text(n) }
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|known| known == flag)
    }

    /// The id that stays with it wherever it stands.
    pub fn identity(&self) -> &str {
        let id = self.message_id.trim_matches(['<', '>']);
        id.split('@').next().unwrap_or(id)
    }

    pub fn date(&self) -> String {
        let date = jiff::Timestamp::from_second(self.arrived).unwrap();
        date.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
    }

    pub fn header(&self) -> Vec<(String, String)> {
        let kind = match self.file {
            Some(_) => "multipart/mixed; boundary=seam",
            None => "text/plain; charset=utf-8",
        };
        let mut header = vec![
            ("From", format!("Writer <{}@kontor.example>", self.from)),
            ("To", "anna@kontor.example".to_owned()),
            ("Subject", self.subject.clone()),
            ("Date", self.date()),
            ("Message-ID", self.message_id.clone()),
            ("Content-Type", kind.to_owned()),
        ];
        if !self.references.is_empty() {
            header.push(("References", self.references.join(" ")));
        }
        header.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
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
}
