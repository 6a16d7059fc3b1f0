use crate::app::App;
use crate::audit;
use crate::date::date_of;
use crate::wire::*;
use engine::{AccountChange, MailboxRow, NewAccount, Phase, State};
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
        self.one_account(id).await
    }

    pub async fn account_list(&self, _: Nothing) -> Result<Vec<Account>, Trouble> {
        let engine = self.engine().await?;
        let accounts = engine.accounts().await.map_err(|e| e.trouble(None))?;
        let mailboxes = engine.mailboxes(None).await.map_err(|e| e.trouble(None))?;
        Ok(accounts
            .into_iter()
            .map(|(row, state)| {
                let (state, last_heard, progress) = state_of(state);
                let audit = audit::of(mailboxes.iter().filter(|m| m.account == row.id));
                Account {
                    id: row.id,
                    email: row.email,
                    name: row.name,
                    letter: row.letter,
                    colour: row.colour,
                    imap: row.imap.imap_url(),
                    smtp: row.smtp.map(|s| s.url()),
                    user: row.user,
                    auth: row.auth,
                    // Also where nobody keeps it live: a command line reads it beside a window.
                    state: if row.paused { AccountState::Paused } else { state },
                    paused: row.paused,
                    progress,
                    last_heard,
                    audited_at: audit.checked_at,
                }
            })
            .collect())
    }

    pub(crate) async fn account_set(&self, set: AccountSet) -> Result<Account, Trouble> {
        let AccountSet { id, name, letter, colour, paused } = set;
        self.engine()
            .await?
            .set_account(id, AccountChange { name, letter, colour, paused })
            .await
            .map_err(|e| e.trouble(Some(id)))?;
        self.one_account(id).await
    }

    pub(crate) async fn account_order(&self, order: AccountOrder) -> Result<Vec<Account>, Trouble> {
        self.engine().await?.order_accounts(order.ids).await.map_err(|e| e.trouble(None))?;
        self.account_list(Nothing {}).await
    }

    async fn one_account(&self, id: AccountId) -> Result<Account, Trouble> {
        self.account_list(Nothing {})
            .await?
            .into_iter()
            .find(|account| account.id == id)
            .ok_or_else(|| Trouble::new(Code::NoSuchAccount, "the account was removed meanwhile"))
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
                    role_from: role_from(&row),
                    total: row.total,
                    unread: row.unread,
                    cached: row.cached,
                    selectable: row.selectable,
                    covered: row.total.is_some_and(|total| row.cached >= total),
                    audited_at: row.audited.map(date_of),
                    name: row.name.0,
                }
            })
            .collect())
    }

    pub(crate) async fn mailbox_role(&self, set: MailboxRole) -> Result<Mailbox, Trouble> {
        let role = match (set.role, set.none) {
            (Some(_), true) => {
                let both = "a role, or none at all: not both";
                return Err(Trouble::new(Code::BadRequest, both)
                    .with("method", "mailbox.role")
                    .with("detail", both));
            }
            (Some(role), false) => Some(Some(role)),
            (None, true) => Some(None),
            (None, false) => None,
        };
        let engine = self.engine().await?;
        engine.set_role(set.mailbox, role).await.map_err(|e| e.trouble(None))?;
        self.mailbox_list(MailboxList::default())
            .await?
            .into_iter()
            .find(|mailbox| mailbox.id == set.mailbox)
            .ok_or_else(|| Trouble::new(Code::NoSuchMailbox, "the mailbox was removed meanwhile"))
    }

    pub(crate) async fn mailbox_check(&self, open: MailboxOpen) -> Result<Checked, Trouble> {
        let new =
            self.engine().await?.check_mailbox(open.mailbox).await.map_err(|e| e.trouble(None))?;
        Ok(Checked { new })
    }

    pub(crate) async fn sync_run(&self, sync: Sync) -> Result<SyncReport, Trouble> {
        let until = match sync.until {
            Until::FirstScreen => engine::Until::FirstScreen,
            Until::Window => engine::Until::Window,
            Until::Done => engine::Until::Done,
        };
        let engine = self.engine().await?;
        let report = engine.sync(sync.account, until).await.map_err(|e| e.trouble(sync.account))?;
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

    pub(crate) async fn sync_pause(&self, pause: SyncPause) -> Result<Nothing, Trouble> {
        let engine = self.engine().await?;
        let done = engine.pause_sync(pause.account, pause.paused).await;
        done.map_err(|e| e.trouble(pause.account))?;
        Ok(Nothing {})
    }

    pub(crate) async fn app_network(&self, network: Network) -> Result<Nothing, Trouble> {
        self.engine().await?.set_network(network.online);
        Ok(Nothing {})
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

/// The state, when the server was last heard, and how far the headers are.
pub(crate) fn state_of(state: State) -> (AccountState, Option<String>, Option<Progress>) {
    let said = match state.phase {
        Phase::Resting => AccountState::Resting,
        Phase::Checking => AccountState::Checking,
        Phase::Current { by } => AccountState::Current {
            by: match by {
                engine::Heard::Idle => Heard::Idle,
                engine::Heard::Poll => Heard::Poll,
                engine::Heard::Check => Heard::Check,
            },
        },
        Phase::Waiting { trouble, retry_at } => {
            AccountState::Waiting { trouble, retry_at: seconds(retry_at) }
        }
        Phase::Offline => AccountState::Offline,
        Phase::Trouble { trouble } => AccountState::Trouble { trouble },
        Phase::Paused => AccountState::Paused,
    };
    let progress = state.progress.map(|p| Progress {
        done: p.done,
        total: p.total,
        paused: p.paused,
        full: p.full,
    });
    (said, state.last_heard.map(seconds), progress)
}

fn role_from(row: &MailboxRow) -> Option<RoleFrom> {
    if row.role_by_user {
        return Some(RoleFrom::Person);
    }
    row.role.map(|_| if row.role_guessed { RoleFrom::Guess } else { RoleFrom::Server })
}

fn seconds(time: Timestamp) -> String {
    date_of(time.as_second())
}
