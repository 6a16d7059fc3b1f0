import { svelte } from '@sveltejs/vite-plugin-svelte';
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { defineConfig } from 'vitest/config';

const messages = paraglideVitePlugin({
  project: './project.inlang',
  outdir: './src/gen/messages',
  strategy: ['globalVariable', 'baseLocale'],
});

// The built page holds no inline script or style: the shell's policy names no hash and no nonce, since either
// would switch off the styles inside mail.
export default defineConfig({
  plugins: [
    // Tests find the messages compiled: the plugin's watcher would keep them from ending.
    process.env['VITEST'] ? [] : messages,
    svelte(),
  ],
  build: { target: 'es2022', cssTarget: ['chrome126', 'safari18'], outDir: 'dist', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  // Under vitest the browser's side of Svelte is wanted, not the server's.
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
