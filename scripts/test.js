// Runs the tests: all of them, those below the paths that are named, or with --quick those of test/quick.json, which
// take a minute at most together. --jobs=N runs N files side by side.
//
// The files run under plain Node, not by tap's own command. That command puts a loader for coverage into each process
// of a test and into all of their children, even when coverage is off, and a service then takes twice as long to start.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import t from 'tap'
import { openTestWorkers } from './test-workers.js'

/** A guard against hanging, no measure: the slowest file takes a tenth of it, and CI's two cores have other work to do. */
const timeoutSeconds = 900

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options, positionals: named } = readArguments()

// At a terminal tap shows the results; everything else gets them as they are.
if (process.stdout.isTTY) {
  const tap = join(root, 'node_modules', '.bin', 'tap')
  const reporter = spawn(process.execPath, [tap, '-'], { cwd: root, stdio: ['pipe', 'inherit', 'inherit'] })
  const tests = spawn(process.execPath, process.argv.slice(1), { stdio: ['inherit', 'pipe', 'inherit'] })
  tests.stdout.pipe(reporter.stdin)
  const [[code]] = await Promise.all([once(tests, 'exit'), once(reporter, 'exit')])
  process.exit(code ?? 1)
}

const listOf = (name) => JSON.parse(readFileSync(join(root, 'test', name), 'utf8'))

function readArguments() {
  const known = { quick: { type: 'boolean' }, jobs: { type: 'string' } }
  try {
    return parseArgs({ options: known, allowPositionals: true })
  } catch (error) {
    console.error(`test: ${error.message}`)
    process.exit(2)
  }
}

/** The test files at or below a path, relative to the root. */
function testsBelow(path) {
  const found = statSync(resolve(root, path), { throwIfNoEntry: false })
  if (found?.isFile()) return [path]
  if (!found) {
    console.error(`test: there is no ${path}; name a file or a folder below test/`)
    process.exit(2)
  }
  const names = readdirSync(resolve(root, path), { recursive: true })
  return names.filter((name) => name.endsWith('.test.ts')).map((name) => join(path, name))
}

const paths = named.map((path) => relative(root, resolve(path)))
if (options.quick) paths.push(...listOf('quick.json'))
const files = new Set((paths.length > 0 ? paths : ['test']).flatMap(testsBelow))

// The slowest come first, so that at the end no single file is waited for.
const slowest = listOf('slowest.json').filter((file) => files.has(file))
const ordered = new Set([...slowest, ...[...files].sort()])

// These files measure the process they are in, so they have one to themselves.
const alone = new Set(listOf('alone.json'))

// Most tests wait for processes and timers rather than for a core.
t.jobs = Number(options.jobs ?? availableParallelism() * 3)
t.setTimeout(0)
const nodeOptions = ['--import', './scripts/without-async-hooks.js']
const environment = ['-u', 'NODE_OPTIONS', `TAP_TIMEOUT=${timeoutSeconds}`]
const workers = openTestWorkers({ root, nodeOptions, timeoutSeconds })
const results = []
for (const file of ordered) {
  const compiled = file.replace(/\.ts$/, '.js')
  const bundled = join('dist', 'bundle', 'checkout', compiled)
  const isBundled = existsSync(join(root, bundled))
  const program = join(root, isBundled ? bundled : join('dist', compiled))
  const common = { name: file, buffered: true, at: null, stack: '' }
  if (isBundled && !alone.has(file)) {
    results.push(t.sub(workers.fileTest(program), { ...common, tapStream: workers.tapStream() }))
    continue
  }
  const command = [...environment, process.execPath, ...nodeOptions, program]
  results.push(t.spawn('env', command, { ...common, cwd: root, timeout: timeoutSeconds * 1000 }))
}
await Promise.all(results)
await workers.close()
