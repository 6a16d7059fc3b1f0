//! Adding an account: found, proved by signing in, and only then saved.

use super::{SignIn, secret_name};
use crate::error::{Error, Result};
use crate::live::{Conn, connect, first_deadlines};
use crate::sync::folders;
use crate::{Engine, Inner};
use model::{AccountId, Code, Endpoint, SmtpEndpoint, Trouble};
use net::Trust;
use secrecy::SecretString;
use std::sync::Arc;

/// What the person gave.
pub struct NewAccount {
    pub email: String,
    pub imap: Option<Endpoint>,
    pub smtp: Option<SmtpEndpoint>,
    pub user: Option<String>,
    pub password: SecretString,
    /// One more root (DER) for this account alone.
    pub extra_roots: Vec<Vec<u8>>,
    /// SHA-256 of a certificate that the person has compared and trusts.
    pub pinned: Option<[u8; 32]>,
}

impl Engine {
    /// Signs in, lists the mailboxes, saves. Nothing is kept where any of it fails.
    pub async fn add_account(&self, new: NewAccount) -> Result<AccountId> {
        let domain = domain_of(&new.email)?;
        let inner = &self.inner;
        let email = new.email.clone();
        let known = inner.db.read(store::account::list).await?;
        if known.iter().any(|a| a.email.eq_ignore_ascii_case(&email)) {
            return Err(Trouble::new(Code::AccountExists, format!("{email} is here already"))
                .with("email", email)
                .into());
        }
        let candidates = match &new.imap {
            Some(endpoint) => vec![endpoint.clone()],
            // Until discovery comes: the two names that most servers answer to.
            None => vec![
                Endpoint::imaps(&format!("imap.{domain}")),
                Endpoint::imaps(&format!("mail.{domain}")),
            ],
        };
        let mut tried = Vec::new();
        let mut offline = None;
        for endpoint in candidates {
            let sign_in = SignIn {
                endpoint: endpoint.clone(),
                trust: Trust { extra_roots: new.extra_roots.clone(), pinned: new.pinned },
                user: new.user.clone().unwrap_or_else(|| new.email.clone()),
                password: new.password.clone(),
                quirks: Vec::new(),
            };
            match connect(&*inner.host, &sign_in, None, first_deadlines(), false).await {
                Ok(conn) => {
                    // From here on a cancelled question may not leave half an account behind.
                    let saving = tokio::spawn(save(Arc::clone(inner), new, sign_in, conn));
                    return saving.await.unwrap_or_else(|_| {
                        Err(Error::new(Code::Internal, "the account could not be saved"))
                    });
                }
                // The other name may still answer; any other failure is this server's own, and worth telling.
                Err(error)
                    if new.imap.is_none()
                        && matches!(
                            error.code(),
                            Code::NoSuchHost | Code::Refused | Code::Timeout | Code::Offline
                        ) =>
                {
                    let code = error.code();
                    tried.push(format!("{} ({})", endpoint.host, code.as_str()));
                    if code == Code::Offline {
                        offline = Some(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        // Without a network nothing is known of the domain.
        if let Some(error) = offline {
            return Err(error);
        }
        Err(Trouble::new(
            Code::ServerUnknown,
            format!("no mail server was found for {domain}: tried {}: give it with --imap imaps://host:port", tried.join(", ")),
        )
        .with("domain", domain)
        .with("tried", tried.join(", "))
        .into())
    }
}

async fn save(
    inner: Arc<Inner>,
    new: NewAccount,
    sign_in: SignIn,
    mut conn: Conn,
) -> Result<AccountId> {
    let (listed, _) = folders::list(&mut conn).await?;
    let capabilities = conn.capability_names();
    let quirks: Vec<_> = conn.learnt.clone();
    let row = store::account::New {
        email: new.email.clone(),
        name: account_name(&new.email),
        imap: sign_in.endpoint.clone(),
        smtp: new.smtp.clone(),
        user: sign_in.user.clone(),
        auth: "password".to_owned(),
        extra_roots: new.extra_roots.clone(),
        pinned: new.pinned,
        created: inner.host.now().as_second(),
    };
    let id = inner
        .db
        .write_sacred(move |tx| {
            let id = store::account::add(tx, &row)?;
            store::account::set_capabilities(tx, id, &capabilities)?;
            for quirk in &quirks {
                store::account::set_quirk(tx, id, quirk.name(), "")?;
            }
            Ok(id)
        })
        .await?;
    let saved = match inner.keep_secret(secret_name(id), sign_in.password.clone()).await {
        Ok(()) => folders::save(&inner, id, listed).await,
        Err(error) => Err(error),
    };
    if let Err(error) = saved {
        // Half an account is none. What stood in the way first is what the person is told.
        if let Err(second) = super::remove::wipe(&inner, id).await {
            tracing::warn!(%second, "what was kept of a new account did not go in one piece");
        }
        return Err(error);
    }
    let live = inner.live(id);
    live.give(conn);
    // Whoever keeps accounts live may have come before the mailboxes did.
    live.nudge.notify_waiters();
    Ok(id)
}

/// The domain of an address that mail could go to. (Whether it does, the server says.)
fn domain_of(email: &str) -> Result<String> {
    let wrong = || {
        Error::from(
            Trouble::new(
                Code::NotAnAddress,
                format!("`{email}` is not an email address: it needs a name, an @ and a domain"),
            )
            .with("email", email),
        )
    };
    let (local, domain) = email.rsplit_once('@').ok_or_else(wrong)?;
    let bad = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"/@".contains(c);
    if local.is_empty() || local.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    {
        return Err(wrong());
    }
    if domain.is_empty() || domain.contains(bad) || domain.starts_with('.') || domain.ends_with('.')
    {
        return Err(wrong());
    }
    Ok(domain.to_lowercase())
}

/// What the sidebar calls it until the person says otherwise: the domain's own word.
fn account_name(email: &str) -> String {
    let domain = email.rsplit_once('@').map_or(email, |(_, domain)| domain);
    let labels: Vec<&str> = domain.split('.').collect();
    let word = match labels.as_slice() {
        [.., name, second, _] if second.len() <= 3 && labels.len() > 2 => name,
        [.., name, _] => name,
        _ => domain,
    };
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_called_by_its_domain() {
        for (email, name) in [
            ("nora@kontor.example", "Kontor"),
            ("n.albrecht@mail.bigmail.example", "Bigmail"),
            ("a@firma.co.uk", "Firma"),
            ("a@localhost", "Localhost"),
        ] {
            assert_eq!(account_name(email), name);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in [
            "nora",
            "@kontor.example",
            "nora@",
            "no ra@kontor.example",
            "a@b c",
            "a@.x",
            "a@x/y",
            "a\r\n@x",
        ] {
            assert!(domain_of(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(domain_of("Nora@Kontor.Example").ok().as_deref(), Some("kontor.example"));
    }
}
