import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const inRepository = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

export default defineConfig({
  root: inRepository('console'),
  // The page stands at many addresses, below any path of a proxy: the service writes the way to its root into it.
  base: './',
  cacheDir: inRepository('.cache/vite'),
  build: {
    outDir: inRepository('dist/console'),
    emptyOutDir: true,
    target: 'es2022',
    // Nothing is inlined: the security policy allows no `data:` and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
})
