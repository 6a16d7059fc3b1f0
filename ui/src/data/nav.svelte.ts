// Where the person is. One step of the browser's history each, so that a phone's own way back works.
import type { AccountId, MailboxId, MessageId, ThreadId } from '../gen/api';

export type View = 'mail' | 'search' | 'mailboxes' | 'satchel' | 'storage' | 'settings' | 'accounts' | 'account' | 'add';

export interface Place {
  view: View;
  /** Null is all inboxes. */
  mailbox: MailboxId | null;
  message: MessageId | null;
  /** The conversation that the message was opened in. */
  thread: ThreadId | null;
  account: AccountId | null;
}

const start: Place = { view: 'mail', mailbox: null, message: null, thread: null, account: null };

class Nav {
  place = $state.raw<Place>(start);
  #depth = 0;

  get view(): View {
    return this.place.view;
  }
  get mailbox(): MailboxId | null {
    return this.place.mailbox;
  }
  get message(): MessageId | null {
    return this.place.message;
  }
  get thread(): ThreadId | null {
    return this.place.thread;
  }
  get account(): AccountId | null {
    return this.place.account;
  }

  /** A new step. */
  go(change: Partial<Place>): void {
    this.place = this.#with(change);
    this.#depth += 1;
    history.pushState({ place: this.place, depth: this.#depth }, '');
  }

  /** The same step, seen differently: the next message of the same list. */
  swap(change: Partial<Place>): void {
    this.place = this.#with(change);
    history.replaceState({ place: this.place, depth: this.#depth }, '');
  }

  #with(change: Partial<Place>): Place {
    const next = { ...this.place, ...change };
    return next.message === null ? { ...next, thread: null } : next;
  }

  /** One step back; where there is none, to `otherwise`. */
  back(otherwise: Partial<Place>): void {
    if (this.#depth > 0) history.back();
    else this.swap(otherwise);
  }

  follow(): () => void {
    history.replaceState({ place: this.place, depth: 0 }, '');
    const heard = ({ state }: PopStateEvent) => {
      const found = state as { place?: Place; depth?: number } | null;
      this.place = found?.place ?? start;
      this.#depth = found?.depth ?? 0;
    };
    addEventListener('popstate', heard);
    return () => removeEventListener('popstate', heard);
  }
}

export const nav = new Nav();
