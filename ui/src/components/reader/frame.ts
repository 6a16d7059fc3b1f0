// The mail's frame: what it may do, and what the page does around it. Mail gets no script, in no way.

const TALLEST = 400_000;
const PATIENCE = 8;
const ENOUGH = 640;

/** Never `allow-scripts`: same origin lets the page measure it, popups let a link ask for a window that is refused. */
export const SANDBOX = 'allow-same-origin allow-popups';

/** What the page lends to a mail that brings no colours of its own. */
export interface Dress {
  dark: boolean;
  /** The page's own size of a rem: the mail's text grows with it. */
  rem: string;
  font: string;
}

/** Said by the document itself, which the sanitiser wrote: such a mail reads in the dark as plain text does. */
export const colourless = (page: Document): boolean => page.documentElement.dataset['colours'] === 'none';

/** Tells the document which colours the page has; a mail with colours of its own keeps them, and its sheet. */
export function dress(page: Document, { dark, rem, font }: Dress): void {
  const root = page.documentElement;
  root.dataset['theme'] = dark ? 'dark' : 'light';
  root.style.fontSize = rem;
  if (!colourless(page)) return;
  root.style.colorScheme = dark ? 'dark' : 'light';
  page.body.style.font = font;
}

export interface FrameHooks {
  /** Where the page hears clicks inside the frame (a browser); the window's shell sees new windows itself. */
  hearsClicks: boolean;
  onlink: (url: string) => void;
  onheight: (height: number) => void;
  /** The pointer went into the mail: the focus is taken back so that keys go on working. */
  onfocus: () => void;
}

/** Follows a loaded frame until the returned function ends it. */
export function attend(frame: HTMLIFrameElement, hooks: FrameHooks): () => void {
  const page = frame.contentDocument;
  const root = page?.documentElement;
  if (!page || !root) return () => undefined;

  // A mail can be as tall as its own window and a bit more: then each measure would ask for the next.
  let grown = 0;
  let before = 0;
  let last = -Infinity;
  let first = 0;
  const measure = () => {
    const body = page.body as HTMLElement | null;
    const bar = Math.max(0, frame.clientHeight - root.clientHeight);
    const mail = Math.max(body?.scrollHeight ?? 0, body?.getBoundingClientRect().bottom ?? 0, root.getBoundingClientRect().height);
    const height = Math.min(TALLEST, Math.ceil(mail) + (root.scrollWidth > root.clientWidth ? bar : 0));
    const now = performance.now();
    grown = height > before && now - last < 100 ? grown + 1 : 0;
    before = height;
    last = now;
    first ||= height;
    if (grown <= PATIENCE) hooks.onheight(height);
    else {
      watcher.disconnect();
      hooks.onheight(Math.max(first, ENOUGH));
    }
  };
  const watcher = new ResizeObserver(measure);
  watcher.observe(root);
  measure();

  const click = (event: Event) => {
    const target = event.target as Element | null;
    const link = target?.closest?.('a[href], area[href]');
    if (!link) return;
    event.preventDefault();
    const url = link.getAttribute('href');
    if (url) hooks.onlink(url);
  };
  if (hooks.hearsClicks) page.addEventListener('click', click);

  // A click into the frame takes the window's focus; selection and copying survive its return.
  const blurred = () => setTimeout(() => document.activeElement === frame && hooks.onfocus(), 0);
  addEventListener('blur', blurred);

  return () => {
    watcher.disconnect();
    page.removeEventListener('click', click);
    removeEventListener('blur', blurred);
  };
}
