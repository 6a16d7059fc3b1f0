import { fireEvent, render, screen as page } from '@testing-library/svelte';
import { tick } from 'svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import Reader from '../src/components/reader/Reader.svelte';
import { firstOpen, goalOf, layOut } from '../src/components/reader/thread';
import { nav } from '../src/data/nav.svelte';
import { screen } from '../src/data/screen.svelte';
import { press } from '../src/keys/keys.svelte';
import type { Row, Shown } from '../src/gen/api';
import { chooseLanguage } from '../src/text/locale';
import { fake, refuse, rowOf, type Fake } from './platform';

const read = (id: number, from = `P${id}`): Row => ({ ...rowOf(id, `2026-11-${String(10 + id).padStart(2, '0')}T10:00:00Z`), thread: 1, flags: ['\\Seen'], from: [{ name: from, address: `${from}@x.example` }], preview: `text ${id}` });
const fresh = (id: number): Row => ({ ...read(id), flags: [] });
const shape = (rows: Row[], open: number[], unfolded: number[] = [], phone = false) =>
  layOut(rows, new Set(open), new Set(unfolded), phone).map((i) => (i.kind === 'fold' ? i.rows.map((r) => r.id) : i.open ? `${i.row.id}!` : `${i.row.id}`));
const five = [1, 2, 3, 4, 5].map((n) => read(n));

describe('how a conversation opens', () => {
  test('with the newest, the unread ones and what was asked for', () => {
    expect(firstOpen(five, 5)).toEqual([5]);
    expect(firstOpen([read(1), fresh(2), read(3), fresh(4), read(5)], 1).sort()).toEqual([1, 2, 4, 5]);
    expect(firstOpen(Array.from({ length: 40 }, (_, n) => fresh(n + 1)), 40).length).toBe(9);
  });
  test('at the first unread, or at the older message that was asked for', () => {
    expect(goalOf(five, 5)).toBe(5);
    expect(goalOf([read(1), fresh(2), fresh(3)], 3)).toBe(2);
    expect(goalOf([read(1), fresh(2), read(3)], 1)).toBe(1);
    expect(goalOf([read(1), read(2)], 99)).toBe(2);
  });
  test('read ones are lines; the middle of many is one', () => {
    expect(shape(five, [5])).toEqual(['1', [2, 3], '4', '5!']);
    expect(shape(five.slice(0, 4), [4])).toEqual(['1', '2', '3', '4!']);
    expect(shape(five, [1, 5])).toEqual(['1!', '2', '3', '4', '5!']);
    expect(shape(five, [5], [2])).toEqual(['1', '2', '3', '4', '5!']);
    expect(shape(five, [5], [], true)).toEqual([[1, 2, 3, 4], '5!']);
    expect(shape([read(1), read(2)], [2], [], true)).toEqual(['1', '2!']);
    expect(shape([], [])).toEqual([]);
  });
});

describe('the reader', () => {
  let carrier: Fake;
  const shown = (id: number): Shown => ({
    id, thread: 1, account: 1, flags: [], mailboxes: [7], blocked: [], parts: [], truncated: false, fetched_bytes: 0, text: `body ${id}`,
    headers: { from: read(id).from, sender: [], reply_to: [], to: [], cc: [], subject: 'Samples', date: null, received: null, message_id: null, references: [] },
  });
  let talk: Row[] = five;
  beforeEach(async () => {
    chooseLanguage(['en-GB'], null);
    screen.inner = 1400;
    talk = five;
    carrier = await fake({
      'account.list': () => [], 'mailbox.list': () => [], 'storage.get': () => refuse('internal'),
      'message.thread': () => talk,
      'message.show': ({ id }) => shown(id),
      'message.list': () => ({ rows: [], cursor: null, total: 0, complete: true, first: 0 }),
    });
  });
  // Answers are kept by what was asked: each test has a conversation of its own.
  let thread = 1000;
  const open = async (message = 5) => {
    nav.swap({ view: 'mail', mailbox: 7, message, thread: (thread += 1) });
    render(Reader);
    await page.findByText(`body ${message}`);
  };
  const heads = () => [...document.querySelectorAll('[data-head]')].map((e) => [e.getAttribute('data-head'), e.getAttribute('aria-expanded') ?? 'open']);
  const key = (name: string) => {
    const event = new KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true });
    document.activeElement?.addEventListener('keydown', (e) => press(e as KeyboardEvent), { once: true });
    document.activeElement?.dispatchEvent(event);
  };

  test('shows the newest open and the others as lines, in order', async () => {
    await open();
    expect(heads()).toEqual([['1', 'false'], ['2', 'false'], ['4', 'false'], ['5', 'open']]);
    expect(page.getByText('2 messages from P2 and P3')).toBeTruthy();
    expect(page.getByText(/^5 messages with P1, P2, P3 and 2 others since/)).toBeTruthy();
    expect(carrier.calls.filter((c) => c.method === 'message.show').length).toBe(1);
  });
  test('a line opens by a press, keeps the focus, and folds again', async () => {
    await open();
    await fireEvent.click(page.getByRole('button', { name: /P4/ }));
    expect(await page.findByText('body 4')).toBeTruthy();
    expect(document.activeElement?.getAttribute('data-head')).toBe('4');
    await fireEvent.click(page.getByRole('button', { name: 'Fold the message from P4' }));
    await vi.waitFor(() => expect(page.queryByText('body 4')).toBeNull());
    expect(document.activeElement?.getAttribute('data-head')).toBe('4');
  });
  test('n and p go through them, ; opens all of them, : folds them', async () => {
    await open();
    document.querySelector<HTMLElement>('[data-head="5"]')?.focus();
    key('p');
    expect(document.activeElement?.getAttribute('data-head')).toBe('4');
    key('p');
    expect(document.activeElement?.getAttribute('data-head')).toBe('2');
    key('n');
    expect(document.activeElement?.getAttribute('data-head')).toBe('4');
    key(';');
    expect(await page.findByText('body 1')).toBeTruthy();
    key(':');
    await tick();
    expect(page.queryByText('body 1')).toBeNull();
    expect(page.getByText('body 5')).toBeTruthy();
  });
  test('a message that comes in while it is read is added open, and nothing is shut', async () => {
    await open();
    await fireEvent.click(page.getByRole('button', { name: /P1/ }));
    await page.findByText('body 1');
    talk = [...five, fresh(6)];
    const { answerTo } = await import('../src/data/query.svelte');
    await answerTo('message.thread', { thread }).refresh();
    expect(await page.findByText('body 6')).toBeTruthy();
    expect([page.queryByText('body 1'), page.queryByText('body 5')].every((e) => e !== null)).toBe(true);
  });
  test('a conversation that can’t be had leaves the message', async () => {
    carrier.answers['message.thread'] = () => refuse('internal');
    await open();
    expect(document.querySelectorAll('article').length).toBe(1);
    expect(heads()).toEqual([]);
  });
});
