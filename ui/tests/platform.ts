// A carrier for tests: each method answers as the test says, every call is kept.
import type { Account, AccountState, Event, Row } from '../src/gen/api';
import { carry, TroubleError, type AnyTrouble, type CallOptions, type Method, type Params, type Platform, type Result } from '../src/platform';

export type Answers = { [M in Method]?: (params: Params<M>, signal: AbortSignal | undefined) => Result<M> | Promise<Result<M>> };

export interface Fake extends Platform {
  calls: { method: Method; params: unknown }[];
  answers: Answers;
  tell(event: Event): void;
}

export const trouble = (code: AnyTrouble['code'], params: Record<string, string> = {}): AnyTrouble => ({ code, params, message: code });
export const refuse = (code: AnyTrouble['code'], params: Record<string, string> = {}): never => {
  throw new TroubleError(trouble(code, params));
};

export async function fake(answers: Answers = {}): Promise<Fake> {
  const hearers = new Set<(event: Event) => void>();
  const made: Fake = {
    kind: 'browser',
    hearsFrameClicks: true,
    calls: [],
    answers,
    ready: () => Promise.resolve(),
    async call<M extends Method>(method: M, params: Params<M>, options: CallOptions = {}): Promise<Result<M>> {
      made.calls.push({ method, params });
      const answer = made.answers[method] as ((params: Params<M>, signal?: AbortSignal) => Result<M>) | undefined;
      if (!answer) throw new Error(`no answer for ${method}`);
      await Promise.resolve();
      return answer(params, options.signal);
    },
    onEvent(heard) {
      hearers.add(heard);
      return () => hearers.delete(heard);
    },
    saveAttachment: () => Promise.resolve({ path: '/tmp/x' }),
    openExternal: () => Promise.resolve(),
    tell: (event) => hearers.forEach((heard) => heard(event)),
  };
  await carry(made);
  return made;
}

export const rowOf = (id: number, date = '2026-11-24T10:00:00Z'): Row => ({
  id, thread: id, account: 1, mailbox: 7, from: [{ name: `N${id}`, address: 'n@x.example' }], to: [{ name: 'Nora', address: 'nora@kontor.example' }],
  subject: `S${id}`, date, preview: '', flags: [], size: 1, has_attachments: false, count: 1, unread: 1, senders: [{ name: `N${id}`, address: 'n@x.example' }],
});

export const accountOf = (id: number, state: AccountState, more: Partial<Account> = {}): Account => ({
  id, email: 'nora@kontor.example', name: `A${id}`, letter: 'A', colour: 1, imap: '', smtp: null, user: '', auth: 'password', state,
  paused: false, progress: null, last_heard: null, audited_at: null, ...more,
});
