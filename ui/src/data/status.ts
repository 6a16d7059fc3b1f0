// The one line that says how the mail stands: of several the most urgent. Pure.
import type { Account, Progress } from '../gen/api';
import { m } from '../gen/messages/messages.js';
import type { IconName } from '../components/shared/icons';
import { list, number } from '../text/locale';
import { clock, parse, since } from '../text/dates';
import { sentence, unreachable, wantsSignIn } from '../text/trouble';

export interface Line {
  tone: 'red' | 'tan' | 'grey' | 'green';
  icon: IconName;
  text: string;
  /** What can be done about it on the spot: the header sync of an account paused, or gone on with. */
  act?: { kind: 'pause' | 'go-on'; account: Account };
}

const order = (times: readonly (string | null)[]): string[] =>
  times.filter((t): t is string => t !== null).sort((a, b) => Date.parse(a) - Date.parse(b));

/** "41,200 of 100,000" */
export const shareOf = ({ done, total }: Progress): { done: string; total: string } => ({
  done: number(Math.min(done, total)),
  total: number(total),
});

/** Why it is late and when it goes on, in the server's words where it has some. */
function waiting(account: Account & { state: { kind: 'waiting' } }, now: Date): string {
  const { trouble, retry_at } = account.state;
  const reply = trouble.params['reply']?.replace(/[.\s]+$/u, '');
  const why = reply ? m.status_server_says({ reply }) : sentence(trouble).replace(/\.$/u, '');
  const at = parse(retry_at);
  // Within the minute a clock would say what is past.
  const soon = !at || at.getTime() - now.getTime() < 60_000;
  return soon ? m.status_trying_soon({ why }) : m.status_trying_at({ why, time: clock(at) });
}

const isWaiting = (account: Account): account is Account & { state: { kind: 'waiting' } } => account.state.kind === 'waiting';

/** How mail arrives, as far as this run has seen it. */
export function howLine({ state, paused }: Account): string {
  if (paused || state.kind === 'paused') return m.how_paused();
  if (state.kind !== 'current') return '';
  return { idle: m.how_at_once(), poll: m.how_poll(), check: m.how_check() }[state.by];
}

/** When it was last heard, and when all of it was compared. */
function heard({ audited_at, last_heard }: Account, now: Date): string {
  if (audited_at !== null && last_heard !== null) return m.status_heard_same({ heard: since(last_heard, now), same: since(audited_at, now) });
  if (audited_at !== null) return m.status_same({ time: since(audited_at, now) });
  return last_heard !== null ? m.status_heard_short({ time: since(last_heard, now) }) : m.status_not_asked();
}

export function accountLine(account: Account, asking: boolean, now: Date): Line {
  const { state, last_heard } = account;
  const last = last_heard === null ? '' : since(last_heard, now);
  if (state.kind === 'paused' || account.paused) return { tone: 'grey', icon: 'pause', text: last ? m.status_paused_since({ time: last }) : m.status_paused() };
  if (asking || state.kind === 'checking') return { tone: 'grey', icon: 'refresh', text: m.status_asking_one({ account: account.name }) };
  switch (state.kind) {
    case 'resting':
      return { tone: 'grey', icon: 'clock', text: last ? m.status_last_heard({ time: last }) : m.status_not_asked() };
    case 'current':
      return { tone: 'green', icon: 'check', text: heard(account, now) };
    case 'offline':
      return { tone: 'tan', icon: 'offline', text: last ? m.status_network_since({ time: last }) : m.status_network() };
    case 'waiting': {
      const why = waiting({ ...account, state }, now);
      return { tone: 'tan', icon: 'clock', text: last ? m.status_late_why({ time: last, why }) : why };
    }
    case 'trouble': {
      const { trouble } = state;
      if (unreachable(trouble)) {
        return { tone: 'tan', icon: 'offline', text: last ? m.status_unreached_since({ why: sentence(trouble), time: last }) : sentence(trouble) };
      }
      return { tone: 'red', icon: wantsSignIn(trouble) ? 'key' : 'warning', text: sentence(trouble) };
    }
  }
}

