import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import settings from '../project.inlang/settings.json';

type Variant = { declarations: string[]; match: Record<string, string> };
type Catalogue = Record<string, string | [Variant]>;
const read = (locale: string) => JSON.parse(readFileSync(`messages/${locale}.json`, 'utf8')) as Catalogue;
const base = read(settings.baseLocale);
const texts = (value: string | [Variant]) => (typeof value === 'string' ? [value] : Object.values(value[0].match));
const holes = (value: string | [Variant]) => [...new Set(texts(value).flatMap((t) => [...t.matchAll(/\{(\w+)\}/g)].map((h) => h[1])))].sort();

const sources = (readdirSync('src', { recursive: true }) as string[])
  .filter((path) => /\.(svelte|ts)$/.test(path) && !path.startsWith('gen'))
  .map((path) => ({ path, text: readFileSync(join('src', path), 'utf8') }));

test.each(settings.locales)('%s has every message, filled, with the same holes', (locale) => {
  const catalogue = read(locale);
  expect(Object.keys(catalogue).sort()).toEqual(Object.keys(base).sort());
  for (const [key, value] of Object.entries(catalogue)) {
    for (const text of texts(value)) expect(text.trim(), `${locale}: ${key}`).not.toBe('');
    expect(holes(value), `${locale}: ${key}`).toEqual(holes(base[key] ?? ''));
  }
});

test('a counted message has a form for one and one for the rest, in each language', () => {
  for (const locale of settings.locales) {
    const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.map((c) => `form=${c}`);
    for (const [key, value] of Object.entries(read(locale))) {
      if (typeof value !== 'string') expect(Object.keys(value[0].match).sort(), `${locale}: ${key}`).toEqual([...categories].sort());
    }
  }
});

test('every message is used, and none is missing', () => {
  const used = new Set(sources.flatMap(({ text }) => [...text.matchAll(/\bm\.([a-z0-9_]+)/g)].map((hit) => hit[1] ?? '')));
  expect([...used].sort()).toEqual(Object.keys(base).sort());
});

test('no word stands in a component outside the catalogue', () => {
  for (const { path, text } of sources.filter((s) => s.path.endsWith('.svelte'))) {
    const markup = text
      .replace(/<(script|style)[^>]*>[\s\S]*?<\/\1>/g, '')
      .replace(/<!--[\s\S]*?-->/g, '')
      .replace(/\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, '');
    // Attribute values, then what stands between tags. The two sizes of "A" beside the slider are pictures.
    const said = [...markup.matchAll(/\b(?:aria-label|title|placeholder|alt)="([^"]*)"/g)].map((hit) => hit[1] ?? '');
    const shown = markup.replace(/<[^>]*>/g, ' ').match(/\p{L}{2,}/gu) ?? [];
    expect([...said.filter((s) => s !== ''), ...shown], path).toEqual([]);
  }
});

test('the words are those of ui.md: no blame, no other names', () => {
  for (const [key, value] of Object.entries(base)) {
    for (const text of texts(value)) expect(text, key).not.toMatch(/\b(oops|sorry|invalid|folder|cache|cloud|please)\b/i);
  }
});
