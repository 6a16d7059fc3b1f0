import { beforeEach, describe, expect, test, vi } from 'vitest';
import { PAUSE, Search, TYPING } from '../src/data/search.svelte';
import { chipped, queryOf, soughtIn, written } from '../src/data/terms';
import type { Asked, Found, Row, Search as Ask } from '../src/gen/api';
import { countLine, reachOf } from '../src/text/coverage';
import { hits } from '../src/text/hits';
import { chooseLanguage } from '../src/text/locale';
import { accountOf, fake, refuse, rowOf, type Fake } from './platform';

const local = { from: '2024-03-04T00:00:00Z', to: null, messages: 900, whole: false };
const found = (rows: Row[], more: Partial<Found> = {}): Found => ({ rows, cursor: null, coverage: { local, server: [] }, ...more });
let carrier: Fake;
beforeEach(async () => {
  chooseLanguage(['en-GB'], null);
  vi.useFakeTimers();
  carrier = await fake({ search: () => found([]) });
  return () => vi.useRealTimers();
});
const asked = () => carrier.calls.filter((c) => c.method === 'search').map((c) => c.params as Ask);
const wait = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const ids = (s: Search) => Array.from({ length: s.length }, (_, n) => s.at(n)?.id);

describe('the field', () => {
  test('a finished operator becomes a chip, one under the hand does not', () => {
    expect(chipped('from:ravi', false)).toEqual({ chips: [], rest: 'from:ravi' });
    expect(chipped('from:ravi ', false)).toEqual({ chips: [{ op: 'from', value: 'ravi', not: false }], rest: '' });
    expect(chipped('from:ravi', true).chips.length).toBe(1);
    expect(chipped('-from:"Ravi Menon"', false).chips).toEqual([{ op: 'from', value: 'Ravi Menon', not: true }]);
    expect(chipped('ochre FROM:ravi has:attachment umber', false)).toMatchObject({ rest: 'ochre umber', chips: [{ op: 'from' }, { op: 'has', value: 'attachment' }] });
  });
  test('what means nothing stays text', () => {
    for (const text of ['has:teeth ', 'is:blue ', 'before:soon ', 'http://x.example ', 'from: ', 'xfrom:a ']) expect(chipped(text, true)).toEqual({ chips: [], rest: text });
    for (const text of ['before:2024 ', 'after:2024-03 ', 'after:2024-3-1 ', 'is:UNREAD ']) expect(chipped(text, false).chips.length).toBe(1);
  });
  test('the word under the hand is a beginning; finished and joined scripts are as they are', () => {
    expect(queryOf([], 'och')).toBe('och*');
    expect(queryOf([], 'ochre ')).toBe('ochre');
    expect(queryOf([], 'o')).toBe('o');
    expect(queryOf([], '展覧会')).toBe('展覧会');
    expect(queryOf([], 'Україн')).toBe('Україн*');
    expect(queryOf([], '"second och')).toBe('"second och');
    expect(queryOf([{ op: 'from', value: 'Ravi Menon', not: false }], 'och')).toBe('from:"Ravi Menon" och*');
    expect(queryOf([], 'from:ra')).toBe('from:ra*');
    expect([queryOf([], 'from:'), queryOf([], 'ochre -subject: '), queryOf([], 'reform:')]).toEqual(['', 'ochre', 'reform:']);
  });
  test('chips go to text and back', () => {
    const chip = { op: 'subject', value: 'harbour library', not: true } as const;
    expect(chipped(`${written(chip)} `, false).chips).toEqual([chip]);
  });
  test('sought words, not those ruled out', () => {
    expect(soughtIn([{ op: 'from', value: 'Ravi', not: false }, { op: 'to', value: 'x', not: true }, { op: 'is', value: 'read', not: false }], '"second ochre" -umber gre* subject:pla')).toEqual(['Ravi', 'second ochre', 'gre', 'pla']);
  });
});

describe('sought words in a text', () => {
  const marked = (text: string, ...words: string[]) => hits(text, words).filter((p) => p.hit).map((p) => p.text);
  test('in every script, without case and accents', () => {
    expect(marked('Ochre 2, ochre-red, mediochre', 'ochre')).toEqual(['Ochre', 'ochre']);
    expect(marked('Façade und Fassade', 'facade')).toEqual(['Façade']);
    expect(marked('展覧会図面の最終確認', '図面')).toEqual(['図面']);
    expect(marked('Рахунок-фактура', 'фактура')).toEqual(['фактура']);
    expect(marked('دعوة لحضور ورشة', 'لحضور')).toEqual(['لحضور']);
    expect(marked('e\u0301te\u0301 a\u0300', 'ete')).toEqual(['e\u0301te\u0301']);
  });
  test('nothing is lost', () => {
    for (const text of ['', 'a🎂b ochre', 'ﬁne ﬁeld', '𝒳y']) expect(hits(text, ['fi', 'ochre', 'y']).map((p) => p.text).join('')).toBe(text);
  });
});