/** Nothing comes for want of a network: the account's own word, or the trouble says so. */
export const away = ({ state }: Account): boolean =>
  state.kind === 'offline' || ((state.kind === 'trouble' || state.kind === 'waiting') && state.trouble.code === 'offline');

const cut = ({ state }: Account): boolean => state.kind === 'trouble' && unreachable(state.trouble);

/** For the foot of the sidebar. */
export function statusLine(all: readonly Account[], asking: readonly number[], now: Date): Line | null {
  if (all.length === 0) return null;
  const accounts = all.filter((a) => !a.paused && a.state.kind !== 'paused');
  if (accounts.length === 0) return { tone: 'grey', icon: 'pause', text: all.length > 1 ? m.status_all_paused() : m.status_paused() };
  const several = all.length > 1;
  const refused = accounts.filter((a) => a.state.kind === 'trouble' && !unreachable(a.state.trouble));
  const full = refused.find((a) => a.state.kind === 'trouble' && a.state.trouble.code === 'disk-full');
  if (full) return { tone: 'red', icon: 'disk', text: m.status_disk_full() };
  const rejected = refused.find((a) => a.state.kind === 'trouble' && wantsSignIn(a.state.trouble));
  if (rejected) return { tone: 'red', icon: 'key', text: m.status_sign_in({ account: rejected.name }) };
  const [broken] = refused;
  if (broken) return { tone: 'red', icon: 'warning', text: m.status_trouble({ account: broken.name }) };

  const last = order(accounts.map((a) => a.last_heard)).at(-1);
  const without = accounts.filter(away);
  const [one] = without;
  if (one) {
    // Where others are heard, there is a network: it is this account's own trouble.
    const network = last ? m.status_network_since({ time: since(last, now) }) : m.status_network();
    return { tone: 'tan', icon: 'offline', text: without.length === accounts.length ? network : m.status_of({ account: one.name, what: m.status_network() }) };
  }
  if (accounts.every(cut)) return { tone: 'tan', icon: 'offline', text: last ? m.status_unreached_all_since({ time: since(last, now) }) : m.status_unreached_all() };
  const late = accounts.find(isWaiting);
  if (late) {
    const why = waiting(late, now);
    return { tone: 'tan', icon: 'clock', text: several ? m.status_of({ account: late.name, what: why }) : why };
  }
  const lost = accounts.find(cut);
  if (lost) {
    const text = lost.last_heard ? m.status_late({ account: lost.name, time: since(lost.last_heard, now) }) : m.status_unreached({ account: lost.name });
    return { tone: 'tan', icon: 'clock', text };
  }

  const filling = accounts.flatMap((account) => (account.progress && !account.progress.full ? [{ account, progress: account.progress }] : []));
  const halted = filling.find(({ progress }) => progress.paused);
  if (halted) return { tone: 'grey', icon: 'pause', text: m.status_sync_paused(shareOf(halted.progress)), act: { kind: 'go-on', account: halted.account } };
  const [first] = filling;
  if (first) return { tone: 'grey', icon: 'refresh', text: m.status_sync(shareOf(first.progress)), act: { kind: 'pause', account: first.account } };

  const busy = accounts.filter((a) => asking.includes(a.id) || a.state.kind === 'checking');
  if (busy.length > 0) {
    const text = busy.length === accounts.length && busy.length > 1 ? m.status_asking_all({ n: number(busy.length) }) : m.status_asking_one({ account: list(busy.map((a) => a.name)) });
    return { tone: 'grey', icon: 'refresh', text };
  }
  const current = accounts.filter((a) => a.state.kind === 'current');
  const oldest = order(current.map((a) => a.last_heard))[0];
  if (current.length < accounts.length || !oldest) {
    return { tone: 'grey', icon: 'clock', text: last ? m.status_last_heard({ time: since(last, now) }) : m.status_not_asked() };
  }
  const audits = accounts.map((a) => a.audited_at);
  const compared = order(audits)[0];
  const text = audits.includes(null) || !compared ? m.status_heard_short({ time: since(oldest, now) }) : m.status_same({ time: since(compared, now) });
  return { tone: 'green', icon: 'check', text };
}
