//! Removing an account: everything local goes, the server keeps its mail.

use super::{secret_name, unknown};
use crate::error::Result;
use crate::{Engine, Inner};
use model::{AccountId, Code, Tag, Trouble};

impl Engine {
    /// Wipes the account from this device and says how many octets that freed. While work exists only here,
    /// it is refused without `force`.
    pub async fn remove_account(&self, account: AccountId, force: bool) -> Result<u64> {
        let (known, unsent) = self
            .inner
            .db
            .read(move |read| {
                Ok((
                    store::account::get(read, account)?,
                    store::intent::list(read, Some(account))?.len(),
                ))
            })
            .await?;
        if known.is_none() {
            return Err(unknown(account).into());
        }
        if unsent > 0 && !force {
            return Err(Trouble::new(
                Code::UnsentWork,
                format!("{unsent} changes of this account are not on the server yet and would be lost: use --force to lose them"),
            )
            .with("count", unsent)
            .of(account)
            .into());
        }
        wipe(&self.inner, account).await
    }
}

pub(crate) async fn wipe(inner: &Inner, account: AccountId) -> Result<u64> {
    inner.forget(account).await;
    let freed = inner.db.store()?.remove_account(account).await?;
    // Gone is gone, also where the vault does not let go of the password.
    inner.tell(Tag::Accounts);
    inner.tell(Tag::Storage);
    inner.drop_secret(secret_name(account)).await?;
    Ok(freed)
}
