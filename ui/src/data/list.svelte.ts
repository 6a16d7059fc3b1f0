// The rows of one mailbox, or of all inboxes: pages in order from the top, as many as are looked at.
// What is on screen is never taken away before its successor is here.
import type { Event, MailboxId, Page, Row } from '../gen/api';
import { call, troubleOf, type AnyTrouble } from '../platform';
import { mail } from './mail.svelte';
import { hear } from './query.svelte';

export const PAGE = 50;
const LARGEST = 500;
/** Pages that one jump may ask for; the next scroll goes on from there. */
const LEAP = 40;
const SETTLE = 250;

export class MailList {
  readonly mailbox: MailboxId | null;
  rows = $state.raw<Row[]>([]);
  total = $state<number | null>(null);
  /** No more rows anywhere. */
  ended = $state(false);
  /** The first page has come, be it empty. */
  opened = $state(false);
  fetching = $state(false);
  checking = $state(false);
  trouble = $state.raw<AnyTrouble | null>(null);
  /** When the server last confirmed what stands here, in this run. */
  checkedAt = $state<Date | null>(null);
  /** Rows that came on top since the list was last looked at from its top. */
  fresh = $state(0);

  /** Where it was scrolled to, for the way back. */
  scroll = 0;

  #cursor: string | null = null;
  #wanted = 0;
  #settling = false;
  #renewing: Promise<void> | null = null;
  #renewAgain = false;

  constructor(mailbox: MailboxId | null) {
    this.mailbox = mailbox;
  }

  /** How long the list is: what the server says, and never less than what is here. */
  get length(): number {
    if (this.ended) return this.rows.length;
    return Math.max(this.total ?? 0, this.rows.length + (this.opened && this.#cursor !== null && this.total === null ? PAGE : 0));
  }

  async open(): Promise<void> {
    if (this.opened) {
      void this.renew();
    } else {
      try {
        this.#take(await this.#page(null, PAGE, true), true);
      } catch (thrown) {
        this.trouble = troubleOf(thrown);
      }
    }
    await this.check();
    if (!this.opened) this.opened = true;
  }

  /** Looks at the server: this mailbox, or every account's inbox. */
  async check(): Promise<number> {
    if (this.checking) return 0;
    this.checking = true;
    try {
      let found: number;
      if (this.mailbox === null) found = await mail.checkAll();
      else found = (await call('mailbox.check', { mailbox: this.mailbox })).new;
      // Accounts that were refused say so themselves; this is for what is no account's own.
      this.trouble = this.mailbox === null ? mail.refused : null;
      if (!this.trouble) this.checkedAt = new Date();
      await this.renew();
      return found;
    } catch (thrown) {
      this.trouble = troubleOf(thrown);
      return 0;
    } finally {
      this.checking = false;
    }
  }

  /** The view shows rows up to here: fetch until they are there, or it looks elsewhere. */
  async want(index: number): Promise<void> {
    this.#wanted = index;
    if (this.fetching || this.ended || !this.opened) return;
    this.fetching = true;
    try {
      for (let pages = 0; pages < LEAP && !this.ended && this.#wanted >= this.rows.length; pages += 1) {
        const missing = this.#wanted + 1 - this.rows.length;
        const before = this.rows.length;
        this.#take(await this.#page(this.#cursor, Math.min(LARGEST, Math.max(PAGE, missing)), false), false);
        if (this.rows.length === before && !this.ended) break;
      }
      this.trouble = null;
    } catch (thrown) {
      this.trouble = troubleOf(thrown);
    } finally {
      this.fetching = false;
    }
  }

  /** An event touched it. Many come in a row while a mailbox fills: one look a quarter second. */
  touch(): void {
    if (this.#settling) return;
    this.#settling = true;
    setTimeout(() => {
      this.#settling = false;
      void this.renew();
    }, SETTLE);
  }

  /** The rows that are here, as the store has them now. */
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

  indexOf(id: number): number {
    return this.rows.findIndex((row) => row.id === id);
  }

  async #again(): Promise<void> {
    try {
      const goal = Math.max(PAGE, this.rows.length);
      const rows: Row[] = [];
      let page: Page;
      let cursor: string | null = null;
      do {
        page = await this.#page(cursor, Math.min(LARGEST, Math.max(PAGE, goal - rows.length)), true);
        rows.push(...page.rows);
        cursor = page.cursor;
      } while (rows.length < goal && page.rows.length > 0 && cursor !== null && page.complete);
      this.#countFresh(rows);
      this.rows = rows;
      this.#settle(page);
    } catch (thrown) {
      this.trouble = troubleOf(thrown);
    }
  }

  #countFresh(rows: Row[]): void {
    const first = this.rows[0];
    if (!first) return;
    const at = rows.findIndex((row) => row.id === first.id);
    if (at > 0) this.fresh += at;
  }

  #page(before: string | null, limit: number, cached_only: boolean): Promise<Page> {
    return call('message.list', {
      limit,
      cached_only,
      ...(this.mailbox === null ? {} : { mailbox: this.mailbox }),
      ...(before === null ? {} : { before }),
    });
  }

  #take(page: Page, first: boolean): void {
    if (first) {
      this.rows = page.rows;
    } else {
      const here = new Set(this.rows.map((row) => row.id));
      this.rows = [...this.rows, ...page.rows.filter((row) => !here.has(row.id))];
    }
    this.#settle(page);
    // An empty page from the store alone says nothing about the mailbox: wait for the server's word.
    if (!first || page.rows.length > 0) this.opened = true;
  }

  #settle(page: Page): void {
    this.#cursor = page.cursor;
    this.total = page.total;
    this.ended = page.cursor === null && page.complete;
    if (page.rows.length > 0) this.opened = true;
  }
}

const KEEP = 8;
const lists = new Map<MailboxId | null, MailList>();

export function listOf(mailbox: MailboxId | null): MailList {
  const known = lists.get(mailbox) ?? new MailList(mailbox);
  lists.delete(mailbox);
  lists.set(mailbox, known);
  for (const old of lists.keys()) {
    if (lists.size <= KEEP) break;
    lists.delete(old);
  }
  return known;
}

/** Whether an event's tags concern the list. */
export function concerns(list: MailList, event: Event): boolean {
  return event.tags.some((tag) => {
    if (tag.kind === 'accounts') return list.mailbox === null;
    if (tag.kind === 'message') return list.rows.some((row) => row.id === tag.id);
    return tag.kind === 'list' && (list.mailbox === null || list.mailbox === tag.id);
  });
}

export function followLists(shown: () => MailList): () => void {
  return hear((event, everything) => {
    const now = shown();
    for (const [mailbox, list] of lists) {
      if (!everything && !concerns(list, event)) continue;
      // One that is not on screen is asked again when it is opened.
      if (list === now) list.touch();
      else if (list.mailbox === mailbox && everything) lists.delete(mailbox);
    }
  });
}
