// Plain text as a reader sees it: quoted lines by their depth, addresses of the web and of people as links.
// Pure: text in, pieces out; nothing is ever made markup.

export type Piece = { text: string; link?: string };
export interface Line {
  depth: number;
  pieces: Piece[];
}
export interface Block {
  depth: number;
  lines: Piece[][];
  /** Lines below "-- ". */
  signature: boolean;
}

// Host and path stop at white space, quotes and angle brackets; the tail's punctuation belongs to the sentence.
const address = /\b(?:https?:\/\/[^\s<>"'\u200b-\u200f\u202a-\u202e]{2,2000}|mailto:[^\s<>"']{3,500}|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+)/giu;

function trimmed(url: string): string {
  let end = url.replace(/[.,;:!?…]+$/u, '');
  for (const [open, close] of ['()', '[]', '{}']) {
    const count = (char: string | undefined) => (char ? end.split(char).length - 1 : 0);
    while (close && end.endsWith(close) && count(close) > count(open)) end = end.slice(0, -1).replace(/[.,;:!?…]+$/u, '');
  }
  return end;
}

export function pieces(line: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const match of line.matchAll(address)) {
    const text = trimmed(match[0]);
    if (text.length < 4) continue;
    if (match.index > at) found.push({ text: line.slice(at, match.index) });
    const link = /^(?:https?:\/\/|mailto:)/iu.test(text) ? text : `mailto:${text}`;
    found.push({ text, link });
    at = match.index + text.length;
  }
  if (at < line.length || found.length === 0) found.push({ text: line.slice(at) });
  return found;
}

export function lineOf(raw: string): Line {
  const mark = /^(?:>\s?)+/u.exec(raw)?.[0] ?? '';
  const depth = mark.split('>').length - 1;
  return { depth, pieces: pieces(raw.slice(mark.length)) };
}

/** Neighbouring lines of one depth stand together; an empty line parts paragraphs, so that each finds its direction. */
export function blocks(text: string): Block[] {
  const all: Block[] = [];
  let signature = false;
  let open = false;
  for (const raw of text.replace(/\r\n?/gu, '\n').replace(/\s+$/u, '').split('\n')) {
    if (raw === '-- ' || raw === '--') signature = true;
    const line = lineOf(raw);
    const blank = line.pieces.every((piece) => piece.text.trim() === '');
    const last = all.at(-1);
    if (blank) {
      open = false;
    } else if (open && last && last.depth === line.depth && last.signature === signature) {
      last.lines.push(line.pieces);
    } else {
      all.push({ depth: line.depth, lines: [line.pieces], signature });
      open = true;
    }
  }
  return all;
}
