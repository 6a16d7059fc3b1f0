// Which answers an event makes old. The kinds come from the api's own table; the ids from what was asked.
import { reads, type Event, type Tag } from '../gen/api';
import type { Method, Params } from '../platform';

export function makesOld<M extends Method>(tag: Tag, method: M, params: Params<M>): boolean {
  if (!reads[method].includes(tag.kind)) return false;
  const asked = params as { id?: number; account?: number; mailbox?: number };
  switch (tag.kind) {
    case 'message':
      return asked.id === undefined || asked.id === tag.id;
    case 'mailboxes':
      return asked.account === undefined || asked.account === tag.id;
    case 'list':
      return asked.mailbox === undefined || asked.mailbox === tag.id;
    default:
      return true;
  }
}

/** Follows the numbering: true where something was missed and all that is on screen must be asked again. */
export class Sequence {
  #last: number | null = null;

  missed({ seq, resync }: Event): boolean {
    const gap = this.#last !== null && seq !== this.#last + 1;
    this.#last = resync ? null : seq;
    return resync || gap;
  }
}
