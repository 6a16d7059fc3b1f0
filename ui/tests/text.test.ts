import { beforeEach, describe, expect, test } from 'vitest';
import { blocks, pieces } from '../src/components/reader/text';
import { hostsOf } from '../src/components/reader/blocked';
import { splitName } from '../src/components/reader/files';
import { dayHead, daysAgo, fullDate, readerDate, rowDate, since } from '../src/text/dates';
import { chooseLanguage, currentLanguage, currentRegion, directionOf } from '../src/text/locale';
import { hueOf, initials, nameOf, posesAs, shortName } from '../src/text/people';
import { figureBeside, limits, size } from '../src/text/sizes';

beforeEach(() => chooseLanguage(['en-GB'], null));
const now = new Date(2026, 10, 24, 12, 4);
const day = (days: number, hour = 11, minute = 42) => new Date(2026, 10, 24 - days, hour, minute);

describe('dates', () => {
  test('the nearer, the shorter', () => {
    expect(rowDate(day(0).toISOString(), now)).toBe('11:42');
    expect(rowDate(day(1).toISOString(), now)).toBe('11:42');
    expect(rowDate(day(1).toISOString(), now, true)).toBe('Yesterday');
    expect(rowDate(day(6).toISOString(), now)).toBe('Wed');
    expect(rowDate(day(7).toISOString(), now)).toBe('17 Nov');
    expect(rowDate(new Date(2024, 1, 9).toISOString(), now)).toBe('9 Feb 2024');
    expect(rowDate('not a date', now)).toBe('');
  });
  test('a day has its head', () => {
    expect([0, 1, 2, 7].map((d) => dayHead(day(d).toISOString(), now))).toEqual(['Today', 'Yesterday', 'Sunday', '17 November']);
    expect(dayHead('', now)).toBe('No date');
  });
  test('a day of 23 hours is one', () => {
    const spring = new Date(2026, 2, 30, 0, 30);
    expect(daysAgo(new Date(2026, 2, 28, 23, 59), spring)).toBe(2);
    expect(daysAgo(new Date(2026, 2, 29, 12, 0), spring)).toBe(1);
  });
  test('the reader says day and time', () => {
    expect(readerDate(day(0), now)).toBe('Today, 11:42');
    expect(readerDate(day(1), now)).toBe('Yesterday, 11:42');
    expect(since(day(0).toISOString(), now)).toBe('11:42');
  });
  test('hover shows the sender’s own clock only where it differs', () => {
    const east = -new Date('2026-11-24T10:00:00Z').getTimezoneOffset() / 60;
    expect(fullDate(`2026-11-24T10:00:00+${String((east + 9) % 14).padStart(2, '0')}:00`)).toContain('for the sender');
    expect(fullDate('2026-11-24T10:00:00Z')).not.toContain('for the sender');
  });
  test('by the person’s region', () => {
    chooseLanguage(['de-DE', 'en'], null);
    expect(rowDate(day(7).toISOString(), now)).toBe('17. Nov.');
    expect(dayHead(day(1).toISOString(), now)).toBe('Gestern');
    chooseLanguage(['en-US'], null);
    expect(rowDate(day(0).toISOString(), now)).toMatch(/11:42\sAM/u);
  });
});

describe('language', () => {
  test('the first of the person’s list that the catalogue has', () => {
    chooseLanguage(['sv-SE', 'de-AT', 'en'], null);
    expect([currentLanguage(), currentRegion()]).toEqual(['de', 'de-AT']);
    chooseLanguage(['sv-SE'], null);
    expect(currentLanguage()).toBe('en');
    chooseLanguage(['en-GB'], 'de');
    expect([currentLanguage(), currentRegion()]).toEqual(['de', 'de']);
  });
  test('direction', () => expect(['ar-EG', 'he', 'en', 'de-DE'].map(directionOf)).toEqual(['rtl', 'rtl', 'ltr', 'ltr']));
});

