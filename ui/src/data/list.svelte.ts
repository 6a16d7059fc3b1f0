// One mailbox, or all inboxes as one, of any length: the pages around what is looked at are here, far ones leave.
// What is on screen is never taken away before its successor is here.
import type { Account, MailboxId, MessageId, Page, Row, ThreadId } from '../gen/api';
import { call, troubleOf, type AnyTrouble } from '../platform';
import { dayHead } from '../text/dates';
import { mail } from './mail.svelte';
import { arrived, bounded, dayStarts, missing, PAGE, pageOf, placed, rowOf, whole, type Pages } from './pages';
import { keyOf, type Shelf } from './shelf';

/** Pages that stay: 1,200 rows. */
const KEEP_PAGES = 24;
/** Between an event and the look that it is worth. */
export const SETTLE = 250;
/** After a refusal the server is left alone for a while, however much is scrolled. */
const REST = 4000;

export class MailList implements Shelf {
  readonly mailbox: MailboxId | null;
  readonly threads: boolean;
  readonly grouped = false;
  total = $state<number | null>(null);
  opened = $state(false);
  fetching = $state(false);
  checking = $state(false);
  #checkTrouble = $state.raw<AnyTrouble | null>(null);
  #pageTrouble = $state.raw<AnyTrouble | null>(null);
  /** When the server last confirmed what stands here, in this run. */
  checkedAt = $state<Date | null>(null);
  fresh = $state(0);
  scroll = 0;

  #pages = $state.raw<Pages>(new Map());
  /** The list's end, where it was seen. */
  #end = $state<number | null>(null);
  #more = $state(false);
  #wanted = { first: 0, last: PAGE - 1 };
  #flight: { page: number; stop: AbortController } | null = null;
  /** Where each page ends: the next one's beginning, wherever its number moves to meanwhile. */
  #ends = new Map<number, string>();
  /** Pages that stayed short though the server was asked. */
  #short = new Set<number>();
  #resting = 0;
  /** Counts how often everything was read anew: a page that was asked before belongs elsewhere by now. */
  #edition = 0;
  #settling: { timer: ReturnType<typeof setTimeout>; due: number } | null = null;
  #renewing: Promise<void> | null = null;
  #renewAgain = false;

