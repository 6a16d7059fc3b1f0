// Which form the rows take: what was chosen, as far as the pane has room and the text its size.
import type { Density } from '../../data/prefs.svelte';

export type Form = 'comfortable' | 'compact' | 'single' | 'large';

export function formOf(density: Density, paneWidth: number, phone: boolean, rem: number): Form {
  if (rem >= 24) return 'large';
  if (phone) return 'comfortable';
  // A line needs 560 pixels at 100 %, more where the text is larger.
  if (density === 'single') return paneWidth * 16 >= 560 * rem ? 'single' : 'compact';
  return density;
}
