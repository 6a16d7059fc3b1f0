// How wide the window is, in ui.md's three classes, and how large its text.
export type Width = 'wide' | 'middle' | 'phone';

class Screen {
  inner = $state(innerWidth);
  height = $state(innerHeight);
  /** Pixels of one rem: 16 at 100 %. */
  rem = $state(16);
  /** What the page's colours are, whoever chose them. */
  dark = $state(false);

  width = $derived<Width>(this.inner >= 1200 ? 'wide' : this.inner >= 800 ? 'middle' : 'phone');
  phone = $derived(this.width === 'phone');
  /** A phone on its side: no room for a bar at the foot. */
  low = $derived(this.phone && this.height < 480);
  large = $derived(this.rem >= 24);

  follow(): () => void {
    const night = matchMedia('(prefers-color-scheme: dark)');
    const measure = () => {
      this.inner = innerWidth;
      this.height = innerHeight;
      const { theme } = document.documentElement.dataset;
      this.dark = theme ? theme === 'dark' : night.matches;
      this.rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
    };
    measure();
    addEventListener('resize', measure);
    const watcher = new MutationObserver(measure);
    watcher.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'data-theme'] });
    night.addEventListener('change', measure);
    return () => {
      removeEventListener('resize', measure);
      watcher.disconnect();
      night.removeEventListener('change', measure);
    };
  }
}

export const screen = new Screen();
