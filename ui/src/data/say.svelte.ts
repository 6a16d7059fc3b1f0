// What a screen reader is told aside from the focus: politely, at most once in ten seconds, the latest word wins.
const PAUSE = 10_000;

class Say {
  text = $state('');
  #last = -PAUSE;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #next = { text: '', said: () => undefined as unknown };

  /** `said` hears that the word was not overtaken by a later one. */
  say(text: string, said: () => unknown = () => undefined, now: number = performance.now()): void {
    this.#next = { text, said };
    if (this.#timer) return;
    const wait = Math.max(0, this.#last + PAUSE - now);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#last = performance.now();
      this.text = this.#next.text;
      this.#next.said();
    }, wait);
  }
}

export const voice = new Say();
