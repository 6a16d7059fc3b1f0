// Where sought words stand in a text: without regard to case and accents, as the search itself reads it. Pure.

export interface Piece {
  text: string;
  hit: boolean;
}

const folded = (char: string): string => char.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
const word = /[\p{L}\p{N}]/u;
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** A word is found where one begins; scripts without spaces anywhere. */
export function hits(text: string, sought: readonly string[]): Piece[] {
  if (sought.length === 0 || text === '') return [{ text, hit: false }];
  let plain = '';
  const from: number[] = [];
  let at = 0;
  for (const char of text) {
    const f = folded(char);
    for (let n = 0; n < f.length; n += 1) from.push(at);
    plain += f;
    at += char.length;
  }
  from.push(at);
  const marked = new Uint8Array(text.length);
  for (const term of sought) {
    const goal = [...term].map(folded).join('');
    if (goal === '') continue;
    for (let found = plain.indexOf(goal); found >= 0; found = plain.indexOf(goal, found + 1)) {
      const before = plain.slice(0, found).at(-1);
      if (!unspaced.test(goal) && before !== undefined && word.test(before) && !unspaced.test(before)) continue;
      const start = from[found] ?? 0;
      // Marks that hang on the last letter are of it.
      let end = from[found + goal.length] ?? text.length;
      while (end < text.length && /\p{M}/u.test(text.charAt(end))) end += 1;
      marked.fill(1, start, end);
    }
  }
  const pieces: Piece[] = [];
  let begin = 0;
  for (let n = 1; n <= text.length; n += 1) {
    if (n < text.length && marked[n] === marked[begin]) continue;
    pieces.push({ text: text.slice(begin, n), hit: marked[begin] === 1 });
    begin = n;
  }
  return pieces;
}
