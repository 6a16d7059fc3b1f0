// What the scrolling rows, the reader and the keys need of whatever holds rows: a mailbox's list, a search.
import type { MessageId, Row, ThreadId } from '../gen/api';

export interface Shelf {
  /** One row a conversation. */
  readonly threads: boolean;
  /** Rows, here or not. */
  readonly length: number;
  /** For a screen reader: -1 where nobody knows. */
  readonly size: number;
  /** The first answer has come, be it empty. */
  readonly opened: boolean;
  readonly fetching: boolean;
  /** Rows that a group's head stands over, ascending; and whether a phone shows them too. */
  readonly heads: readonly number[];
  readonly grouped: boolean;
  /** Rows that came on top since the list was last looked at from its top. */
  fresh: number;
  /** Where it was scrolled to, for the way back. */
  scroll: number;
  at(index: number): Row | undefined;
  /** Among the rows that are here; -1 elsewhere. */
  indexOf(message: MessageId, thread: ThreadId | null): number;
  /** What its group is called. */
  headOf(index: number, now: Date): string;
  /** These rows are looked at: have them here. */
  want(first: number, last: number): void;
}

/** What stays the same of a row while mail comes and goes: a conversation's newest message does not. */
export const keyOf = (shelf: Pick<Shelf, 'threads'>, row: Row): number => (shelf.threads ? row.thread : row.id);
