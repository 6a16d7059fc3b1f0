//! What a server that counts no changes answered last, as one number a mailbox: while it answers the same, no row
//! has to be looked at.

use crate::{Error, Read, Tx, setting};
use model::MailboxId;

fn key(mailbox: MailboxId) -> String {
    format!("digest {mailbox}")
}

pub fn get(read: &Read<'_>, mailbox: MailboxId) -> Result<Option<u64>, Error> {
    Ok(setting::get(read, &key(mailbox))?.and_then(|text| text.parse().ok()))
}

pub fn set(tx: &Tx<'_>, mailbox: MailboxId, digest: u64) -> Result<(), Error> {
    setting::set(tx, &key(mailbox), &digest.to_string())
}
