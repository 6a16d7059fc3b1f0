import { fireEvent, render, screen as page } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import AccountPage from '../src/components/accounts/AccountPage.svelte';
import AccountsPage from '../src/components/accounts/AccountsPage.svelte';
import { moved, movedTo, placeAt } from '../src/components/accounts/order';
import { chosen, steps, undoing } from '../src/components/accounts/roles';
import Status from '../src/components/shell/Status.svelte';
import Tree from '../src/components/shell/Tree.svelte';
import { mail } from '../src/data/mail.svelte';
import { followNetwork } from '../src/data/network.svelte';
import { News } from '../src/data/news.svelte';
import type { Account, Mailbox, Role } from '../src/gen/api';
import { chooseLanguage } from '../src/text/locale';
import { accountOf, fake, refuse, rowOf, type Fake } from './platform';

const box = (id: number, name: string, role: Role | null, role_from: Mailbox['role_from'] = 'guess'): Mailbox => ({
  id, account: 1, name, label: name, depth: 0, role, total: 0, unread: 0, cached: 0, selectable: true, role_from: role === null && role_from !== 'person' ? null : role_from, covered: true, audited_at: null,
});
const boxes = [box(1, 'INBOX', 'inbox', 'server'), box(2, 'Gesendet', 'sent'), box(3, 'Ablage', null), box(4, 'Müll', 'trash', 'server')];
let accounts: Account[];
let carrier: Fake;
let end: () => void;
beforeEach(async () => {
  chooseLanguage(['en-GB'], null);
  accounts = ['Kontor', 'Albrecht', 'Verein'].map((name, at) => accountOf(at + 1, { kind: 'current', by: 'idle' }, { name, letter: name.charAt(0), last_heard: '2026-11-24T12:00:00Z' }));
  carrier = await fake({
    'account.list': () => accounts,
    'mailbox.list': () => boxes,
    'storage.get': () => refuse('internal'),
    'doctor.get': () => refuse('internal'),
    'account.set': ({ id, ...change }) => {
      accounts = accounts.map((a) => (a.id === id ? { ...a, ...change } : a));
      return accounts.find((a) => a.id === id) ?? refuse('no-such-account');
    },
    'account.order': ({ ids }) => (accounts = ids.flatMap((id) => accounts.find((a) => a.id === id) ?? [])),
    'sync.pause': () => ({}),
    'app.network': () => ({}),
    'mailbox.role': ({ mailbox }) => boxes.find((b) => b.id === mailbox) ?? refuse('no-such-mailbox'),
  });
  await Promise.all([mail.accountsAnswer.refresh(), mail.mailboxesAnswer.refresh()]);
  end = mail.hold();
});
afterEach(() => end());
const sent = (method: string) => carrier.calls.filter((c) => c.method === method).map((c) => c.params);

test('an order is changed by one step, by place, and never loses anybody', () => {
  expect([moved([1, 2, 3], 2, -1), moved([1, 2, 3], 1, -1), moved([1, 2, 3], 3, 5), moved([1, 2], 9, 1)]).toEqual([[2, 1, 3], [1, 2, 3], [1, 2, 3], [1, 2]]);
  expect([movedTo([1, 2, 3], 1, 2), movedTo([1, 2, 3], 3, 0), movedTo([1, 2, 3], 2, 1)]).toEqual([[2, 3, 1], [3, 1, 2], [1, 2, 3]]);
  expect([placeAt([10, 20, 30], 5), placeAt([10, 20, 30], 25), placeAt([10, 20, 30], 99)]).toEqual([0, 2, 3]);
});

describe('the accounts', () => {
  test('move by Alt and an arrow, and stand there at once', async () => {
    render(AccountsPage);
    const second = await page.findByRole('button', { name: /Albrecht nora/ });
    await fireEvent.keyDown(second, { key: 'ArrowUp', altKey: true });
    expect(sent('account.order')).toEqual([{ ids: [2, 1, 3] }]);
    await vi.waitFor(() => expect(page.getAllByRole('listitem').map((li) => li.getAttribute('data-sort'))).toEqual(['2', '1', '3']));
    await fireEvent.keyDown(page.getByRole('button', { name: /Albrecht nora/ }), { key: 'ArrowUp', altKey: true });
    expect(sent('account.order').length).toBe(1);
  });
  test('pause and go on; a refusal leaves what is true', async () => {
    render(AccountsPage);
    await fireEvent.click(await page.findByRole('button', { name: 'Pause Verein' }));
    expect(sent('account.set')).toEqual([{ id: 3, paused: true }]);
    const on = await page.findByRole('button', { name: 'Go on with Verein' });
    expect(page.getByText(/^Paused, last heard/)).toBeTruthy();
    carrier.answers['account.set'] = () => refuse('internal');
    await fireEvent.click(on);
    await vi.waitFor(() => expect(page.getByRole('button', { name: 'Go on with Verein' })).toBeTruthy());
  });
  test('in the sidebar a paused one is said to be so, and Alt ↓ moves it', async () => {
    accounts = accounts.map((a) => (a.id === 2 ? { ...a, paused: true, state: { kind: 'paused' } } : a));
    await mail.accountsAnswer.refresh();
    render(Tree);
    expect(page.getByRole('treeitem', { name: 'All inboxes' })).toBeTruthy();
    const paused = page.getByRole('treeitem', { name: 'Albrecht, paused' });
    paused.focus();
    await fireEvent.click(paused);
    await fireEvent.keyDown(paused, { key: 'ArrowDown', altKey: true });
    expect(sent('account.order')).toEqual([{ ids: [1, 3, 2] }]);
  });
  test('the status tells of each how mail arrives; its sync can wait', async () => {
    accounts = accounts.map((a) => (a.id === 2 ? { ...a, progress: { done: 41_200, total: 100_000, paused: false, full: false } } : a));
    await mail.accountsAnswer.refresh();
    render(Status);
    expect(page.getAllByText('New mail arrives at once').length).toBe(3);
    expect(page.getByText('Subjects: 41,200 of 100,000')).toBeTruthy();
    expect(page.getByRole('progressbar').getAttribute('aria-valuetext')).toBe('41,200 of 100,000, 41%');
    await fireEvent.click(page.getByRole('button', { name: 'Pause fetching the subjects of Albrecht' }));
    expect(sent('sync.pause')).toEqual([{ account: 2, paused: true }]);
  });
});

