import { m } from '../../gen/messages/messages.js';
import type { Kind } from '../shared/kinds';

export function kindName(kind: Kind): string {
  switch (kind) {
    case 'text':
      return m.kind_text();
    case 'attachments':
      return m.kind_attachments();
    case 'headers':
      return m.kind_headers();
    case 'index':
      return m.kind_index();
  }
}
