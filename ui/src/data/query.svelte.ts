// Answers by method and parameters, shared by whoever shows them, asked again when an event makes them old.
// Old content stays on screen until the new has come.
import type { Event } from '../gen/api';
import { call, platform, troubleOf, type AnyTrouble, type Method, type Params, type Result } from '../platform';
import { makesOld, Sequence } from './stale';

const KEEP = 60;

export class Answer<M extends Method> {
  data = $state.raw<Result<M>>();
  trouble = $state.raw<AnyTrouble | null>(null);
  loading = $state(false);

  readonly method: M;
  readonly params: Params<M>;
  #holders = 0;
  #old = true;
  #again = false;
  #flight: Promise<void> | null = null;

  constructor(method: M, params: Params<M>) {
    this.method = method;
    this.params = params;
  }

  get held(): boolean {
    return this.#holders > 0;
  }

  hold(): () => void {
    this.#holders += 1;
    if (this.#old) void this.refresh();
    return () => {
      this.#holders -= 1;
    };
  }

  /** What an event does: at once where it is on screen, else when it next is. */
  age(): void {
    this.#old = true;
    if (this.held) void this.refresh();
  }

  refresh(): Promise<void> {
    if (this.#flight) {
      this.#again = true;
      return this.#flight;
    }
    this.#flight = this.#ask().finally(() => {
      this.#flight = null;
      if (!this.#again) return;
      this.#again = false;
      void this.refresh();
    });
    return this.#flight;
  }

  set(data: Result<M>): void {
    this.data = data;
    this.trouble = null;
  }

  async #ask(): Promise<void> {
    this.loading = true;
    this.#old = false;
    try {
      this.set(await call(this.method, this.params));
    } catch (thrown) {
      this.#old = true;
      this.trouble = troubleOf(thrown);
    } finally {
      this.loading = false;
    }
  }
}

const answers = new Map<string, Answer<Method>>();

export function answerTo<M extends Method>(method: M, params: Params<M>): Answer<M> {
  const key = `${method} ${JSON.stringify(params)}`;
  const known = answers.get(key) as Answer<M> | undefined;
  const answer = known ?? new Answer(method, params);
  answers.delete(key);
  answers.set(key, answer as unknown as Answer<Method>);
  if (answers.size > KEEP) {
    for (const [old, { held }] of answers) {
      if (answers.size <= KEEP) break;
      if (!held && old !== key) answers.delete(old);
    }
  }
  return answer;
}

/** In a component: the answer to what is asked now; nothing while `params` gives null. */
export function query<M extends Method>(method: M, params: () => Params<M> | null) {
  const answer = $derived.by(() => {
    const asked = params();
    return asked === null ? null : answerTo(method, asked);
  });
  $effect(() => answer?.hold());
  return {
    get data(): Result<M> | undefined {
      return answer?.data;
    },
    get trouble(): AnyTrouble | null {
      return answer?.trouble ?? null;
    },
    get loading(): boolean {
      return answer?.loading ?? false;
    },
    refresh: () => void answer?.refresh(),
  };
}

/** Whoever keeps rows of its own (the lists) hears the same events. */
export type Hearer = (event: Event, everything: boolean) => void;
const hearers = new Set<Hearer>();

export function hear(hearer: Hearer): () => void {
  hearers.add(hearer);
  return () => hearers.delete(hearer);
}

export function follow(): () => void {
  const sequence = new Sequence();
  return platform().onEvent((event) => {
    const everything = sequence.missed(event);
    for (const answer of answers.values()) {
      if (everything || event.tags.some((tag) => makesOld(tag, answer.method, answer.params))) answer.age();
    }
    for (const hearer of hearers) hearer(event, everything);
  });
}

/** After another store was opened: nothing known is true. */
export function forget(): void {
  for (const answer of answers.values()) answer.age();
}
