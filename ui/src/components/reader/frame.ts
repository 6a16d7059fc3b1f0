// The mail's frame: what it may do, and what the page does around it. Mail gets no script, in no way.

/** Never `allow-scripts`: same origin lets the page measure it, popups let a link ask for a window that is refused. */
export const SANDBOX = 'allow-same-origin allow-popups';

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

  const measure = () => {
    const body = page.body as HTMLElement | null;
    hooks.onheight(Math.ceil(Math.max(body?.scrollHeight ?? 0, body?.getBoundingClientRect().bottom ?? 0, root.getBoundingClientRect().height)));
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
