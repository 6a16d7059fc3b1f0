// Keys by character, not by place on the board. Letters act in list and reader only, never while something is typed.
import { prefs } from '../data/prefs.svelte';

export const acts = [
  'next',
  'previous',
  'first',
  'last',
  'pageDown',
  'pageUp',
  'open',
  'list',
  'nextMessage',
  'previousMessage',
  'openAll',
  'foldAll',
  'search',
  'check',
  'pane',
  'back',
  'help',
] as const;
export type Act = (typeof acts)[number];

/** Letters first; the second list holds keys that also act where letters are switched off. */
export const table: Record<Act, { letters: readonly string[]; keys: readonly string[] }> = {
  next: { letters: ['j'], keys: ['ArrowDown'] },
  previous: { letters: ['k'], keys: ['ArrowUp'] },
  first: { letters: [], keys: ['Home'] },
  last: { letters: [], keys: ['End'] },
  pageDown: { letters: [], keys: ['PageDown'] },
  pageUp: { letters: [], keys: ['PageUp'] },
  open: { letters: ['o'], keys: ['Enter'] },
  list: { letters: ['u'], keys: [] },
  nextMessage: { letters: ['n'], keys: [] },
  previousMessage: { letters: ['p'], keys: [] },
  openAll: { letters: [';'], keys: [] },
  foldAll: { letters: [':'], keys: [] },
  search: { letters: ['/'], keys: [] },
  check: { letters: [], keys: ['F5'] },
  pane: { letters: [], keys: ['F6'] },
  back: { letters: [], keys: ['Escape'] },
  help: { letters: ['?'], keys: [] },
};

type Doer = () => unknown;
const bound = new Map<Act, Doer[]>();

/** In a component: what each key does while it is on screen; the latest to come is asked first. */
export function bindKeys(doers: Partial<Record<Act, Doer>>): void {
  $effect(() => {
    const all = Object.entries(doers) as [Act, Doer][];
    for (const [act, doer] of all) bound.set(act, [doer, ...(bound.get(act) ?? [])]);
    return () => {
      for (const [act, doer] of all) bound.set(act, (bound.get(act) ?? []).filter((d) => d !== doer));
    };
  });
}

/** A key of the table, as pressed. */
export function actOf(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>, letters: boolean): Act | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  return acts.find((act) => table[act].keys.includes(event.key) || (letters && table[act].letters.includes(event.key))) ?? null;
}

const typed = 'input, textarea, select, [contenteditable="true"]';
const everywhere: ReadonlySet<Act> = new Set(['pane', 'back', 'check', 'help']);

/** Whether the key belongs to what has the focus rather than to us. */
function taken(act: Act, target: Element | null): boolean {
  if (!target) return false;
  if (target.closest(typed)) return act !== 'pane' && act !== 'back';
  if (everywhere.has(act)) return false;
  if (target.closest('[role="dialog"], [role="tree"], [role="separator"], [role="radiogroup"]')) return true;
  // Enter on a button is the button's; in the reader the arrows and pages scroll.
  if (act === 'open') return target.closest('button, a') !== null;
  const scrolls = ['ArrowDown', 'ArrowUp', 'Home', 'End', 'PageUp', 'PageDown'];
  return target.closest('[data-pane="reader"], [data-pane="page"]') !== null && table[act].keys.some((k) => scrolls.includes(k));
}

export function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const act = actOf(event, prefs.letters);
  if (!act) return;
  const target = event.target instanceof Element ? event.target : null;
  const letter = table[act].letters.includes(event.key);
  if (letter ? target?.closest(`${typed}, [role="dialog"]`) : taken(act, target)) return;
  const doer = bound.get(act)?.[0];
  if (!doer) return;
  event.preventDefault();
  void doer();
}
