// Pages of a list that is too long to be held: few of them, each at its own place. Pure.
import type { Row } from '../gen/api';
import { dayKey } from '../text/dates';

export const PAGE = 50;

export type Pages = ReadonlyMap<number, readonly (Row | undefined)[]>;

export const pageOf = (index: number): number => Math.floor(index / PAGE);

export const rowOf = (pages: Pages, index: number): Row | undefined => pages.get(pageOf(index))?.[index % PAGE];

/** The same pages, and these rows from `first` on. */
export function placed(pages: Pages, first: number, rows: readonly Row[]): Map<number, (Row | undefined)[]> {
  const all = new Map([...pages].map(([at, page]) => [at, page as (Row | undefined)[]]));
  const own = new Set<number>();
  rows.forEach((row, nth) => {
    const at = pageOf(first + nth);
    const page = own.has(at) ? (all.get(at) ?? []) : [...(all.get(at) ?? [])];
    own.add(at);
    page[(first + nth) % PAGE] = row;
    all.set(at, page);
  });
  return all;
}

/** At most `keep` pages: those nearest to `middle`, and always the first, which tells what is new. */
export function bounded(pages: Map<number, (Row | undefined)[]>, middle: number, keep: number): Map<number, (Row | undefined)[]> {
  if (pages.size <= keep) return pages;
  const far = [...pages.keys()].filter((at) => at !== 0).sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
  for (const at of far.slice(0, pages.size - keep)) pages.delete(at);
  return pages;
}

/** Whether all that this page can hold is here, in a list of `length`. */
export function whole(pages: Pages, at: number, length: number): boolean {
  const due = Math.min(PAGE, length - at * PAGE);
  const page = pages.get(at);
  if (!page || page.length < due) return due <= 0;
  for (let nth = 0; nth < due; nth += 1) if (page[nth] === undefined) return false;
  return true;
}

/** The pages between two rows that are not here, the one in the middle first. */
export function missing(pages: Pages, first: number, last: number, length: number): number[] {
  const from = pageOf(Math.max(0, first));
  const to = pageOf(Math.max(0, Math.min(last, length - 1)));
  const middle = (first + last) / 2 / PAGE - 0.5;
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
    .filter((at) => !whole(pages, at, length))
    .sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
}

/**
 * Where a day begins among the rows that are here. A row whose neighbour above is elsewhere gets no head: it would go
 * again when that one comes.
 */
export function dayStarts(pages: Pages): number[] {
  const starts: number[] = [];
  for (const at of [...pages.keys()].sort((a, b) => a - b)) {
    const page = pages.get(at) ?? [];
    let above = rowOf(pages, at * PAGE - 1);
    for (let nth = 0; nth < page.length; nth += 1) {
      const row = page[nth];
      const index = at * PAGE + nth;
      if (row && (index === 0 || (above && dayKey(above.date) !== dayKey(row.date)))) starts.push(index);
      above = row;
    }
  }
  return starts;
}

/** How many rows stand on top that were not known before. */
export function arrived(before: readonly (Row | undefined)[], now: readonly Row[]): number {
  const known = new Set(before.map((row) => row?.id));
  const at = now.findIndex((row) => known.has(row.id));
  return at < 0 ? now.length : at;
}
