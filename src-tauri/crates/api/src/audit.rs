//! What the background comparison with the server showed of an account, out of what each mailbox says of itself.

use crate::date::date_of;
use crate::wire::DoctorAudit;
use engine::MailboxRow;

pub(crate) fn of<'a>(mailboxes: impl Iterator<Item = &'a MailboxRow>) -> DoctorAudit {
    // Those that hold mail here: one that was never selected has nothing to compare.
    let synced = mailboxes.filter(|m| m.selectable && m.uidvalidity.is_some());
    sum(synced.map(|m| (m.audited, m.repaired)))
}

fn sum(mailboxes: impl Iterator<Item = (Option<i64>, u64)>) -> DoctorAudit {
    let mut audit = DoctorAudit::default();
    let mut oldest: Option<i64> = None;
    let mut all = true;
    for (audited, repaired) in mailboxes {
        audit.repaired += repaired;
        match audited {
            Some(at) => {
                audit.mailboxes += 1;
                oldest = Some(oldest.map_or(at, |o| o.min(at)));
            }
            None => all = false,
        }
    }
    audit.checked_at = oldest.filter(|_| all).map(date_of);
    audit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_counts_and_only_once_all_were_compared() {
        let all = sum([(Some(7_200), 2), (Some(3_600), 1)].into_iter());
        assert_eq!(all.checked_at.as_deref(), Some("1970-01-01T01:00:00Z"));
        assert_eq!((all.mailboxes, all.repaired), (2, 3));
        let some = sum([(Some(7_200), 2), (None, 0)].into_iter());
        assert_eq!((some.checked_at, some.mailboxes, some.repaired), (None, 1, 2));
        assert_eq!(sum(std::iter::empty()), DoctorAudit::default());
    }
}