describe('as one types', () => {
  test('one question for one word, and none that is already old', async () => {
    const s = new Search();
    for (const text of ['o', 'oc', 'och', 'ochr']) {
      s.type(text);
      await wait(TYPING - 20);
    }
    expect(asked()).toEqual([]);
    await wait(TYPING);
    expect(asked()).toEqual([{ query: 'ochr*', server: false, limit: 50, accounts: [] }]);
  });
  test('a late answer to an older question is dropped', async () => {
    const late: (() => void)[] = [];
    carrier.answers.search = ({ query }) => new Promise((resolve) => late.push(() => resolve(found([rowOf(query.startsWith('first') ? 1 : 2)]))));
    const s = new Search();
    s.type('first ');
    await wait(TYPING);
    s.type('second ');
    await wait(TYPING);
    late[1]?.();
    await wait(0);
    late[0]?.();
    await wait(0);
    expect(ids(s)).toEqual([2]);
  });
  test('what was found stays until the next answer is here', async () => {
    carrier.answers.search = () => found([rowOf(5)]);
    const s = new Search();
    s.type('a ');
    await wait(TYPING);
    s.type('ab ');
    expect(ids(s)).toEqual([5]);
    s.type('');
    expect([ids(s), s.opened]).toEqual([[], false]);
  });
});

describe('device, then servers', () => {
  const answered: Asked[] = [{ account: 1, state: 'answered', trouble: null, mailboxes: 3, found: 2 }];
  test('what the servers add stands below, and never twice', async () => {
    carrier.answers.search = ({ server }) => (server ? found([rowOf(9), rowOf(8), rowOf(7), rowOf(3)], { coverage: { local, server: answered } }) : found([rowOf(9), rowOf(7)]));
    const s = new Search();
    s.type('ochre ');
    await wait(TYPING);
    expect([ids(s), s.asked]).toEqual([[9, 7], false]);
    await wait(PAUSE);
    expect(ids(s)).toEqual([9, 7, 8, 3]);
    expect([s.onDevice, s.fromServers, s.heads]).toEqual([2, 2, [0, 2]]);
    expect([s.headOf(1), s.headOf(2)]).toEqual(['On this device', 'From the server']);
    expect(asked().map((a) => a.server)).toEqual([false, true]);
  });
  test('while the device has more, the servers’ wait: nothing comes between', async () => {
    const device = Array.from({ length: 70 }, (_, n) => rowOf(200 - n));
    carrier.answers.search = ({ server, before }) => {
      if (server) return found([rowOf(200), rowOf(140), rowOf(2)]);
      const start = Number(before ?? 0);
      return found(device.slice(start, start + 50), { cursor: start + 50 < 70 ? String(start + 50) : null });
    };
    const s = new Search();
    s.type('ochre ');
    await wait(TYPING + PAUSE);
    expect([s.length, s.heads, s.size]).toEqual([51, [0], -1]);
    s.want(40, 50);
    await wait(0);
    // One of the servers' was the device's own, further down.
    expect(ids(s)).toEqual([...device.map((r) => r.id), 2]);
    expect([s.heads, s.size]).toEqual([[0, 70], 71]);
  });
  test('an answer that is short because its work was is gone on with', async () => {
    carrier.answers.search = ({ server, before }) => {
      const at = Number(before ?? 0);
      return server ? found([]) : found(at === 3 ? [rowOf(1)] : [], { cursor: at < 5 ? String(at + 1) : null });
    };
    const s = new Search();
    s.type('needle ');
    await wait(TYPING);
    expect([ids(s), s.looking, s.more]).toEqual([[1], false, false]);
  });
  test('what the servers brought is paged through without asking them again', async () => {
    const all = Array.from({ length: 60 }, (_, n) => rowOf(90 - n));
    carrier.answers.search = ({ server, before }) => (server ? found(all.slice(0, 50), { cursor: '50' }) : before === '50' ? found(all.slice(50)) : found([]));
    const s = new Search();
    s.type('ochre', true);
    await wait(10);
    expect([s.onDevice, s.fromServers]).toEqual([0, 50]);
    s.want(40, 49);
    await wait(0);
    expect(s.fromServers).toBe(60);
    expect(asked().filter((a) => a.server).length).toBe(1);
  });
  test('Enter asks the servers at once; a key ends that question', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    carrier.answers.search = ({ server }, signal) => (server ? (signals.push(signal), new Promise(() => undefined)) : found([]));
    const s = new Search();
    s.type('umber', true);
    await wait(0);
    expect([signals.length, s.asking]).toEqual([1, true]);
    s.type('umbers');
    expect([signals[0]?.aborted, s.asking]).toEqual([true, false]);
  });
  test('servers that fail leave what the device found, and can be asked again', async () => {
    carrier.answers.search = ({ server }) => (server ? refuse('offline') : found([rowOf(1)]));
    const s = new Search();
    s.type('umber', true);
    await wait(10);
    expect([ids(s), s.trouble?.code, s.asking]).toEqual([[1], 'offline', false]);
    carrier.answers.search = ({ server }) => found([rowOf(1), ...(server ? [rowOf(4)] : [])]);
    await s.again();
    expect([ids(s), s.trouble]).toEqual([[1, 4], null]);
  });
});

