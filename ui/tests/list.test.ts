import { beforeEach, describe, expect, test, vi } from 'vitest';
import { mail } from '../src/data/mail.svelte';
import type { Mailbox, MessageList, Page, Row, Tag } from '../src/gen/api';
import { MailList } from '../src/data/list.svelte';
import { concerns } from '../src/data/lists';
import { arrived, bounded, dayStarts, missing, PAGE, placed, rowOf, whole, type Pages } from '../src/data/pages';
import { factOf } from '../src/components/list/fact';
import { others, othersShort, outgoing, rowName, unread, who } from '../src/components/list/says';
import { chooseLanguage } from '../src/text/locale';
import { TroubleError } from '../src/platform';
import { accountOf, fake, refuse, rowOf as row, trouble, type Fake } from './platform';

interface Server {
  /** Newest first. */
  all: Row[];
  cached: number;
  down: boolean;
  /** The server counts messages where the list shows conversations. */
  total: number | null;
}

/** A mailbox of `total`, of which the store has the newest `cached`. */
function server(total: number, cached: number) {
  const state: Server = { all: Array.from({ length: total }, (_, i) => row(total - i)), cached, down: false, total: null };
  const page = ({ limit = 50, at: number, before, cached_only }: MessageList): Page => {
    const at = number ?? Number(before ?? 0);
    if (!cached_only && state.down) refuse('offline');
    const rows = state.all.slice(at, at + limit);
    const here = cached_only ? rows.slice(0, Math.max(0, state.cached - at)) : rows;
    const more = at + here.length < state.all.length;
    return { rows: here, cursor: more ? String(at + here.length) : null, total: state.total ?? state.all.length, complete: here.length === rows.length, first: at };
  };
  return { state, page };
}

let carrier: Fake;
beforeEach(async () => {
  chooseLanguage(['en-GB'], null);
  carrier = await fake({ 'mailbox.check': () => ({ new: 0 }) });
});
const lists = () => carrier.calls.filter((c) => c.method === 'message.list').map((c) => c.params as MessageList);
const opened = async (total: number, cached: number, threads = false) => {
  const made = server(total, cached);
  carrier.answers['message.list'] = made.page;
  const list = new MailList(7, threads);
  await list.open();
  await settled(list);
  return { ...made, list };
};
const settled = (list: MailList) => vi.waitFor(() => expect(list.fetching).toBe(false), { interval: 1 });
const look = async (list: MailList, first: number, last: number) => {
  list.want(first, last);
  await settled(list);
};

test('what the store has is shown before the server is asked', async () => {
  const { list } = await opened(120, 50);
  expect(list.at(0)?.id).toBe(120);
  expect(list.at(49)?.id).toBe(71);
  expect(list.length).toBe(120);
  expect(carrier.calls[0]).toEqual({ method: 'message.list', params: { mailbox: 7, threads: false, at: 0, limit: 50, cached_only: true } });
  expect(lists().every((p) => p.cached_only)).toBe(true);
});

test('a jump brings exactly the page that is looked at', async () => {
  const { list } = await opened(100_000, 50);
  const before = lists().length;
  expect(list.at(73_210)).toBeUndefined();
  await look(list, 73_210, 73_225);
  expect(list.at(73_210)?.id).toBe(100_000 - 73_210);
  expect(list.length).toBe(100_000);
  // The store is asked, then the server, for one page; nothing of what lies between.
  expect(lists().slice(before).map(({ at, cached_only }) => [at, cached_only])).toEqual([[73_200, true], [73_200, false]]);
  expect(list.held).toBe(100);
});

test('what the store can fill is not asked of the server', async () => {
  const { list } = await opened(100_000, 100_000);
  await look(list, 50_040, 50_060);
  expect(list.at(50_060)?.id).toBe(100_000 - 50_060);
  expect(lists().every((p) => p.cached_only)).toBe(true);
});

