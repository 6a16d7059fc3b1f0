import { m } from '../../gen/messages/messages.js';
import type { Kind } from '../shared/kinds';

/** One word each, where there is little room. */
export function kindWord(kind: Kind): string {
  switch (kind) {
    case 'text':
      return m.kind_text_short();
    case 'attachments':
      return m.kind_attachments();
    case 'headers':
      return m.kind_headers_short();
    case 'index':
      return m.kind_index_short();
  }
}

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
