import { fireEvent, render, screen as page } from '@testing-library/svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import AddAccount from '../src/components/accounts/AddAccount.svelte';
import StartTrouble from '../src/components/start/StartTrouble.svelte';
import type { AccountAdd } from '../src/gen/api';
import { chooseLanguage } from '../src/text/locale';
import { accountOf, fake, refuse, trouble, type Fake } from './platform';

const account = accountOf(1, { kind: 'resting' }, { name: 'Kontor', letter: 'K' });
let carrier: Fake;
const ondone = vi.fn();
const oncancel = vi.fn();
beforeEach(async () => {
  chooseLanguage(['en-GB'], null);
  ondone.mockReset();
  carrier = await fake({
    'account.list': () => [account],
    'mailbox.list': () => [],
    'doctor.get': () => ({ version: '', data_dir: '', secrets: 'keyring', store: { schema: 1, sqlcipher: '', intact: true, used: 0, budget: 0 }, accounts: [] }),
    'account.add': () => account,
  });
});
const added = () => carrier.calls.filter((c) => c.method === 'account.add').map((c) => c.params as AccountAdd);
const type = (label: string, value: string) => fireEvent.input(page.getByLabelText(label), { target: { value } });
const press = (name: string | RegExp) => fireEvent.click(page.getByRole('button', { name }));

async function toPassword(email = 'nora@kontor.example'): Promise<void> {
  render(AddAccount, { first: true, oncancel, ondone });
  await type('Email address', email);
  await press('Continue');
  await type('Password', 'secret words');
}

test('an address and a password are enough', async () => {
  await toPassword();
  expect(await page.findByText(/Kept in this computer’s keyring/)).toBeTruthy();
  await press('Sign in');
  await vi.waitFor(() => expect(ondone).toHaveBeenCalled());
  expect(added()).toEqual([{ email: 'nora@kontor.example', password: 'secret words' }]);
});

test('an address that is none is said to be so, at its field', async () => {
  render(AddAccount, { first: true, oncancel, ondone });
  await type('Email address', 'nora');
  await press('Continue');
  expect(page.getByRole('alert').textContent).toContain('An address has a name');
  expect(page.getByLabelText('Email address').getAttribute('aria-invalid')).toBe('true');
});

test('a wrong password keeps what was typed and gives the server’s words', async () => {
  carrier.answers['account.add'] = () => refuse('wrong-password', { host: 'mail.kontor.example', reply: 'Authentication failed' });
  await toPassword();
  await press('Sign in');
  const said = await page.findByRole('alert');
  expect(said.textContent).toContain('mail.kontor.example did not accept this password.');
  expect(said.textContent).toContain('It answered “Authentication failed”.');
  expect((page.getByLabelText('Password') as HTMLInputElement).value).toBe('secret words');
  carrier.answers['account.add'] = () => account;
  await press('Try again');
  await vi.waitFor(() => expect(ondone).toHaveBeenCalled());
});

describe('a certificate that nobody vouches for', () => {
  const print = '9f410c7ae255b8136dd027c4985b01fea372441c8e60b93fd512770aec4829b6';
  const params = { host: 'mail.verein.example', names: 'mail.verein.example', issuer: 'x', self_signed: 'true', valid_from: '2025-02-04T00:00:00Z', valid_to: '2035-02-02T00:00:00Z', fingerprint: print, reason: 'unknown-issuer' };
  beforeEach(async () => {
    carrier.answers['account.add'] = ({ trust }) => (trust === print ? account : refuse('certificate-untrusted', params));
    await toPassword('kasse@verein.example');
    await press('Sign in');
    await page.findByText('Nobody vouches for this server');
  });
  test('shows whose, by whom, until when, and its fingerprint', () => {
    const text = document.body.textContent ?? '';
    for (const word of ['mail.verein.example signed its own certificate.', 'Your password has not been sent.', 'itself, 4 Feb 2025', '2 Feb 2035', '9F:41:0C:7A']) expect(text).toContain(word);
  });
  test('is not trusted without the tick', async () => {
    const trust = page.getByRole('button', { name: 'Trust this one' }) as HTMLButtonElement;
    expect(trust.disabled).toBe(true);
    await fireEvent.click(page.getByRole('checkbox'));
    expect(trust.disabled).toBe(false);
    await fireEvent.click(trust);
    await vi.waitFor(() => expect(ondone).toHaveBeenCalled());
    expect(added().at(-1)).toMatchObject({ trust: print, imap: 'imaps://mail.verein.example:993' });
  });
  test('refused, nothing is trusted', async () => {
    await press('Don’t connect');
    expect(page.getByLabelText('Email address')).toBeTruthy();
    expect(added().every((p) => p.trust === undefined)).toBe(true);
  });
});

