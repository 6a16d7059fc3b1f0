import { svelte } from '@sveltejs/vite-plugin-svelte';
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// The interface over a made-up backend, for work on its looks. Nothing of this folder is in the app.
const ui = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  publicDir: `${ui}public`,
  plugins: [
    paraglideVitePlugin({
      project: `${ui}project.inlang`,
      outdir: `${ui}src/gen/messages`,
      strategy: ['globalVariable', 'baseLocale'],
    }),
    svelte({ configFile: `${ui}svelte.config.js` }),
  ],
  build: { target: 'es2022', cssTarget: ['chrome126', 'safari18'], outDir: `${ui}dev/dist`, emptyOutDir: true },
  server: { port: 5199, strictPort: true, fs: { allow: [ui] } },
});
