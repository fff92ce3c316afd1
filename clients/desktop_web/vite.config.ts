import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

import manifest from './package.json' with { type: 'json' };

export default defineConfig({
  plugins: [react()],
  define: { __APP_VERSION__: JSON.stringify(manifest.version) },
  build: {
    target: 'chrome120',
    sourcemap: false,
    // A data: URL would need a wider content security policy than 'self'.
    assetsInlineLimit: 0,
  },
  test: {
    environment: 'node',
    include: ['tests/**/*.test.{ts,tsx}'],
  },
});
