// The interface over `satchel serve`, in Debian's Chromium, at two sizes and in both themes. The mailbox behind it is
// the sample; SATCHEL_URL is the address as it was printed, SATCHEL_LMTP where its server takes mail in, SATCHEL_PICTURES where
// pictures go.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const url = process.env.SATCHEL_URL;
const pictures = process.env.SATCHEL_PICTURES ?? 'pictures';
const LETTER = 'Harbour library: façade samples arrive Thursday';
const sizes = {
  desktop: { viewport: { width: 1280, height: 832 } },
  narrow: { viewport: { width: 1000, height: 700 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

let browser;
before(async () => {
  assert.ok(url, 'SATCHEL_URL is not set');
  mkdirSync(pictures, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.SATCHEL_CHROMIUM ?? '/usr/bin/chromium',
    // As root Chromium has no sandbox of its own.
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],
  });
});
after(() => browser?.close());

// A page with the inbox on it; what the page asked for and complained about is collected.
async function open(size, colorScheme = 'light') {
  const context = await browser.newContext({ ...sizes[size], colorScheme, locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const asked = [];
  const complaints = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (line) => line.type() === 'error' && complaints.push(line.text()));
  await page.goto(url);
  await page.getByRole('option').first().waitFor();
  return { context, page, asked, complaints };
}

async function picture(page, name) {
  await page.screenshot({ path: join(pictures, `browser-${name}.png`) });
}

// axe's whole rule set; what it finds is named with its place.
async function accessible(page, where) {
  // Into the letter's frame axe can't look: it runs no scripts, its own neither.
  const { violations } = await new AxeBuilder({ page }).exclude('iframe').analyze();
  // A splitter stands between two landmarks and so in neither (WAI-ARIA APG, window splitter).
  const between = (rule, node) => rule === 'region' && node.html.includes('role="separator"');
  const found = violations.flatMap((v) =>
    v.nodes.filter((n) => !between(v.id, n)).map((n) => `${v.id}: ${n.target.join(' ')} (${v.help})`),
  );
  assert.deepEqual(found, [], `axe at ${where}`);
}

async function noSidewaysScroll(page, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${where} is ${wide} px too wide`);
}

for (const size of Object.keys(sizes)) {
  for (const scheme of ['light', 'dark']) {
    describe(`${size}, ${scheme}`, () => {
      let opened;
      before(async () => (opened = await open(size, scheme)));
      after(() => opened?.context.close());

      test('the list', async () => {
        const { page } = opened;
        // The days' names stand in the panes of a desktop only.
        if (size !== 'phone') await page.getByText('Today', { exact: true }).first().waitFor();
        assert.ok((await page.getByRole('option').count()) >= 5);
        await noSidewaysScroll(page, 'the list');
        await picture(page, `${size}-${scheme}-list`);
        await accessible(page, 'the list');
      });

      test('a message', async () => {
        const { page } = opened;
        await page.getByRole('option', { name: LETTER }).first().click();
        await page.getByRole('heading', { name: LETTER }).first().waitFor();
        await page.getByText('ravi@menon-partners.example').first().waitFor();
        await page.getByText('ochre-2-foyer').first().waitFor();
        await noSidewaysScroll(page, 'the message');
        await picture(page, `${size}-${scheme}-message`);
        await accessible(page, 'the message');
      });

      test('nothing is asked of anybody else, and nothing complained about', () => {
        const own = new URL(url).origin;
        const foreign = opened.asked.filter((asked) => !asked.startsWith(own) && !/^(data|about|blob):/.test(asked));
        assert.deepEqual(foreign, []);
        assert.deepEqual(opened.complaints, []);
      });
    });
  }
}

test('HTML mail is shown in a frame without scripts that loads nothing from outside', async () => {
  const { context, page, asked } = await open('desktop');
  await page.getByRole('option', { name: /Morning Ledger/ }).first().click();
  const frame = page.locator('iframe');
  await frame.waitFor();
  const sandbox = (await frame.getAttribute('sandbox')) ?? '';
  assert.ok(!sandbox.includes('allow-scripts'), sandbox);
  await page.waitForFunction(() => (document.querySelector('iframe')?.contentDocument?.body?.innerText ?? '').length > 100);
  await page.getByText(/remote images? not loaded/).waitFor();
  const own = new URL(url).origin;
  assert.deepEqual(asked.filter((u) => /^https?:/.test(u) && !u.startsWith(own)), []);
  await picture(page, 'desktop-light-newsletter');
  await context.close();
});

test('older mail comes when the list is scrolled to its end', async () => {
  const { context, page } = await open('desktop');
  const list = page.getByRole('listbox');
  const last = async () => Math.max(...(await page.getByRole('option').evaluateAll((rows) => rows.map((r) => Number(r.getAttribute('aria-posinset'))))));
  for (let turn = 0; turn < 60 && (await last()) <= 60; turn++) {
    await list.evaluate((el) => {
      let box = el;
      while (box && box.scrollHeight <= box.clientHeight) box = box.parentElement;
      box?.scrollBy(0, 700);
    });
    await page.waitForTimeout(100);
  }
  assert.ok((await last()) > 60, `the list ends at row ${await last()}`);
  await context.close();
});

test('the keys go through list and reader', async () => {
  const { context, page } = await open('desktop');
  await page.getByRole('option').first().focus();
  await page.keyboard.press('j');
  await page.locator('[role=option][aria-selected=true]').waitFor();
  const first = await page.locator('[role=option][aria-selected=true]').getAttribute('aria-posinset');
  await page.keyboard.press('j');
  await page.waitForFunction(
    (before) => document.querySelector('[role=option][aria-selected=true]')?.getAttribute('aria-posinset') !== before,
    first,
  );
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await context.close();
});

// Rows of the list, not the choices of a selection.
const rows = (page) => page.locator('[role=option]');

test('all inboxes are one list, with a row for each conversation', async () => {
  const { context, page } = await open('desktop');
  await page.getByRole('treeitem', { name: /^All inboxes/ }).and(page.locator('[aria-selected=true]')).waitFor();
  // Newest first over both accounts.
  await page.waitForFunction(() => document.querySelectorAll('[role=option] time').length > 5);
  const dates = await page.locator('[role=option] time').evaluateAll((all) => all.map((t) => Date.parse(t.dateTime)));
  assert.deepEqual(dates, [...dates].sort((a, b) => b - a));
  const names = await rows(page).evaluateAll((all) => all.map((row) => row.getAttribute('aria-label')));
  assert.ok(names.some((name) => /messages\. /.test(name)), `no conversation among ${names.join(' | ')}`);
  // However many messages a conversation has, it is one row.
  assert.equal(names.filter((name) => name.includes(LETTER)).length, 1);
  await context.close();
});

test('a conversation opens with the other messages as lines, own ones too', async () => {
  const { context, page } = await open('desktop');
  await page.getByRole('option', { name: LETTER }).first().click();
  await page.getByText(/^\d messages with /).waitFor();
  const lines = page.locator('[data-head][aria-expanded=false]');
  assert.ok((await lines.count()) >= 2);
  await accessible(page, 'a conversation');
  const before = await page.locator('article[data-message]').count();
  await lines.first().focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction((n) => document.querySelectorAll('article[data-message]').length > n, before);
  // n goes on to the next of them.
  const here = () => page.evaluate(() => document.activeElement?.getAttribute('data-head'));
  const first = await here();
  assert.ok(first, 'the focus stays on what was opened');
  await page.keyboard.press('n');
  assert.notEqual(await here(), first);
  await context.close();
});

// One message into Nora's inbox at work, by LMTP (RFC 2033).
async function deliver(subject) {
  const [host, port] = process.env.SATCHEL_LMTP.split(':');
  const socket = connect(Number(port), host).setEncoding('utf8');
  let said = '';
  const reply = async () => {
    // An answer ends with the line that has no hyphen behind its code.
    for (;;) {
      const line = /^(\d{3}) [^\n]*\n/m.exec(said);
      if (line) {
        said = said.slice(line.index + line[0].length);
        assert.match(line[1], /^[23]/, line[0]);
        return;
      }
      said += await new Promise((resolve, reject) => socket.once('data', resolve).once('error', reject));
    }
  };
  await reply();
  const letter = `From: Anja Holm <anja@holm.example>\r\nTo: nora@kontor.example\r\nSubject: ${subject}\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${Date.now()}.${subject.length}@holm.example>\r\n\r\nIt came by itself.\r\n`;
  for (const line of ['LHLO test.example', 'MAIL FROM:<anja@holm.example>', 'RCPT TO:<nora@kontor.example>', 'DATA', `${letter}.`]) {
    socket.write(`${line}\r\n`);
    await reply();
  }
  socket.end('QUIT\r\n');
}

test('new mail appears by itself; a list that is scrolled stays where it is', async () => {
  const { context, page } = await open('desktop');
  // Kept current from here on: what comes, comes without being asked for.
  await page.locator('[data-status].green').waitFor();
  await deliver('Tea at four');
  await page.getByRole('option', { name: /Tea at four/ }).waitFor();
  // And is told to who does not see it.
  await page.getByRole('status').filter({ hasText: '1 new message, from Anja Holm' }).waitFor({ state: 'attached' });

  const list = page.getByRole('listbox');
  await list.evaluate((el) => (el.scrollTop = 900));
  await page.waitForTimeout(500);
  const tops = () => rows(page).evaluateAll((all) => Object.fromEntries(all.map((row) => [row.id, Math.round(row.getBoundingClientRect().top)])));
  const before = await tops();
  await deliver('Tea at five, then');
  await page.getByRole('button', { name: '1 new message' }).waitFor();
  const after = await tops();
  const both = Object.keys(before).filter((id) => id in after);
  assert.ok(both.length > 5, 'the same rows are there');
  assert.deepEqual(both.map((id) => after[id]), both.map((id) => before[id]));
  await page.getByRole('button', { name: '1 new message' }).click();
  await page.getByRole('option', { name: /Tea at five, then/ }).waitFor();
  await context.close();
});

describe('search', () => {
  const find = async (page, words) => {
    await page.keyboard.press('/');
    await page.keyboard.type(words, { delay: 15 });
  };
  // All servers have answered, whatever they found.
  const answered = (page) => page.getByText(/Asked (all \d|both|the|\d of \d) servers?/).waitFor();

  for (const [script, word] of [
    ['Latin, without its accents', 'facade'],
    ['Cyrillic', 'фактура'],
    ['Chinese characters', '展覧会'],
    ['Arabic', 'ورشة'],
  ]) {
    test(`finds a word in ${script}`, async () => {
      const { context, page } = await open('desktop');
      await find(page, word);
      await page.locator('[role=option] mark').first().waitFor();
      await answered(page);
      await rows(page).first().click();
      await page.locator('article[data-message]').first().waitFor();
      await context.close();
    });
  }

  test('goes as one types, by keys alone, and Esc leads back', async () => {
    const { context, page } = await open('desktop');
    await find(page, 'from:ravi has:attachment ');
    assert.deepEqual(await page.locator('.chip[aria-label]').allTextContents(), ['from: ravi', 'attachment']);
    await rows(page).first().waitFor();
    await answered(page);
    await accessible(page, 'a search');
    await picture(page, 'desktop-light-search');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'option');
    await page.keyboard.press('Enter');
    await page.locator('article[data-message]').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'All inboxes' }).waitFor();
    assert.equal(await page.getByRole('textbox', { name: 'Search all mail' }).inputValue(), '');
    await context.close();
  });

  test('says how far it went where nothing was found', async () => {
    const { context, page } = await open('desktop', 'dark');
    await find(page, 'zzyzxqq');
    await page.getByRole('heading', { name: /Nothing with/ }).waitFor();
    await page.getByText(/On this device/).first().waitFor();
    await answered(page);
    await accessible(page, 'a search without a hit');
    await picture(page, 'desktop-dark-nothing-found');
    await context.close();
  });

  test('has a place of its own on a phone', async () => {
    const { context, page } = await open('phone');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByRole('textbox', { name: 'Search all mail' }).fill('ochre');
    await rows(page).first().waitFor();
    await answered(page);
    await noSidewaysScroll(page, 'the search');
    await accessible(page, 'the search on a phone');
    await picture(page, 'phone-light-search');
    await rows(page).first().click();
    await page.locator('article[data-message]').first().waitFor();
    await page.goBack();
    await rows(page).first().waitFor();
    await context.close();
  });
});

describe('accounts', () => {
  const accounts = async (page) => {
    await page.getByRole('button', { name: 'Settings' }).first().click();
    await page.getByRole('button', { name: 'Accounts', exact: true }).click();
    await page.locator('[data-sort]').first().waitFor();
  };

  test('stand in the order that they were put in, here and in the sidebar', async () => {
    const { context, page } = await open('desktop');
    const order = (where) => page.locator(`${where} [data-sort]`).evaluateAll((all) => all.map((one) => one.getAttribute('data-sort')));
    await accounts(page);
    const before = await order('main');
    await page.locator('main [data-sort] .open').first().focus();
    await page.keyboard.press('Alt+ArrowDown');
    await page.waitForFunction((first) => document.querySelector('main [data-sort]')?.getAttribute('data-sort') !== first, before[0]);
    const after = await order('main');
    assert.deepEqual(after, [before[1], before[0], ...before.slice(2)]);
    assert.deepEqual(await order('nav'), after);
    await accessible(page, 'the accounts');
    await page.locator('main [data-sort] .open').nth(1).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForFunction((first) => document.querySelector('main [data-sort]')?.getAttribute('data-sort') === first, before[0]);
    await context.close();
  });

  test('are paused and go on, and say so', async () => {
    const { context, page } = await open('desktop');
    await accounts(page);
    await page.getByRole('button', { name: /^Pause / }).last().click();
    const on = page.getByRole('button', { name: /^Go on with / });
    await on.waitFor();
    await page.getByRole('treeitem', { name: /, paused$/ }).waitFor();
    await on.click();
    await on.waitFor({ state: 'detached' });
    await context.close();
  });

  test('say what each mailbox is for', async () => {
    const { context, page } = await open('desktop');
    await accounts(page);
    await page.locator('main [data-sort] .open').first().click();
    await page.getByLabel('Mailbox for: Trash').waitFor();
    await accessible(page, 'an account');
    await context.close();
  });
});

test('at 200 % text nothing is cut off sideways', async () => {
  const { context, page } = await open('phone');
  await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  await page.waitForTimeout(200);
  await noSidewaysScroll(page, 'the list at 200 %');
  await picture(page, 'phone-light-200');
  await context.close();
});

test('without the token the page stays locked', async () => {
  const context = await browser.newContext({ locale: 'en-GB' });
  const page = await context.newPage();
  await page.goto(new URL(url).origin);
  await page.getByText('This page is locked').waitFor();
  assert.equal(await page.getByRole('option').count(), 0);
  await context.close();
});
