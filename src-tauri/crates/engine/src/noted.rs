//! What happened to the mail, one thing after the other, for those who follow along. (Who shows a screen follows
//! the tags instead, and asks for what is on it.)

use model::{AccountId, MailboxId, MessageId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// A message arrived after the mailbox had been seen before.
    New {
        account: AccountId,
        mailbox: MailboxId,
        message: MessageId,
    },
    Flags {
        account: AccountId,
        mailbox: MailboxId,
        message: MessageId,
    },
    /// The server has it no longer in that mailbox.
    Gone {
        account: AccountId,
        mailbox: MailboxId,
        message: MessageId,
    },
    State {
        account: AccountId,
    },
}
