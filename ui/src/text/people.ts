// How a person is named, and what a name may not pretend to be.
import type { Address } from '../gen/api';

// Bidi controls, zero-width characters, tags and plain controls: they change what a name seems to say.
const hidden = /[\p{Cc}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

export const plain = (text: string): string => text.replace(hidden, '').replace(/\s+/gu, ' ').trim();

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** What the person is called: the display name, or the address where there is none. */
export function nameOf(person: Address | undefined): string {
  if (!person) return '';
  return (person.name && plain(person.name)) || plain(person.address);
}

/** A first name for a short list; a name written "Family, Given" gives the given one. */
export function shortName(person: Address): string {
  const name = person.name ? plain(person.name) : '';
  if (!name || name.includes('@')) return plain(person.address);
  const given = /^[^,]+,\s*(\S+)/u.exec(name)?.[1];
  return given ?? name.split(' ')[0] ?? name;
}

export function isOwn(person: Address, own: ReadonlySet<string>): boolean {
  return own.has(person.address.toLowerCase());
}

/** Two letters for the round mark in the reader. */
export function initials(person: Address | undefined): string {
  const words = nameOf(person)
    .split(/[\s.,_@-]+/u)
    .filter((w) => /^[\p{L}\p{N}]/u.test(w));
  const letter = (word: string | undefined) => (word ? (new Intl.Segmenter().segment(word)[Symbol.iterator]().next().value?.segment ?? '') : '');
  const first = letter(words[0]);
  // Han, kana and Hangul are whole words already: one is enough.
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u.test(first)) return first;
  const last = words.length > 1 ? letter(words.at(-1)) : '';
  return (first + last).toLocaleUpperCase() || '@';
}

/** One of the eight hues, always the same for an address. */
export function hueOf(address: string): number {
  let hash = 7;
  for (const char of address.toLowerCase()) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return (hash % 8) + 1;
}

/** The address that a display name shows, where it is not the sender's own. */
export function posesAs(person: Address): string | null {
  const shown = person.name ? /[^\s<>"'()]+@[^\s<>"'()]+\.[^\s<>"'()]+/u.exec(plain(person.name))?.[0] : undefined;
  return shown && shown.toLowerCase() !== plain(person.address).toLowerCase() ? shown : null;
}
