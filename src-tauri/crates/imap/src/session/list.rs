//! LIST and STATUS (RFC 9051 6.3.9, 6.3.11), with what the extended LIST brings in the same answer.

use super::Session;
use crate::error::Error;
use crate::parse::{ListLine, Reply, Status};
use model::{MailboxName, Role};

/// What is to come beside the names, where the server can say it in the same answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListWant {
    /// RFC 6154.
    pub special_use: bool,
    /// RFC 5819.
    pub status: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: MailboxName,
    /// As the server writes it, for logs; octets that are no UTF-8 are replaced.
    pub wire_name: String,
    /// None where the mailbox can have no children.
    pub separator: Option<char>,
    /// As the server spells them, with their backslash.
    pub attributes: Vec<String>,
    /// From the attributes (RFC 6154, and the spellings before it); INBOX by its name.
    pub role: Option<Role>,
    pub selectable: bool,
    pub subscribed: bool,
    pub status: Option<Status>,
}

/// Mailboxes that are kept of one answer.
const MOST: usize = 100_000;

impl Listed {
    fn new(line: ListLine) -> Self {
        let has = |name: &str| line.attributes.iter().any(|a| a.eq_ignore_ascii_case(name));
        let by_attribute = line.attributes.iter().find_map(|a| Role::from_special_use(a));
        let role = if line.name.is_inbox() { Some(Role::Inbox) } else { by_attribute };
        Self {
            role,
            selectable: !has("\\Noselect") && !has("\\NonExistent"),
            subscribed: has("\\Subscribed"),
            wire_name: String::from_utf8_lossy(&line.wire_name).into_owned(),
            name: line.name,
            separator: line.separator,
            attributes: line.attributes,
            status: None,
        }
    }
}

impl Session {
    /// Every mailbox. Where the server has no extended LIST, subscriptions come from an LSUB in the same
    /// write, and status from nowhere.
    pub async fn list(&mut self, want: &ListWant) -> Result<Vec<Listed>, Error> {
        if let Some(options) = self.list_options(want) {
            let command = format!("LIST \"\" \"*\" RETURN ({options})");
            match self.listed(vec![command]).await {
                // Offered and not understood: the plain form always is.
                Err(Error::Bad { .. } | Error::No { .. }) => {}
                listed => return listed,
            }
        }
        self.listed(vec!["LIST \"\" \"*\"".to_owned(), "LSUB \"\" \"*\"".to_owned()]).await
    }

    fn list_options(&self, want: &ListWant) -> Option<String> {
        let has = |name| self.capabilities.has(name);
        if !has("LIST-EXTENDED") {
            return None;
        }
        let mut options = vec!["SUBSCRIBED".to_owned(), "CHILDREN".to_owned()];
        if want.special_use && has("SPECIAL-USE") {
            options.push("SPECIAL-USE".to_owned());
        }
        if want.status && has("LIST-STATUS") {
            options.push(format!("STATUS ({})", self.status_items()));
        }
        Some(options.join(" "))
    }

    fn status_items(&self) -> String {
        let mut items = "MESSAGES UIDNEXT UIDVALIDITY UNSEEN".to_owned();
        if self.offers_modseq() {
            items.push_str(" HIGHESTMODSEQ");
        }
        items
    }

    /// The first command must succeed; what others add is welcome.
    async fn listed(&mut self, commands: Vec<String>) -> Result<Vec<Listed>, Error> {
        let commands: Vec<_> =
            commands.into_iter().map(|text| self.command("LIST", text)).collect();
        let mut listed: Vec<Listed> = Vec::new();
        let mut subscribed = Vec::new();
        let mut statuses = Vec::new();
        let mut take = |_, reply| match reply {
            Reply::List(line) if listed.len() < MOST => {
                listed.push(Listed::new(line));
                None
            }
            Reply::Lsub(line) if subscribed.len() < MOST => {
                subscribed.push(line.name);
                None
            }
            Reply::Status(line) if statuses.len() < MOST => {
                statuses.push(line);
                None
            }
            other => Some(other),
        };
        let outcomes = self.run_group(commands, self.wait("LIST"), true, &mut take).await?;
        if let Some(first) = outcomes.into_iter().next() {
            first?;
        }
        statuses.sort_by(|a, b| a.name.cmp(&b.name));
        subscribed.sort_unstable();
        for one in &mut listed {
            one.subscribed |= subscribed.binary_search(&one.name).is_ok();
            let at = statuses.binary_search_by(|line| line.name.cmp(&one.name));
            one.status = at.ok().and_then(|at| statuses.get(at)).map(|line| line.status);
        }
        Ok(listed)
    }

    /// Of a mailbox that need not be selected, and should not be (RFC 9051 6.3.11).
    pub async fn status(&mut self, mailbox: &MailboxName) -> Result<Status, Error> {
        let mut command = self.command("STATUS", "STATUS ");
        let size = if self.capabilities.has("STATUS=SIZE") { " SIZE" } else { "" };
        let items = format!(" ({}{size})", self.status_items());
        command.mailbox(mailbox, self.utf8)?.push(&items);
        let mut found = None;
        let take = |reply| match reply {
            // Which mailbox is meant is plain: no other was asked for.
            Reply::Status(line) => {
                found = Some(line.status);
                None
            }
            other => Some(other),
        };
        self.run(command.checked()?, take).await?;
        found.ok_or_else(|| Error::Protocol("STATUS without an answer".to_owned()))
    }
}
