// A search as one types: this device at once, the servers after a pause. What they add stands below, never between.
import type { AccountId, Coverage, Found, MessageId, Row } from '../gen/api';
import { m } from '../gen/messages/messages.js';
import { call, troubleOf, type AnyTrouble } from '../platform';
import { chipped, queryOf, same, soughtIn, type Chip } from './terms';
import type { Shelf } from './shelf';

const LIMIT = 50;
const FURTHER = 200;
/** Between two keys that belong to one word. */
export const TYPING = 120;
/** After this pause the servers are asked too. */
export const PAUSE = 700;
/** Found so many, the rest may wait until it is scrolled to. */
const ENOUGH = 20;
/** Pages without a new hit that one look may pass over. */
const LEAP = 8;

export class Search implements Shelf {
  readonly threads = false;
  readonly grouped = true;
  chips = $state.raw<readonly Chip[]>([]);
  text = $state('');
  /** Empty: all. */
  accounts = $state.raw<readonly AccountId[]>([]);
  opened = $state(false);
  /** The device is looked through. */
  looking = $state(false);
  /** The servers are being asked. */
  asking = $state(false);
  fetching = $state(false);
  /** The servers' answer to this very question is here. */
  asked = $state(false);
  coverage = $state.raw<Coverage | null>(null);
  trouble = $state.raw<AnyTrouble | null>(null);
  fresh = 0;
  scroll = 0;

  #device = $state.raw<readonly Row[]>([]);
  #server = $state.raw<readonly Row[]>([]);
  #cursor = $state<string | null>(null);
  #serverCursor: string | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #later: ReturnType<typeof setTimeout> | null = null;
  #stop: AbortController | null = null;
  #turn = 0;

