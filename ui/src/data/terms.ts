// What is typed into the search field: finished operators become chips, the rest stays text. Pure.

export const operators = ['from', 'to', 'subject', 'in', 'before', 'after', 'has', 'is'] as const;
export type Operator = (typeof operators)[number];

export interface Chip {
  op: Operator;
  value: string;
  not: boolean;
}

const states: readonly string[] = ['unread', 'read', 'flagged'];

/** As the query language has them: what says nothing is no chip. */
function sound(op: Operator, value: string): boolean {
  switch (op) {
    case 'has':
      return value.toLowerCase() === 'attachment';
    case 'is':
      return states.includes(value.toLowerCase());
    case 'before':
    case 'after':
      return /^\d{4}(-\d{1,2}(-\d{1,2})?)?$/u.test(value);
    default:
      return value !== '';
  }
}

const shape = /(?<=^|\s)(-?)([a-z]+):(?:"([^"]*)"|([^\s"]+))(?=(\s|$))/giu;

/** Takes the operators out that are written to their end; with `all` also one that the text ends with. */
export function chipped(text: string, all: boolean): { chips: Chip[]; rest: string } {
  const chips: Chip[] = [];
  const rest = text.replace(shape, (whole: string, not: string, word: string, quoted: string | undefined, bare: string | undefined, after: string) => {
    const op = operators.find((known) => known === word.toLowerCase());
    const value = (quoted ?? bare ?? '').trim();
    // A closed quote is an end as a space is.
    if (!op || !sound(op, value) || (!all && after === '' && quoted === undefined)) return whole;
    chips.push({ op, value: op === 'has' || op === 'is' ? value.toLowerCase() : value, not: not === '-' });
    return '';
  });
  return { chips, rest: chips.length > 0 ? rest.replace(/^\s+/u, '').replace(/\s{2,}/gu, ' ') : rest };
}

export const written = ({ op, value, not }: Chip): string => `${not ? '-' : ''}${op}:${/\s/u.test(value) ? `"${value}"` : value}`;

export const same = (a: Chip, b: Chip): boolean => a.op === b.op && a.not === b.not && a.value.toLowerCase() === b.value.toLowerCase();

// Written without spaces, these are found by parts of words anyway.
const joined = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;

const bare = new RegExp(`(?<=^|\\s)-?(?:${operators.join('|')}):\\s*$`, 'iu');

/** The query as the api reads it. The word under the hand is a beginning until a space ends it. */
export function queryOf(chips: readonly Chip[], typed: string): string {
  // An operator that waits for its word asks for nothing yet.
  const text = typed.replace(bare, '');
  const open = /(?:^|\s)(?:-?[a-z]+:)?([^\s":*]{2,})$/iu.exec(text);
  const begun = open && !joined.test(text) && text.split('"').length % 2 === 1;
  return [...chips.map(written), begun ? `${text.trim()}*` : text.trim()].filter((part) => part !== '').join(' ');
}

/** Words to point out in what was found: those that are sought, not those that are ruled out. */
export function soughtIn(chips: readonly Chip[], text: string): string[] {
  const named = chips.filter((c) => !c.not && ['from', 'to', 'subject'].includes(c.op)).map((c) => c.value);
  const words = [...text.matchAll(/(-?)(?:"([^"]+)"?|(\S+))/gu)]
    .filter(([, not]) => not !== '-')
    .map(([, , phrase, word]) => (phrase ?? word ?? '').replace(/^[a-z]+:/iu, '').replace(/\*$/u, ''));
  return [...named, ...words].map((w) => w.trim()).filter((w) => w !== '');
}
