//! The verbs that need no mailbox: CAPABILITY, ID, ENABLE, COMPRESS, NAMESPACE, NOOP, LOGOUT.

use super::Session;
use super::link::Link;
use super::run::Wait;
use crate::command::Command;
use crate::error::Error;
use crate::parse::{Namespaces, Reply};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

impl Session {
    pub(super) fn command(&self, verb: &'static str, text: impl Into<String>) -> Command {
        Command::new(verb, text, self.literals())
    }

    /// RFC 9051 6.1.1. Afterwards `capabilities` holds what this state of the session has.
    pub async fn capability(&mut self) -> Result<(), Error> {
        self.run(self.command("CAPABILITY", "CAPABILITY"), Some).await.map(drop)
    }

    /// RFC 2971. A server without ID is not asked; what it says is for people and logs alone.
    pub async fn id(&mut self, ours: &[(&str, &str)]) -> Result<Vec<(String, String)>, Error> {
        if self.capabilities.known() && !self.capabilities.has("ID") {
            return Err(Error::NotOffered("ID"));
        }
        let mut command = self.command("ID", "ID (");
        for (at, (key, value)) in ours.iter().enumerate() {
            command.push(if at == 0 { "" } else { " " });
            command.string(key.as_bytes())?.push(" ").string(value.as_bytes())?;
        }
        command.push(")");
        let mut theirs = Vec::new();
        let take = |reply| match reply {
            Reply::Id(pairs) => {
                theirs = pairs;
                None
            }
            other => Some(other),
        };
        self.run(command.checked()?, take).await?;
        Ok(theirs)
    }

    /// RFC 5161: what the server has enabled of `what`. Some servers enable and say nothing.
    pub async fn enable(&mut self, what: &[&str]) -> Result<Vec<String>, Error> {
        let plain = |name: &&str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-=.".contains(&b))
        };
        if what.is_empty() || !what.iter().all(plain) {
            return Err(Error::NotSendable { what: "the name of an extension" });
        }
        let mut enabled = Vec::new();
        let take = |reply| match reply {
            Reply::Enabled(names) => {
                enabled.extend(names);
                None
            }
            other => Some(other),
        };
        self.run(self.command("ENABLE", format!("ENABLE {}", what.join(" "))), take).await?;
        let is = |names: &[&str]| {
            enabled.iter().any(|e: &String| names.iter().any(|n| e.eq_ignore_ascii_case(n)))
        };
        // RFC 6855 3 and RFC 9051 6.3.1: names are UTF-8 from here on.
        self.utf8 |= is(&["UTF8=ACCEPT", "UTF8=ONLY", "IMAP4rev2"]);
        Ok(enabled)
    }

    /// RFC 4978: true where everything is compressed from here on.
    pub async fn compress(&mut self) -> Result<bool, Error> {
        if !self.capabilities.has("COMPRESS=DEFLATE") || !matches!(self.link, Link::After(_)) {
            return Ok(false);
        }
        match self.run(self.command("COMPRESS", "COMPRESS DEFLATE"), Some).await {
            Ok(_) => {
                self.link.framing()?.deflate();
                Ok(true)
            }
            // RFC 4978 3: TLS may compress already.
            Err(Error::No { .. } | Error::Bad { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// RFC 2342.
    pub async fn namespace(&mut self) -> Result<Namespaces, Error> {
        if !self.capabilities.has("NAMESPACE") {
            return Err(Error::NotOffered("NAMESPACE"));
        }
        let mut found = None;
        let take = |reply| match reply {
            Reply::Namespace(namespaces) => {
                found = Some(namespaces);
                None
            }
            other => Some(other),
        };
        self.run(self.command("NAMESPACE", "NAMESPACE"), take).await?;
        found.ok_or_else(|| Error::Protocol("NAMESPACE without an answer".to_owned()))
    }

    /// RFC 9051 6.1.2: an opportunity for the server to say what is new.
    pub async fn noop(&mut self) -> Result<(), Error> {
        self.run(self.command("NOOP", "NOOP"), Some).await.map(drop)
    }

    /// Says goodbye and closes. Nothing hangs on whether the server still answers.
    pub async fn logout(mut self) -> Result<(), Error> {
        let (limit, command) = (self.deadlines.logout, self.command("LOGOUT", "LOGOUT"));
        let wait = Wait::new("LOGOUT", limit, limit);
        let mut take = |_, reply| Some(reply);
        let said = self.run_group(vec![command], wait, true, &mut take).await;
        if let Ok(framing) = self.link.framing() {
            let _ = timeout(limit, framing.shutdown()).await;
        }
        match said {
            // Closing right behind BYE is what many do.
            Ok(_) | Err(Error::Bye(_) | Error::Closed) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
