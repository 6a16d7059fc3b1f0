// A backend that holds its mail in memory, for work on the interface. `?state=` and `?fail=` show what is rare.
import type { AccountAdd, Event, MessageList, Started, Storage, StorageChange, Trouble, Code } from '../src/gen/api';
import { TroubleError, type CallOptions, type Method, type Params, type Platform, type Result } from '../src/platform/types';
import { accounts as given, mailboxes, rows, shown, storage as stored } from './data';

const trouble = (code: Code, params: Record<string, string> = {}): Trouble => ({ code, params, message: code });
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

const certificate = {
  host: 'mail.verein.example', subject: 'mail.verein.example', issuer: 'mail.verein.example', names: 'mail.verein.example',
  valid_from: '2025-02-04T00:00:00Z', valid_to: '2035-02-02T00:00:00Z', self_signed: 'true', reason: 'unknown-issuer',
  fingerprint: '9f410c7ae255b8136dd027c4985b01fea372441c8e60b93fd512770aec4829b6',
};

const failures: Record<string, Record<string, string>> = {
  'wrong-password': { host: 'mail.kontor.example', user: 'nora', reply: 'Authentication failed' },
  'certificate-untrusted': certificate,
  'not-encrypted': { host: 'pop.altnetz.example', port: '143' },
  'server-unknown': { domain: 'kontr.example', tried: 'imap.kontr.example (no-such-host), mail.kontr.example (no-such-host)' },
  'no-such-host': { host: 'mail.kontr.example' },
  refused: { host: 'mail.kontor.example', port: '993' },
  timeout: { host: 'mail.kontor.example', what: 'greeting' },
  'not-imap': { host: 'www.kontor.example', port: '443' },
};

