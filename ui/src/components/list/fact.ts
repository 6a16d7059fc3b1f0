// The line under a list's title: what is known about it, and since when. Pure.
import type { Account, Mailbox } from '../../gen/api';
import { away as isAway, shareOf } from '../../data/status';
import { m } from '../../gen/messages/messages.js';
import { number } from '../../text/locale';
import { unreachable } from '../../text/trouble';

interface Known {
  list: { opened: boolean; checking: boolean; fetching: boolean; none: boolean; total: number | null };
  box: Mailbox | undefined;
  accounts: readonly Account[];
  /** In all inboxes. */
  unread: number | null;
  /** Work has lasted for more than a second. */
  long: boolean;
}

export function factOf({ list, box, accounts, unread, long }: Known): string {
  const account = accounts.find((a) => a.id === box?.account);
  if (list.none && (list.checking || !list.opened)) {
    return account ? m.fact_first_coming_of({ account: account.name }) : m.fact_first_coming();
  }
  if (long && list.fetching) return m.fact_older_coming();
  if (long && list.checking) return account ? m.status_asking_one({ account: account.name }) : m.fact_asking();
  const all = box ? accounts.filter((a) => a.id === box.account) : accounts;
  const filling = all.find((a) => a.progress !== null && !a.paused);
  if (filling?.progress) return m.fact_progress({ account: filling.name, ...shareOf(filling.progress) });
  const away = all.length > 0 && all.every((a) => isAway(a) || (a.state.kind === 'trouble' && unreachable(a.state.trouble)));
  const count = box ? box.unread : unread;
  if (count === null) return box && box.total !== null ? m.fact_total({ count: box.total, n: number(box.total) }) : '';
  if (away) return m.fact_unread_when_online({ count, n: number(count) });
  if (!box) {
    return accounts.length > 1
      ? m.fact_unread_accounts({ count, n: number(count), accounts: number(accounts.length) })
      : m.fact_unread({ count, n: number(count) });
  }
  if (box.total === null) return m.fact_unread({ count, n: number(count) });
  return count === 0
    ? m.fact_total_read({ count: box.total, n: number(box.total) })
    : m.fact_unread_of({ count: box.total, n: number(count), total: number(box.total) });
}
