use crate::app::App;
use crate::audit;
use crate::wire::*;
use engine::Kind;
use model::{Code, Trouble};

impl App {
    pub async fn storage_get(&self, _: Nothing) -> Result<Storage, Trouble> {
        let usage = self.engine().await?.usage().await.map_err(|e| e.trouble(None))?;
        Ok(Storage {
            budget: usage.budget,
            used: usage.file + usage.wal,
            file: usage.file,
            wal: usage.wal,
            by: usage
                .by
                .into_iter()
                .map(|(account, kind, bytes)| StorageRow {
                    account,
                    kind: name_of(kind).to_owned(),
                    bytes,
                })
                .collect(),
            evictable: usage.evictable,
            least: engine::LEAST_BUDGET,
        })
    }

    pub(crate) async fn storage_change(&self, change: StorageChange) -> Result<Storage, Trouble> {
        let engine = self.engine().await?;
        if let Some(budget) = change.budget {
            engine.set_budget(budget).await.map_err(|e| e.trouble(None))?;
        }
        if let Some(kind) = &change.free {
            let kind = match kind.as_str() {
                "text" => Kind::Text,
                "attachments" => Kind::Attachments,
                _ => {
                    return Err(Trouble::new(
                        Code::BadRequest,
                        format!("`{kind}` is nothing that can be freed: text or attachments"),
                    )
                    .with("method", "storage.change")
                    .with("detail", kind));
                }
            };
            engine.free(kind, None).await.map_err(|e| e.trouble(None))?;
        }
        self.storage_get(Nothing {}).await
    }

    pub(crate) async fn doctor_get(&self, _: Nothing) -> Result<Doctor, Trouble> {
        let engine = self.engine().await?;
        let trouble = |e: engine::Error| e.trouble(None);
        let usage = engine.usage().await.map_err(trouble)?;
        let integrity = engine.integrity().await.map_err(trouble)?;
        let mailboxes = engine.mailboxes(None).await.map_err(trouble)?;
        let mut accounts = Vec::new();
        for account in self.account_list(Nothing {}).await? {
            let (capabilities, quirks, secret) =
                engine.server_facts(account.id).await.map_err(trouble)?;
            accounts.push(DoctorAccount {
                id: account.id,
                imap: account.imap,
                quirks,
                capabilities: capabilities
                    .into_iter()
                    .map(|name| DoctorCapability { used_for: used_for(&name).to_owned(), name })
                    .collect(),
                secret,
                audit: audit::of(mailboxes.iter().filter(|m| m.account == account.id)),
            });
        }
        Ok(Doctor {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir: self.inner.session.data_dir.display().to_string(),
            secrets: engine.secrets_kind().to_owned(),
            store: DoctorStore {
                schema: integrity.schema,
                sqlcipher: integrity.sqlcipher,
                intact: integrity.intact,
                used: usage.file + usage.wal,
                budget: usage.budget,
            },
            accounts,
        })
    }
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Attachments => "attachments",
        Kind::Headers => "headers",
        Kind::Index => "index",
    }
}

/// What Satchel does with a capability today.
fn used_for(capability: &str) -> &'static str {
    match capability.to_ascii_uppercase().as_str() {
        "SASL-IR" => "signing in with one round trip less",
        "AUTH=PLAIN" => "signing in with passwords that LOGIN cannot carry",
        "PREVIEW" | "PREVIEW=FUZZY" => "previews from the server",
        "SPECIAL-USE" => "what each mailbox is for",
        "LIST-STATUS" => "counts of all mailboxes in one answer",
        "LIST-EXTENDED" => "what each mailbox is for, asked in one question",
        "ESEARCH" => "counting, and comparing with the server in few octets",
        "IDLE" => "hearing of new mail at once",
        "CONDSTORE" => "asking only for what changed since last time",
        "OBJECTID" => "knowing a message in every mailbox it stands in, and its conversation",
        "X-GM-EXT-1" => "knowing a message and its conversation on Gmail",
        "UNSELECT" => "leaving a mailbox without expunging",
        "LITERAL+" | "LITERAL-" => "sending odd names without waiting",
        "COMPRESS=DEFLATE" => "fewer octets on the wire",
        _ => "",
    }
}
