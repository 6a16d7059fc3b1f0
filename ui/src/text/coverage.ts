// How far a search went, in words that are true: always shown, at no hits above all. Pure.
import type { Account, AccountId, Asked, Coverage } from '../gen/api';
import { m } from '../gen/messages/messages.js';
import { parse } from './dates';
import { dateFormat, list, number } from './locale';
import { sentence, unreachable } from './trouble';

export interface Reach {
  /** What this device was able to tell. */
  device: string;
  /** What the servers were; empty where none was asked yet. */
  servers: string;
  each: { account: Account; fate: 'asking' | 'answered' | 'failed'; text: string; /** The glyph says as much. */ plain: boolean }[];
  /** Some server has not answered: asking again may find more. */
  again: boolean;
}

export interface Looked {
  coverage: Coverage;
  asking: boolean;
  /** The accounts that are searched. */
  accounts: readonly Account[];
}

function onDevice({ from, messages, whole }: Coverage['local']): string {
  if (whole) return m.cover_device_whole();
  const date = parse(from);
  if (date) return m.cover_device_back({ month: dateFormat({ month: 'long', year: 'numeric' }).format(date) });
  return messages > 0 ? m.cover_device_some({ count: messages, n: number(messages) }) : m.cover_device_none();
}

const silent = ({ trouble }: Asked): boolean => !trouble || unreachable(trouble);
const why = (one: Asked): string => (!one.trouble || silent(one) ? m.cover_silent() : sentence(one.trouble).replace(/\.$/u, ''));

function onServers(accounts: readonly Account[], asked: ReadonlyMap<AccountId, Asked>): string {
  const answered = accounts.filter((a) => asked.get(a.id)?.state === 'answered');
  if (answered.length === accounts.length) {
    if (accounts.length === 1) return m.cover_asked_one();
    return accounts.length === 2 ? m.cover_asked_both() : m.cover_asked_all({ n: number(accounts.length) });
  }
  const failed = accounts.filter((a) => asked.get(a.id)?.state === 'failed');
  const paused = accounts.filter((a) => a.paused && !asked.has(a.id));
  const names = (some: readonly Account[]) => list(some.map((a) => a.name));
  const reasons = [
    failed.length > 0 ? m.cover_silent_names({ count: failed.length, names: names(failed) }) : '',
    paused.length > 0 ? m.cover_paused_names({ count: paused.length, names: names(paused) }) : '',
  ].filter((text) => text !== '');
  if (reasons.length === 0) return m.cover_asked_some({ asked: number(answered.length), all: number(accounts.length) });
  return m.cover_asked_some_but({ asked: number(answered.length), all: number(accounts.length), why: reasons.join('; ') });
}

export function reachOf({ coverage, asking, accounts }: Looked): Reach {
  const asked = new Map(coverage.server.map((one) => [one.account, one]));
  const servers = asking
    ? accounts.length === 1
      ? m.cover_asking_one()
      : m.cover_asking({ n: number(accounts.length) })
    : asked.size > 0
      ? onServers(accounts, asked)
      : '';
  const each = accounts.flatMap<Reach['each'][number]>((account) => {
    const one = asked.get(account.id);
    if (asking && !account.paused) return [{ account, fate: 'asking', text: m.cover_each_asking(), plain: true }];
    if (!one) return [];
    return one.state === 'answered' ? [{ account, fate: 'answered', text: m.cover_each_answered(), plain: true }] : [{ account, fate: 'failed', text: why(one), plain: silent(one) }];
  });
  return { device: onDevice(coverage.local), servers, each, again: !asking && coverage.server.some((one) => one.state === 'failed') };
}

/** The line under the title: how many, and from where. */
export function countLine(found: { onDevice: number; fromServers: number; more: boolean; asking: boolean; looking: boolean }): string {
  const { onDevice: here, fromServers: there, more, asking, looking } = found;
  if (looking && here === 0) return m.search_looking();
  const all = here + there;
  if (more) return m.search_count_more({ n: number(here) });
  if (all === 0) return asking ? m.search_none_yet() : m.search_none();
  if (there === 0) return asking ? m.search_count_so_far({ count: here, n: number(here) }) : m.search_count({ count: here, n: number(here) });
  return m.search_count_both({ count: all, n: number(all), here: number(here), there: number(there) });
}
