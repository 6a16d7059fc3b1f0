import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const css = readFileSync('src/styles/tokens.css', 'utf8');
const pairs = Object.fromEntries([...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name ?? '', { light: light ?? '', dark: dark ?? '' }]));

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const ratio = (a: string, b: string): number => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const grounds = ['bg-0', 'bg-1', 'bg-2', 'bg-3'];

describe.each(['light', 'dark'] as const)('%s', (scheme) => {
  const colour = (name: string) => pairs[name]?.[scheme] ?? '';
  test.each(['ink', 'ink-2', 'ink-3', 'accent', 'tan', 'red', ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `account-${n}`)])('%s reads on every ground', (name) => {
    for (const ground of [...grounds, 'sel', 'sel-quiet']) expect(ratio(colour(name), colour(ground)), ground).toBeGreaterThanOrEqual(4.5);
  });
  test('what is drawn can be seen', () => {
    for (const ground of grounds) {
      expect(ratio(colour('edge'), colour(ground))).toBeGreaterThanOrEqual(3);
      expect(ratio(colour('flag'), colour(ground))).toBeGreaterThanOrEqual(3);
    }
    expect(ratio('#ffffff', colour('accent-fill'))).toBeGreaterThanOrEqual(4.5);
    expect(ratio(colour('tan'), colour('tan-soft'))).toBeGreaterThanOrEqual(4.5);
    expect(ratio(colour('red'), colour('red-soft'))).toBeGreaterThanOrEqual(4.5);
  });
});

test('colours are named once: components use tokens alone', () => {
  const files = (readdirSync('src/components', { recursive: true }) as string[]).filter((path) => path.endsWith('.svelte'));
  for (const path of files) {
    const style = /<style>([\s\S]*)<\/style>/.exec(readFileSync(join('src/components', path), 'utf8'))?.[1] ?? '';
    // White under a mail that keeps its sheet is paper, not one of ours; mixing towards white lightens a token.
    const bare = style.replace(/background: #fff;|, #fff 7%/g, '');
    expect(bare.match(/#[0-9a-f]{3,8}\b|rgba?\(/gi) ?? [], path).toEqual([]);
    expect(style.match(/\b(?:margin|padding|border|inset)-(?:left|right)\b|\b(?:left|right):/g) ?? [], `${path}: logical sides`).toEqual([]);
  }
});

test('nothing moves for longer than 150 ms, and not at all where that is wished', () => {
  const times = [...css.matchAll(/--[\w-]+-time: (\d+)ms/g)].map((hit) => Number(hit[1]));
  expect(times.length).toBeGreaterThan(2);
  expect(Math.max(...times)).toBeLessThanOrEqual(150);
});

test('the page holds no inline script or style, and loads nothing from elsewhere', () => {
  const page = readFileSync('index.html', 'utf8');
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*\bsrc=)|\son\w+=|https?:/);
});

test('nothing of the made-up backend is in the app', () => {
  for (const path of (readdirSync('src', { recursive: true }) as string[]).filter((p) => /\.(ts|svelte)$/.test(p))) {
    expect(readFileSync(join('src', path), 'utf8'), path).not.toMatch(/from '[^']*\/dev\//);
  }
});

test('only one file knows the shell', () => {
  for (const path of (readdirSync('src', { recursive: true }) as string[]).filter((p) => /\.(ts|svelte)$/.test(p) && p !== join('platform', 'tauri.ts'))) {
    expect(readFileSync(join('src', path), 'utf8'), path).not.toMatch(/@tauri-apps/);
  }
});
