// What a screen reader is told aside from the focus: politely, at most once in ten seconds, the latest word wins.
const PAUSE = 10_000;

class Say {
  text = $state('');
  #last = -PAUSE;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #next = '';

  say(text: string, now: number = performance.now()): void {
    this.#next = text;
    if (this.#timer) return;
    const wait = Math.max(0, this.#last + PAUSE - now);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#last = performance.now();
      this.text = this.#next;
    }, wait);
  }
}

export const voice = new Say();
