// The one line that says how the mail stands: of several the most urgent. Pure.
import type { Account } from '../gen/api';
import { m } from '../gen/messages/messages.js';
import type { IconName } from '../components/shared/icons';
import { list, number } from '../text/locale';
import { since } from '../text/dates';
import { sentence, unreachable, wantsSignIn } from '../text/trouble';

export interface Line {
  tone: 'red' | 'tan' | 'grey' | 'green';
  icon: IconName;
  text: string;
}

const newest = (times: (string | null)[]): string | null =>
  times.filter((t): t is string => t !== null).sort((a, b) => Date.parse(b) - Date.parse(a))[0] ?? null;

const oldest = (times: string[]): string | null => times.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;

export function accountLine(account: Account, asking: boolean, now: Date): Line {
  const { state } = account;
  if (asking || state.kind === 'checking') return { tone: 'grey', icon: 'refresh', text: m.status_asking_one({ account: account.name }) };
  switch (state.kind) {
    case 'resting':
      return { tone: 'grey', icon: 'clock', text: m.status_not_asked() };
    case 'current':
      return { tone: 'green', icon: 'check', text: m.status_heard_short({ time: since(state.checked_at, now) }) };
    case 'trouble': {
      const { trouble, last_heard } = state;
      if (unreachable(trouble)) {
        const text = last_heard ? m.status_unreached_since({ why: sentence(trouble), time: since(last_heard, now) }) : sentence(trouble);
        return { tone: 'tan', icon: 'offline', text };
      }
      if (wantsSignIn(trouble)) return { tone: 'red', icon: 'key', text: sentence(trouble) };
      return { tone: 'red', icon: 'warning', text: sentence(trouble) };
    }
  }
}

/** For the foot of the sidebar. */
export function statusLine(accounts: readonly Account[], asking: readonly number[], now: Date): Line | null {
  if (accounts.length === 0) return null;
  const troubled = accounts.flatMap((a) => (a.state.kind === 'trouble' ? [{ account: a, ...a.state }] : []));
  const rejected = troubled.find(({ trouble }) => wantsSignIn(trouble));
  if (rejected) return { tone: 'red', icon: 'key', text: m.status_sign_in({ account: rejected.account.name }) };
  const refused = troubled.find(({ trouble }) => !unreachable(trouble));
  if (refused) return { tone: 'red', icon: 'warning', text: m.status_trouble({ account: refused.account.name }) };
  if (troubled.length > 0 && troubled.length === accounts.length) {
    const heard = newest(troubled.map((t) => t.last_heard));
    return { tone: 'tan', icon: 'offline', text: heard ? m.status_offline_heard({ time: since(heard, now) }) : m.status_offline() };
  }
  const late = troubled[0];
  if (late) {
    const text = late.last_heard
      ? m.status_late({ account: late.account.name, time: since(late.last_heard, now) })
      : m.status_unreached({ account: late.account.name });
    return { tone: 'tan', icon: 'clock', text };
  }
  const busy = accounts.filter((a) => asking.includes(a.id) || a.state.kind === 'checking');
  if (busy.length > 0) {
    const text =
      busy.length === accounts.length && busy.length > 1
        ? m.status_asking_all({ n: number(busy.length) })
        : m.status_asking_one({ account: list(busy.map((a) => a.name)) });
    return { tone: 'grey', icon: 'refresh', text };
  }
  const heard = accounts.flatMap((a) => (a.state.kind === 'current' ? [a.state.checked_at] : []));
  if (heard.length < accounts.length) return { tone: 'grey', icon: 'clock', text: m.status_not_asked() };
  return { tone: 'green', icon: 'check', text: m.status_heard({ time: since(oldest(heard) ?? '', now) }) };
}
