// A backend that holds its mail in memory, for work on the interface. `?state=` and `?fail=` show what is rare.
import type { AccountAdd, Code, Event, Found, MessageList, Row, Search, Started, Storage, StorageChange, Trouble } from '../src/gen/api';
import { TroubleError, type CallOptions, type Method, type Params, type Platform, type Result } from '../src/platform/types';
import { accounts as given, mailboxes, make, older, rows, shown, storage as stored } from './data';

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

/** In whose rows a search word is looked for: as the store does, without case and accents. */
const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

function matches(row: Row, query: string): boolean {
  const parts = [...query.matchAll(/(-?)(?:(from|to|subject|in|is|has|before|after):)?(?:"([^"]*)"|(\S+))/giu)];
  return parts.every(([, not, op, quoted, bare]) => {
    const word = folded((quoted ?? bare ?? '').replace(/\*$/u, ''));
    const people = (all: Row['from']) => all.some((p) => folded(`${p.name ?? ''} ${p.address}`).includes(word));
    const found = (() => {
      switch (op?.toLowerCase()) {
        case 'from':
          return people(row.from);
        case 'to':
          return people(row.to);
        case 'subject':
          return folded(row.subject).includes(word);
        case 'in':
          return true;
        case 'has':
          return row.has_attachments;
        case 'is':
          return word === 'flagged' ? row.flags.includes('\\Flagged') : row.flags.includes('\\Seen') === (word === 'read');
        case 'before':
          return row.date < word;
        case 'after':
          return row.date > word;
        default:
          return people(row.from) || folded(`${row.subject} ${row.preview}`).includes(word);
      }
    })();
    return found !== (not === '-');
  });
}

export function backend(search: URLSearchParams): Platform {
  const state = search.get('state') ?? '';
  const delay = Number(search.get('delay') ?? 40);
  const size = Number(search.get('size') ?? 100_000);
  let accounts = state === 'first' ? [] : structuredClone(given);
  let boxes = structuredClone(mailboxes);
  let mail = [...rows, ...older(2, size), ...older(1, 2000), ...older(3, 640)].sort((a, b) => b.date.localeCompare(a.date));
  let storage: Storage = structuredClone(stored);
  let seq = 0;
  let hear: ((event: Event) => void) | null = null;
  const tell = (tags: Event['tags']) => hear?.({ seq: (seq += 1), tags, resync: false });
  const [one, two, three] = accounts;

  if (state === 'offline') accounts.forEach((a) => ((a.state = { kind: 'offline' }), (a.last_heard = ago(64))));
  if (state === 'refused' && one) one.state = { kind: 'trouble', trouble: trouble('wrong-password', { host: 'mail.kontor.example' }) };
  if (state === 'trouble' && one) one.state = { kind: 'trouble', trouble: trouble('timeout', { host: 'mail.kontor.example' }) };
  if (state === 'busy' && three) {
    three.state = { kind: 'waiting', trouble: trouble('server-busy', { host: 'mail.verein.example', reply: 'Too many connections' }), retry_at: ago(-6) };
    three.last_heard = ago(33);
  }
  if (state === 'paused' && two) Object.assign(two, { paused: true, state: { kind: 'paused' } });
  if (state === 'new') accounts.forEach((a) => Object.assign(a, { state: { kind: 'resting' }, last_heard: null, audited_at: null }));
  if (state === 'heard') accounts.forEach((a) => (a.audited_at = null));
  /** How many of the long account's headers are here. */
  let here = state === 'filling' ? Math.round(size * 0.412) : state === 'full' ? Math.round(size * 0.3) : Infinity;
  if (two && here < size) {
    two.progress = { done: here, total: size, paused: false, full: state === 'full' };
    two.audited_at = null;
    boxes = boxes.map((b) => (b.account === 2 ? { ...b, covered: false } : b));
    setInterval(() => {
      if (state === 'full' || !two.progress || two.progress.paused || two.paused) return;
      here = Math.min(size, here + 250);
      two.progress = here < size ? { ...two.progress, done: here } : null;
      tell([{ kind: 'account', id: 2 }, { kind: 'list', id: 10 }]);
    }, 500);
  }
  if (state === 'one') accounts = accounts.slice(0, 1);
  if (state === 'empty') mail = [];
  boxes = boxes.map((b) => {
    const own = mail.filter((r) => r.mailbox === b.id);
    return b.role === 'inbox' || b.role === 'sent' ? { ...b, total: own.length, unread: own.filter((r) => !r.flags.includes('\\Seen')).length } : state === 'empty' ? { ...b, total: 0, unread: 0 } : b;
  });

  const roleOf = new Map(boxes.map((b) => [b.id, b.role]));
  const place = new Map(mail.filter((row) => row.mailbox === 10).map((row, at) => [row.id, at]));
  const hidden = (row: Row) => (place.get(row.id) ?? 0) >= here;
  const talks = () => {
    const all = new Map<number, Row[]>();
    for (const row of mail) {
      const talk = all.get(row.thread);
      if (talk) talk.push(row);
      else all.set(row.thread, [row]);
    }
    return all;
  };
  let known: { mail: Row[]; talks: Map<number, Row[]>; lists: Map<string, Row[]> } | null = null;
  /** Newest first: single messages, or each conversation's newest. Made once for each state of the mail. */
  function listed(mailbox: number | undefined, threads: boolean): Row[] {
    if (known?.mail !== mail) known = { mail, talks: talks(), lists: new Map() };
    const key = `${mailbox ?? 'all'} ${threads} ${accounts.map((a) => a.id).join()}`;
    const found = known.lists.get(key);
    if (found) return found;
    const own = new Set(accounts.map((a) => a.id));
    const all = mail.filter((row) => own.has(row.account) && (mailbox === undefined ? roleOf.get(row.mailbox) === 'inbox' : row.mailbox === mailbox));
    const seen = new Set<number>();
    const made = !threads
      ? all
      : all
          .filter((row) => !seen.has(row.thread) && seen.add(row.thread))
          .map((row) => {
            const talk = known?.talks.get(row.thread) ?? [row];
            return { ...row, count: talk.length, unread: talk.filter((r) => !r.flags.includes('\\Seen')).length, senders: [...new Map(talk.flatMap((r) => r.from).map((p) => [p.address, p])).values()], has_attachments: talk.some((r) => r.has_attachments) };
          });
    known.lists.set(key, made);
    return made;
  }

  const page = ({ mailbox, threads, at, limit = 50, before, cached_only }: MessageList) => {
    const all = listed(mailbox, threads);
    const start = at ?? (before === undefined ? 0 : Number(before));
    let rows = all.slice(start, start + limit);
    let complete = true;
    if (cached_only && state === 'loading') [rows, complete] = [rows.slice(0, 3), false];
    if (cached_only && here < size && (mailbox === 10 || mailbox === undefined)) {
      const have = rows.slice(0, Math.max(0, here - start));
      complete = have.length === rows.length;
      rows = have;
    }
    const end = start + rows.length;
    return { rows, cursor: end < all.length ? String(end) : null, total: all.length, complete, first: at === undefined ? null : start };
  };

  function arrive(): void {
    const first = mail.find((r) => r.account === 1 && r.mailbox === 1);
    if (!first) return;
    const names = ['Ravi Menon', 'Anja Holm', '田中 健'];
    const n = Math.floor(Math.random() * 3);
    const row = make({ from: { name: names[n] ?? '', address: `n${n}@partner.example` }, date: new Date().toISOString(), subject: `New at ${new Date().toLocaleTimeString()}`, preview: 'It came in by itself.', account: 1, flags: '', clip: false, mailbox: 1, ...(search.get('new') === 'reply' ? { thread: 1001 } : {}) });
    mail = [row, ...mail];
    boxes = boxes.map((b) => (b.id === 1 ? { ...b, total: (b.total ?? 0) + 1, unread: (b.unread ?? 0) + 1 } : b));
    accounts.forEach((a) => a.id === 1 && (a.last_heard = row.date));
    tell([{ kind: 'list', id: 1 }, { kind: 'mailboxes', id: 1 }, { kind: 'account', id: 1 }]);
  }
  if (search.has('every')) setInterval(arrive, Number(search.get('every')) * 1000);

  async function find({ query, server, accounts: within = [], before, limit = 50 }: Search): Promise<Found> {
    const all = mail.filter((row) => (within.length === 0 || within.includes(row.account)) && matches(row, query));
    // A tenth of what is old is on the server alone.
    const local = all.filter((row) => row.id % 10 !== 0 && !hidden(row));
    const asked = accounts.filter((a) => (within.length === 0 || within.includes(a.id)) && !a.paused);
    const from = { from: here < size || state === '' ? '2024-03-04T00:00:00Z' : null, to: null, messages: local.length, whole: state === 'heard' };
    if (server) await new Promise((r) => setTimeout(r, Number(search.get('slow') ?? 900)));
    const found = server ? all : local;
    const start = before === undefined ? 0 : Number(before);
    return {
      rows: found.slice(start, start + limit),
      cursor: start + limit < found.length ? String(start + limit) : null,
      coverage: {
        local: from,
        server: server
          ? asked.map((a) => {
              const failed = state === 'offline' || (a.id === 3 && (state === 'busy' || search.has('silent')));
              return { account: a.id, state: failed ? ('failed' as const) : ('answered' as const), trouble: failed ? trouble('timeout', { host: 'mail.verein.example' }) : null, mailboxes: 6, found: 3 };
            })
          : [],
      },
    };
  }

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
    'account.set': ({ id, ...change }) => {
      const account = accounts.find((a) => a.id === id);
      if (!account) throw new TroubleError(trouble('no-such-account'));
      Object.assign(account, change);
      if (change.paused !== undefined) account.state = change.paused ? { kind: 'paused' } : { kind: 'current', by: 'check' };
      tell([{ kind: 'accounts' }, { kind: 'account', id }]);
      return structuredClone(account);
    },
    'account.order': ({ ids }) => {
      accounts = ids.flatMap((id) => accounts.find((a) => a.id === id) ?? []);
      tell([{ kind: 'accounts' }]);
      return structuredClone(accounts);
    },
    'sync.pause': ({ account, paused }) => {
      accounts.forEach((a) => (account === undefined || a.id === account) && a.progress && (a.progress = { ...a.progress, paused }));
      tell([{ kind: 'accounts' }]);
      return {};
    },
    'app.network': ({ online }) => {
      accounts.forEach((a) => !a.paused && (a.state = online ? { kind: 'current', by: 'idle' } : { kind: 'offline' }));
      tell([{ kind: 'accounts' }]);
      return {};
    },
    'mailbox.role': ({ mailbox, role, none }) => {
      const natural = mailboxes.find((b) => b.id === mailbox);
      boxes = boxes.map((b) => (b.id !== mailbox ? b : role !== null || none ? { ...b, role, role_from: 'person' } : { ...b, role: natural?.role ?? null, role_from: natural?.role_from ?? null }));
      const box = boxes.find((b) => b.id === mailbox);
      if (!box) throw new TroubleError(trouble('no-such-mailbox'));
      tell([{ kind: 'mailboxes', id: box.account }]);
      return box;
    },
    'message.thread': ({ thread }) => {
      listed(undefined, true);
      return [...(known?.talks.get(thread) ?? [])].reverse();
    },
    search: find,
    'account.check': async ({ id }) => {
      await new Promise((r) => setTimeout(r, 300));
      const account = accounts.find((a) => a.id === id);
      if (account?.state.kind === 'resting') Object.assign(account, { state: { kind: 'current', by: 'check' }, last_heard: new Date().toISOString() });
      else if (account?.state.kind === 'current') account.last_heard = new Date().toISOString();
      else if (account?.state.kind === 'trouble') throw new TroubleError(account.state.trouble);
      tell([{ kind: 'account', id }]);
      if (search.has('new') && id === 1) {
        arrive();
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
      if (!params.cached_only) await new Promise((r) => setTimeout(r, Number(search.get('slow') ?? 600)));
      if (!params.cached_only && state === 'offline') throw new TroubleError(trouble('offline'));
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
