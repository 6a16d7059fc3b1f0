//! SELECT, EXAMINE, UNSELECT. Never CLOSE: it expunges what others have marked as deleted.

use super::Session;
use crate::error::Error;
use crate::framing::Condition;
use crate::parse::{Code, ConditionLine, Reply};
use model::{MailboxName, ModSeq, Uid, UidValidity};

/// What a server says of the mailbox that it has selected. What it did not say is None.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    pub exists: u32,
    /// RFC 9051 2.3.1.1: without it UIDs mean nothing past this session.
    pub uidvalidity: Option<UidValidity>,
    /// Courier says none on SELECT.
    pub uidnext: Option<Uid>,
    pub highestmodseq: Option<ModSeq>,
    pub read_only: bool,
    /// The flags that last, as the server spells them; `\*` where new keywords may be made.
    pub permanent_flags: Option<Vec<String>>,
    /// RFC 7162 3.1.2.2: no mod-sequences in this mailbox.
    pub no_modseq: bool,
}

/// Gathers a `Selected` from the responses to SELECT.
#[derive(Debug, Default)]
pub(super) struct Selecting {
    selected: Selected,
    /// Something of the new mailbox has been said: what came before was of the old one (RFC 7162 3.2.11).
    begun: bool,
}

impl Selecting {
    pub fn take(&mut self, reply: Reply) -> Option<Reply> {
        match reply {
            Reply::Exists(count) => {
                self.begun = true;
                self.selected.exists = count;
                None
            }
            Reply::Flags(_) => {
                self.begun = true;
                None
            }
            Reply::Condition(line) if line.condition == Condition::Ok => match &line.code {
                Some(code) if self.code(code) => None,
                _ => Some(Reply::Condition(line)),
            },
            Reply::Expunge(_) if self.begun => {
                // Between EXISTS and the completion: one fewer there.
                self.selected.exists = self.selected.exists.saturating_sub(1);
                None
            }
            Reply::Expunge(_) | Reply::Fetch { .. } | Reply::Vanished { .. } if !self.begun => None,
            other => Some(other),
        }
    }

    fn code(&mut self, code: &Code) -> bool {
        let selected = &mut self.selected;
        match code.name.as_str() {
            "UIDVALIDITY" => selected.uidvalidity = code.uidvalidity(),
            "UIDNEXT" => selected.uidnext = code.uid(),
            "HIGHESTMODSEQ" => selected.highestmodseq = code.modseq(),
            "NOMODSEQ" => selected.no_modseq = true,
            "PERMANENTFLAGS" => selected.permanent_flags = Some(code.flags()),
            "READ-ONLY" => selected.read_only = true,
            "READ-WRITE" => selected.read_only = false,
            "UNSEEN" | "CLOSED" | "MAILBOXID" | "UIDNOTSTICKY" => {}
            _ => return false,
        }
        true
    }
}

impl Session {
    /// RFC 9051 6.3.2; with `condstore`, where the server offers it, changes of flags are counted from
    /// here on (RFC 7162 3.1.8). A mailbox that was selected is so no longer, also where this fails.
    pub async fn select(
        &mut self,
        mailbox: &MailboxName,
        condstore: bool,
    ) -> Result<Selected, Error> {
        self.open("SELECT", mailbox, condstore).await
    }

    /// The same, to read only (RFC 9051 6.3.3).
    pub async fn examine(
        &mut self,
        mailbox: &MailboxName,
        condstore: bool,
    ) -> Result<Selected, Error> {
        self.open("EXAMINE", mailbox, condstore).await
    }

    async fn open(
        &mut self,
        verb: &'static str,
        mailbox: &MailboxName,
        condstore: bool,
    ) -> Result<Selected, Error> {
        let condstore = condstore && self.offers_modseq();
        let mut command = self.command(verb, format!("{verb} "));
        command.mailbox(mailbox, self.utf8)?;
        command.push(if condstore { " (CONDSTORE)" } else { "" });
        let command = command.checked()?;
        self.leave();
        let mut selecting = Selecting::default();
        let line = self.run(command, |reply| selecting.take(reply)).await?;
        Ok(self.stand_in(mailbox, selecting, &line))
    }

    /// The server has selected `mailbox`.
    pub(super) fn stand_in(
        &mut self,
        mailbox: &MailboxName,
        selecting: Selecting,
        line: &ConditionLine,
    ) -> Selected {
        let mut selecting = selecting;
        if let Some(code) = &line.code {
            selecting.code(code);
        }
        let selected = selecting.selected;
        self.selected = Some(mailbox.clone());
        self.no_modseq = selected.no_modseq;
        selected
    }

    fn leave(&mut self) {
        self.selected = None;
        self.no_modseq = false;
        self.events.forget_mailbox();
    }

    pub(super) fn offers_modseq(&self) -> bool {
        self.capabilities.has("CONDSTORE") || self.capabilities.has("QRESYNC")
    }

    /// In the selected mailbox. FETCH with MODSEQ needs no SELECT with CONDSTORE before it: it switches
    /// CONDSTORE on itself (RFC 7162 3.1).
    pub(super) fn has_modseq(&self) -> bool {
        self.offers_modseq() && !self.no_modseq
    }

    /// RFC 3691: leaves the mailbox and expunges nothing. False where the server has no such verb: then
    /// it stays selected until the next SELECT.
    pub async fn unselect(&mut self) -> Result<bool, Error> {
        if self.selected.is_none() || !self.capabilities.has("UNSELECT") {
            return Ok(self.selected.is_none());
        }
        self.run(self.command("UNSELECT", "UNSELECT"), Some).await?;
        self.leave();
        Ok(true)
    }
}
