// Which page a failure to add an account gets: what is said, and what can be done next. Pure.
import type { IconName } from '../shared/icons';
import { m } from '../../gen/messages/messages.js';
import type { AnyTrouble } from '../../platform';
import { sentence } from '../../text/trouble';
import { domainOf } from './servers';

export type Next = 'again' | 'address' | 'servers';
export interface FailurePage {
  glyph: IconName | undefined;
  title: string;
  text: string;
  /** What can be done, or what was tried and how each ended. */
  tips: { text: string; note?: string }[];
  /** The green one first. */
  acts: Next[];
}

/** Failures that belong to a field are shown there: the password's. */
export const atPassword = (trouble: AnyTrouble): boolean => trouble.code === 'wrong-password';
export const atCertificate = (trouble: AnyTrouble): boolean => trouble.code === 'certificate-untrusted';

/** `imap.x (no-such-host), mail.x (refused)`: each server, and in words how it ended. */
function tried(text: string): { text: string; note?: string }[] {
  return [...text.matchAll(/([^\s,()]+)(?:\s*\(([^)]*)\))?/gu)].map(([, host = '', code]) =>
    code === undefined ? { text: host } : { text: host, note: ended(code) },
  );
}

function ended(code: string): string {
  if (code === 'no-such-host') return m.fail_tried_no_name();
  if (code === 'refused') return m.fail_tried_refused();
  if (code === 'timeout') return m.fail_tried_timeout();
  return m.fail_tried_other();
}

export function failurePage(trouble: AnyTrouble, email: string): FailurePage {
  const p = trouble.params;
  const host = p['host'] ?? domainOf(email);
  switch (trouble.code) {
    case 'server-unknown':
      return {
        glyph: undefined,
        title: m.fail_unknown_title({ domain: p['domain'] ?? domainOf(email) }),
        text: m.fail_unknown_text(),
        tips: tried(p['tried'] ?? ''),
        acts: ['address', 'servers'],
      };
    case 'no-such-host':
      return { glyph: undefined, title: m.fail_no_host_title({ host }), text: m.fail_no_host_text({ host }), tips: [], acts: ['servers', 'again'] };
    case 'refused':
      return {
        glyph: undefined,
        title: m.fail_refused_title({ host }),
        text: m.fail_refused_text({ host, port: p['port'] ?? '' }),
        tips: [],
        acts: ['servers', 'again'],
      };
    case 'timeout':
      return { glyph: 'clock', title: m.fail_timeout_title({ host }), text: m.fail_timeout_text({ host }), tips: [], acts: ['again', 'servers'] };
    case 'offline':
      return { glyph: 'offline', title: m.fail_offline_title(), text: m.fail_offline_text(), tips: [], acts: ['again', 'servers'] };
    case 'not-encrypted':
      return {
        glyph: 'unlock',
        title: m.fail_plain_title(),
        text: m.fail_plain_text({ host, port: p['port'] ?? '' }),
        tips: [{ text: m.fail_plain_tip_993({ domain: domainOf(email) }) }, { text: m.fail_plain_tip_name() }],
        acts: ['servers'],
      };
    case 'not-imap':
      return { glyph: 'question', title: m.fail_not_imap_title(), text: m.fail_not_imap_text({ host, port: p['port'] ?? '' }), tips: [], acts: ['servers'] };
    case 'tls-failed':
      return { glyph: 'shield', title: m.fail_tls_title(), text: m.fail_tls_text({ host, detail: p['detail'] ?? '' }), tips: [], acts: ['servers', 'again'] };
    case 'no-password-login':
      return { glyph: 'key', title: m.fail_no_password_title({ host }), text: m.fail_no_password_text({ host }), tips: [], acts: ['servers'] };
    case 'server-refused':
    case 'server-busy':
    case 'protocol':
      return { glyph: 'warning', title: m.fail_refused_by_title({ host }), text: sentence(trouble), tips: [], acts: ['again', 'servers'] };
    case 'not-an-address':
    case 'account-exists':
      return { glyph: 'warning', title: m.fail_address_title(), text: sentence(trouble), tips: [], acts: ['address'] };
    case 'disk-full':
    case 'budget-full':
      return { glyph: 'disk', title: m.fail_disk_title(), text: sentence(trouble), tips: [], acts: ['again'] };
    default:
      return { glyph: 'warning', title: m.fail_other_title(), text: sentence(trouble), tips: [], acts: ['again', 'servers'] };
  }
}
