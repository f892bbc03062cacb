// Runs test files one after the other in one process, as scripts/test.js asks for them: what the files have in common,
// our code and the packages, is loaded and made fast by V8 once. Each file has a root test of its own, which a bundled
// test finds under the name below (scripts/bundle.js). What a file prints as TAP goes to scripts/test.js.
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { Test } from '../dist/bundle/checkout/node_modules/@tapjs/bundle/index.js'

const rootTest = Symbol.for('intercom-sync.root-test')

process.on('message', ({ file, program, timeoutMs }) => void run(file, program, timeoutMs))
process.once('disconnect', () => process.exit())

async function run(file, program, timeoutMs) {
  const test = new Test({ name: file, timeout: timeoutMs, cb: () => import(program) })
  globalThis[rootTest] = test
  const { stackTraceLimit } = Error
  const cpuBefore = cpuMs()
  test.on('data', (text) => process.send({ text: String(text) }))
  const over = once(test, 'end')
  test.runMain(() => undefined)
  await over
  // Its time limit would go on.
  test.setTimeout(0)
  // What it has left behind and fails at once is its own failure.
  await new Promise((resolve) => setTimeout(resolve, 1))
  Error.stackTraceLimit = stackTraceLimit
  process.send({ text: `# cpu=${cpuMs() - cpuBefore}ms\n` })
  process.send({ isOver: true, passed: test.passing(), memory: process.memoryUsage.rss() })
}

/** CPU of this process and of those that it has started and seen end, where the system tells (Linux). */
function cpuMs() {
  if (!existsSync('/proc/self/stat')) return Math.round(process.cpuUsage().user / 1000)
  // The name of the program, which may hold anything, is in parentheses; times are in hundredths of a second.
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + 10 * Number(ticks), 0)
}
