import { beforeEach, expect, test } from 'vitest';
import { accountLine, howLine, statusLine } from '../src/data/status';
import type { Account, AccountState, Code, Trouble } from '../src/gen/api';
import { chooseLanguage } from '../src/text/locale';
import { accountOf } from './platform';

const day = (clock: string) => new Date(`2026-11-24T${clock}:00`);
const at = (clock: string) => day(clock).toISOString();
const now = day('12:04');
const trouble = (code: Code, params: Record<string, string> = {}): Trouble => ({ code, params: { host: 'mail.x.example', ...params }, message: code });

const idle = (id: number, more: Partial<Account> = {}) => accountOf(id, { kind: 'current', by: 'idle' }, { last_heard: at('12:04'), ...more });
const busy = accountOf(3, { kind: 'waiting', trouble: trouble('server-busy', { reply: 'Too many connections.' }), retry_at: at('12:10') }, { last_heard: at('11:31') });
const line = (accounts: Account[], asking: number[] = []) => statusLine(accounts, asking, now);

beforeEach(() => chooseLanguage(['en-GB'], null));

const states: [string, Account, string][] = [
  ['heard by IDLE', idle(1), 'Heard 12:04'],
  ['compared', idle(1, { audited_at: at('12:01') }), 'Same as the server, 12:01'],
  ['heard by looking', accountOf(1, { kind: 'current', by: 'poll' }, { last_heard: at('11:58') }), 'Heard 11:58'],
  ['at rest, never asked', accountOf(1, { kind: 'resting' }), 'Not asked since the start'],
  ['at rest', accountOf(1, { kind: 'resting' }, { last_heard: at('09:00') }), 'Last heard 09:00'],
  ['being asked', accountOf(1, { kind: 'checking' }), 'Asking A1'],
  ['without a network', accountOf(1, { kind: 'offline' }), 'Waiting for the network'],
  ['without a network since', accountOf(1, { kind: 'offline' }, { last_heard: at('11:31') }), 'Waiting for the network, last heard 11:31'],
  ['refused for now', { ...busy, last_heard: null }, 'Server says “Too many connections”; trying again at 12:10'],
  ['in a moment', accountOf(1, { kind: 'waiting', trouble: trouble('timeout'), retry_at: at('12:04') }), 'mail.x.example did not answer in time; trying again in a moment'],
  ['paused', accountOf(1, { kind: 'paused' }, { paused: true }), 'Paused'],
  ['first sync', idle(1, { progress: { done: 41_200, total: 100_000, paused: false, full: false } }), 'Subjects: 41,200 of 100,000'],
  ['first sync paused', idle(1, { progress: { done: 41_200, total: 100_000, paused: true, full: false } }), 'Subjects paused at 41,200 of 100,000'],
  ['no room for more', idle(1, { progress: { done: 41_200, total: 100_000, paused: false, full: true } }), 'Heard 12:04'],
  ['a password refused', accountOf(1, { kind: 'trouble', trouble: trouble('wrong-password') }), 'A1 did not accept the password'],
  ['a full disk', accountOf(1, { kind: 'trouble', trouble: trouble('disk-full') }), 'The disk is full: nothing new is kept'],
  ['never reached', accountOf(1, { kind: 'trouble', trouble: trouble('refused') }), 'No server was reached'],
];
test.each(states)('one account, %s', (_, account, text) => expect(line([account])?.text).toBe(text));

test('every state has words of its own, for the line and for the list of accounts', () => {
  const kinds: AccountState[] = [
    { kind: 'resting' }, { kind: 'checking' }, { kind: 'current', by: 'idle' }, { kind: 'current', by: 'poll' }, { kind: 'current', by: 'check' },
    { kind: 'waiting', trouble: trouble('server-busy'), retry_at: at('12:10') }, { kind: 'offline' }, { kind: 'trouble', trouble: trouble('wrong-password') }, { kind: 'paused' },
  ];
  for (const language of ['en-GB', 'de-DE']) {
    chooseLanguage([language], null);
    for (const state of kinds) {
      for (const last_heard of [null, at('11:31')]) {
        const account = accountOf(1, state, { last_heard, paused: state.kind === 'paused' });
        for (const text of [accountLine(account, false, now).text, line([account])?.text ?? '']) expect(text).toMatch(/^\p{L}[^{}]{4,}$/u);
      }
    }
  }
  chooseLanguage(['en-GB'], null);
  expect(kinds.map((state) => howLine(accountOf(1, state)) !== '')).toEqual([false, false, true, true, true, false, false, false, true]);
});

test('of several the most urgent, in the order of the design', () => {
  const full = accountOf(1, { kind: 'trouble', trouble: trouble('disk-full') });
  const rejected = accountOf(2, { kind: 'trouble', trouble: trouble('wrong-password') });
  const away = accountOf(4, { kind: 'offline' }, { last_heard: at('11:58') });
  const filling = idle(5, { progress: { done: 10, total: 20, paused: false, full: false } });
  const all = [filling, busy, away, rejected, full];
  expect(line(all)).toMatchObject({ tone: 'red', icon: 'disk' });
  expect(line(all.slice(0, 4))).toMatchObject({ tone: 'red', text: 'A2 did not accept the password' });
  expect(line(all.slice(0, 3))).toMatchObject({ tone: 'tan', icon: 'offline', text: 'A4: Waiting for the network' });
  expect(line([away, { ...away, id: 6 }])?.text).toBe('Waiting for the network, last heard 11:58');
  expect(line(all.slice(0, 2))).toMatchObject({ tone: 'tan', text: 'A3: Server says “Too many connections”; trying again at 12:10' });
  expect(line([filling, idle(1)])).toMatchObject({ tone: 'grey', text: 'Subjects: 10 of 20', act: { kind: 'pause' } });
  expect(line([idle(1), idle(2)], [2])).toMatchObject({ tone: 'grey', text: 'Asking A2' });
  expect(line([])).toBeNull();
});

test('the whole is as old as its oldest part, and compared only where all of it was', () => {
  const early = idle(1, { last_heard: at('11:50'), audited_at: at('11:40') });
  expect(line([early, idle(2)])?.text).toBe('Heard 11:50');
  expect(line([early, idle(2, { audited_at: at('12:02') })])).toMatchObject({ tone: 'green', text: 'Same as the server, 11:40' });
});

test('a paused account neither hurries nor hinders', () => {
  const paused = accountOf(9, { kind: 'paused' }, { paused: true });
  expect(line([idle(1), paused])?.text).toBe('Heard 12:04');
  expect(line([paused, { ...paused, id: 8 }])?.text).toBe('All accounts are paused');
  expect(accountLine(paused, true, now).text).toBe('Paused');
});

test('heard and compared are two things, and both are told', () => {
  expect(accountLine(idle(1, { audited_at: at('12:01') }), false, now).text).toBe('Heard 12:04. Same as the server, 12:01');
});

test('late, with the server’s own words and the time of the next try', () => {
  expect(accountLine(busy, false, now)).toMatchObject({ tone: 'tan', text: 'Late: heard 11:31. Server says “Too many connections”; trying again at 12:10' });
});
