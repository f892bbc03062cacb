import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCompiled, runProcess, type Teardown } from './support/processes.ts'
import { onRealRedis } from './support/redis.ts'

const command = fileURLToPath(new URL('../../bin/intercom-sync', import.meta.url))

async function folderOf(t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-backup-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Nobody answers there: no test asks the real Intercom. */
const nowhere = 'http://127.0.0.1:9'

async function serve(t: Teardown, DATA_DIR: string) {
  const service = runCompiled(t, 'test/support/serve-process.js', [], {
    PORT: '0',
    DATA_DIR,
    INTERCOM_BASE_URL: nowhere,
  })
  const url = (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
  const call = async (path: string, method = 'GET', body?: unknown) => {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await fetch(`${url}/v1${path}`, { method, ...json })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  return { service, call }
}

/** Runs a command to its end. */
async function run(t: Teardown, args: string[], DATA_DIR: string, environment: Record<string, string> = {}) {
  const process_ = runProcess(t, process.execPath, [command, ...args], { DATA_DIR, ...environment })
  return { code: await process_.exited, said: process_.stdout(), complained: process_.stderr() }
}

const state = (updated_at: number) => [
  { type: 'STREAM', stream: { stream_descriptor: { name: 'contacts' }, stream_state: { updated_at } } },
]
const settings = { config: { access_token: 'simulator-token' }, streams: ['contacts'] }

t.test(
  'what is backed up from a running service is there again when it is restored, keys and all',
  onRealRedis,
  async (t) => {
    const folder = await folderOf(t)
    const [dataDir, copy] = [join(folder, 'data'), join(folder, 'copy')]
    const first = await serve(t, dataDir)
    t.equal((await first.call('/connections/acme?validate=false', 'PUT', settings)).status, 201)
    t.equal((await first.call('/connections/acme/state', 'PUT', state(1))).status, 200)
    const segment = join('segments', 'of-this-service', 'job-1-attempt-1-after-0-x.segment')
    await mkdir(dirname(join(dataDir, segment)))
    await writeFile(join(dataDir, segment), 'messages')
    t.match(await run(t, ['backup', copy], dataDir), { code: 0, said: /is backed up in .*keys\.json/ })
    t.same((await readdir(copy)).sort(), ['dump.rdb', 'keys.json', 'segments'])
    t.equal((await stat(copy)).mode & 0o777, 0o700)
    const withKeys = { ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}` }
    const set = await run(t, ['backup', join(folder, 'set')], dataDir, withKeys)
    t.match(
      set,
      { code: 0, said: /keys\.json; keep ENCRYPTION_KEYS as well/ },
      'a file of keys may be left from before',
    )
    t.match(await run(t, ['backup', copy], dataDir), { code: 1, complained: /is there already: name a new folder/ })
    t.match(await run(t, ['restore', copy], dataDir), { code: 1, complained: /is in use by the service/ })
    t.equal((await first.call('/connections/acme/state', 'PUT', state(2))).status, 200)
    t.equal(await first.service.end('SIGTERM'), 0)

    t.match(await run(t, ['restore', copy], dataDir), { code: 0, said: /is restored.*before is in redis\.before-/ })
    const second = await serve(t, dataDir)
    t.match((await second.call('/connections/acme/state')).body, state(1))
    t.equal((await second.call('/jobs', 'POST', { connectionId: 'acme' })).status, 202, 'its token can be opened')
    t.equal(await second.service.end('SIGTERM'), 0)

    // Another machine: nothing is there but the copy.
    const elsewhere = join(folder, 'elsewhere')
    t.match(await run(t, ['restore', copy], elsewhere), { code: 0, said: /is restored/ })
    const third = await serve(t, elsewhere)
    t.match((await third.call('/connections/acme/state')).body, state(1))
    t.equal(await readFile(join(elsewhere, segment), 'utf8'), 'messages')
    t.equal(await third.service.end('SIGTERM'), 0)
    t.match(
      await run(t, ['backup', join(folder, 'second')], elsewhere),
      { code: 0, said: /keys\.json/ },
      'of one that has ended',
    )
  },
)

t.test('what cannot be backed up or restored is told in one line', async (t) => {
  const folder = await folderOf(t)
  const cases: [string[], RegExp, Record<string, string>?][] = [
    [['backup'], /usage: intercom-sync backup FOLDER/],
    [['restore', '--force'], /usage: intercom-sync restore FOLDER/],
    [['backup', join(folder, 'copy')], /holds no data of a service/],
    [['restore', join(folder, 'nothing')], /dump\.rdb is not there: name a folder that "backup" has made/],
    [['backup', join(folder, 'copy')], /REDIS_URL is set/, { REDIS_URL: 'redis://127.0.0.1:1' }],
  ]
  for (const [args, words, environment] of cases) {
    const { code, said, complained } = await run(t, args, join(folder, 'data'), environment)
    t.equal(code, words.source.startsWith('usage') ? 2 : 1)
    t.match(complained, words)
    t.notMatch(complained, /\n\s+at /)
    t.equal(said, '')
  }
})
