// What Alt ↑ ↓ and a drag do, wherever accounts stand in a row.
import type { AccountId } from '../../gen/api';
import { mail } from '../../data/mail.svelte';
import { voice } from '../../data/say.svelte';
import { m } from '../../gen/messages/messages.js';
import { number } from '../../text/locale';
import { sentence } from '../../text/trouble';
import { moved, movedTo } from './order';

async function put(id: AccountId, ids: AccountId[]): Promise<void> {
  const before = mail.accounts.map((a) => a.id);
  if (ids.every((other, at) => other === before[at])) return;
  const name = mail.account(id)?.name ?? '';
  const trouble = await mail.order(ids);
  voice.say(trouble ? sentence(trouble) : m.accounts_moved({ account: name, n: number(ids.indexOf(id) + 1), all: number(ids.length) }));
}

export const moveBy = (id: AccountId, by: number): Promise<void> => put(id, moved(mail.accounts.map((a) => a.id), id, by));

export const moveTo = (id: AccountId, to: number): Promise<void> => put(id, movedTo(mail.accounts.map((a) => a.id), id, to));

/** Alt ↑ and Alt ↓; true where the key was one of them. */
export function arrangeKey(event: KeyboardEvent, id: AccountId): boolean {
  if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return false;
  event.preventDefault();
  event.stopPropagation();
  void moveBy(id, event.key === 'ArrowUp' ? -1 : 1);
  return true;
}
