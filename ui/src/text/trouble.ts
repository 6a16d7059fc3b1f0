// The sentence for each thing that can be told: what failed, on what, what to do. Never matched on text.
import { m } from '../gen/messages/messages.js';
import type { AnyTrouble } from '../platform';
import { number } from './locale';
import { size } from './sizes';

/** One line for lists, bars and the status. */
export function sentence(trouble: AnyTrouble): string {
  const p = trouble.params;
  const host = p['host'] ?? m.trouble_the_server();
  const port = p['port'] ?? '';
  const reply = p['reply'] ?? '';
  const detail = p['detail'] ?? '';
  switch (trouble.code) {
    case 'offline':
      return m.trouble_offline();
    case 'no-such-host':
      return m.trouble_no_such_host({ host });
    case 'refused':
      return m.trouble_refused({ host, port });
    case 'timeout':
      return m.trouble_timeout({ host });
    case 'certificate-untrusted':
      return m.trouble_certificate({ host });
    case 'tls-failed':
      return m.trouble_tls({ host });
    case 'not-encrypted':
      return m.trouble_not_encrypted({ host });
    case 'not-imap':
      return m.trouble_not_imap({ host, port });
    case 'protocol':
      return m.trouble_protocol({ host });
    case 'server-refused':
      return reply ? m.trouble_server_refused_words({ host, reply }) : m.trouble_server_refused({ host });
    case 'server-busy':
      return reply ? m.trouble_server_busy_words({ host, reply }) : m.trouble_server_busy({ host });
    case 'wrong-password':
      return m.trouble_wrong_password({ host });
    case 'no-password-login':
      return m.trouble_no_password_login({ host });
    case 'server-unknown':
      return m.trouble_server_unknown({ domain: p['domain'] ?? '' });
    case 'not-an-address':
      return m.trouble_not_an_address();
    case 'account-exists':
      return m.trouble_account_exists();
    case 'no-such-account':
      return m.trouble_no_such_account();
    case 'no-such-mailbox':
    case 'ambiguous-mailbox':
      return m.trouble_no_such_mailbox();
    case 'no-such-message':
      return m.trouble_no_such_message();
    case 'no-such-part':
      return m.trouble_no_such_part();
    case 'gone-from-server':
      return m.trouble_gone();
    case 'unsent-work': {
      const count = Number(p['count'] ?? 1);
      return m.trouble_unsent({ count, n: number(count) });
    }
    case 'budget-full':
      return m.trouble_budget_full();
    case 'budget-too-small':
      return m.trouble_budget_small({ least: size(Number(p['least'] ?? 0)) });
    case 'disk-full':
      return m.trouble_disk_full();
    case 'already-open':
      return m.trouble_already_open();
    case 'store-newer':
      return m.trouble_store_newer();
    case 'store-corrupt':
      return m.trouble_store_corrupt();
    case 'store-key':
      return m.trouble_store_key();
    case 'file-failed':
      return m.trouble_file({ path: p['path'] ?? '' });
    case 'no-keyring':
      return m.trouble_no_keyring();
    case 'keyring-locked':
      return m.trouble_keyring_locked();
    case 'passphrase-missing':
      return m.trouble_passphrase_missing();
    case 'passphrase-wrong':
      return m.trouble_passphrase_wrong();
    case 'secret-missing':
      return m.trouble_secret_missing();
    case 'cancelled':
      return m.trouble_cancelled();
    case 'app-gone':
      return m.trouble_app_gone();
    case 'no-session':
      return m.trouble_no_session();
    case 'link-refused':
      return m.trouble_link_refused();
    case 'bad-request':
    case 'internal':
      return m.trouble_internal({ detail: detail || trouble.message });
    default:
      // A code of a newer backend: its own English sentence is better than none.
      return (trouble as AnyTrouble).message;
  }
}

/** The way to the server is cut, as against the server saying no. */
export const unreachable = (trouble: AnyTrouble): boolean =>
  ['offline', 'no-such-host', 'refused', 'timeout'].includes(trouble.code);

export const wantsSignIn = (trouble: AnyTrouble): boolean => ['wrong-password', 'secret-missing'].includes(trouble.code);