test('however much is looked at, few rows are held, and the first page stays', async () => {
  const { list } = await opened(200_000, 200_000);
  for (let at = 0; at < 200_000; at += 2_973) await look(list, at, at + 20);
  expect(list.held).toBeLessThanOrEqual(24 * PAGE);
  expect(list.at(0)?.id).toBe(200_000);
  await look(list, 199_980, 199_999);
  expect(list.at(199_999)?.id).toBe(1);
  // What left comes back when it is looked at again.
  await look(list, 2_973, 2_990);
  expect(list.at(2_980)?.id).toBe(200_000 - 2_980);
});

test('what was asked for a place that nobody looks at any more is let go', async () => {
  const { list, page } = await opened(10_000, 50);
  const signals: (AbortSignal | undefined)[] = [];
  carrier.answers['message.list'] = (params, signal) => {
    if (params.cached_only) return page(params);
    signals.push(signal);
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new TroubleError(trouble('cancelled'))));
      if ((params.at ?? 0) !== 5000) resolve(page(params));
    });
  };
  list.want(5000, 5010);
  await vi.waitFor(() => expect(signals.length).toBe(1));
  list.want(8000, 8010);
  await vi.waitFor(() => expect(list.at(8000)?.id).toBe(2000));
  expect(signals[0]?.aborted).toBe(true);
  expect(list.at(5000)).toBeUndefined();
  expect(list.trouble).toBeNull();
});

test('a list of conversations is shorter than its messages are many: its end is found', async () => {
  const { list, state } = await opened(1234, 1234, true);
  state.total = 9000;
  await list.renew();
  expect(list.length).toBe(9000);
  await look(list, 8990, 8999);
  expect(list.length).toBe(1234);
  expect(list.at(1233)?.id).toBe(1);
  expect(lists().length).toBeLessThan(20);
});

test('a page from amid the mailbox does not end the list', async () => {
  const { list, page } = await opened(10_000, 50);
  // As the server gives a place by its number: nothing behind it is known.
  carrier.answers['message.list'] = (params) => ({ ...page(params), ...((params.at ?? 0) > 0 && !params.cached_only ? { cursor: null } : {}) });
  await look(list, 5000, 5010);
  expect(list.at(5010)?.id).toBe(4990);
  expect(list.length).toBe(10_000);
  carrier.answers['message.list'] = (params) => ({ ...page(params), ...(params.cached_only ? {} : { cursor: null, rows: page(params).rows.slice(0, 31) }) });
  await look(list, 7000, 7010);
  expect(list.length).toBe(10_000);
});

test('the next page goes on from where the last one ended, which holds for several mailboxes', async () => {
  const { list, page } = await opened(500, 100);
  // Over several mailboxes a number beyond what is here means nothing.
  carrier.answers['message.list'] = (params) =>
    params.before === undefined ? (params.cached_only ? page(params) : { ...page({ ...params, limit: 0 }), complete: false }) : page({ ...params, at: Number(params.before) });
  await look(list, 40, 110);
  expect(list.at(110)?.id).toBe(390);
  await look(list, 140, 160);
  expect(list.at(160)?.id).toBe(340);
  await look(list, 400, 410);
  expect(list.at(400)).toBeUndefined();
});

test('new rows count, and what was looked at is found again further down', async () => {
  const { list, state } = await opened(5000, 5000);
  await look(list, 3000, 3020);
  const seen = list.at(3010);
  state.all.unshift(row(9001), row(9000));
  state.cached += 2;
  await list.renew();
  expect(list.fresh).toBe(2);
  expect(list.indexOf(seen?.id ?? 0, null)).toBe(3012);
  expect(list.indexOf(5000, null)).toBe(2);
});

test('a reply brings its conversation up: one row, known by its conversation', async () => {
  const { list, state } = await opened(200, 200, true);
  const old = state.all.splice(30, 1)[0];
  state.all.unshift({ ...row(900), thread: old?.thread ?? 0, count: 2 });
  await list.renew();
  expect(list.fresh).toBe(1);
  expect(list.indexOf(900, old?.thread ?? 0)).toBe(0);
  expect(list.length).toBe(200);
});

