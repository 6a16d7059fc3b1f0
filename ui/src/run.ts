// Language first, then the carrier, then the page.
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { carry, type Platform } from './platform';
import { prefs } from './data/prefs.svelte';
import { chooseLanguage, currentRegion, directionOf } from './text/locale';

export async function run(given?: Platform): Promise<void> {
  chooseLanguage(navigator.languages, prefs.language);
  document.documentElement.lang = currentRegion();
  document.documentElement.dir = directionOf(currentRegion());
  // Without a session the page still says why, and what to do: the first call meets the same trouble.
  await carry(given).catch(() => undefined);
  const target = document.getElementById('app');
  if (target) mount(App, { target });
}
