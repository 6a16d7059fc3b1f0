// Dates as ui.md 8 gives them: the nearer, the shorter; always by the person's region.
import { m } from '../gen/messages/messages.js';
import { currentRegion, dateFormat } from './locale';

const DAY = 86_400_000;

/** Whole days between two moments by the calendar of this device: 0 today, 1 yesterday, -1 tomorrow. */
export function daysAgo(date: Date, now: Date): number {
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  // Rounded: a day of 23 or 25 hours is still one.
  return Math.round((midnight(now) - midnight(date)) / DAY);
}

export function parse(text: string | null | undefined): Date | null {
  if (!text) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

export const clock = (date: Date): string => dateFormat({ hour: '2-digit', minute: '2-digit' }).format(date);

const day = (date: Date, now: Date): string =>
  date.getFullYear() === now.getFullYear()
    ? dateFormat({ day: 'numeric', month: 'short' }).format(date)
    : dateFormat({ day: 'numeric', month: 'short', year: 'numeric' }).format(date);

/** In a row: under its day's head yesterday has its time, where it stands `alone` its name. */
export function rowDate(text: string, now: Date, alone = false): string {
  const date = parse(text);
  if (!date) return '';
  const ago = daysAgo(date, now);
  if (ago === 0) return clock(date);
  if (ago === 1) return alone ? m.date_yesterday() : clock(date);
  if (ago > 1 && ago < 7) return dateFormat({ weekday: 'short' }).format(date);
  return day(date, now);
}

/** On the line of a folded message: "Yesterday, 17:20", "Wed 18 Nov". */
export function lineDate(text: string, now: Date): string {
  const date = parse(text);
  if (!date) return '';
  const ago = daysAgo(date, now);
  if (ago === 1) return m.date_yesterday_at({ time: clock(date) });
  if (ago > 1 && ago < 7) return dateFormat({ weekday: 'short', day: 'numeric', month: 'short' }).format(date);
  return ago === 0 ? clock(date) : day(date, now);
}

/** The head of a day in the list. */
export function dayHead(text: string, now: Date): string {
  const date = parse(text);
  if (!date) return m.date_unknown();
  const ago = daysAgo(date, now);
  if (ago === 0) return m.date_today();
  if (ago === 1) return m.date_yesterday();
  if (ago > 1 && ago < 7) return dateFormat({ weekday: 'long' }).format(date);
  return date.getFullYear() === now.getFullYear()
    ? dateFormat({ day: 'numeric', month: 'long' }).format(date)
    : dateFormat({ day: 'numeric', month: 'long', year: 'numeric' }).format(date);
}

/** What puts two rows under the same head. */
export function dayKey(text: string): string {
  const date = parse(text);
  return date ? `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}` : '';
}

/** In the reader: "Today, 11:42". */
export function readerDate(date: Date, now: Date): string {
  const ago = daysAgo(date, now);
  const time = clock(date);
  if (ago === 0) return m.date_today_at({ time });
  if (ago === 1) return m.date_yesterday_at({ time });
  if (ago > 1 && ago < 7) {
    return dateFormat({ weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(date);
  }
  return date.getFullYear() === now.getFullYear()
    ? dateFormat({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(date)
    : day(date, now);
}

/** Where something was last heard: a clock for today, else a day. */
export function since(text: string, now: Date): string {
  const date = parse(text);
  if (!date) return '';
  return daysAgo(date, now) === 0 ? clock(date) : day(date, now);
}

export const plainDay = (date: Date): string => dateFormat({ day: 'numeric', month: 'short', year: 'numeric' }).format(date);

/** On hover: the whole of it, and the sender's own clock where that shows another time. */
export function fullDate(text: string): string {
  const date = parse(text);
  if (!date) return text;
  const own = dateFormat({ dateStyle: 'full', timeStyle: 'short' }).format(date);
  const offset = /([+-])(\d{2}):?(\d{2})$/.exec(text);
  if (!offset) return own;
  const [, sign, hours, minutes] = offset;
  const east = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  if (east === -date.getTimezoneOffset()) return own;
  const theirs = new Intl.DateTimeFormat(currentRegion(), { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }).format(
    new Date(date.getTime() + east * 60_000),
  );
  return m.date_full_with_senders({ own, theirs, zone: `${sign}${hours}:${minutes}` });
}
