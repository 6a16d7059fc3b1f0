// What each mailbox of an account is for, and how a person's choice is told to the api. Pure.
import type { Mailbox, MailboxId, Role } from '../../gen/api';

/** Those that a person may put right; the inbox is what the server says it is. */
export const choosable = ['archive', 'sent', 'drafts', 'junk', 'trash'] as const satisfies readonly Role[];
export type Choosable = (typeof choosable)[number];

export const holder = (boxes: readonly Mailbox[], role: Role): Mailbox | undefined => boxes.find((box) => box.role === role);

export interface Step {
  mailbox: MailboxId;
  role: Role | null;
  none: boolean;
}

/** `to` takes the role; who had it is for nothing any more. Null: none shall have it. */
export function steps(boxes: readonly Mailbox[], role: Role, to: MailboxId | null): Step[] {
  const before = boxes.filter((box) => box.role === role && box.id !== to).map<Step>(({ id }) => ({ mailbox: id, role: null, none: true }));
  return to === null ? before : [...before, { mailbox: to, role, none: false }];
}

/** Left to the server again: the chosen one, and those that a person took a role from, which may have been this one. */
export function undoing(boxes: readonly Mailbox[], role: Role): Step[] {
  return boxes.filter((box) => box.role_from === 'person' && (box.role === role || box.role === null)).map<Step>(({ id }) => ({ mailbox: id, role: null, none: false }));
}

/** Whether a person's word stands behind the role as it is. */
export function chosen(boxes: readonly Mailbox[], role: Role): boolean {
  const now = holder(boxes, role);
  return now ? now.role_from === 'person' : boxes.some((box) => box.role === null && box.role_from === 'person');
}
