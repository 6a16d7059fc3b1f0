// The rows that list, reader and keys go through at this moment.
import type { MessageId, Row, ThreadId } from '../gen/api';
import { listOf } from './lists';
import { nav } from './nav.svelte';
import { prefs } from './prefs.svelte';
import { search } from './search.svelte';
import type { Shelf } from './shelf';

export const shownShelf = (): Shelf => (nav.view === 'search' ? search : listOf(nav.mailbox));

/** Where a row leads: into its conversation, unless single messages are wished. */
export const placeOf = (shelf: Shelf, row: Row): { message: MessageId; thread: ThreadId | null } => ({
  message: row.id,
  thread: shelf.threads || (shelf.grouped && prefs.threads) ? row.thread : null,
});
