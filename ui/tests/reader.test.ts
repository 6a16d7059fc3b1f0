import { render, screen as page } from '@testing-library/svelte';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import Attachments from '../src/components/reader/Attachments.svelte';
import Blocked from '../src/components/reader/Blocked.svelte';
import HtmlFrame from '../src/components/reader/HtmlFrame.svelte';
import MessageHead from '../src/components/reader/MessageHead.svelte';
import PlainText from '../src/components/reader/PlainText.svelte';
import { attend, colourless, dress, SANDBOX } from '../src/components/reader/frame';
import type { Shown } from '../src/gen/api';
import { chooseLanguage } from '../src/text/locale';
import { fake, refuse, type Fake } from './platform';

let carrier: Fake;
beforeEach(async () => {
  chooseLanguage(['en-GB'], null);
  carrier = await fake({});
});

const shown = (more: Partial<Shown> = {}): Shown => ({
  id: 5, thread: 5, account: 1, flags: [], mailboxes: [1], blocked: [], parts: [], truncated: false, fetched_bytes: 0,
  headers: { from: [{ name: 'Ravi Menon', address: 'ravi@m.example' }], sender: [], reply_to: [], to: [{ name: null, address: 'a@b.example' }], cc: [], subject: 'S', date: '2026-11-24T11:42:00+01:00', received: '2026-11-24T10:42:00Z', message_id: null, references: [] },
  ...more,
});

describe('the mail’s frame', () => {
  test('is sandboxed without scripts, told no referrer, and named', () => {
    render(HtmlFrame, { html: '<p>hi</p>', onlink: () => undefined });
    const frame = page.getByTitle('Message text') as HTMLIFrameElement;
    expect(frame.getAttribute('sandbox')).toBe('allow-same-origin allow-popups');
    expect(frame.getAttribute('srcdoc')).toBe('<p>hi</p>');
    expect(frame.getAttribute('src')).toBeNull();
    expect(frame.getAttribute('allow')).toBeNull();
    expect(frame.getAttribute('referrerpolicy')).toBe('no-referrer');
    expect(SANDBOX).not.toMatch(/scripts|forms|top-navigation|modals|downloads/);
  });

  const framed = (body: string) => {
    const inner = document.implementation.createHTMLDocument('');
    inner.body.innerHTML = body;
    Object.defineProperty(inner, 'defaultView', { value: window });
    return inner;
  };
  const attended = (inner: Document, hearsClicks: boolean, onlink: (url: string) => void) =>
    attend({ contentDocument: inner, clientHeight: 0 } as unknown as HTMLIFrameElement, { hearsClicks, onlink, onheight: () => undefined, onfocus: () => undefined });

  test('hands a click on a link over and goes nowhere', () => {
    const inner = framed('<a href="https://x.example/1"><b>go</b></a><i>no</i>');
    const onlink = vi.fn();
    const end = attended(inner, true, onlink);
    const event = new Event('click', { bubbles: true, cancelable: true });
    inner.querySelector('b')?.dispatchEvent(event);
    inner.querySelector('i')?.dispatchEvent(new Event('click', { bubbles: true }));
    expect(event.defaultPrevented).toBe(true);
    expect(onlink.mock.calls).toEqual([['https://x.example/1']]);
    end();
    inner.querySelector('b')?.dispatchEvent(new Event('click', { bubbles: true }));
    expect(onlink).toHaveBeenCalledTimes(1);
  });
  test('in the app’s own window leaves links to the shell', () => {
    const inner = framed('<a href="https://x.example/1">go</a>');
    const onlink = vi.fn();
    attended(inner, false, onlink);
    inner.querySelector('a')?.dispatchEvent(new Event('click', { bubbles: true }));
    expect(onlink).not.toHaveBeenCalled();
  });
  test('only a mail without colours of its own is dressed as the page', () => {
    const page = (colours: string) => {
      const inner = document.implementation.createHTMLDocument('');
      inner.documentElement.dataset['colours'] = colours;
      return inner;
    };
    const [own, none] = [page('own'), page('none')];
    for (const inner of [own, none]) dress(inner, { dark: true, rem: '32px', font: '17px / 26px sans-serif' });
    expect([colourless(own), colourless(none)]).toEqual([false, true]);
    expect([own, none].map((d) => d.documentElement.dataset['theme'])).toEqual(['dark', 'dark']);
    expect([own, none].map((d) => d.documentElement.style.fontSize)).toEqual(['32px', '32px']);
    expect([own, none].map((d) => d.documentElement.style.colorScheme)).toEqual(['', 'dark']);
    expect([own.body.style.font === '', none.body.style.font !== '']).toEqual([true, true]);
  });
});

