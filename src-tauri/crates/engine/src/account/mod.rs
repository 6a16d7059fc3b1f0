//! Accounts: added, removed, and what is known of their servers.

pub mod add;
pub mod change;
mod quirk;
pub mod remove;

pub use quirk::Quirk;

use crate::Inner;
use crate::error::{Error, Result};
use model::{AccountId, Code, Endpoint, Trouble};
use net::Trust;
use secrecy::SecretString;

/// Everything that a connection needs, read once when it is made.
#[derive(Clone)]
pub(crate) struct SignIn {
    pub endpoint: Endpoint,
    pub trust: Trust,
    pub user: String,
    pub password: SecretString,
    pub quirks: Vec<Quirk>,
}

pub(crate) fn secret_name(account: AccountId) -> String {
    format!("account:{account}:password")
}

pub(crate) fn unknown(account: AccountId) -> Trouble {
    Trouble::new(
        Code::NoSuchAccount,
        format!("there is no account {account}: see `satchel account list`"),
    )
    .with("account", account)
}

/// How to sign in to an account that is in the store.
pub(crate) async fn sign_in(inner: &Inner, account: AccountId) -> Result<SignIn> {
    let (row, quirks) = inner
        .db
        .read(move |read| {
            Ok((store::account::get(read, account)?, store::account::quirks(read, account)?))
        })
        .await?;
    let row = row.ok_or_else(|| Error::from(unknown(account)))?;
    let password = inner.secret(secret_name(account)).await?.ok_or_else(|| {
        Error::from(
            Trouble::new(
                Code::SecretMissing,
                format!("the password of {} is not kept here any more: remove the account and add it again", row.email),
            )
            .of(account),
        )
    })?;
    Ok(SignIn {
        endpoint: row.imap,
        trust: Trust { extra_roots: row.extra_roots, pinned: row.pinned },
        user: row.user,
        password,
        quirks: quirks.iter().filter_map(|name| Quirk::parse(name)).collect(),
    })
}
