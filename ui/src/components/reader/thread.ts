// How a conversation lies before the reader: what is open, what is folded to a line, what to a line for several. Pure.
import type { MessageId, Row } from '../../gen/api';

/** Unread ones that open by themselves: each is fetched, and a hundred would be a wall. */
const MOST_UNREAD = 8;
/** So many neighbours, all folded, show first and last and become one line between. */
const MANY = 4;

const unread = (row: Row): boolean => !row.flags.some((flag) => flag.toLowerCase() === '\\seen');

/** What a conversation opens with: the newest, the unread ones, and the message that was asked for. */
export function firstOpen(rows: readonly Row[], asked: MessageId): MessageId[] {
  const open = rows.filter(unread).slice(0, MOST_UNREAD).map((row) => row.id);
  const last = rows.at(-1);
  return [...new Set([...open, ...(last ? [last.id] : []), ...(rows.some((row) => row.id === asked) ? [asked] : [])])];
}

/** Where the eye is wanted: at the first unread; where an older message was asked for, there. */
export function goalOf(rows: readonly Row[], asked: MessageId): MessageId {
  const last = rows.at(-1);
  const meant = rows.some((row) => row.id === asked);
  if (meant && asked !== last?.id) return asked;
  return rows.find(unread)?.id ?? (meant ? asked : (last?.id ?? asked));
}

export type Item = { kind: 'message'; row: Row; open: boolean } | { kind: 'fold'; key: string; rows: Row[] };

/** In order, oldest first. `unfolded` are folds that were opened: their messages stand as lines. */
export function layOut(rows: readonly Row[], open: ReadonlySet<MessageId>, unfolded: ReadonlySet<MessageId>, phone: boolean): Item[] {
  const items: Item[] = [];
  let run: Row[] = [];
  const flush = () => {
    // A phone has room for one line in all; a desk shows where the run begins and ends.
    const inner = phone ? run : run.slice(1, -1);
    const folds = run.length >= (phone ? 2 : MANY) && !inner.some((row) => unfolded.has(row.id));
    const line = (row: Row): Item => ({ kind: 'message', row, open: false });
    const [first] = run;
    const last = run.at(-1);
    const head = inner[0];
    if (folds && first && last && head) {
      items.push(...(phone ? [] : [line(first)]), { kind: 'fold', key: `f${head.id}`, rows: inner }, ...(phone ? [] : [line(last)]));
    } else items.push(...run.map(line));
    run = [];
  };
  for (const row of rows) {
    if (open.has(row.id)) {
      flush();
      items.push({ kind: 'message', row, open: true });
    } else run.push(row);
  }
  flush();
  return items;
}