test('what a renewal overtook is not put where it does not belong', async () => {
  const { list, state, page } = await opened(5000, 50);
  let answer: (() => void) | null = null;
  carrier.answers['message.list'] = (params) => {
    if (params.cached_only || answer) return page(params);
    const old = page(params);
    return new Promise((resolve) => (answer = () => resolve(old)));
  };
  list.want(1000, 1010);
  await vi.waitFor(() => expect(answer).not.toBeNull());
  state.all.unshift(row(9000));
  await list.renew();
  (answer as (() => void) | null)?.();
  await settled(list);
  expect(list.at(1000)?.id).toBe(5000 - 999);
});

test('a server that is away leaves the rows, says so, and is left alone for a while', async () => {
  const { list, state } = await opened(1200, 50);
  state.down = true;
  await look(list, 80, 90);
  expect(list.at(49)?.id).toBe(1151);
  expect(list.at(80)).toBeUndefined();
  expect(list.trouble?.code).toBe('offline');
  const asked = () => lists().filter((p) => !p.cached_only).length;
  const before = asked();
  await look(list, 200, 210);
  await look(list, 80, 90);
  expect(asked()).toBe(before);
  carrier.answers['mailbox.check'] = () => refuse('offline');
  await list.check();
  expect(list.at(0)?.id).toBe(1200);
  state.down = false;
  carrier.answers['mailbox.check'] = () => ({ new: 0 });
  await list.check();
  await settled(list);
  expect(list.at(80)?.id).toBe(1120);
  expect(list.trouble).toBeNull();
});

test('many events bring one look', async () => {
  vi.useFakeTimers();
  const { page } = server(10, 10);
  carrier.answers['message.list'] = page;
  const list = new MailList(7, false);
  for (let n = 0; n < 20; n += 1) list.touch();
  await vi.advanceTimersByTimeAsync(1000);
  expect(lists().length).toBe(1);
  vi.useRealTimers();
});

describe('pages', () => {
  const rows = (from: number, count: number) => Array.from({ length: count }, (_, n) => row(from - n));
  test('rows lie where they are put, across pages', () => {
    const pages = placed(new Map(), 45, rows(100, 60));
    expect([rowOf(pages, 44), rowOf(pages, 45)?.id, rowOf(pages, 104)?.id, rowOf(pages, 105)]).toEqual([undefined, 100, 41, undefined]);
    expect([...pages.keys()]).toEqual([0, 1, 2]);
    expect([whole(pages, 0, 1000), whole(pages, 1, 1000), whole(pages, 2, 1000), whole(pages, 2, 105)]).toEqual([false, true, false, true]);
  });
  test('placing leaves the pages before as they were', () => {
    const before = placed(new Map(), 0, rows(100, 10));
    placed(before, 0, rows(500, 10));
    expect(rowOf(before, 0)?.id).toBe(100);
  });
  test('the middle of what is missing comes first', () => {
    expect(missing(new Map(), 90, 260, 1000)).toEqual([3, 2, 4, 1, 5]);
    expect(missing(placed(new Map(), 100, rows(9, 50)), 90, 160, 1000).sort()).toEqual([1, 3]);
    expect(missing(new Map(), 0, 10, 0)).toEqual([]);
  });
  test('far pages leave first', () => {
    const pages = bounded(new Map([0, 3, 9, 10, 11].map((at) => [at, []])), 10, 3);
    expect([pages.size, pages.has(0), pages.has(10), pages.has(3)]).toEqual([3, true, true, false]);
  });
  test('a day begins where the date changes among neighbours that are here', () => {
    const at = (d: number, h: number) => row(d * 100 + h, new Date(2026, 10, d, h).toISOString());
    const pages: Pages = new Map([[0, [at(24, 11), at(24, 1), at(23, 23), at(20, 1), at(20, 0)]], [4, [at(9, 2), at(9, 1), at(8, 5)]]]);
    expect(dayStarts(pages)).toEqual([0, 2, 3, 202]);
  });
  test('what is on top and was not known has arrived', () => {
    expect(arrived(rows(10, 5), [row(12), row(11), ...rows(10, 3)])).toBe(2);
    expect(arrived(rows(10, 5), rows(10, 5))).toBe(0);
    expect(arrived(rows(10, 5), rows(90, 5))).toBe(5);
  });
});

