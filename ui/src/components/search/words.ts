// A chip in the person's own words.
import type { Chip } from '../../data/terms';
import { m } from '../../gen/messages/messages.js';

function plainly({ op, value }: Chip): string {
  switch (op) {
    case 'from':
      return m.chip_from({ value });
    case 'to':
      return m.chip_to({ value });
    case 'subject':
      return m.chip_subject({ value });
    case 'in':
      return m.chip_in({ value });
    case 'before':
      return m.chip_before({ value });
    case 'after':
      return m.chip_after({ value });
    case 'has':
      return m.chip_attachment();
    case 'is':
      return value === 'unread' ? m.chip_unread() : value === 'read' ? m.chip_read() : m.chip_flagged();
  }
}

export const chipText = (chip: Chip): string => (chip.not ? m.chip_not({ chip: plainly(chip) }) : plainly(chip));