describe('one account', () => {
  const show = () => render(AccountPage, { account: accounts[0] ?? refuse('no-such-account') });
  test('has a name, a letter and a colour of the person’s choosing', async () => {
    show();
    await fireEvent.change(page.getByLabelText('Name'), { target: { value: '  Büro ' } });
    await fireEvent.change(page.getByLabelText('Letter'), { target: { value: 'ßx' } });
    await fireEvent.click(page.getByLabelText('Colour 5'));
    expect(sent('account.set')).toEqual([{ id: 1, name: 'Büro' }, { id: 1, letter: 'S' }, { id: 1, colour: 5 }]);
  });
  test('keeps its name where the field is left empty', async () => {
    show();
    const field = page.getByLabelText('Name') as HTMLInputElement;
    await fireEvent.change(field, { target: { value: ' ' } });
    expect([field.value, sent('account.set')]).toEqual(['Kontor', []]);
  });
  test('says who said what a mailbox is for, and takes another word', async () => {
    show();
    const sentBox = page.getByLabelText('Mailbox for: Sent') as HTMLSelectElement;
    expect(sentBox.closest('li')?.textContent).toContain('guessed by its name');
    expect(page.getByLabelText('Mailbox for: Trash').closest('li')?.textContent).toContain('the server says so');
    expect(page.getByLabelText('Mailbox for: Archive').closest('li')?.textContent).toContain('none was found');
    await fireEvent.change(sentBox, { target: { value: '3' } });
    await vi.waitFor(() => expect(sent('mailbox.role')).toEqual([{ mailbox: 2, role: null, none: true }, { mailbox: 3, role: 'sent', none: false }]));
  });
});

test('a role goes from one mailbox to another, and back to what the server says', () => {
  expect(steps(boxes, 'archive', 3)).toEqual([{ mailbox: 3, role: 'archive', none: false }]);
  expect(steps(boxes, 'trash', null)).toEqual([{ mailbox: 4, role: null, none: true }]);
  const changed = [box(2, 'Gesendet', null, 'person'), box(3, 'Ablage', 'sent', 'person')];
  expect(chosen(changed, 'sent')).toBe(true);
  expect(undoing(changed, 'sent')).toEqual([{ mailbox: 2, role: null, none: false }, { mailbox: 3, role: null, none: false }]);
  expect(chosen(boxes, 'sent')).toBe(false);
});

test('what the window knows of the network is handed on', () => {
  const stop = followNetwork();
  dispatchEvent(new Event('offline'));
  dispatchEvent(new Event('online'));
  stop();
  dispatchEvent(new Event('offline'));
  expect(sent('app.network')).toEqual([{ online: false }, { online: true }]);
});

test('news is what came in since, unread, from others; not what a sync brings', () => {
  const own = new Set(['nora@kontor.example']);
  const at = (id: number, minute: number, account = 1) => ({ ...rowOf(id, new Date(Date.UTC(2026, 10, 24, 12, minute)).toISOString()), account });
  const news = new News();
  const ids = (rows: ReturnType<typeof at>[]) => news.look(rows, own).map((r) => r.id);
  expect(ids([at(5, 5), at(4, 4)])).toEqual([]);
  expect(ids([at(6, 6), at(5, 5), at(4, 4)])).toEqual([6]);
  // Older mail that a sync brings, and the same look again.
  expect(ids([at(6, 6), at(5, 5), at(3, 3), at(2, 2)])).toEqual([]);
  // Read elsewhere already, one's own, and an account that is only being filled.
  expect(ids([{ ...at(9, 9), flags: ['\\Seen'] }, { ...at(8, 8), from: [{ name: null, address: 'Nora@kontor.example' }] }, at(6, 6)])).toEqual([]);
  expect(ids([at(50, 20, 2), at(51, 19, 2), at(9, 9)])).toEqual([]);
  expect(ids([at(52, 21, 2), at(10, 21), at(50, 20, 2)])).toEqual([52, 10]);
});
