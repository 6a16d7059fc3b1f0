// An account taken by hand: where it would stand if it were let go now.
import type { AccountId } from '../../gen/api';
import { moveTo } from './arrange';
import { placeAt } from './order';

/** So far a press is still a press. */
const SLACK = 5;

export class Sorting {
  id = $state<AccountId | null>(null);
  /** Its place among the others. */
  to = $state(0);
  #from: { id: AccountId; y: number } | null = null;
  #dropped = 0;

  /** Rows carry `data-sort` with their account. `touch`: a finger takes it too, where it can't mean scrolling. */
  down(event: PointerEvent & { currentTarget: HTMLElement }, id: AccountId, root: HTMLElement, touch: boolean): void {
    if (event.button !== 0 || (event.pointerType === 'touch' && !touch)) return;
    this.#from = { id, y: event.clientY };
    const move = (next: PointerEvent) => this.#move(next, root);
    const end = (last: PointerEvent) => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', end);
      removeEventListener('pointercancel', end);
      this.#end(last.type === 'pointerup');
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
  }

  /** The click that follows a drag is none. */
  get justDropped(): boolean {
    return performance.now() - this.#dropped < 100;
  }

  /** Where the line stands that shows its place: over this row, under it, or nowhere. */
  line(id: AccountId, ids: readonly AccountId[]): 'over' | 'under' | null {
    if (this.id === null || id === this.id) return null;
    const others = ids.filter((other) => other !== this.id);
    if (others[this.to] === id) return 'over';
    return this.to >= others.length && others.at(-1) === id ? 'under' : null;
  }

  #move(event: PointerEvent, root: HTMLElement): void {
    if (!this.#from) return;
    if (this.id === null && Math.abs(event.clientY - this.#from.y) < SLACK) return;
    event.preventDefault();
    this.id = this.#from.id;
    const others = [...root.querySelectorAll<HTMLElement>('[data-sort]')].filter((row) => row.dataset['sort'] !== String(this.id));
    this.to = placeAt(
      others.map((row) => row.getBoundingClientRect()).map(({ top, height }) => top + height / 2),
      event.clientY,
    );
  }
  #end(dropped: boolean): void {
    const { id, to } = this;
    this.#from = null;
    this.id = null;
    if (id === null) return;
    this.#dropped = performance.now();
    if (dropped) void moveTo(id, to);
  }
}