describe('how far that is true', () => {
  const accounts = [accountOf(1, { kind: 'current', by: 'idle' }, { name: 'Kontor' }), accountOf(2, { kind: 'current', by: 'idle' }, { name: 'Albrecht' }), accountOf(3, { kind: 'current', by: 'idle' }, { name: 'Verein' })];
  const one = (account: number, state: Asked['state'], code: 'timeout' | 'wrong-password' = 'timeout'): Asked => ({ account, state, trouble: state === 'failed' ? { code, params: { host: 'h' }, message: '' } : null, mailboxes: 1, found: 0 });
  const reach = (server: Asked[], more = {}, asking = false) => reachOf({ coverage: { local: { ...local, ...more }, server }, asking, accounts });

  test('back to when, and which servers answered', () => {
    const r = reach([one(1, 'answered'), one(2, 'failed'), one(3, 'answered')]);
    expect(`${r.device} ${r.servers}`).toBe('On this device back to March 2024. Asked 2 of 3 servers: Albrecht did not answer.');
    expect(r.again).toBe(true);
    expect(r.each.map((e) => e.fate)).toEqual(['answered', 'failed', 'answered']);
  });
  test('all answered, none yet, two silent, one paused', () => {
    expect(reach([one(1, 'answered'), one(2, 'answered'), one(3, 'answered')])).toMatchObject({ servers: 'Asked all 3 servers.', again: false });
    expect(reachOf({ coverage: { local, server: [one(1, 'answered'), one(2, 'answered')] }, asking: false, accounts: accounts.slice(0, 2) }).servers).toBe('Asked both servers.');
    expect(reach([], {}, true).servers).toBe('Asking 3 servers…');
    expect(reach([]).servers).toBe('');
    expect(reach([one(1, 'answered'), one(2, 'failed'), one(3, 'failed')]).servers).toBe('Asked 1 of 3 servers: Albrecht and Verein did not answer.');
    const paused = accounts.map((a) => (a.id === 3 ? { ...a, paused: true } : a));
    expect(reachOf({ coverage: { local, server: [one(1, 'answered'), one(2, 'answered')] }, asking: false, accounts: paused }).servers).toBe('Asked 2 of 3 servers: Verein is paused.');
  });
  test('what the device has', () => {
    expect(reach([], { whole: true }).device).toBe('On this device: names, subject and preview of every message.');
    expect(reach([], { from: null, messages: 1200 }).device).toBe('On this device: 1,200 messages.');
    expect(reach([], { from: null, messages: 0 }).device).toBe('Nothing of it is on this device yet.');
  });
  test('the count says from where, and does not say nothing before all have answered', () => {
    const count = { onDevice: 3, fromServers: 2, more: false, asking: false, looking: false };
    expect(countLine(count)).toBe('5 results: 3 on this device, 2 from the server');
    expect(countLine({ ...count, fromServers: 0, asking: true })).toBe('3 results on this device so far');
    expect(countLine({ ...count, onDevice: 0, fromServers: 0, asking: true })).toBe('No results yet: servers are being asked');
    expect(countLine({ ...count, onDevice: 0, fromServers: 0 })).toBe('No results');
    expect(countLine({ ...count, more: true, onDevice: 50 })).toBe('The newest 50 on this device, more below');
  });
});
