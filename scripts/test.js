// Runs the tests: all of them, those below the paths that are named, or with --quick those of test/quick.json, which
// take a minute at most together. Everything else that is given goes to tap as it stands.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const given = process.argv.slice(2)
const named = given.filter((one) => !one.startsWith('-'))
const options = given.filter((one) => one.startsWith('-') && one !== '--quick')

/** The compiled files of `test/NAME.test.ts`, or of a folder of tests. */
function compiledOf(path) {
  const compiled = join('dist', relative(root, join(process.cwd(), path))).replace(/\.ts$/, '.js')
  if (existsSync(join(root, compiled))) return compiled.endsWith('.js') ? compiled : `${compiled}/**/*.test.js`
  console.error(`test: there is no ${path}; name a file or a folder below test/`)
  process.exit(2)
}

const quick = given.includes('--quick') ? JSON.parse(readFileSync(join(root, 'test', 'quick.json'), 'utf8')) : []
const files = [...quick, ...named].map(compiledOf)
const tap = join(root, 'node_modules', '.bin', 'tap')
const { status } = spawnSync(process.execPath, [tap, ...options, ...files], { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
