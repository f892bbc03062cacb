// Joins what each command imports, our own files and the packages, into a few files below dist/bundle: reading a
// thousand files takes most of the time in which a command or a service starts. bin/intercom-sync takes these files
// where they are, and the compiled ones elsewhere. A process that only tests start gets a bundle of its own.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { compileAssembly } from './assembly.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const compiled = join(root, 'dist')

/** Packages that read files beside their own, or of which there may be only one in a process. */
const external = ['js-redis-server', 'playwright-core', 'typescript', '#package', '#schemas/*']

/** A test file that runs in one process with others has a root test of its own (scripts/test-worker.js). */
function withRootTest(text) {
  const own = `import processTest from 'tap'; const t = globalThis[Symbol.for('intercom-sync.root-test')] ?? processTest;`
  // tsc leaves empty braces where types were named.
  return text.replace(/^import t(?:, \{\})? from 'tap';/m, own)
}

/** A bundled module still finds what lies beside its compiled file. */
const ownPlaces = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.js$/ }, async ({ path }) => {
      const place = relative(root, path)
      if (!place.startsWith('dist/')) return undefined
      const text = withRootTest(await readFile(path, 'utf8'))
      const url = `new URL(${JSON.stringify(`./${place}`)}, import.meta.resolve('#package')).href`
      return { contents: text.replaceAll(/\bimport\.meta\.url\b/g, url), loader: 'js' }
    })
  },
}

/**
 * tap, as one file in a package of its own below the tests' bundles: a thousand small tests are over before its files are
 * read. tap leaves what lies in a package with this name out of stack traces.
 */
const tapBundle = '@tapjs/bundle'
const tap = {
  name: 'tap',
  setup({ onResolve }) {
    onResolve({ filter: /^tap$/ }, () => ({ path: tapBundle, external: true }))
  },
}

/** What CommonJS expects to find in each file. Its own names must be nobody else's. */
const banner = `import * as bundleModule from 'node:module'
import * as bundlePath from 'node:path'
import * as bundleUrl from 'node:url'
const require = bundleModule.createRequire(import.meta.url)
const __filename = bundleUrl.fileURLToPath(import.meta.url), __dirname = bundlePath.dirname(__filename)`

/** Each test by itself: what many of them import is shared. */
function tests() {
  const names = existsSync(join(compiled, 'test')) ? readdirSync(join(compiled, 'test'), { recursive: true }) : []
  return names.filter((name) => name.endsWith('.test.js')).map((name) => join('test', name))
}

/** What is bundled, by folder: the product, and what a checkout has besides. */
const bundles = {
  product: ['connector', 'server', 'client/client', 'command-line/resolve-command', 'process/backup'].map(
    (name) => `src/${name}.js`,
  ),
  checkout: [
    ...['demo', 'main', 'oracle/command', 'simulate'].map((name) => `simulator/${name}.js`),
    ...['embedded-redis-owner', 'serve-process', 'sync-worker-process', 'worker-process'].map(
      (name) => `test/support/${name}.js`,
    ),
    'test/schedules/service-process.js',
    'test/model-histories/service-process.js',
    'bench/main.js',
    ...['cost-report', 'engine-alone', 'naive-loop', 'simulated-intercom'].map((name) => `bench/programs/${name}.js`),
    ...tests(),
  ],
}

const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  legalComments: 'eof',
  external,
  banner: { js: banner },
  logLevel: 'warning',
}

await compileAssembly()
for (const [folder, names] of Object.entries(bundles)) {
  const entries = names.filter((name) => existsSync(join(compiled, name)))
  const target = join(compiled, 'bundle', folder)
  rmSync(target, { recursive: true, force: true })
  if (entries.length === 0) continue
  const { metafile } = await build({
    ...options,
    entryPoints: entries.map((entry) => join(compiled, entry)),
    outbase: compiled,
    outdir: target,
    chunkNames: 'chunks/[name]-[hash]',
    splitting: true,
    plugins: [ownPlaces, tap],
    metafile: true,
  })
  writeFileSync(join(target, 'LICENSES.txt'), licensesOf(Object.keys(metafile.inputs)))
}

async function bundleTap() {
  const folder = join(compiled, 'bundle', 'checkout', 'node_modules', tapBundle)
  await build({ ...options, entryPoints: ['tap'], outfile: join(folder, 'index.js') })
  const manifest = { name: tapBundle, type: 'module', exports: './index.js' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
}
if (tests().length > 0) await bundleTap()

/** The licences of the packages in a bundle, as they ask to be passed on. */
function licensesOf(files) {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []))
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const file = readdirSync(join(root, folder)).find((one) => /^licen[cs]e/i.test(one))
    const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim()
    return `${name} ${version}, ${license}\n\n${text}\n`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}
