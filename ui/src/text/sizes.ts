// Sizes are decimal and have two figures: 840 kB, 3.3 MB, 182 MB.
import { numberFormat } from './locale';

const units = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

function scaled(bytes: number): { value: number; digits: number; unit: (typeof units)[number] } {
  let value = Math.max(0, bytes) / 1000;
  let step = 0;
  while (value >= 999.5 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  // Something is never shown as nothing.
  if (value > 0 && value < 0.1) value = 0.1;
  return { value, digits: value < 9.95 ? 1 : 0, unit: units[step] ?? 'kilobyte' };
}

export function size(bytes: number): string {
  const { value, digits, unit } = scaled(bytes);
  return numberFormat({ style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }).format(value);
}

/** The figure alone, where the unit of another one stands beside it: "182" of "256 MB"; null if theirs differ. */
export function figureBeside(bytes: number, other: number): string | null {
  const a = scaled(bytes);
  return a.unit === scaled(other).unit ? numberFormat({ maximumFractionDigits: a.digits }).format(a.value) : null;
}

const MEGA = 1_000_000;

/** What the limit may be set to: the least, the usual steps, and what is set now. */
export function limits(least: number, now: number): number[] {
  const steps = [24, 64, 128, 256, 512, 1000, 2000, 4000].map((n) => n * MEGA);
  const floor = Math.ceil(least / MEGA) * MEGA;
  return [...new Set([floor, now, ...steps])].filter((n) => n >= floor).sort((a, b) => a - b);
}