describe('sizes', () => {
  test('decimal, two figures, never nothing for something', () => {
    expect([0, 12, 840_000, 64_000, 3_304_000, 182_000_000, 999_600, 6_100_000_000].map(size)).toEqual([
      '0 kB', '0.1 kB', '840 kB', '64 kB', '3.3 MB', '182 MB', '1 MB', '6.1 GB',
    ]);
  });
  test('a figure stands beside another only in its unit', () => {
    expect(figureBeside(182e6, 256e6)).toBe('182');
    expect(figureBeside(900e3, 256e6)).toBeNull();
  });
  test('limits hold the least and what is set', () => {
    expect(limits(24e6, 32e6)).toEqual([24, 32, 64, 128, 256, 512, 1000, 2000, 4000].map((n) => n * 1e6));
    expect(limits(70_500_001, 256e6)[0]).toBe(71e6);
  });
});

describe('people', () => {
  test('names lose what is hidden in them', () => {
    expect(nameOf({ name: 'Ra\u202Evi\u200B  Menon', address: 'r@x.example' })).toBe('Ravi Menon');
    expect(nameOf({ name: null, address: 'r@x.example' })).toBe('r@x.example');
    expect(nameOf(undefined)).toBe('');
  });
  test('a name that shows another address is found', () => {
    expect(posesAs({ name: '"ceo@kontor.example"', address: 'x91@drop.example' })).toBe('ceo@kontor.example');
    expect(posesAs({ name: 'c\u200Beo@kontor.example', address: 'x91@drop.example' })).toBe('ceo@kontor.example');
    expect(posesAs({ name: 'R@X.example', address: 'r@x.example' })).toBeNull();
    expect(posesAs({ name: 'Ravi @ Menon', address: 'r@x.example' })).toBeNull();
  });
  test('letters for the round mark', () => {
    expect(['Ravi Menon', 'Opa’s 80th 🎂', '佐藤 美咲', '', 'مها الشريف'].map((name) => initials({ name, address: '@' }))).toEqual(['RM', 'O8', '佐', '@', 'ما']);
    expect(hueOf('A@x')).toBe(hueOf('a@X'));
  });
  test('short names', () => {
    expect(shortName({ name: 'Albrecht, Nora', address: 'n@x' })).toBe('Nora');
    expect(shortName({ name: 'n@x', address: 'n@x' })).toBe('n@x');
  });
});

describe('plain text', () => {
  test('links end where the sentence goes on', () => {
    expect(pieces('See (https://a.example/x_(y)), or mail b@c.example.')).toEqual([
      { text: 'See (' },
      { text: 'https://a.example/x_(y)', link: 'https://a.example/x_(y)' },
      { text: '), or mail ' },
      { text: 'b@c.example', link: 'mailto:b@c.example' },
      { text: '.' },
    ]);
  });
  test('other schemes stay text', () => {
    for (const line of ['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', 'HTTPS ://x']) {
      expect(pieces(line).every((p) => p.link === undefined), line).toBe(true);
    }
  });
  test('nothing of the text is lost or made up', () => {
    const odd = 'a https://x.example/?q=1&r=2#z … <b>\u202Ehttps://y.example\u202C “https://z.example/”;';
    expect(pieces(odd).map((p) => p.text).join('')).toBe(odd);
  });
  test('quotes by depth, signature apart', () => {
    const all = blocks('Hi\nthere\n\n> a\n>> b\n> > c\n-- \nNora\n');
    expect(all.map(({ depth, lines, signature }) => [depth, lines.length, signature])).toEqual([
      [0, 2, false], [1, 1, false], [2, 2, false], [0, 2, true],
    ]);
  });
  test('a hundred thousand lines are read in one go', () => {
    const began = performance.now();
    expect(blocks('> x https://a.example\n'.repeat(100_000))[0]?.lines.length).toBe(100_000);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

test('blocked hosts, each once', () => {
  const urls = ['https://a.example/1', 'HTTPS://A.example/2', '//b.example/x', 'x.png', 'http://[broken'];
  expect(hostsOf(urls.map((url) => ({ kind: 'image', url })))).toEqual(['a.example', 'b.example']);
});

test('a file’s end stays in view', () => {
  expect(['a.pdf', 'invoice.pdf.exe', 'README', '.bashrc', 'x.averyverylongend'].map(splitName)).toEqual([
    ['a', '.pdf'], ['invoice.pdf', '.exe'], ['README', ''], ['.bashrc', ''], ['x.averyverylongend', ''],
  ]);
});
