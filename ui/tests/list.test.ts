import { beforeEach, expect, test, vi } from 'vitest';
import type { MessageList, Page, Row } from '../src/gen/api';
import { concerns, MailList } from '../src/data/list.svelte';
import { factOf } from '../src/components/list/fact';
import { outgoing, rowName, who } from '../src/components/list/says';
import { fake, refuse, type Fake } from './platform';

const row = (id: number, date = '2026-11-24T10:00:00Z'): Row => ({
  id, thread: id, account: 1, mailbox: 7, from: [{ name: `N${id}`, address: 'n@x.example' }], to: [{ name: 'Nora', address: 'nora@kontor.example' }],
  subject: `S${id}`, date, preview: '', flags: [], size: 1, has_attachments: false,
});

/** A mailbox of `total`, newest first, of which the store has `cached`. */
function server(total: number, cached: number) {
  const all = Array.from({ length: total }, (_, i) => row(total - i));
  const state = { all, cached, down: false };
  const page = ({ limit = 50, before, cached_only }: MessageList): Page => {
    if (!cached_only && state.down) refuse('offline');
    const start = before === undefined ? 0 : state.all.findIndex((r) => String(r.id) === before) + 1;
    if (!cached_only) state.cached = Math.max(state.cached, start + limit);
    const rows = state.all.slice(start, Math.min(start + limit, state.cached));
    const more = start + rows.length < state.all.length;
    return { rows, cursor: more ? String(rows.at(-1)?.id ?? before) : null, total: state.all.length, complete: !more || rows.length === limit };
  };
  return { state, page };
}

let carrier: Fake;
beforeEach(async () => {
  carrier = await fake({ 'mailbox.check': () => ({ new: 0 }) });
});
const lists = () => carrier.calls.filter((c) => c.method === 'message.list').map((c) => c.params as MessageList);

test('what the store has is shown before the server is asked', async () => {
  const { page } = server(120, 50);
  carrier.answers['message.list'] = page;
  const list = new MailList(7);
  await list.open();
  expect(list.rows.length).toBe(50);
  expect(list.length).toBe(120);
  expect(carrier.calls[0]).toEqual({ method: 'message.list', params: { mailbox: 7, limit: 50, cached_only: true } });
  expect(lists().every((p) => p.cached_only)).toBe(true);
});

test('past the cache the next page comes, fifty at the least, and the end is known', async () => {
  const { page } = server(120, 50);
  carrier.answers['message.list'] = page;
  const list = new MailList(7);
  await list.open();
  await list.want(52);
  expect(list.rows.length).toBe(100);
  expect(lists().at(-1)).toMatchObject({ before: '71', limit: 50, cached_only: false });
  await list.want(119);
  expect([list.rows.length, list.ended, list.length]).toEqual([120, true, 120]);
});

test('a far jump loads pages in order, and no more than its bound', async () => {
  const { page } = server(100_000, 50);
  carrier.answers['message.list'] = page;
  const list = new MailList(7);
  await list.open();
  await list.want(99_999);
  expect(list.rows.length).toBe(50 + 40 * 500);
  expect(new Set(list.rows.map((r) => r.id)).size).toBe(list.rows.length);
});

test('new rows count, and what was there stays', async () => {
  const { page, state } = server(60, 60);
  carrier.answers['message.list'] = page;
  const list = new MailList(7);
  await list.open();
  state.all.unshift(row(1001), row(1000));
  state.cached += 2;
  await list.renew();
  expect(list.fresh).toBe(2);
  expect(list.indexOf(60)).toBe(2);
});

test('a server that is away leaves the rows and says so', async () => {
  const { page, state } = server(120, 50);
  carrier.answers['message.list'] = page;
  const list = new MailList(7);
  await list.open();
  state.down = true;
  await list.want(80);
  expect(list.rows.length).toBe(50);
  expect(list.trouble?.code).toBe('offline');
  carrier.answers['mailbox.check'] = () => refuse('offline');
  await list.check();
  expect(list.rows.length).toBe(50);
});

test('many events bring one look', async () => {
  vi.useFakeTimers();
  const { page } = server(10, 10);
  carrier.answers['message.list'] = page;
  const list = new MailList(7);
  for (let n = 0; n < 20; n += 1) list.touch();
  await vi.advanceTimersByTimeAsync(1000);
  expect(lists().length).toBe(1);
  vi.useRealTimers();
});

test('an event concerns the list that it names', async () => {
  const { page } = server(3, 3);
  carrier.answers['message.list'] = page;
  const list = new MailList(7);
  await list.open();
  const event = (tags: Parameters<typeof concerns>[1]['tags']) => concerns(list, { seq: 1, resync: false, tags });
  expect(event([{ kind: 'list', id: 7 }])).toBe(true);
  expect(event([{ kind: 'list', id: 8 }, { kind: 'storage' }])).toBe(false);
  expect(event([{ kind: 'message', id: 2 }])).toBe(true);
  expect(event([{ kind: 'message', id: 99 }])).toBe(false);
  expect(concerns(new MailList(null), { seq: 1, resync: false, tags: [{ kind: 'list', id: 8 }] })).toBe(true);
});

test('a row says who, and what a screen reader hears', () => {
  const one = { ...row(1), flags: ['\\Answered', '\\flagged'], has_attachments: true, subject: 'Plans.' };
  expect(rowName(one, 'N1', '11:42', 'Kontor')).toBe('Unread. N1. Plans. 11:42. Answered. Attachment. Flagged. Kontor.');
  expect(rowName({ ...one, flags: ['\\SEEN'], subject: ' ' }, 'N1', '11:42', null)).toBe('N1. No subject. 11:42. Attachment.');
  const own = new Set(['nora@kontor.example']);
  expect(outgoing(one, undefined, own)).toBe(false);
  expect(outgoing({ ...one, from: one.to, to: one.from }, undefined, own)).toBe(true);
  expect(who({ ...one, from: [] }, false)).toBe('No sender');
});

test('the fact line says only what is known', () => {
  const list = { opened: true, checking: false, fetching: false, rows: [1], total: 10 };
  const none = { list, box: undefined, accounts: [], unread: null, long: false };
  expect(factOf(none)).toBe('');
  expect(factOf({ ...none, list: { ...list, rows: [], opened: false } })).toBe('The newest 50 are coming');
  expect(factOf({ ...none, unread: 24 })).toBe('24 unread');
  expect(factOf({ ...none, long: true, list: { ...list, fetching: true } })).toBe('Older mail is coming');
});
