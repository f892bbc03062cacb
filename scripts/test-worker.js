// Runs test files one after the other in one process, as scripts/test.js asks for them: what the files have in common,
// our code and the packages, is loaded and made fast by V8 once. Each file has a root test of its own, which a bundled
// test finds under the name below (scripts/bundle.js). What a file prints as TAP goes to scripts/test.js.
import { once } from 'node:events'
import { Test } from '../dist/bundle/checkout/node_modules/@tapjs/bundle/index.js'

const rootTest = Symbol.for('intercom-sync.root-test')

process.on('message', ({ file, program, timeoutMs }) => void run(file, program, timeoutMs))
process.once('disconnect', () => process.exit())

async function run(file, program, timeoutMs) {
  const test = new Test({ name: file, timeout: timeoutMs, cb: () => import(program) })
  globalThis[rootTest] = test
  const { stackTraceLimit } = Error
  test.on('data', (text) => process.send({ text: String(text) }))
  const over = once(test, 'end')
  test.runMain(() => undefined)
  await over
  // Its time limit would go on.
  test.setTimeout(0)
  // What it has left behind and fails at once is its own failure.
  await new Promise((resolve) => setTimeout(resolve, 1))
  Error.stackTraceLimit = stackTraceLimit
  process.send({ isOver: true, passed: test.passing(), memory: process.memoryUsage.rss() })
}
