// A browser, under `satchel serve`: the same api over HTTP on the loopback.
import type { Event, Part } from '../gen/api';
import { nextId } from './id';
import { asTrouble, local, TroubleError, type CallOptions, type Method, type Params, type Platform, type Result } from './types';

const json = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  credentials: 'same-origin',
  body: JSON.stringify(body),
});

async function ask(path: string, body: unknown): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, json(body));
  } catch {
    throw local('app-gone', 'the program behind this page does not answer');
  }
  if (answer.status === 401 || answer.status === 403) throw local('no-session', 'this page has no session');
  return answer;
}

/** The token comes in the fragment, which no server and no log sees; it becomes a cookie and leaves the address. */
export async function session(place: Location, past: History): Promise<void> {
  const token = new URLSearchParams(place.hash.slice(1)).get('token');
  if (!token) return;
  past.replaceState(past.state, '', place.pathname + place.search);
  await ask('/session', { token });
}

async function call<M extends Method>(method: M, params: Params<M>, options: CallOptions = {}): Promise<Result<M>> {
  const { signal } = options;
  const id = nextId();
  if (signal?.aborted) throw local('cancelled', 'cancelled');
  const cancelled = new Promise<never>((_, reject) => {
    signal?.addEventListener(
      'abort',
      () => {
        void ask('/cancel', { id }).catch(() => undefined);
        reject(local('cancelled', 'cancelled'));
      },
      { once: true },
    );
  });
  const answered = ask('/rpc', { id, method, params }).then(async (answer) => {
    const body: unknown = await answer.json().catch(() => null);
    if (answer.ok) return body as Result<M>;
    const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : `HTTP ${answer.status}`;
    throw new TroubleError(asTrouble(error));
  });
  return Promise.race([answered, cancelled]);
}

function onEvent(heard: (event: Event) => void): () => void {
  const stream = new EventSource('/events');
  let broken = false;
  stream.onmessage = ({ data }: MessageEvent<string>) => heard(JSON.parse(data) as Event);
  stream.onerror = () => {
    broken = true;
  };
  stream.onopen = () => {
    // What was said meanwhile is lost.
    if (broken) heard({ seq: 0, tags: [], resync: true });
    broken = false;
  };
  return () => stream.close();
}

export const platform: Platform = {
  kind: 'browser',
  hearsFrameClicks: true,
  ready: () => session(window.location, window.history),
  call,
  onEvent,
  saveAttachment(_message, part: Part) {
    const link = document.createElement('a');
    link.href = part.url;
    link.download = part.name;
    link.rel = 'noopener';
    link.click();
    return Promise.resolve({ downloads: true as const });
  },
  async openExternal(url) {
    const link = await call('link.check', { url });
    window.open(link.url, '_blank', 'noopener,noreferrer');
  },
};
