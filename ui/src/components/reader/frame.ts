// The mail's frame: what it may do, and what the page does around it. Mail gets no script, in no way.

const TALLEST = 400_000;
const PATIENCE = 24;

/** Never `allow-scripts`: same origin lets the page measure it, popups let a link ask for a window that is refused. */
export const SANDBOX = 'allow-same-origin allow-popups';

/** What a mail without colours of its own is shown in. */
export interface Dress {
  scheme: 'light' | 'dark';
  ink: string;
  link: string;
  font: string;
}

const MANY = 4000;

/**
 * Whether a mail brings colours of its own. One that does not is text with a little form: it takes the page's ink,
 * ground and face, so that it reads in the dark as plain text does. Asked of the engine, after all of its rules.
 */
export function colourless(page: Document): boolean {
  const view = page.defaultView;
  const body = page.body as HTMLElement | null;
  if (!view || !body) return false;
  const ink = view.getComputedStyle(body).color;
  const ground = ['rgba(0, 0, 0, 0)', 'transparent', '', 'rgb(255, 255, 255)'];
  if (!ground.includes(view.getComputedStyle(body).backgroundColor)) return false;
  const all = body.querySelectorAll<HTMLElement>('*');
  if (all.length > MANY) return false;
  for (const element of all) {
    if (element.tagName === 'IMG') return false;
    const style = view.getComputedStyle(element);
    if (!['rgba(0, 0, 0, 0)', 'transparent', ''].includes(style.backgroundColor)) return false;
    if (style.backgroundImage !== 'none' && style.backgroundImage !== '') return false;
    if (style.color !== ink && !element.closest('a, blockquote')) return false;
  }
  return true;
}

export function dress(page: Document, { scheme, ink, link, font }: Dress): void {
  const body = page.body;
  page.documentElement.style.colorScheme = scheme;
  page.documentElement.style.background = 'transparent';
  body.style.background = 'transparent';
  body.style.color = ink;
  body.style.font = font;
  for (const anchor of body.querySelectorAll<HTMLElement>('a')) anchor.style.color = link;
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
  const measure = () => {
    const body = page.body as HTMLElement | null;
    const bar = Math.max(0, frame.clientHeight - root.clientHeight);
    const mail = Math.max(body?.scrollHeight ?? 0, body?.getBoundingClientRect().bottom ?? 0, root.getBoundingClientRect().height);
    const height = Math.min(TALLEST, Math.ceil(mail) + (root.scrollWidth > root.clientWidth ? bar : 0));
    const now = performance.now();
    grown = height > before && now - last < 100 ? grown + 1 : 0;
    before = height;
    last = now;
    if (grown > PATIENCE) watcher.disconnect();
    else hooks.onheight(height);
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
