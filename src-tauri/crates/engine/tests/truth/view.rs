//! What the person would see, and what the server holds, side by side.

use crate::kit::World;
use crate::model::{Mailbox, Server};
use engine::ListAsk;
use std::collections::BTreeSet;

/// One message as a list shows it.
type Shown = (u32, i64, String, BTreeSet<String>);

fn held(mailbox: &Mailbox) -> Vec<Shown> {
    let mut all: Vec<Shown> = mailbox
        .all()
        .map(|m| (m.uid, m.arrived, m.subject.clone(), m.flags.iter().cloned().collect()))
        .collect();
    all.sort_by_key(|(uid, arrived, ..)| std::cmp::Reverse((*arrived, *uid)));
    all
}

async fn shown(world: &World, mailbox: ::model::MailboxId) -> Result<Vec<Shown>, String> {
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let ask = ListAsk {
            mailboxes: vec![mailbox],
            before,
            limit: 100,
            cached_only: true,
            ..ListAsk::default()
        };
        let page = world.engine.list(ask).await.map_err(|e| e.to_string())?;
        found.extend(page.rows.iter().map(|row| {
            let flags = row.flags.names().into_iter().collect();
            (row.uid.0, row.internal_date, row.subject.clone(), flags)
        }));
        before = page.next.filter(|_| !page.rows.is_empty());
        if before.is_none() {
            return Ok(found);
        }
    }
}

/// Every mailbox, its rows in order, its counts, and the search for a word.
pub async fn compare(world: &World, server: &Server) -> Result<(), String> {
    let rows = world.engine.mailboxes(None).await.map_err(|e| e.to_string())?;
    let expected: Vec<(String, Vec<Shown>, u64)> = {
        let state = server.state();
        let unseen = |m: &Mailbox| m.all().filter(|one| !one.has("\\Seen")).count() as u64;
        state.mailboxes.iter().map(|m| (m.name.clone(), held(m), unseen(m))).collect()
    };
    let names: BTreeSet<&str> = rows.iter().map(|row| row.name.0.as_str()).collect();
    let wanted: BTreeSet<&str> = expected.iter().map(|(name, ..)| name.as_str()).collect();
    if names != wanted {
        return Err(format!("mailboxes: {names:?}, and the server has {wanted:?}"));
    }
    let mut letters = BTreeSet::new();
    for (name, held, unseen) in &expected {
        let Some(row) = rows.iter().find(|row| row.name.0 == *name) else { continue };
        let shown = shown(world, row.id).await?;
        if shown != *held {
            let first = shown.iter().zip(held).find(|(a, b)| a != b);
            return Err(format!(
                "{name}: {} rows for {}; first difference: {first:?}",
                shown.len(),
                held.len()
            ));
        }
        if row.total != Some(held.len() as u64) {
            return Err(format!("{name}: counted {:?} for {}", row.total, held.len()));
        }
        if row.unread.is_some_and(|unread| unread != *unseen) {
            return Err(format!("{name}: {:?} unread for {unseen}", row.unread));
        }
        letters.extend(held.iter().map(|(_, _, subject, _)| subject.clone()));
    }
    let found = searched(world, "letter ").await?;
    if found != letters {
        return Err(format!("a search finds {} of {}", found.len(), letters.len()));
    }
    Ok(())
}

/// A message that stands twice is found once: so the subjects are what is compared.
async fn searched(world: &World, query: &str) -> Result<BTreeSet<String>, String> {
    let (mut found, mut before) = (BTreeSet::new(), None);
    loop {
        let ask =
            engine::SearchAsk { query: query.to_owned(), before, limit: 200, ..Default::default() };
        let page = world.engine.search(ask).await.map_err(|e| e.to_string())?;
        found.extend(page.rows.into_iter().map(|row| row.subject));
        before = page.next;
        if before.is_none() {
            return Ok(found);
        }
    }
}
