// The lists that were looked at lately, each kept for the way back; and what an event means to them.
import type { Event, MailboxId } from '../gen/api';
import { MailList, SETTLE } from './list.svelte';
import { mail } from './mail.svelte';
import { prefs } from './prefs.svelte';
import { hear } from './query.svelte';

/** What can't be urgent waits so long. */
const AFAR = 3000;
const KEEP = 8;
const lists = new Map<string, MailList>();

/** Conversations, unless single messages are wished; drafts are always single. */
export function listOf(mailbox: MailboxId | null): MailList {
  const threads = prefs.threads && mail.mailbox(mailbox)?.role !== 'drafts';
  const key = `${mailbox ?? 'all'} ${threads}`;
  const known = lists.get(key) ?? new MailList(mailbox, threads);
  lists.delete(key);
  lists.set(key, known);
  for (const old of lists.keys()) {
    if (lists.size <= KEEP) break;
    lists.delete(old);
  }
  return known;
}

/** How soon a list must be looked at after an event; null where it is none of its business. */
export function concerns(list: MailList, event: Event): number | null {
  const own = mail.mailbox(list.mailbox)?.account;
  const waits = event.tags.flatMap((tag) => {
    if (tag.kind === 'accounts') return list.mailbox === null ? [SETTLE] : [];
    if (tag.kind === 'message') return list.holds(tag.id) ? [SETTLE] : [];
    if (tag.kind !== 'list') return [];
    if (list.mailbox === tag.id) return [SETTLE];
    const box = mail.mailbox(tag.id);
    if (list.mailbox === null && (!box || box.role === 'inbox')) return [SETTLE];
    // A conversation's count, its other messages: they may stand in any mailbox of the account, and are not urgent.
    return list.threads && box && (list.mailbox === null || box.account === own) ? [AFAR] : [];
  });
  return waits.length > 0 ? Math.min(...waits) : null;
}

export function followLists(shown: () => MailList): () => void {
  return hear((event, everything) => {
    const now = shown();
    for (const [key, list] of lists) {
      const wait = everything ? SETTLE : concerns(list, event);
      if (wait === null) continue;
      // One that is not on screen is asked again when it is opened.
      if (list === now) list.touch(wait);
      else if (everything) lists.delete(key);
    }
  });
}
