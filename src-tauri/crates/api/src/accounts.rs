use crate::app::App;
use crate::wire::*;
use engine::{NewAccount, State};
use jiff::Timestamp;
use model::{AccountId, Code, Endpoint, MailboxId, SmtpEndpoint, Trouble};

impl App {
    pub(crate) async fn account_add(&self, add: AccountAdd) -> Result<Account, Trouble> {
        let bad = |what: &str, detail: String| {
            Trouble::new(Code::BadRequest, detail.clone())
                .with("method", what)
                .with("detail", detail)
        };
        let imap = given(&add.imap)
            .map(Endpoint::parse_imap)
            .transpose()
            .map_err(|e| bad("account.add", e.to_string()))?;
        let smtp = given(&add.smtp)
            .map(SmtpEndpoint::parse)
            .transpose()
            .map_err(|e| bad("account.add", e.to_string()))?;
        let extra_roots = match given(&add.ca_pem) {
            Some(pem) => {
                engine::roots_from_pem(pem.as_bytes()).map_err(|e| bad("account.add", e))?
            }
            None => Vec::new(),
        };
        let pinned = match given(&add.trust) {
            Some(text) => Some(engine::fingerprint_from_text(text).ok_or_else(|| {
                bad("account.add", "a SHA-256 fingerprint is 64 hexadecimal digits".to_owned())
            })?),
            None => None,
        };
        let engine = self.engine().await?;
        let id = engine
            .add_account(NewAccount {
                email: add.email.trim().to_owned(),
                imap,
                smtp,
                user: given(&add.user).map(str::to_owned),
                password: add.password.0,
                extra_roots,
                pinned,
            })
            .await
            .map_err(|e| e.trouble(None))?;
        self.account_list(Nothing {})
            .await?
            .into_iter()
            .find(|account| account.id == id)
            .ok_or_else(|| Trouble::new(Code::NoSuchAccount, "the account was removed meanwhile"))
    }

    pub async fn account_list(&self, _: Nothing) -> Result<Vec<Account>, Trouble> {
        let accounts = self.engine().await?.accounts().await.map_err(|e| e.trouble(None))?;
        Ok(accounts
            .into_iter()
            .map(|(row, state)| Account {
                id: row.id,
                email: row.email,
                name: row.name,
                letter: row.letter,
                colour: row.colour,
                imap: row.imap.imap_url(),
                smtp: row.smtp.map(|s| s.url()),
                user: row.user,
                auth: row.auth,
                state: state_of(state),
            })
            .collect())
    }

    pub(crate) async fn account_remove(
        &self,
        remove: AccountRemove,
    ) -> Result<AccountRemoved, Trouble> {
        let freed = self
            .engine()
            .await?
            .remove_account(remove.id, remove.force)
            .await
            .map_err(|e| e.trouble(Some(remove.id)))?;
        Ok(AccountRemoved { id: remove.id, freed })
    }

    pub(crate) async fn account_check(&self, account: AccountRef) -> Result<Checked, Trouble> {
        let new = self
            .engine()
            .await?
            .check_account(account.id)
            .await
            .map_err(|e| e.trouble(Some(account.id)))?;
        Ok(Checked { new })
    }

    pub async fn mailbox_list(&self, list: MailboxList) -> Result<Vec<Mailbox>, Trouble> {
        let rows =
            self.engine().await?.mailboxes(list.account).await.map_err(|e| e.trouble(None))?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let (label, depth) = engine::label(&row.name, row.separator);
                Mailbox {
                    id: row.id,
                    account: row.account,
                    label: label.to_owned(),
                    depth: u32::try_from(depth).unwrap_or(0),
                    role: row.role,
                    total: row.total,
                    unread: row.unread,
                    cached: row.cached,
                    selectable: row.selectable,
                    name: row.name.0,
                }
            })
            .collect())
    }

    pub(crate) async fn mailbox_check(&self, open: MailboxOpen) -> Result<Checked, Trouble> {
        let new =
            self.engine().await?.check_mailbox(open.mailbox).await.map_err(|e| e.trouble(None))?;
        Ok(Checked { new })
    }

    pub(crate) async fn sync_run(&self, sync: Sync) -> Result<SyncReport, Trouble> {
        let Until::FirstScreen = sync.until;
        let report =
            self.engine().await?.sync(sync.account).await.map_err(|e| e.trouble(sync.account))?;
        let millis =
            |took: std::time::Duration| u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let screen = report.first_screen;
        Ok(SyncReport {
            first_screen: FirstScreen {
                ms: millis(screen.took),
                round_trips: screen.traffic.round_trips,
                bytes_in: screen.traffic.bytes_in,
                bytes_out: screen.traffic.bytes_out,
                rows: screen.rows,
            },
            headers: report.headers,
            ms: millis(report.took),
            round_trips: report.traffic.round_trips,
            bytes_in: report.traffic.bytes_in,
            bytes_out: report.traffic.bytes_out,
            failed: report.failed,
        })
    }

    pub(crate) async fn account_of(&self, mailbox: MailboxId) -> Result<AccountId, Trouble> {
        self.mailbox_list(MailboxList::default())
            .await?
            .into_iter()
            .find(|m| m.id == mailbox)
            .map(|m| m.account)
            .ok_or_else(|| {
                Trouble::new(Code::NoSuchMailbox, format!("there is no mailbox {mailbox}"))
            })
    }
}

fn given(field: &Option<String>) -> Option<&str> {
    field.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

pub(crate) fn rfc3339(time: Timestamp) -> String {
    time.to_string()
}

/// From seconds since 1970, bounded to what a calendar holds.
pub(crate) fn date_of(seconds: i64) -> String {
    rfc3339(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn state_of(state: State) -> AccountState {
    match state {
        State::Resting => AccountState::Resting,
        State::Checking => AccountState::Checking,
        State::Current { checked_at } => AccountState::Current { checked_at: seconds(checked_at) },
        State::Trouble { trouble, last_heard } => {
            AccountState::Trouble { trouble, last_heard: last_heard.map(seconds) }
        }
    }
}

fn seconds(time: Timestamp) -> String {
    date_of(time.as_second())
}
