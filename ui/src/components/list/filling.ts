// Whose headers are on their way into a list.
import type { Account, MailboxId } from '../../gen/api';
import { mail } from '../../data/mail.svelte';

export function fillingOf(mailbox: MailboxId | null): Account | undefined {
  const box = mail.mailbox(mailbox);
  if (box?.covered) return undefined;
  return mail.accounts.find((a) => a.progress !== null && !a.progress.full && !a.paused && (!box || a.id === box.account));
}
