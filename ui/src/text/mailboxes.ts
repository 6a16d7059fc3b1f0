// What a mailbox is called and drawn as. Those with a role have the interface's own word, as the design has it.
import type { Mailbox } from '../gen/api';
import type { IconName } from '../components/shared/icons';
import { m } from '../gen/messages/messages.js';
import { plain } from './people';

export function mailboxName(box: Mailbox): string {
  switch (box.role) {
    case 'inbox':
      return m.mailbox_inbox();
    case 'drafts':
      return m.mailbox_drafts();
    case 'sent':
      return m.mailbox_sent();
    case 'archive':
      return m.mailbox_archive();
    case 'all':
      return m.mailbox_all();
    case 'flagged':
      return m.mailbox_flagged();
    case 'junk':
      return m.mailbox_junk();
    case 'trash':
      return m.mailbox_trash();
    case 'important':
      return m.mailbox_important();
    case null:
      return plain(box.label) || box.name;
  }
}

const glyphs: Record<NonNullable<Mailbox['role']>, IconName> = {
  inbox: 'inbox',
  drafts: 'pencil',
  sent: 'sent',
  archive: 'archive',
  all: 'mail',
  flagged: 'flag',
  junk: 'junk',
  trash: 'trash',
  important: 'star',
};

export const mailboxIcon = (box: Mailbox): IconName => (box.role ? glyphs[box.role] : 'folder');

/** The order of the sidebar: what comes in, what one keeps, one's own mailboxes, then what one throws away. */
const places: Record<NonNullable<Mailbox['role']>, number> = {
  inbox: 0,
  drafts: 1,
  sent: 2,
  flagged: 3,
  important: 4,
  archive: 5,
  all: 6,
  junk: 8,
  trash: 9,
};

/** Roots by role, then name; children stay behind their parent, as the server's tree has them. */
export function inOrder(boxes: readonly Mailbox[]): Mailbox[] {
  const families: Mailbox[][] = [];
  for (const box of boxes) {
    const family = families.at(-1);
    if (box.depth === 0 || !family) families.push([box]);
    else family.push(box);
  }
  const rank = (family: Mailbox[]) => {
    const role = family[0]?.role ?? null;
    return role === null ? 7 : places[role];
  };
  return families
    .map((family, at) => ({ family, at }))
    .sort((a, b) => rank(a.family) - rank(b.family) || a.at - b.at)
    .flatMap(({ family }) => family);
}