test('an event concerns the list that it names, and from afar those whose conversations it may touch', async () => {
  const box = (id: number, account: number, role: 'inbox' | 'sent'): Mailbox => ({
    id, account, name: role, label: role, depth: 0, role, total: 0, unread: 0, cached: 0, selectable: true, role_from: 'server', covered: true, audited_at: null,
  });
  mail.mailboxesAnswer.set([box(7, 1, 'inbox'), box(8, 1, 'sent'), box(9, 2, 'sent')]);
  const { list } = await opened(3, 3);
  const one = (id: number): Tag[] => [{ kind: 'list', id }];
  const by = (which: MailList, tags: Tag[]) => concerns(which, { seq: 1, resync: false, tags });
  const soon = by(list, one(7)) ?? 0;
  expect(soon).toBeGreaterThan(0);
  expect([by(list, one(8)), by(list, [{ kind: 'storage' }])]).toEqual([null, null]);
  expect([by(list, [{ kind: 'message', id: 2 }]), by(list, [{ kind: 'message', id: 99 }])]).toEqual([soon, null]);
  const [talks, all] = [new MailList(7, true), new MailList(null, true)];
  const later = by(talks, one(8)) ?? 0;
  expect(later).toBeGreaterThan(soon);
  expect([by(talks, one(9)), by(talks, [...one(8), ...one(7)])]).toEqual([null, soon]);
  expect([by(all, one(7)), by(all, one(9)), by(new MailList(null, false), one(9))]).toEqual([soon, later, null]);
});

test('what is urgent does not wait for what is not', async () => {
  vi.useFakeTimers();
  const { page } = server(10, 10);
  carrier.answers['message.list'] = page;
  const list = new MailList(7, true);
  list.touch(3000);
  list.touch();
  await vi.advanceTimersByTimeAsync(400);
  expect(lists().length).toBe(1);
  await vi.advanceTimersByTimeAsync(4000);
  expect(lists().length).toBe(1);
  vi.useRealTimers();
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

test('a row of a conversation says who takes part, how many, and whether one is unread', () => {
  const own = new Set(['nora@kontor.example']);
  const person = (name: string) => ({ name, address: `${name.toLowerCase().replace(' ', '.')}@x.example` });
  const talk = { ...row(1), from: [person('Ravi Menon')], flags: ['\\Seen'], count: 5, unread: 1, senders: [person('Ravi Menon'), person('Ines Ferreira'), { name: 'Nora', address: 'nora@kontor.example' }] };
  expect(unread(talk)).toBe(true);
  expect(unread({ ...talk, unread: 0, flags: [] })).toBe(false);
  const also = others(talk, false, own);
  expect(also).toEqual(['Ines', 'you']);
  expect(rowName({ ...talk, subject: 'Samples', has_attachments: true }, 'Ravi Menon', '11:42', 'Kontor', also)).toBe('Unread. Ravi Menon and 2 others, 5 messages. Samples. 11:42. Attachment. Kontor.');
  expect(rowName({ ...talk, unread: 0, subject: 'S' }, 'Ravi Menon', '11:42', null, ['Ines'])).toBe('Ravi Menon and Ines, 5 messages. S. 11:42.');
  expect(othersShort(['Mum', 'Jonas', 'Leo', 'you'])).toBe('Mum, Jonas, +2');
  expect(others({ ...talk, count: 1 }, false, own)).toEqual([]);
});

test('the fact line says only what is known', () => {
  const list = { opened: true, checking: false, fetching: false, none: false, total: 10 };
  const none = { list, box: undefined, accounts: [], unread: null, long: false };
  expect(factOf(none)).toBe('');
  expect(factOf({ ...none, list: { ...list, none: true, opened: false } })).toBe('The newest 50 are coming');
  expect(factOf({ ...none, unread: 24 })).toBe('24 unread');
  expect(factOf({ ...none, long: true, list: { ...list, fetching: true } })).toBe('Older mail is coming');
  const filling = accountOf(1, { kind: 'current', by: 'idle' }, { name: 'Albrecht', progress: { done: 41_200, total: 100_000, paused: false, full: false } });
  expect(factOf({ ...none, unread: 24, accounts: [filling] })).toBe('Albrecht: 41,200 of 100,000 subjects are here');
});
