// Which rows a day's head stands over.
import type { Row } from '../../gen/api';
import { dayKey } from '../../text/dates';

export function dayStarts(rows: readonly Row[]): number[] {
  const starts: number[] = [];
  let last: string | null = null;
  rows.forEach(({ date }, index) => {
    const key = dayKey(date);
    if (key !== last) starts.push(index);
    last = key;
  });
  return starts;
}
