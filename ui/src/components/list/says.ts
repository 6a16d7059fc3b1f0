// What a row says: who it is between, what a screen reader calls it.
import type { Mailbox, Row } from '../../gen/api';
import { m } from '../../gen/messages/messages.js';
import { isOwn, nameOf, plain } from '../../text/people';

export const has = (row: Row, flag: string): boolean => row.flags.some((f) => f.toLowerCase() === flag.toLowerCase());
export const unread = (row: Row): boolean => !has(row, '\\Seen');

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

export const subjectOf = (row: { subject: string }): string => plain(row.subject) || m.row_no_subject();

export function rowName(row: Row, name: string, date: string, account: string | null): string {
  return [
    unread(row) ? m.row_says_unread() : '',
    has(row, '\\Draft') ? m.row_draft() : '',
    name,
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
