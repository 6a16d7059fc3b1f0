// What each trouble at the start is called, and what can truly be said about it. Pure.
import { m } from '../../gen/messages/messages.js';
import type { AnyTrouble } from '../../platform';
import { sentence } from '../../text/trouble';
import type { IconName } from '../shared/icons';

export interface StartPage {
  glyph: 'logo' | IconName;
  tone: 'red' | 'grey';
  title: string;
  text: string;
  facts: { icon: IconName; text: string }[];
  retry: string;
}

export function startPage(trouble: AnyTrouble): StartPage {
  const again = m.act_try_again();
  switch (trouble.code) {
    case 'already-open':
      return {
        glyph: 'logo',
        tone: 'grey',
        title: m.start_open_title(),
        text: m.start_open_text(),
        facts: [{ icon: 'clock', text: m.start_open_again() }],
        retry: again,
      };
    case 'store-newer':
      return {
        glyph: 'logo',
        tone: 'grey',
        title: m.start_newer_title(),
        text: m.start_newer_text(),
        facts: [{ icon: 'safe', text: m.start_nothing_changed() }],
        retry: again,
      };
    case 'store-corrupt':
      return { glyph: 'warning', tone: 'red', title: m.start_damaged_title(), text: m.start_damaged_text(), facts: [], retry: again };
    case 'store-key':
      return { glyph: 'key', tone: 'red', title: m.start_key_title(), text: m.start_key_text(), facts: [], retry: again };
    case 'no-keyring':
      return { glyph: 'key', tone: 'grey', title: m.start_no_keyring_title(), text: m.start_no_keyring_text(), facts: [], retry: m.start_look_again() };
    case 'keyring-locked':
      return {
        glyph: 'logo',
        tone: 'grey',
        title: m.start_locked_title(),
        text: m.start_locked_text(),
        facts: [{ icon: 'safe', text: m.start_locked_sealed() }],
        retry: m.start_unlock(),
      };
    case 'passphrase-missing':
    case 'passphrase-wrong':
      return { glyph: 'logo', tone: 'grey', title: m.start_passphrase_title(), text: m.start_passphrase_text(), facts: [], retry: m.start_look_again() };
    case 'disk-full':
      return { glyph: 'disk', tone: 'red', title: m.fail_disk_title(), text: m.trouble_disk_full(), facts: [], retry: again };
    case 'app-gone':
      return { glyph: 'logo', tone: 'grey', title: m.start_gone_title(), text: m.start_gone_text(), facts: [], retry: again };
    case 'no-session':
      return { glyph: 'lock', tone: 'grey', title: m.start_session_title(), text: m.start_session_text(), facts: [], retry: again };
    default:
      return { glyph: 'warning', tone: 'red', title: m.start_other_title(), text: sentence(trouble), facts: [], retry: again };
  }
}
