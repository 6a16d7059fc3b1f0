import { beforeEach, describe, expect, test, vi } from 'vitest';
import { makesOld, Sequence } from '../src/data/stale';
import { platform, session } from '../src/platform/web';
import { TroubleError } from '../src/platform';

const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const asked = (mock: ReturnType<typeof vi.fn>, n = 0) => {
  const [path, init] = mock.mock.calls[n] as [string, RequestInit];
  return { path, body: JSON.parse(String(init.body)) as Record<string, unknown>, init };
};
let fetched: ReturnType<typeof vi.fn>;
beforeEach(() => {
  fetched = vi.fn(() => Promise.resolve(answer(200, [])));
  vi.stubGlobal('fetch', fetched);
});

describe('the browser’s carrier', () => {
  test('the token becomes a session once, and leaves the address', async () => {
    const past = { state: { a: 1 }, replaceState: vi.fn() };
    await session({ hash: '#token=abc123', pathname: '/', search: '' } as Location, past as unknown as History);
    expect(past.replaceState).toHaveBeenCalledWith({ a: 1 }, '', '/');
    expect(asked(fetched)).toMatchObject({ path: '/session', body: { token: 'abc123' } });
    await session({ hash: '', pathname: '/', search: '' } as Location, past as unknown as History);
    expect(fetched).toHaveBeenCalledTimes(1);
  });
  test('a call goes by name with an id of its own', async () => {
    await platform.call('account.list', {});
    await platform.call('account.list', {});
    const [one, two] = [asked(fetched), asked(fetched, 1)];
    expect(one).toMatchObject({ path: '/rpc', body: { method: 'account.list', params: {} } });
    expect(one.init.credentials).toBe('same-origin');
    expect(one.body['id']).not.toBe(two.body['id']);
  });
  test('a trouble is thrown as it came', async () => {
    const trouble = { code: 'wrong-password', params: { host: 'h' }, message: 'no' };
    fetched.mockResolvedValue(answer(422, { error: trouble }));
    const thrown = await platform.call('account.list', {}).catch((e: unknown) => e);
    expect(thrown).toBeInstanceOf(TroubleError);
    expect((thrown as TroubleError).trouble).toEqual(trouble);
  });
  test.each([
    [() => Promise.reject(new TypeError('refused')), 'app-gone'],
    [() => Promise.resolve(answer(401, {})), 'no-session'],
    [() => Promise.resolve(new Response('<html>', { status: 500 })), 'internal'],
  ])('what is not the api’s word has a code as well (%#)', async (behaviour, code) => {
    fetched.mockImplementation(behaviour);
    const thrown = (await platform.call('account.list', {}).catch((e: unknown) => e)) as TroubleError;
    expect(thrown.trouble.code).toBe(code);
  });
  test('cancelling ends the wait and tells the api which call', async () => {
    fetched.mockImplementation((path: string) => (path === '/rpc' ? new Promise(() => undefined) : Promise.resolve(answer(200, {}))));
    const stop = new AbortController();
    const call = platform.call('account.add', { email: 'a@b', password: 'p' }, { signal: stop.signal }).catch((e: unknown) => e);
    stop.abort();
    expect(((await call) as TroubleError).trouble.code).toBe('cancelled');
    expect(asked(fetched, 1)).toMatchObject({ path: '/cancel', body: { id: asked(fetched).body['id'] } });
  });
  test('a link is opened as the api returns it, apart from this page', async () => {
    fetched.mockResolvedValue(answer(200, { url: 'https://real.example/', display: 'real.example' }));
    const open = vi.spyOn(window, 'open').mockReturnValue(null);
    await platform.openExternal('https://shown.example');
    expect(open).toHaveBeenCalledWith('https://real.example/', '_blank', 'noopener,noreferrer');
  });
});

describe('what an event makes old', () => {
  test('by kind and by id', () => {
    expect(makesOld({ kind: 'message', id: 3 }, 'message.show', { id: 3, as: 'best' })).toBe(true);
    expect(makesOld({ kind: 'message', id: 4 }, 'message.show', { id: 3, as: 'best' })).toBe(false);
    expect(makesOld({ kind: 'mailboxes', id: 2 }, 'mailbox.list', {})).toBe(true);
    expect(makesOld({ kind: 'mailboxes', id: 2 }, 'mailbox.list', { account: 1 })).toBe(false);
    expect(makesOld({ kind: 'account', id: 2 }, 'account.list', {})).toBe(true);
    expect(makesOld({ kind: 'storage' }, 'account.list', {})).toBe(false);
  });
  test('a gap or a resync asks for everything, once', () => {
    const sequence = new Sequence();
    const event = (seq: number, resync = false) => sequence.missed({ seq, tags: [], resync });
    expect([event(5), event(6), event(8), event(9), event(0, true), event(12)]).toEqual([false, false, true, false, true, false]);
  });
});
