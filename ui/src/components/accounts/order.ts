// The accounts' order, changed by keys or by hand. Pure.

export function moved<T>(ids: readonly T[], id: T, by: number): T[] {
  const at = ids.indexOf(id);
  if (at < 0) return [...ids];
  return movedTo(ids, id, at + by);
}

/** `id` at the place `to`, the others in their order around it. */
export function movedTo<T>(ids: readonly T[], id: T, to: number): T[] {
  if (!ids.includes(id)) return [...ids];
  const others = ids.filter((other) => other !== id);
  others.splice(Math.min(others.length, Math.max(0, to)), 0, id);
  return others;
}

/** The place that a hand at `y` means, among rows with these middles. */
export const placeAt = (middles: readonly number[], y: number): number => middles.filter((middle) => middle < y).length;
