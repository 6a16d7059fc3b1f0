// Which language the words are in, and which region's numerals, clocks and order of a date go with it.
import { baseLocale, isLocale, locales, overwriteGetLocale } from '../gen/messages/runtime.js';

export type Language = (typeof locales)[number];
export const languages: readonly Language[] = locales;

const rightToLeft = new Set(['ar', 'fa', 'he', 'ur']);

let language: Language = baseLocale;
let region: string = baseLocale;

/** The first language of the person's list that the catalogue has; their own region's form of it for dates. */
export function chooseLanguage(wanted: readonly string[], fixed: string | null): void {
  const order = fixed === null ? wanted : [fixed, ...wanted];
  const tongue = (tag: string) => tag.toLowerCase().split('-')[0] ?? '';
  const found = order.map(tongue).find((t) => isLocale(t));
  language = isLocale(found) ? found : baseLocale;
  region = wanted.find((tag) => tongue(tag) === language) ?? language;
  overwriteGetLocale(() => language);
  formats.clear();
}

export const currentLanguage = (): Language => language;
export const currentRegion = (): string => region;
export const directionOf = (tag: string): 'ltr' | 'rtl' => (rightToLeft.has(tag.split('-')[0] ?? '') ? 'rtl' : 'ltr');

const formats = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

export function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${JSON.stringify(options)}`;
  const made = (formats.get(key) as Intl.DateTimeFormat | undefined) ?? new Intl.DateTimeFormat(region, options);
  formats.set(key, made);
  return made;
}

export function numberFormat(options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  const key = `n${JSON.stringify(options)}`;
  const made = (formats.get(key) as Intl.NumberFormat | undefined) ?? new Intl.NumberFormat(region, options);
  formats.set(key, made);
  return made;
}

export const number = (n: number): string => numberFormat().format(n);

/** "Ravi, Ines and Tomás", in the language's own way. */
export const list = (items: readonly string[]): string =>
  new Intl.ListFormat(region, { style: 'long', type: 'conjunction' }).format(items);

/** A language in its own words: "Deutsch". */
export const languageName = (tag: string): string =>
  new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
