// What a row says: who it is between, what a screen reader calls it.
import type { Mailbox, Row } from '../../gen/api';
import { m } from '../../gen/messages/messages.js';
import { number } from '../../text/locale';
import { isOwn, nameOf, plain, shortName } from '../../text/people';

export const has = (row: Row, flag: string): boolean => row.flags.some((f) => f.toLowerCase() === flag.toLowerCase());
/** A conversation is unread as long as one of its messages is. */
export const unread = (row: Row): boolean => (row.count > 1 ? row.unread > 0 : !has(row, '\\Seen'));

/** Written by oneself: then those whom it goes to matter. */
export function outgoing(row: Row, box: Mailbox | undefined, own: ReadonlySet<string>): boolean {
  if (box?.role === 'sent' || box?.role === 'drafts') return true;
  const from = row.from[0];
  return from !== undefined && isOwn(from, own) && row.to.length > 0 && !row.to.some((to) => isOwn(to, own));
}

export function who(row: Row, out: boolean): string {
  const people = out ? row.to : row.from;
  const names = people.map(nameOf).filter((name) => name !== '');
  if (names.length === 0) return out ? m.row_no_recipient() : m.row_no_sender();
  return names.join(', ');
}

/** Who else takes part in a conversation: first names, newest first, oneself last as "you". */
export function others(row: Row, out: boolean, own: ReadonlySet<string>): string[] {
  if (row.count < 2) return [];
  const lead = out ? undefined : row.from[0]?.address.toLowerCase();
  const seen = new Set<string>(lead === undefined ? [] : [lead]);
  const names: string[] = [];
  let you = false;
  for (const person of row.senders) {
    const address = person.address.toLowerCase();
    if (seen.has(address)) continue;
    seen.add(address);
    if (isOwn(person, own)) you = true;
    else if (!out || !row.to.some((to) => to.address.toLowerCase() === address)) names.push(shortName(person));
  }
  return you && !out ? [...names, m.reader_you()] : names;
}

/** As a row has room for: two names, and how many more. */
export function othersShort(names: readonly string[]): string {
  const more = names.length - 2;
  return more > 0 ? [...names.slice(0, 2), `+${number(more)}`].join(', ') : names.join(', ');
}

export const subjectOf = (row: { subject: string }): string => plain(row.subject) || m.row_no_subject();

/** "Ravi Menon and two others, 5 messages" */
function people(row: Row, name: string, also: readonly string[]): string {
  if (row.count < 2) return name;
  const count = m.row_says_messages({ count: row.count, n: number(row.count) });
  const [one] = also;
  if (one === undefined) return `${name}, ${count}`;
  const who = also.length === 1 ? m.row_says_and({ name, other: one }) : m.row_says_others({ count: also.length, name, n: number(also.length) });
  return `${who}, ${count}`;
}

export function rowName(row: Row, name: string, date: string, account: string | null, also: readonly string[] = []): string {
  return [
    unread(row) ? m.row_says_unread() : '',
    has(row, '\\Draft') ? m.row_draft() : '',
    people(row, name, also),
    subjectOf(row),
    date,
    has(row, '\\Answered') ? m.row_says_answered() : '',
    row.has_attachments ? m.row_says_attachment() : '',
    has(row, '\\Flagged') ? m.row_says_flagged() : '',
    account ?? '',
  ]
    .filter((part) => part !== '')
    .map((part) => part.replace(/[.\s]+$/u, ''))
    .join('. ')
    .concat('.');
}
