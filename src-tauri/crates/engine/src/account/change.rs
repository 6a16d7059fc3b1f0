//! What the person says of an account: its name and mark, its place in the order, whether it rests; and what its
//! mailboxes are for.

use super::unknown;
use crate::Engine;
use crate::error::{Error, Result};
use crate::live::Phase;
use model::{AccountId, Code, MailboxId, Role, Trouble};
use std::collections::BTreeSet;

pub use store::account::Change as AccountChange;

/// Characters of a name in the sidebar.
const LONGEST_NAME: usize = 60;

impl Engine {
    pub async fn set_account(&self, account: AccountId, change: AccountChange) -> Result<()> {
        let wrong = |what: &str| {
            Error::from(Trouble::new(Code::BadRequest, what.to_owned()).with("detail", what))
        };
        let name = change.name.as_ref().map(|name| name.trim().to_owned());
        if name.as_ref().is_some_and(|n| n.is_empty() || n.chars().count() > LONGEST_NAME) {
            return Err(wrong("a name has 1 to 60 characters"));
        }
        if name.as_ref().is_some_and(|n| n.chars().any(char::is_control)) {
            return Err(wrong("a name has no control characters"));
        }
        let letter = change.letter.as_ref().map(|letter| letter.trim().to_uppercase());
        if letter
            .as_ref()
            .is_some_and(|l| l.chars().count() != 1 || !l.chars().all(char::is_alphanumeric))
        {
            return Err(wrong("a mark is one letter or digit"));
        }
        if change.colour.is_some_and(|colour| !(1..=8).contains(&colour)) {
            return Err(wrong("a colour is a number from 1 to 8"));
        }
        let known = self.inner.db.read(move |read| store::account::get(read, account)).await?;
        if known.is_none() {
            return Err(unknown(account).into());
        }
        let paused = change.paused;
        let change = AccountChange { name, letter, ..change };
        self.inner.db.write_sacred(move |tx| store::account::change(tx, account, &change)).await?;
        if let Some(paused) = paused {
            let live = self.inner.live(account);
            if paused {
                self.inner.enter(account, Phase::Paused);
                live.close(crate::live::GOODBYE).await;
            } else {
                self.inner.enter(account, Phase::Resting);
            }
            live.nudge.notify_waiters();
        }
        Ok(())
    }

    /// The accounts in the order of the sidebar. Those that are not named follow in the order that they had.
    pub async fn order_accounts(&self, order: Vec<AccountId>) -> Result<()> {
        let known = self.inner.db.read(store::account::list).await?;
        if let Some(stranger) = order.iter().find(|id| known.iter().all(|a| a.id != **id)) {
            return Err(unknown(*stranger).into());
        }
        // One that is named twice stands where it was named first.
        let mut named = BTreeSet::new();
        let order: Vec<AccountId> = order.into_iter().filter(|id| named.insert(*id)).collect();
        self.inner.db.write_sacred(move |tx| store::account::order(tx, &order)).await
    }

    /// What a mailbox is for, by the person's word; `Some(None)` is "nothing special", None leaves it to the server.
    pub async fn set_role(&self, mailbox: MailboxId, role: Option<Option<Role>>) -> Result<()> {
        let row = self.mailbox(mailbox).await?;
        if row.name.is_inbox() && role.is_some_and(|role| role != Some(Role::Inbox)) {
            return Err(Trouble::new(
                Code::BadRequest,
                "INBOX is the inbox: the server delivers into it",
            )
            .with("detail", "inbox")
            .into());
        }
        self.inner
            .db
            .write_sacred(move |tx| store::mailbox::set_role_by_user(tx, mailbox, role))
            .await
    }
}