test('Cancel ends a call that hangs, and goes back to what was typed', async () => {
  let aborted = false;
  carrier.answers['account.add'] = (_, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => ((aborted = true), reject(new Error('aborted')))));
  await toPassword();
  await press('Sign in');
  await press('Cancel');
  expect(aborted).toBe(true);
  expect((page.getByLabelText('Password') as HTMLInputElement).value).toBe('secret words');
  expect(ondone).not.toHaveBeenCalled();
});

test.each([
  ['no-such-host', 'There is no mail.kontr.example', 'Enter another server'],
  ['refused', 'Nothing answers at mail.kontr.example', 'Enter another server'],
  ['timeout', 'mail.kontr.example does not answer', 'Try again'],
  ['not-imap', 'This is not a mail server', 'Enter another server'],
  ['not-encrypted', 'This server offers no encryption', 'Enter another server'],
  ['offline', 'No network', 'Try again'],
  ['server-unknown', 'Nothing answers for kontr.example', 'Correct the address'],
] as const)('%s has its own page and a next step', async (code, title, act) => {
  carrier.answers['account.add'] = () => refuse(code, { host: 'mail.kontr.example', port: '993', domain: 'kontr.example', tried: 'imap.kontr.example (refused), imap.kontr.example (refused)' });
  await toPassword('nora@kontr.example');
  await press('Sign in');
  expect(await page.findByRole('heading', { name: title })).toBeTruthy();
  expect(page.getByRole('button', { name: act })).toBeTruthy();
});

test('servers by hand: host, port, encryption, user', async () => {
  render(AddAccount, { first: true, oncancel, ondone });
  await type('Email address', 'nora@kontor.example');
  await press('Servers by hand');
  await type('IMAP server', 'mail.kontor.example');
  await fireEvent.click(page.getByLabelText('STARTTLS'));
  expect((page.getByLabelText('Port') as HTMLInputElement).value).toBe('143');
  await type('User name', 'nora');
  await press('Continue');
  await type('Password', 'p');
  await press('Sign in');
  await vi.waitFor(() => expect(ondone).toHaveBeenCalled());
  expect(added()).toEqual([{ email: 'nora@kontor.example', password: 'p', imap: 'imap+starttls://mail.kontor.example:143', user: 'nora' }]);
});

describe('a start in trouble', () => {
  test('rebuilding asks for the tick first', async () => {
    const onchoose = vi.fn();
    render(StartTrouble, { trouble: trouble('store-corrupt'), choices: ['rebuild', 'retry'], busy: false, failed: null, onchoose });
    const rebuild = page.getByRole('button', { name: 'Rebuild' }) as HTMLButtonElement;
    expect(rebuild.disabled).toBe(true);
    await fireEvent.click(page.getByRole('checkbox'));
    await fireEvent.click(rebuild);
    expect(onchoose).toHaveBeenCalledWith({ choice: 'rebuild' });
  });
  test('a new passphrase has a length, a known one only to fit', async () => {
    const onchoose = vi.fn();
    const { rerender } = render(StartTrouble, { trouble: trouble('no-keyring'), choices: ['passphrase', 'retry'], busy: false, failed: null, onchoose });
    await type('Passphrase', 'short');
    expect((page.getByRole('button', { name: 'Use a passphrase file' }) as HTMLButtonElement).disabled).toBe(true);
    await rerender({ trouble: trouble('passphrase-missing') });
    await press('Open');
    expect(onchoose).toHaveBeenCalledWith({ choice: 'passphrase', passphrase: 'short' });
  });
  test('a newer store is left alone: nothing offers to rebuild it', () => {
    render(StartTrouble, { trouble: trouble('store-newer'), choices: [], busy: false, failed: null, onchoose: () => undefined });
    expect(page.getByText('Nothing was changed.')).toBeTruthy();
    expect(page.queryAllByRole('button').length).toBe(0);
  });
});