describe('the head', () => {
  test('shows the address always, beside the name', () => {
    render(MessageHead, { shown: shown() });
    expect(page.getByText('Ravi Menon')).toBeTruthy();
    expect(page.getByText('ravi@m.example')).toBeTruthy();
    expect(page.queryByText(/not the sender/)).toBeNull();
  });
  test('says that a name poses as another address', () => {
    const headers = { ...shown().headers, from: [{ name: '“ceo@kontor.example”', address: 'x91@drop.example' }] };
    render(MessageHead, { shown: shown({ headers }) });
    expect(page.getByText(/an address that is not the sender’s/)).toBeTruthy();
    expect(page.getByText('This came from drop.example.', { exact: false })).toBeTruthy();
  });
  test('stands without a sender or a date', () => {
    render(MessageHead, { shown: shown({ headers: { ...shown().headers, from: [], to: [], date: null, received: null } }) });
    expect(page.getByText('No sender')).toBeTruthy();
    expect(page.getByText('to nobody named')).toBeTruthy();
  });
});

test('plain text is text: no markup of it is made', () => {
  const { container } = render(PlainText, { text: '<img src=x onerror=alert(1)>\n\nhttps://a.example/ ok', onlink: () => undefined });
  expect(container.querySelector('img')).toBeNull();
  expect(container.textContent).toContain('<img src=x onerror=alert(1)>');
  expect(container.querySelectorAll('a').length).toBe(1);
});

test('blocked images are counted and their hosts named; nothing offers to load them yet', () => {
  const blocked = [1, 2, 3].map((n) => ({ kind: 'image', url: `https://img.example/${n}` }));
  const { container } = render(Blocked, { blocked: [...blocked, { kind: 'font', url: 'https://f.example/x' }] });
  expect(container.textContent).toContain('3 remote images not loaded. Loading would tell img.example that you opened this.');
  expect(container.querySelector('button')).toBeNull();
});

describe('attachments', () => {
  const part = (section: string, more = {}) => ({ section, media_type: 'application/pdf', name: `plan-${section}.pdf`, size: 840_000, content_id: null, inline: false, cached: true, url: '', ...more });
  test('are listed with sizes; what stands in the text is not', () => {
    render(Attachments, { shown: shown({ parts: [part('2'), part('3', { inline: true }), part('4', { size: 160_000 })] }) });
    expect(page.getByText(/2 attachments, 1 MB/)).toBeTruthy();
    expect(page.getAllByRole('listitem').length).toBe(2);
  });
  test('say where they went, or why not', async () => {
    const save = vi.fn(() => Promise.resolve({ path: '/home/nora/plan-2.pdf' }));
    carrier.saveAttachment = save;
    render(Attachments, { shown: shown({ parts: [part('2')] }) });
    page.getByRole('button', { name: /Save plan-2.pdf/ }).click();
    expect(await page.findByText('Saved: /home/nora/plan-2.pdf')).toBeTruthy();
    carrier.saveAttachment = () => Promise.reject(new Error('x')).catch(() => refuse('disk-full'));
    page.getByRole('button', { name: /Save plan-2.pdf/ }).click();
    expect(await page.findByText(/The disk of this device is full/)).toBeTruthy();
  });
});
