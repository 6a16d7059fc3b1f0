// Mail that came in while the window is open, wherever the person is in it: told once, politely.
import type { AccountId, MessageId, Row } from '../gen/api';
import { m } from '../gen/messages/messages.js';
import { call } from '../platform';
import { number } from '../text/locale';
import { isOwn, nameOf } from '../text/people';
import { mail } from './mail.svelte';
import { hear } from './query.svelte';
import { voice } from './say.svelte';

const SETTLE = 500;
const LOOK = 20;

/** Tells what is new in all inboxes from what was there, and from older mail that a sync brings. */
export class News {
  #newest = new Map<AccountId, number>();
  #known = new Set<MessageId>();

  /** The rows on top, newest first: those of them that came in since the last look. */
  look(rows: readonly Row[], own: ReadonlySet<string>): Row[] {
    const came: Row[] = [];
    const before = new Map(this.#newest);
    for (const row of rows) {
      const date = Date.parse(row.date);
      const newest = before.get(row.account);
      const from = row.from[0];
      const unread = !row.flags.some((flag) => flag.toLowerCase() === '\\seen');
      // An account that was not seen before is being filled: nothing of that is news.
      if (newest !== undefined && date >= newest && !this.#known.has(row.id) && unread && !(from && isOwn(from, own))) came.push(row);
      this.#newest.set(row.account, Math.max(this.#newest.get(row.account) ?? -Infinity, date));
    }
    this.#known = new Set(rows.map((row) => row.id));
    return came;
  }
}

export function followNews(): () => void {
  const news = new News();
  let waiting: Row[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;

  async function look(): Promise<void> {
    timer = null;
    const page = await call('message.list', { threads: false, limit: LOOK, cached_only: true }).catch(() => null);
    if (!page) return;
    const came = news.look(page.rows, mail.own);
    if (came.length === 0) return;
    waiting = [...came, ...waiting];
    const latest = waiting[0];
    // What could not be said yet is counted with what came after it.
    voice.say(m.say_new({ count: waiting.length, n: number(waiting.length), name: nameOf(latest?.from[0]) || m.row_no_sender() }), () => (waiting = []));
  }
  const soon = () => (timer ??= setTimeout(() => void look(), SETTLE));
  soon();
  const end = hear((event, everything) => {
    const inboxes = new Set(mail.inboxes.map((box) => box.id));
    if (everything || event.tags.some((tag) => tag.kind === 'list' && inboxes.has(tag.id))) soon();
  });
  return () => {
    end();
    if (timer) clearTimeout(timer);
  };
}
