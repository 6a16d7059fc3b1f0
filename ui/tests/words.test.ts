import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { failurePage } from '../src/components/accounts/failure';
import { fingerprint, imapUrl, isAddress, isHost, isPort, parseImapUrl } from '../src/components/accounts/servers';
import { startPage } from '../src/components/start/pages';
import type { Code, Mailbox } from '../src/gen/api';
import { actOf } from '../src/keys/keys.svelte';
import { sentence } from '../src/text/trouble';
import { inOrder } from '../src/text/mailboxes';
import { trouble } from './platform';

// The generated type is the list of codes: a new one without a sentence fails here.
const source = readFileSync('src/gen/api.ts', 'utf8');
const codes = [...(/export type Code = ([^;]+);/.exec(source)?.[1] ?? '').matchAll(/"([a-z-]+)"/g)].map((hit) => hit[1] as Code);
const params = {
  host: 'mail.kontor.example', port: '993', reply: 'Too many connections', detail: 'cut at byte 4', domain: 'kontor.example', user: 'nora', path: '/mail.db', least: '24000000', count: '2',
};

test('there are codes to speak of', () => expect(codes.length).toBeGreaterThan(30));

test.each(codes)('%s: a sentence, a page when adding, a page at the start', (code) => {
  const found = trouble(code, params);
  const own = sentence(found);
  expect(own).not.toBe(code);
  expect(own).toMatch(/^\S.*\.$/s);
  expect(own).not.toMatch(/undefined|\{|\}/);
  const page = failurePage(found, 'nora@kontor.example');
  expect([page.title, page.text].every((t) => t.length > 5 && !/undefined|\{/.test(t))).toBe(true);
  expect(page.acts.length, 'no dead end').toBeGreaterThan(0);
  const start = startPage(found);
  expect(start.title && start.text && start.retry).toBeTruthy();
});

test('a code of a newer backend keeps its own English', () => {
  expect(sentence({ code: 'from-the-future' as Code, params: {}, message: 'Something new happened.' })).toBe('Something new happened.');
});

test('the host and the server’s words are named', () => {
  expect(sentence(trouble('server-busy', params))).toBe('mail.kontor.example is busy. It answered “Too many connections”.');
  expect(failurePage(trouble('server-unknown', { domain: 'kontr.example', tried: 'imap.kontr.example (no-such-host), mail.kontr.example (not-imap)' }), 'n@kontr.example')).toMatchObject({
    title: 'Nothing answers for kontr.example',
    tips: [
      { text: 'imap.kontr.example', note: 'no such name' },
      { text: 'mail.kontr.example', note: 'no mail server' },
    ],
    acts: ['address', 'servers'],
  });
});

test('servers go to urls and back', () => {
  expect(imapUrl({ host: ' mail.x.example ', port: '993', security: 'tls' })).toBe('imaps://mail.x.example:993');
  expect(imapUrl({ host: '::1', port: '143', security: 'starttls' })).toBe('imap+starttls://[::1]:143');
  expect(parseImapUrl('imap+starttls://[::1]:143')).toEqual({ host: '::1', port: '143', security: 'starttls' });
  expect(parseImapUrl('imap://clear.example:143')).toBeNull();
  expect(['mail.x', 'a b', 'http://x', '', 'x/y'].map(isHost)).toEqual([true, false, false, false, false]);
  expect(['993', '0', '65536', '-1', '12a'].map(isPort)).toEqual([true, false, false, false, false]);
  expect(['n@x.example', 'n@x', 'n@', '@x', 'n x@y.example', 'a@b@c'].map(isAddress)).toEqual([true, true, false, false, false, false]);
});

test('a fingerprint reads as administrators print it', () => {
  const lines = fingerprint('9f410c7ae255b8136dd027c4985b01fea372441c8e60b93fd512770aec4829b6'.toLowerCase()).split('\n');
  expect(lines[0]).toBe('9F:41:0C:7A:E2:55:B8:13:6D:D0:27:');
  expect(lines.join('').split(':').length).toBe(32);
  expect(fingerprint('AA:bb')).toBe('AA:BB');
});

test('keys go by character, and letters can be off', () => {
  const key = (name: string, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...more });
  expect([actOf(key('n'), true), actOf(key('p'), true), actOf(key('/'), true), actOf(key('/'), false)]).toEqual(['nextMessage', 'previousMessage', 'search', null]);
  expect([actOf(key('j'), true), actOf(key('?'), true), actOf(key('ArrowDown'), true)]).toEqual(['next', 'help', 'next']);
  expect([actOf(key('j'), false), actOf(key('Enter'), false)]).toEqual([null, 'open']);
  expect(actOf(key('j', { ctrlKey: true }), true)).toBeNull();
});

test('children stay behind their parent, whatever their role', () => {
  const box = (id: number, name: string, depth: number, role: 'inbox' | 'trash' | 'sent' | null): Mailbox => ({
    id, account: 1, name, label: name, depth, role, total: 0, unread: 0, cached: 0, selectable: true, role_from: null, covered: false, audited_at: null,
  });
  const given = [box(1, 'Trash', 0, 'trash'), box(2, 'Old', 1, null), box(3, 'Work', 0, null), box(4, 'INBOX', 0, 'inbox'), box(5, 'Sent', 0, 'sent')];
  expect(inOrder(given).map((b) => b.id)).toEqual([4, 5, 3, 1, 2]);
});
