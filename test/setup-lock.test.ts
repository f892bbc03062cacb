import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { runProcess } from './support/processes.ts'

const module = pathToFileURL(resolve('scripts/setup-lock.js')).href
const folder = mkdtempSync(join(tmpdir(), 'intercom-sync-lock-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, 'below', 'setup.lock')

/** A process that takes the lock, says so, and has it until it is ended. */
const holder = (limitMs = 60_000) =>
  runProcess(t, process.execPath, [
    '--input-type=module',
    '--eval',
    `import { takeLock } from ${JSON.stringify(module)}
     takeLock(${JSON.stringify(path)}, (line) => console.log(line), ${limitMs})
     process.once('SIGTERM', () => process.exit())
     console.log('goes on')
     setInterval(() => undefined, 1000)`,
  ])

t.test('the second of two set-ups waits until the first has ended', async (t) => {
  const first = holder()
  await first.untilLine(/^goes on/)
  const second = holder()
  await second.untilLine(/^setup: waiting for process \d+, which sets up the same folder/)
  t.notMatch(second.stdout(), /goes on/)
  await first.end('SIGTERM')
  await second.untilLine(/^goes on/)
  await second.end('SIGTERM')
  t.notOk(existsSync(path), 'it leaves nothing')
})

t.test('the lock of a process that was killed is taken', async (t) => {
  const killed = holder()
  await killed.untilLine(/^goes on/)
  await killed.end('SIGKILL')
  t.ok(existsSync(path))
  const next = holder()
  await next.untilLine(/^goes on/)
  t.notMatch(next.stdout(), /waiting/)
  await next.end('SIGTERM')
})

t.test('nobody waits for ever for a process that is something else', async (t) => {
  writeFileSync(path, String(process.pid))
  const other = holder(300)
  await other.untilLine(/has not ended; if it is no setup, remove .*setup\.lock/)
  await other.untilLine(/^goes on/)
  await other.end('SIGTERM')
  t.ok(existsSync(path), 'it is not removed by whoever does not have it')
})
