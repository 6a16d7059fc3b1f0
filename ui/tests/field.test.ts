import { fireEvent, render, screen as page } from '@testing-library/svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import SearchField from '../src/components/search/SearchField.svelte';
import { nav } from '../src/data/nav.svelte';
import { screen } from '../src/data/screen.svelte';
import { search } from '../src/data/search.svelte';
import { chooseLanguage } from '../src/text/locale';
import { fake } from './platform';

const ondown = vi.fn();
const onleave = vi.fn();
beforeEach(async () => {
  chooseLanguage(['en-GB'], null);
  screen.inner = 1400;
  search.clear();
  nav.swap({ view: 'mail', message: null });
  await fake({ search: () => ({ rows: [], cursor: null, coverage: { local: { from: null, to: null, messages: 0, whole: true }, server: [] } }) });
  [ondown, onleave].forEach((f) => f.mockReset());
  render(SearchField, { ondown, onleave });
});
const field = () => page.getByRole('textbox', { name: 'Search all mail' }) as HTMLInputElement;
const type = (value: string, more = {}) => fireEvent(field(), Object.assign(new InputEvent('input', { bubbles: true, ...more }), (field().value = value) && {}));

test('the first letter goes to the search', async () => {
  await type('o');
  expect(nav.view).toBe('search');
  expect(search.text).toBe('o');
});
test('an operator becomes a chip that can be removed, or taken back as text', async () => {
  await type('from:"Ravi Menon" ochre');
  expect(field().value).toBe('ochre');
  const chip = page.getByRole('button', { name: 'Remove “from: Ravi Menon”' });
  expect(chip.textContent).toBe('from: Ravi Menon');
  field().setSelectionRange(0, 0);
  await fireEvent.keyDown(field(), { key: 'Backspace' });
  expect([search.chips.length, search.text]).toEqual([0, 'from:"Ravi Menon" ochre']);
  await type('is:unread ');
  await fireEvent.keyDown(page.getByRole('button', { name: 'Remove “unread”' }), { key: 'Delete' });
  expect(search.chips).toEqual([]);
  expect(document.activeElement).toBe(field());
});
test('what an input method composes is left alone until it is done', async () => {
  await type('from:みさき ', { isComposing: true });
  expect(search.chips).toEqual([]);
  await fireEvent.compositionEnd(field());
  expect(search.chips).toEqual([{ op: 'from', value: 'みさき', not: false }]);
});
test('Down goes into what was found, Esc goes back and leaves nothing', async () => {
  await type('ochre');
  await fireEvent.keyDown(field(), { key: 'ArrowDown' });
  expect(ondown).toHaveBeenCalledTimes(1);
  await fireEvent.keyDown(field(), { key: 'Escape' });
  expect(onleave).toHaveBeenCalledTimes(1);
  expect([search.text, search.query]).toEqual(['', '']);
});
