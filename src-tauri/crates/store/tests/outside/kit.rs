use model::{
    AccountId, Address, Endpoint, Envelope, Fingerprint, Flags, MailboxId, MailboxName, Role,
    Structure, Uid, UidValidity,
};
use std::path::{Path, PathBuf};
use store::mailbox::ListedMailbox;
use store::message::NewRow;
use store::{Error, Key, Read, Store, account, mailbox};
use tempfile::TempDir;

pub const BUDGET: u64 = 100_000_000;
pub const EPOCH: UidValidity = UidValidity(7);

pub struct Fixture {
    pub dir: TempDir,
    pub key: Key,
    pub store: Store,
    pub account: AccountId,
    pub inbox: MailboxId,
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

impl Fixture {
    pub async fn new(budget: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = Key::random();
        let store = Store::open(&file(dir.path()), key.clone(), budget).await.unwrap();
        let account = add_account(&store, "anna@kontor.example").await;
        let inbox = add_mailbox(&store, account, "INBOX").await;
        Self { dir, key, store, account, inbox }
    }

    pub fn path(&self) -> PathBuf {
        file(self.dir.path())
    }

    /// Puts rows in bounded transactions and says they are all that the server has there.
    pub async fn put(&self, mailbox: MailboxId, rows: Vec<NewRow>) {
        for some in rows.chunks(store::MOST_ROWS).map(<[NewRow]>::to_vec) {
            self.store
                .write(move |tx| store::message::put(tx, mailbox, EPOCH, &some))
                .await
                .unwrap();
        }
        let high = rows.iter().map(|r| r.uid).max().unwrap_or(Uid(1));
        self.store.write(move |tx| store::covered::add(tx, mailbox, Uid(1), high)).await.unwrap();
    }

    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Read<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        self.store.read(f).await.unwrap()
    }

    pub async fn reopen(self, budget: u64) -> Self {
        self.store.close().await;
        let store = Store::open(&self.path(), self.key.clone(), budget).await.unwrap();
        Self { store, ..self }
    }
}

pub fn file(dir: &Path) -> PathBuf {
    dir.join("data").join("satchel.db")
}

pub fn new_account(email: &str) -> account::New {
    account::New {
        email: email.into(),
        name: email.split('@').next().unwrap().into(),
        imap: Endpoint::imaps("mail.kontor.example"),
        smtp: None,
        user: email.into(),
        auth: "password".into(),
        extra_roots: vec![vec![1, 2, 3]],
        pinned: None,
        created: 1_700_000_000,
    }
}

pub async fn add_account(store: &Store, email: &str) -> AccountId {
    let new = new_account(email);
    store.write_sacred(move |tx| account::add(tx, &new)).await.unwrap()
}

pub fn listed(name: &str) -> ListedMailbox {
    ListedMailbox {
        name: MailboxName(name.into()),
        wire_name: name.into(),
        separator: Some('/'),
        role: (name == "INBOX").then_some(Role::Inbox),
        role_guessed: false,
        selectable: true,
        subscribed: true,
        total: None,
        unread: None,
        uidnext: None,
        uidvalidity: None,
    }
}

/// Adds one to those that are there, and selects it.
pub async fn add_mailbox(store: &Store, account: AccountId, name: &str) -> MailboxId {
    let name = name.to_owned();
    store
        .write(move |tx| {
            let mut all: Vec<_> = mailbox::list(tx, Some(account))?
                .into_iter()
                .map(|row| ListedMailbox { role: row.role, ..listed(&row.name.0) })
                .collect();
            all.push(listed(&name));
            mailbox::apply_list(tx, account, &all)?;
            let id = mailbox::find_by_name(tx, account, &name)?.unwrap().id;
            mailbox::selected(tx, id, EPOCH, None, None, 0)?;
            Ok(id)
        })
        .await
        .unwrap()
}

/// Words of several languages, so that index and previews are no better than life.
const WORDS: &str = "Rechnung Angebot garden meeting tomorrow réunion déjeuner Grüße invoice shipping \
update ordered Termin Lieferung confirm account weekend family picture attached please answer question \
server password renewal ticket Zürich Köln façade señor mañana proyecto факту́ра встреча отчёт завтра \
signature contract review budget quarter release candidate tests coverage pipeline deploy incident report \
holiday flight booking hotel breakfast window balcony harbour letter postman satchel leather round morning";