  query = $derived(queryOf(this.chips, this.text));
  sought = $derived(soughtIn(this.chips, this.text));
  #rows = $derived(this.#cursor === null ? [...this.#device, ...this.#server] : this.#device);
  #places = $derived(new Map(this.#rows.map((row, at) => [row.id, at])));
  heads = $derived.by(() => {
    const both = [this.#device.length > 0 ? 0 : null, this.#rows.length > this.#device.length ? this.#device.length : null];
    return both.filter((at) => at !== null);
  });

  get onDevice(): number {
    return this.#device.length;
  }
  get fromServers(): number {
    return this.#server.length;
  }
  /** The device may have more than is shown. */
  get more(): boolean {
    return this.#cursor !== null;
  }
  get length(): number {
    return this.#rows.length + (this.more && this.#rows.length > 0 ? 1 : 0);
  }
  get size(): number {
    return this.more ? -1 : this.#rows.length;
  }
  at(index: number): Row | undefined {
    return this.#rows[index];
  }
  indexOf(message: MessageId): number {
    return this.#places.get(message) ?? -1;
  }
  headOf(index: number): string {
    return index < this.#device.length ? m.search_on_device() : m.search_from_servers();
  }

  /** What the field holds now. `done`: a finished operator at the end counts too, and the servers are asked at once. */
  type(text: string, done = false): void {
    const { chips, rest } = chipped(text, done);
    if (chips.length > 0) this.chips = [...this.chips, ...chips.filter((c) => !this.chips.some((known) => same(known, c)))];
    const before = this.query;
    this.text = rest;
    if (done) void this.#look(true);
    else if (chips.length > 0 || this.query !== before) this.#soon();
  }
  add(chip: Chip): void {
    this.chips = [...this.chips.filter((known) => !same(known, chip)), chip];
    this.#soon();
  }
  remove(chip: Chip): void {
    this.chips = this.chips.filter((known) => !same(known, chip));
    this.#soon();
  }
  has(chip: Chip): boolean {
    return this.chips.some((known) => same(known, chip));
  }
  within(accounts: readonly AccountId[]): void {
    this.accounts = accounts;
    this.#soon();
  }
  clear(): void {
    this.#halt();
    this.chips = [];
    this.text = '';
    this.#forget();
  }
  /** The servers once more. */
  again(): Promise<void> {
    return this.#look(true);
  }

  want(_first: number, last: number): void {
    if (last < this.#rows.length - 1 || this.fetching || this.looking) return;
    if (this.#cursor !== null) void this.#further(false);
    else if (this.#serverCursor !== null && !this.asking) void this.#further(true);
  }

  #halt(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#later) clearTimeout(this.#later);
    this.#timer = this.#later = null;
    this.#stop?.abort();
    this.#stop = null;
    this.#turn += 1;
    this.looking = this.asking = this.fetching = false;
  }
  #forget(): void {
    this.#device = this.#server = [];
    this.#cursor = this.#serverCursor = null;
    this.coverage = this.trouble = null;
    this.opened = this.asked = false;
    this.scroll = 0;
  }

  #soon(): void {
    this.#halt();
    this.asked = false;
    if (this.query === '') this.#forget();
    else this.#timer = setTimeout(() => void this.#look(false), TYPING);
  }

  /** One question, from its first letter here to its last server. A newer one ends it. */
  async #look(servers: boolean): Promise<void> {
    this.#halt();
    this.asked = false;
    if (this.query === '') return;
    const turn = this.#turn;
    const stop = (this.#stop = new AbortController());
    this.looking = true;
    try {
      const found = await this.#ask(false, null, LIMIT, stop.signal);
      if (turn !== this.#turn) return;
      this.#device = found.rows;
      this.#server = [];
      this.#cursor = found.cursor;
      this.#serverCursor = null;
      this.coverage = found.coverage;
      this.trouble = null;
      this.scroll = 0;
      this.opened = true;
      // An answer has a bound on its work, not on its rows: it may be short, or empty, and go on.
      while (turn === this.#turn && this.#cursor !== null && this.#device.length < ENOUGH) await this.#onward(turn, stop.signal);
    } catch (thrown) {
      if (turn === this.#turn) this.trouble = troubleOf(thrown);
    } finally {
      if (turn === this.#turn) this.looking = false;
    }
    if (turn !== this.#turn) return;
    if (servers) await this.#askServers(turn, stop.signal);
    else this.#later = setTimeout(() => void this.#askServers(turn, stop.signal), PAUSE - TYPING);
  }

  async #askServers(turn: number, signal: AbortSignal): Promise<void> {
    this.asking = true;
    try {
      const found = await this.#ask(true, null, LIMIT, signal);
      if (turn !== this.#turn) return;
      this.#server = this.#beside(this.#server, found.rows);
      this.#serverCursor = found.cursor;
      this.coverage = found.coverage;
      this.trouble = null;
      this.asked = this.opened = true;
    } catch (thrown) {
      if (turn === this.#turn) this.trouble = troubleOf(thrown);
    } finally {
      if (turn === this.#turn) this.asking = false;
    }
    if (turn === this.#turn && this.#server.length === 0 && this.#serverCursor !== null && this.#cursor === null) await this.#further(true);
  }

  async #further(server: boolean): Promise<void> {
    const turn = this.#turn;
    this.fetching = true;
    const known = this.#rows.length;
    try {
      for (let n = 0; turn === this.#turn && this.#rows.length <= known; n += 1) {
        const before = server ? this.#serverCursor : this.#cursor;
        if (before === null || (server && n === LEAP)) break;
        if (!server) {
          await this.#onward(turn, this.#stop?.signal);
          continue;
        }
        // What the servers brought is on this device now: they are not asked once more for its next page.
        const found = await this.#ask(false, before, FURTHER, this.#stop?.signal);
        if (turn !== this.#turn) return;
        this.#server = this.#beside(this.#server, found.rows);
        this.#serverCursor = found.cursor === before ? null : found.cursor;
      }
    } catch (thrown) {
      if (turn === this.#turn) this.trouble = troubleOf(thrown);
    } finally {
      if (turn === this.#turn) this.fetching = false;
    }
  }

  /** The device's next page. */
  async #onward(turn: number, signal?: AbortSignal): Promise<void> {
    const before = this.#cursor;
    const found = await this.#ask(false, before, LIMIT, signal);
    if (turn !== this.#turn) return;
    const here = new Set(this.#device.map((row) => row.id));
    this.#device = [...this.#device, ...found.rows.filter((row) => !here.has(row.id))];
    this.#server = this.#beside([], this.#server);
    this.#cursor = found.cursor === before ? null : found.cursor;
    this.coverage = this.asked ? this.coverage : found.coverage;
  }

  /** Server hits that do not stand among the device's or among these already. */
  #beside(known: readonly Row[], found: readonly Row[]): Row[] {
    const here = new Set([...this.#device, ...known].map((row) => row.id));
    return [...known, ...found.filter((row) => !here.has(row.id))];
  }

  #ask(server: boolean, before: string | null, limit: number, signal?: AbortSignal): Promise<Found> {
    return call(
      'search',
      { query: this.query, server, limit, accounts: [...this.accounts], ...(before === null ? {} : { before }) },
      signal ? { signal } : {},
    );
  }
}

export const search = new Search();
