// Where each row of a list of up to a million stands, without an element for each.
// Pure: heights and counts in, places out.

export interface Shape {
  /** Rows, here or not. */
  count: number;
  row: number;
  head: number;
  /** Indices of the rows that a day's head stands over, ascending. Rows that are not here have none. */
  heads: readonly number[];
}

/** How many of `sorted` are at most `n`. */
export function upTo(sorted: readonly number[], n: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= n) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const topOf = (shape: Shape, index: number): number => index * shape.row + upTo(shape.heads, index) * shape.head;

export const extentOf = (shape: Shape): number => shape.count * shape.row + shape.heads.length * shape.head;

/** The row at a height; a day's head belongs to the row under it. */
export function rowAt(shape: Shape, y: number): number {
  let low = 0;
  let high = Math.max(0, shape.count - 1);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const above = shape.heads[upTo(shape.heads, middle) - 1] === middle ? shape.head : 0;
    if (topOf(shape, middle) - above <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

export interface Range {
  first: number;
  /** Not in it any more. */
  end: number;
}

export function visible(shape: Shape, top: number, height: number, beyond: number): Range {
  if (shape.count === 0) return { first: 0, end: 0 };
  return {
    first: Math.max(0, rowAt(shape, top) - beyond),
    end: Math.min(shape.count, rowAt(shape, top + height) + 1 + beyond),
  };
}

/** The row at the top, whose group's name sticks there, and how far the next head pushes that up. */
export function stuck(shape: Shape, top: number): { at: number; push: number } {
  const at = rowAt(shape, top);
  const next = shape.heads[upTo(shape.heads, at)];
  const gap = next === undefined ? shape.head : topOf(shape, next) - shape.head - top;
  return { at, push: Math.min(0, gap - shape.head) };
}

/** Engines end an element at some 33 million pixels; well below it the scroll bar stops being one to one. */
export const TALLEST = 8_000_000;

/**
 * Between the scroll bar and the list: short moves are exact, long ones go by proportion, and when the hand rests the
 * bar is put where it belongs without anything moving on screen.
 */
export class Reel {
  #extent = 0;
  #view = 0;
  #at = 0;
  #bar = 0;

  resize(extent: number, view: number): void {
    this.#extent = extent;
    this.#view = view;
    this.#at = Math.min(this.#at, this.#last);
  }

  get height(): number {
    return Math.min(this.#extent, TALLEST);
  }
  get top(): number {
    return this.#at;
  }
  /** What is taken from a row's place to find its place in the element. */
  get base(): number {
    return this.#at - this.#bar;
  }

  scrolled(bar: number): number {
    const moved = bar - this.#bar;
    const exact = this.#extent <= TALLEST;
    if (exact) this.#at = bar;
    else if (bar <= 0) this.#at = 0;
    else if (bar >= this.#barLast) this.#at = this.#last;
    else if (Math.abs(moved) <= 2 * this.#view) this.#at += moved;
    else this.#at = bar * (this.#last / this.#barLast);
    this.#bar = bar;
    this.#at = Math.min(Math.max(0, this.#at), this.#last);
    return this.#at;
  }

  /** Shows this height at the top; gives where the bar must stand. */
  goto(at: number): number {
    this.#at = Math.min(Math.max(0, at), this.#last);
    this.#bar = this.#extent <= TALLEST || this.#last === 0 ? this.#at : Math.round(this.#at * (this.#barLast / this.#last));
    return this.#bar;
  }

  get #last(): number {
    return Math.max(0, this.#extent - this.#view);
  }
  get #barLast(): number {
    return Math.max(1, this.height - this.#view);
  }
}