pub fn words(seed: u64, count: usize) -> String {
    static ALL: std::sync::OnceLock<Vec<&str>> = std::sync::OnceLock::new();
    let all = ALL.get_or_init(|| WORDS.split_whitespace().collect());
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut text = String::new();
    for at in 0..count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if at > 0 {
            text.push(' ');
        }
        // Every fourth word is one of many, as names, numbers and links are.
        if state.is_multiple_of(4) {
            text.push_str(&format!("{:x}", state % 60_000));
        } else {
            text.push_str(all[(state / 7) as usize % all.len()]);
        }
    }
    text
}

/// Row `n` of a mailbox in which each is an hour younger than the one before.
pub fn row(n: u32) -> NewRow {
    let seed = u64::from(n);
    let who = seed % 997;
    let internal_date = 1_300_000_000 + i64::from(n) * 3600;
    let size = 4000 + seed % 9000;
    let mut preview = words(seed + 7, 40);
    preview.truncate(preview.floor_char_boundary(200));
    // Every third answers the one before it.
    let parent = (n % 3 == 2).then(|| format!("{}.{}@kontor.example", n - 1, (seed - 1) % 997));
    NewRow {
        uid: Uid(n),
        flags: if n.is_multiple_of(4) {
            Flags::default()
        } else {
            [Flags::SEEN].into_iter().collect()
        },
        internal_date,
        size,
        envelope: Envelope {
            date: Some(internal_date - 5),
            subject: words(seed, 6),
            from: vec![Address::new(
                Some(&format!("Maria Weber {who}")),
                &format!("maria.weber{who}@firma{}.example", who % 89),
            )],
            to: vec![Address::new(Some("Anna Kern"), "anna@kontor.example")],
            message_id: Some(format!("{n}.{who}@kontor.example")),
            ..Envelope::default()
        },
        references: parent.into_iter().collect(),
        structure: Some(Structure::multipart(
            "alternative",
            vec![
                Structure::leaf("text/plain", "quoted-printable", size / 4),
                Structure::leaf("text/html", "quoted-printable", size / 2),
            ],
        )),
        preview: Some(preview),
        server_id: None,
        gm_thrid: None,
        thread_id: None,
        modseq: None,
        has_attachments: n.is_multiple_of(10),
        fingerprint: Fingerprint {
            internal_date,
            size,
            headers: (i64::from(n) + 1).wrapping_mul(0x09E3_779B_97F4_A7C1),
        },
    }
}

pub fn rows(range: impl IntoIterator<Item = u32>) -> Vec<NewRow> {
    range.into_iter().map(row).collect()
}

/// Octets that no compression and no luck helps.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut octets = Vec::with_capacity(length + 8);
    while octets.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        octets.extend_from_slice(&state.to_le_bytes());
    }
    octets.truncate(length);
    octets
}

/// Adds a part whole, in transactions of 256 KiB.
pub async fn add_part(
    store: &Store,
    message: model::MessageId,
    key: &str,
    octets: Vec<u8>,
) -> Result<(), Error> {
    let size = octets.len() as u64;
    let owned = key.to_owned();
    let part = store.write(move |tx| store::part::begin(tx, message, &owned, size)).await?;
    for piece in octets.chunks(store::part::CHUNK).map(<[u8]>::to_vec) {
        store.write(move |tx| store::part::append(tx, part, &piece)).await?;
    }
    store.write(move |tx| store::part::finish(tx, part)).await
}

pub async fn whole_part(store: &Store, message: model::MessageId, key: &str) -> Option<Vec<u8>> {
    let key = key.to_owned();
    store
        .read(move |read| {
            let Some(meta) = store::part::get(read, message, &key)?.filter(|m| m.complete) else {
                return Ok(None);
            };
            let mut octets = Vec::new();
            for index in 0..meta.chunks {
                octets.extend(store::part::chunk(read, meta.id, index)?);
            }
            Ok(Some(octets))
        })
        .await
        .unwrap()
}

/// What a search finds as it is typed, all calls together, at most `limit`.
pub fn found(read: &Read<'_>, query: &str, limit: u32) -> Result<Vec<store::search::Hit>, Error> {
    let query = model::query::Query::parse(query);
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let left = limit - all.len() as u32;
        let some = store::search::find(read, &query, &Default::default(), before, left)?;
        assert_eq!(some.exhausted, some.next.is_none());
        assert!(some.looked <= store::search::MOST_LOOKED);
        all.extend(some.hits);
        before = some.next;
        if before.is_none() || all.len() >= limit as usize {
            return Ok(all);
        }
    }
}
