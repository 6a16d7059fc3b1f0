// What a person has set for this device's window. Kept by the WebView; nothing of the mail is in it.
export type Theme = 'system' | 'light' | 'dark';
export type Density = 'comfortable' | 'compact' | 'single';

interface Kept {
  theme: Theme;
  density: Density;
  /** One row a conversation. */
  threads: boolean;
  /** Per cent of the system's own text size. */
  text: number;
  language: string | null;
  /** Widths of the panes, by width class. */
  widths: Record<string, number>;
  folded: number[];
  letters: boolean;
  sidebar: boolean;
}

const KEY = 'satchel.look';
const first: Kept = {
  theme: 'system',
  density: 'comfortable',
  threads: true,
  text: 100,
  language: null,
  widths: {},
  folded: [],
  letters: true,
  sidebar: true,
};

function read(): Kept {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Kept>;
    return { ...first, ...found };
  } catch {
    return { ...first };
  }
}

export const prefs = $state<Kept>(read());

function write(): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // A browser that keeps nothing: the choice holds until the window closes.
  }
}

/** Puts the choices on the document, and keeps them. */
export function applyPrefs(): () => void {
  return $effect.root(() => {
    $effect(() => {
      const root = document.documentElement;
      if (prefs.theme === 'system') delete root.dataset['theme'];
      else root.dataset['theme'] = prefs.theme;
      root.style.setProperty('--text-scale', String(prefs.text / 100));
      write();
    });
  });
}