export function backend(search: URLSearchParams): Platform {
  const state = search.get('state') ?? '';
  const delay = Number(search.get('delay') ?? 40);
  let accounts = state === 'first' ? [] : structuredClone(given);
  let boxes = structuredClone(mailboxes);
  let mail = structuredClone(rows);
  let storage: Storage = structuredClone(stored);
  let seq = 0;
  let hear: ((event: Event) => void) | null = null;
  const tell = (tags: Event['tags']) => hear?.({ seq: (seq += 1), tags, resync: false });

  if (state === 'offline') accounts.forEach((a) => (a.state = { kind: 'trouble', trouble: trouble('offline'), last_heard: ago(64) }));
  if (state === 'refused' && accounts[0]) {
    accounts[0].state = { kind: 'trouble', trouble: trouble('wrong-password', { host: 'mail.kontor.example' }), last_heard: ago(80) };
  }
  if (state === 'one') accounts = accounts.slice(0, 1);
  if (state === 'empty') {
    mail = [];
    boxes = boxes.map((b) => ({ ...b, total: 0, unread: 0 }));
  }
  if (state === 'million') boxes = boxes.map((b) => (b.role === 'inbox' ? { ...b, total: 1_000_000 } : b));

  const page = ({ mailbox, limit = 50, before, cached_only }: MessageList) => {
    const all = mail.filter((row) => (mailbox === undefined ? boxes.find((b) => b.id === row.mailbox)?.role === 'inbox' : row.mailbox === mailbox));
    const start = before === undefined ? 0 : Number(before);
    const total = boxes.filter((b) => (mailbox === undefined ? b.role === 'inbox' && accounts.some((a) => a.id === b.account) : b.id === mailbox)).reduce((sum, b) => sum + (b.total ?? 0), 0);
    const end = cached_only && state === 'loading' ? Math.min(all.length, 3) : start + limit;
    const found = all.slice(start, end);
    return { rows: found, cursor: end < all.length ? String(end) : null, total: state === 'million' ? total : Math.min(total, all.length), complete: !(cached_only && state === 'loading') };
  };

  const answers: { [M in Method]: (params: Params<M>, signal?: AbortSignal) => Result<M> | Promise<Result<M>> } = {
    'app.start': (): Started => {
      const code = search.get('start') as Code | null;
      if (code === null) return { kind: 'ready', accounts: accounts.length, demo: true };
      const choices = { 'store-corrupt': ['rebuild', 'retry'], 'no-keyring': ['passphrase', 'retry'], 'passphrase-missing': ['passphrase'] }[code as string] ?? (code === 'store-newer' ? [] : ['retry']);
      return { kind: 'trouble', trouble: trouble(code), choices: choices as ('retry' | 'rebuild' | 'passphrase')[] };
    },
    'app.recover': () => ({ kind: 'ready', accounts: accounts.length, demo: true }),
    'account.add': async (params: AccountAdd) => {
      await new Promise((r) => setTimeout(r, 1500));
      const fail = search.get('fail');
      if (fail !== null && params.trust === undefined) throw new TroubleError(trouble(fail as Code, failures[fail] ?? {}));
      accounts = structuredClone(given);
      tell([{ kind: 'accounts' }]);
      const [first] = accounts;
      if (!first) throw new Error('no account');
      return first;
    },
    'account.list': () => structuredClone(accounts),
    'account.remove': ({ id }) => {
      accounts = accounts.filter((a) => a.id !== id);
      boxes = boxes.filter((b) => b.account !== id);
      mail = mail.filter((r) => r.account !== id);
      tell([{ kind: 'accounts' }, { kind: 'storage' }]);
      return { id, freed: 1 };
    },
    'account.check': async ({ id }) => {
      await new Promise((r) => setTimeout(r, 300));
      const box = boxes.find((b) => b.account === id && b.role === 'inbox');
      if (search.has('new') && box) {
        const first = mail.find((r) => r.account === id);
        if (first) mail = [{ ...first, id: 100_000 + Math.floor(Math.random() * 1e9), date: new Date().toISOString(), flags: [] }, ...mail];
        tell([{ kind: 'list', id: box.id }]);
        return { new: 1 };
      }
      return { new: 0 };
    },
    'mailbox.list': () => structuredClone(boxes.filter((b) => accounts.some((a) => a.id === b.account))),
    'mailbox.check': async () => {
      await new Promise((r) => setTimeout(r, 300));
      return { new: 0 };
    },
    'message.list': async (params) => {
      if (state === 'loading' && !params.cached_only) await new Promise((r) => setTimeout(r, 60_000));
      return page(params);
    },
    'message.show': async ({ id }) => {
      if (state === 'offline') throw new TroubleError(trouble('offline'));
      await new Promise((r) => setTimeout(r, delay));
      const row = mail.find((r) => r.id === id);
      if (!row) throw new TroubleError(trouble('no-such-message'));
      return shown(row);
    },
    'attachment.save': () => ({ path: '/home/nora/Downloads/x', bytes: 1, sha256: '' }),
    'storage.get': () => storage,
    'storage.change': ({ budget, free }: StorageChange) => {
      const gone = storage.by.filter((r) => r.kind === free).reduce((sum, r) => sum + r.bytes, 0);
      storage = { ...storage, budget: budget ?? storage.budget, used: storage.used - gone, by: storage.by.map((r) => (r.kind === free ? { ...r, bytes: 0 } : r)) };
      return storage;
    },
    'sync.run': () => ({ first_screen: { ms: 0, round_trips: 0, bytes_in: 0, bytes_out: 0, rows: 0 }, headers: 0, ms: 0, round_trips: 0, bytes_in: 0, bytes_out: 0, failed: [] }),
    'link.check': ({ url }) => ({ url, display: url }),
    'doctor.get': () => ({ version: '0.1.0', data_dir: '/tmp', secrets: 'keyring', store: { schema: 1, sqlcipher: '4.12', intact: true, used: 0, budget: 0 }, accounts: [] }),
  };

  return {
    kind: 'browser',
    hearsFrameClicks: true,
    ready: () => Promise.resolve(),
    async call<M extends Method>(method: M, params: Params<M>, options: CallOptions = {}): Promise<Result<M>> {
      await new Promise((r) => setTimeout(r, 5));
      const aborted = new Promise<never>((_, reject) => options.signal?.addEventListener('abort', () => reject(new TroubleError(trouble('cancelled')))));
      return Promise.race([answers[method](params), aborted]);
    },
    onEvent(heard) {
      hear = heard;
      return () => (hear = null);
    },
    saveAttachment: (_message, part) => new Promise((r) => setTimeout(() => r({ path: `~/Downloads/${part.name}` }), 800)),
    openExternal: () => Promise.resolve(),
  };
}
