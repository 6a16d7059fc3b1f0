//! The scene that demo, window and browser share: a Dovecot that holds the sample mailbox, and a Satchel signed in
//! to both of its accounts under the demo's small budget.

use crate::cli::Satchel;
use crate::dovecot::Dovecot;
use crate::sample::{self, SampleAccount};
use anyhow::{Context, Result, ensure};
use jiff::Timestamp;

/// The demo's budget in octets: less than the sample's attachments, so that some have to leave.
pub const BUDGET: u64 = 32_000_000;

pub struct Stage {
    pub server: Dovecot,
    pub satchel: Satchel,
}

impl Stage {
    /// All of it, for tests; the demo goes step by step and tells of each.
    pub fn set() -> Result<Self> {
        let accounts = sample::accounts(Timestamp::now())?;
        let server = serve(&accounts)?;
        let satchel = Satchel::new()?;
        let signed: Vec<_> = accounts.iter().map(|a| (a.email, a.password)).collect();
        fill(&server, accounts, &mut |_, _, _| {})?;
        sign_in(&satchel, &server, &signed)?;
        Ok(Self { server, satchel })
    }
}

/// A server with an empty mailbox for each account.
pub fn serve(accounts: &[SampleAccount]) -> Result<Dovecot> {
    let users: Vec<_> = accounts.iter().map(|a| (a.email, a.password)).collect();
    Dovecot::start(&users)
}

/// Messages in all of them.
pub fn count(accounts: &[SampleAccount]) -> usize {
    accounts.iter().flat_map(|a| &a.mailboxes).map(|m| m.count).sum()
}

/// `each` hears account, mailbox, and how many messages are laid down by now.
pub fn fill(
    server: &Dovecot,
    accounts: Vec<SampleAccount>,
    each: &mut dyn FnMut(&str, &str, usize),
) -> Result<()> {
    let mut done = 0;
    for account in accounts {
        for mailbox in account.mailboxes {
            let mut filling = server.fill(account.email, mailbox.name)?;
            for message in mailbox.messages {
                filling.add(&message.bytes, message.internal_date, &message.flags)?;
                done += 1;
                each(account.email, mailbox.name, done);
            }
            let count = filling.finish()?;
            ensure!(
                count == mailbox.count as u64,
                "{}: {count} of {} messages",
                mailbox.name,
                mailbox.count
            );
        }
    }
    Ok(())
}

/// As a person would, with one more root for this server alone.
pub fn sign_in(satchel: &Satchel, server: &Dovecot, accounts: &[(&str, &str)]) -> Result<()> {
    satchel.json(&["storage", "--budget", &BUDGET.to_string()]).context("setting the budget")?;
    for (email, password) in accounts {
        satchel.add(email, password, &server.url(), server.ca_file())?;
    }
    Ok(())
}