  #places = $derived.by(() => {
    const places = new Map<number, number>();
    for (const [at, page] of this.#pages) page.forEach((row, nth) => row && places.set(keyOf(this, row), at * PAGE + nth));
    return places;
  });
  heads = $derived(dayStarts(this.#pages));

  constructor(mailbox: MailboxId | null, threads: boolean) {
    this.mailbox = mailbox;
    this.threads = threads;
  }

  /** How long the list is: what the server says, and never less than what is here. */
  get length(): number {
    if (this.#end !== null) return this.#end;
    let here = 0;
    for (const [at, page] of this.#pages) here = Math.max(here, at * PAGE + page.length);
    return Math.max(this.total ?? 0, here + (this.#more && this.total === null ? PAGE : 0));
  }
  get trouble(): AnyTrouble | null {
    return this.#checkTrouble ?? this.#pageTrouble;
  }
  get size(): number {
    return this.total === null && this.#end === null ? -1 : this.length;
  }
  /** Rows that are held at this moment. */
  get held(): number {
    let sum = 0;
    for (const page of this.#pages.values()) sum += page.length;
    return sum;
  }
  get none(): boolean {
    return this.#pages.size === 0;
  }

  at(index: number): Row | undefined {
    return rowOf(this.#pages, index);
  }
  indexOf(message: MessageId, thread: ThreadId | null): number {
    return this.#places.get(this.threads ? (thread ?? -1) : message) ?? -1;
  }
  holds(message: MessageId): boolean {
    for (const page of this.#pages.values()) if (page.some((row) => row?.id === message)) return true;
    return false;
  }
  headOf(index: number, now: Date): string {
    const row = this.at(index);
    return row ? dayHead(row.date, now) : '';
  }

  async open(): Promise<void> {
    if (this.opened) {
      void this.renew();
    } else {
      try {
        const page = await this.#ask(0, PAGE, true);
        // An empty page from the store alone says nothing about the mailbox: wait for the server's word.
        this.#take(0, page);
        if (page.rows.length > 0) this.opened = true;
      } catch (thrown) {
        this.#pageTrouble = troubleOf(thrown);
      }
    }
    // Inboxes that are kept current are not asked on every visit.
    if (this.mailbox !== null) await this.check();
    else if (mail.unheard.length > 0) await this.check(mail.unheard);
    if (!this.opened) this.opened = true;
    void this.#fill();
  }

  /** Looks at the server: this mailbox, or every account's inbox. */
  async check(some: readonly Account[] = mail.accounts): Promise<number> {
    if (this.checking) return 0;
    this.checking = true;
    this.#resting = 0;
    try {
      let found: number;
      if (this.mailbox === null) found = await mail.checkAll(some);
      else found = (await call('mailbox.check', { mailbox: this.mailbox })).new;
      // Accounts that were refused say so themselves; this is for what is no account's own.
      this.#checkTrouble = this.mailbox === null ? mail.refused : null;
      if (!this.#checkTrouble) this.checkedAt = new Date();
      this.#short.clear();
      await this.renew();
      return found;
    } catch (thrown) {
      this.#checkTrouble = troubleOf(thrown);
      return 0;
    } finally {
      this.checking = false;
    }
  }

  /** The view shows these rows: fetch until they are here, or it looks elsewhere. */
  want(first: number, last: number): void {
    this.#wanted = { first, last };
    for (const page of this.#short) if (page < pageOf(first) || page > pageOf(last)) this.#short.delete(page);
    const { page, stop } = this.#flight ?? {};
    if (page !== undefined && (page < pageOf(first) || page > pageOf(last))) stop?.abort();
    void this.#fill();
  }

  /** An event touched it. Many come in a row while a mailbox fills: one look a quarter second. */
  touch(wait: number = SETTLE): void {
    const due = performance.now() + wait;
    if (this.#settling && this.#settling.due <= due) return;
    if (this.#settling) clearTimeout(this.#settling.timer);
    const timer = setTimeout(() => {
      this.#settling = null;
      void this.renew();
    }, wait);
    this.#settling = { timer, due };
  }

  /** The rows that are looked at, as the store has them now; what else was held is asked again when it is looked at. */
  renew(): Promise<void> {
    if (this.#renewing) {
      this.#renewAgain = true;
      return this.#renewing;
    }
    this.#renewing = this.#again().finally(() => {
      this.#renewing = null;
      if (!this.#renewAgain) return;
      this.#renewAgain = false;
      void this.renew();
    });
    return this.#renewing;
  }

  async #fill(): Promise<void> {
    if (this.fetching || !this.opened) return;
    this.fetching = true;
    try {
      for (let page = this.#next(); page !== undefined; page = this.#next()) await this.#fetch(page);
      if (this.#resting <= Date.now()) this.#pageTrouble = null;
    } finally {
      this.fetching = false;
    }
  }

  #next(): number | undefined {
    const { first, last } = this.#wanted;
    return missing(this.#pages, first, last, this.length).find((page) => !this.#short.has(page));
  }

  async #fetch(page: number): Promise<void> {
    const stop = new AbortController();
    const edition = this.#edition;
    this.#flight = { page, stop };
    try {
      // The store first; the server for what it has not.
      for (const cachedOnly of this.#resting > Date.now() ? [true] : [true, false]) {
        // From the page above there is a way on that holds for several mailboxes too; into the blue only a number.
        const after = cachedOnly ? undefined : this.#ends.get(page - 1);
        const found = await this.#ask(page * PAGE, PAGE, cachedOnly, stop.signal, after);
        if (edition !== this.#edition) return;
        this.#take(page * PAGE, found);
        if (!found.complete) continue;
        if (found.rows.length === 0 && found.cursor === null) await this.#seekEnd(page, edition, stop.signal);
        break;
      }
      // What came is all there is to have: it is not asked again before something changes.
      if (!whole(this.#pages, page, this.length)) this.#short.add(page);
    } catch (thrown) {
      const trouble = troubleOf(thrown);
      if (trouble.code === 'cancelled') return;
      this.#pageTrouble = trouble;
      this.#short.add(page);
      this.#resting = Date.now() + REST;
      setTimeout(() => {
        this.#short.delete(page);
        void this.#fill();
      }, REST + 10);
    } finally {
      this.#flight = null;
    }
  }

  /** Nothing stands at `beyond`: a list of conversations is shorter than its messages are many. Halves find its end. */
  async #seekEnd(beyond: number, edition: number, signal: AbortSignal): Promise<void> {
    let low = Math.max(0, ...[...this.#pages.keys()].filter((at) => at < beyond));
    let high = beyond;
    while (high - low > 1 && this.#end === null) {
      const middle = (low + high) >> 1;
      const page = await this.#ask(middle * PAGE, PAGE, true, signal);
      if (edition !== this.#edition) return;
      if (page.rows.length === 0) high = middle;
      else {
        this.#take(middle * PAGE, page);
        low = middle;
      }
    }
    this.#end ??= low * PAGE + (this.#pages.get(low)?.length ?? 0);
  }

  async #again(): Promise<void> {
    try {
      const low = Math.max(0, pageOf(this.#wanted.first) - 1);
      const count = pageOf(this.#wanted.last) + 2 - low;
      const there = await this.#ask(low * PAGE, count * PAGE, true);
      const top = low === 0 ? there : await this.#ask(0, PAGE, true);
      const before = this.#pages.get(0) ?? [];
      if (before.length > 0) this.fresh += arrived(before, top.rows.slice(0, PAGE));
      this.#edition += 1;
      this.#ends.clear();
      this.#end = null;
      this.#short.clear();
      this.#pages = placed(placed(new Map(), 0, top.rows), there.first ?? low * PAGE, there.rows);
      this.#settle(there, there.first ?? low * PAGE);
      if (there.rows.length > 0) this.opened = true;
      void this.#fill();
    } catch (thrown) {
      this.#pageTrouble = troubleOf(thrown);
    }
  }

  #ask(at: number, limit: number, cached_only: boolean, signal?: AbortSignal, before?: string): Promise<Page> {
    return call(
      'message.list',
      { ...(before === undefined ? { at } : { before }), limit, cached_only, threads: this.threads, ...(this.mailbox === null ? {} : { mailbox: this.mailbox }) },
      signal ? { signal } : {},
    );
  }

  #take(at: number, page: Page): void {
    const first = page.first ?? at;
    if (page.rows.length > 0) {
      const middle = pageOf((this.#wanted.first + this.#wanted.last) / 2);
      this.#pages = bounded(placed(this.#pages, first, page.rows), middle, KEEP_PAGES);
    }
    this.#settle(page, first);
  }

  #settle(page: Page, first: number): void {
    const end = first + page.rows.length;
    this.total = page.total;
    this.#more = page.cursor !== null;
    if (page.cursor !== null && page.rows.length > 0 && end % PAGE === 0) this.#ends.set(end / PAGE - 1, page.cursor);
    // Nothing follows: here the list ends. A page from amid the mailbox has nothing behind it either, but is full,
    // or far from what was counted.
    const close = this.total === null || this.total - end < PAGE;
    if (page.cursor === null && page.complete && end % PAGE !== 0 && close) this.#end = end;
    else if (page.cursor === null && page.complete && end === 0) this.#end = 0;
  }
}
