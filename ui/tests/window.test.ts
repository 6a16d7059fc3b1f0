import { describe, expect, test } from 'vitest';
import { formOf } from '../src/components/list/form';
import { extentOf, Reel, rowAt, stuck, TALLEST, topOf, upTo, visible, type Shape } from '../src/components/list/window';

/** Small and always the same: a failing seed can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
function shapeOf(seed: number): Shape {
  const next = random(seed);
  const count = Math.floor(next() * 400);
  const heads = Array.from({ length: count }, (_, i) => i).filter((i) => i === 0 || next() < 0.2);
  return { count, row: 20 + Math.floor(next() * 80), head: 10 + Math.floor(next() * 30), heads };
}

describe('places', () => {
  test.each(Array.from({ length: 60 }, (_, i) => i + 1))('seed %i: every height belongs to one row', (seed) => {
    const shape = shapeOf(seed);
    let y = 0;
    for (let index = 0; index < shape.count; index += 1) {
      const above = shape.heads.includes(index) ? shape.head : 0;
      expect(topOf(shape, index)).toBe(y + above);
      expect(rowAt(shape, y)).toBe(index);
      expect(rowAt(shape, y + above + shape.row - 1)).toBe(index);
      y += above + shape.row;
    }
    expect(extentOf(shape)).toBe(y);
  });
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('seed %i: what is in the window is drawn', (seed) => {
    const shape = { ...shapeOf(seed), count: 300 };
    const next = random(seed + 99);
    for (let n = 0; n < 50; n += 1) {
      const top = next() * (extentOf(shape) - 500);
      const { first, end } = visible(shape, top, 500, 2);
      for (let index = 0; index < shape.count; index += 1) {
        const inside = topOf(shape, index) + shape.row > top && topOf(shape, index) < top + 500;
        if (inside) expect(index >= first && index < end).toBe(true);
      }
      expect(end - first).toBeLessThan(500 / shape.row + 8);
    }
  });
  test('nothing is drawn of nothing', () => expect(visible({ count: 0, row: 72, head: 30, heads: [] }, 0, 500, 6)).toEqual({ first: 0, end: 0 }));
  test('the name of the row on top sticks, pushed up by the next', () => {
    const shape: Shape = { count: 10, row: 70, head: 30, heads: [0, 2] };
    expect(stuck(shape, 0)).toEqual({ at: 0, push: 0 });
    expect(stuck(shape, 140)).toEqual({ at: 1, push: 0 });
    expect(stuck(shape, 155)).toEqual({ at: 1, push: -15 });
    expect(stuck(shape, 171).at).toBe(2);
    expect(stuck({ ...shape, heads: [] }, 400)).toEqual({ at: 5, push: 0 });
  });
  test('upTo counts', () => expect([-1, 0, 3, 4, 9].map((n) => upTo([0, 4, 9], n))).toEqual([0, 1, 1, 2, 3]));
});

describe('a million rows', () => {
  const extent = 72_000_000;
  const view = 800;
  const reel = () => {
    const made = new Reel();
    made.resize(extent, view);
    return made;
  };
  test('the element stays below what engines allow', () => expect(reel().height).toBe(TALLEST));
  test('a short move is exact', () => {
    const r = reel();
    r.goto(36_000_000);
    const bar = r.goto(36_000_000);
    expect(r.scrolled(bar + 100)).toBe(36_000_100);
    const base = r.base;
    r.scrolled(bar + 250);
    expect(r.base).toBe(base);
  });
  test('a long one goes by proportion', () => {
    const r = reel();
    const at = r.scrolled(TALLEST / 2);
    expect(at / extent).toBeCloseTo(0.5, 3);
  });
  test('both ends are reached', () => {
    const r = reel();
    expect(r.scrolled(TALLEST - view)).toBe(extent - view);
    expect(r.scrolled(0)).toBe(0);
  });
  test('rest puts the bar where it belongs and moves nothing', () => {
    const r = reel();
    let bar = r.goto(10_000_000);
    for (let n = 0; n < 500; n += 1) r.scrolled((bar += 100));
    const before = r.top;
    const settled = r.goto(before);
    expect(r.top).toBe(before);
    expect(settled / (TALLEST - view)).toBeCloseTo(before / (extent - view), 4);
  });
});

test('a list that fits is one to one', () => {
  const r = new Reel();
  r.resize(5000, 800);
  expect([r.scrolled(4200), r.base, r.height]).toEqual([4200, 0, 5000]);
  r.resize(1000, 800);
  expect(r.top).toBe(200);
});

test('the form goes with room and size', () => {
  expect(formOf('single', 560, false, 16)).toBe('single');
  expect(formOf('single', 559, false, 16)).toBe('compact');
  expect(formOf('single', 800, false, 24)).toBe('large');
  expect(formOf('compact', 390, true, 16)).toBe('comfortable');
});
