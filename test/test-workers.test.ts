import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { runProcess } from './support/processes.ts'

const root = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'test-workers-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** Test files in the order in which one process gets them. */
const files = {
  first: `t.test('equal', async (t) => void t.equal(1, 1))`,
  fails: `t.test('unequal', async (t) => void t.equal(1, 2))`,
  crashes: `t.test('waits', () => new Promise(() => setImmediate(() => { throw new Error('nobody catches this') })))`,
  exits: `t.test('leaves', async () => process.exit(0))`,
  throws: `throw new Error('at the top of the file')`,
  last: `t.test('equal', async (t) => void t.equal(1, 1))`,
}

/** Runs them as scripts/test.js does. */
const runner = `
import { t } from ${JSON.stringify(join(root, 'node_modules/tap/dist/esm/index.js'))}
import { openTestWorkers } from ${JSON.stringify(join(root, 'scripts/test-workers.js'))}
const workers = openTestWorkers({ root: ${JSON.stringify(root)}, nodeOptions: ['--import', './scripts/without-async-hooks.js'], timeoutSeconds: 60 })
for (const name of ${JSON.stringify(Object.keys(files))}) {
  const program = ${JSON.stringify(folder)} + '/' + name + '.mjs'
  await t.sub(workers.fileTest(program), { name, tapStream: workers.tapStream(), buffered: true })
}
await workers.close()
process.stdout.write('all are closed')
`

t.test(
  'of files that share a process, those that fail, crash or exit fail alone, and say why',
  { skip: existsSync('dist/bundle/checkout/node_modules') ? false : 'it needs dist/bundle' },
  async (t) => {
    const ownTest = `const t = globalThis[Symbol.for('intercom-sync.root-test')]\n`
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.mjs`), ownTest + text)
    writeFileSync(join(folder, 'runner.mjs'), runner)
    const run = runProcess(t, process.execPath, [join(folder, 'runner.mjs')])
    t.equal(await run.exited, 1)
    const output = run.stdout()
    t.match(output, /all are closed/)
    const told = Object.keys(files).map(
      (name) => output.split(`# Subtest: ${name}\n`)[1]?.split(/^(?=not ok|ok)/m) ?? [],
    )
    t.same(
      told.map(([, end = '']) => end.split(' # ')[0]?.trim()),
      [
        'ok 1 - first',
        'not ok 2 - fails',
        'not ok 3 - crashes',
        'not ok 4 - exits',
        'not ok 5 - throws',
        'ok 6 - last',
      ],
    )
    const texts = told.map(([text = '']) => text)
    t.match(texts[1], /\+1/, 'the difference')
    t.match(texts[2], /its process ended with 1\n.*nobody catches this/s)
    t.match(texts[3], /its process ended with 0/)
    t.match(texts[4], /at the top of the file/)
  },
)
