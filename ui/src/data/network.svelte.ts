// What the window knows of the network is handed on as a hint, and what becomes of it is told.
import { m } from '../gen/messages/messages.js';
import { call } from '../platform';
import { mail } from './mail.svelte';
import { voice } from './say.svelte';
import { away } from './status';

export function followNetwork(): () => void {
  const hint = (online: boolean) => void call('app.network', { online }).catch(() => undefined);
  const on = () => hint(true);
  const off = () => hint(false);
  addEventListener('online', on);
  addEventListener('offline', off);
  if (!navigator.onLine) off();

  const ended = $effect.root(() => {
    let before: boolean | null = null;
    $effect(() => {
      const asked = mail.accounts.filter((a) => !a.paused);
      if (asked.length === 0) return;
      const now = asked.every(away);
      if (before !== null && before !== now) voice.say(now ? m.say_offline() : m.say_online());
      before = now;
    });
  });
  return () => {
    removeEventListener('online', on);
    removeEventListener('offline', off);
    ended();
  };
}
