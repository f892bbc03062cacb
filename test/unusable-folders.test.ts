import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { configuredCatalog } from './support/configured-catalog.ts'
import { listenSimulator } from './support/listening-simulator.ts'
import { compiledFile, runCompiled, runProcess } from './support/processes.ts'
import { onRealRedis } from './support/redis.ts'

const root = mkdtempSync(join(tmpdir(), 'intercom-sync-folders-'))
t.teardown(() => rmSync(root, { recursive: true, force: true }))
chmodSync(root, 0o755)
const write = (name: string, content: unknown) => {
  const path = join(root, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}
const file = write('file', '')
const closed = join(root, 'closed')
mkdirSync(closed, { mode: 0o555 })

/** Root may write everywhere; this one may not. */
const user = process.getuid?.() === 0 ? 65_534 : undefined
const serve = 'test/support/serve-process.js'
const intercom = await listenSimulator(t, { contacts: 20, companies: 5 })

t.test(
  'a service without a temporary folder starts with a warning, and only what spools fails',
  onRealRedis,
  async (t) => {
    const missing = join(root, 'missing')
    const service = runCompiled(t, serve, [], {
      PORT: '0',
      DATA_DIR: join(root, 'data'),
      TMPDIR: missing,
      INTERCOM_BASE_URL: intercom.url,
    })
    const warning = await service.untilLine(/The folder \S+missing does not exist \(ENOENT\).*set TMPDIR/)
    t.match(warning, /"level":40/)
    const [address] = (await service.untilLine(/^intercom-sync listens on/)).match(/http\S+/) ?? []
    // A machine that is busy may make the service refuse a call.
    const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
      for (;;) {
        const answer = await fetch(`${address}${path}`, init)
        if (answer.status !== 503) return answer
        await answer.text()
      }
    }
    const answer = await ask('/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config: { access_token: 'simulator-token' }, streams: ['companies', 'contacts'] }),
    })
    const { jobId } = (await answer.json()) as { jobId: number }
    await (await ask(`/v1/jobs/${jobId}/messages`)).text()
    const job = await (await ask(`/v1/jobs/${jobId}`)).json()
    t.match(job, {
      status: 'failed',
      failure: { code: 'spool_failed', streamName: 'companies', message: /missing does not exist \(ENOENT\).*TMPDIR/ },
      streams: [
        { streamName: 'companies', status: 'INCOMPLETE' },
        { streamName: 'contacts', status: 'COMPLETE' },
      ],
    })
    t.equal(await service.end('SIGTERM'), 0)
  },
)

t.test('a DATA_DIR that cannot be written to is told at start, with the variable', onRealRedis, async (t) => {
  for (const [dataDir, reason] of [
    [file, /is no folder \(EEXIST\)/],
    [join(file, 'below'), /is no folder \(ENOTDIR\)/],
    [join(closed, 'data'), /is not for this user to write to \(EACCES\)/],
  ] as const) {
    const service = runCompiled(t, serve, [], { PORT: '0', DATA_DIR: dataDir }, { user })
    const line = await service.untilLine(/set DATA_DIR to another one/)
    t.match(line, reason)
    t.equal(await service.exited, 1)
  }
})

t.test('a limit of open files that is low is told at start, with what raises it', async (t) => {
  const command = `ulimit -n 512; exec "$0" "$1" --worker`
  const service = runProcess(t, 'sh', ['-c', command, process.execPath, compiledFile(serve)], {
    DATA_DIR: join(root, 'few'),
  })
  t.match(await service.untilLine(/may have only 512 files open.*ulimit -n/), /"level":40/)
})

t.test('read tells of a temporary folder before it reads, if a stream needs one', async (t) => {
  const config = write('config.json', { access_token: 'simulator-token' })
  const read = async (streams: string[]) => {
    const catalog = write(`${streams.join('-')}.json`, configuredCatalog(streams))
    const args = ['bin/intercom-sync', 'read', '--config', config, '--catalog', catalog]
    const environment = { TMPDIR: closed, INTERCOM_BASE_URL: intercom.url }
    const process_ = runProcess(t, process.execPath, args, environment, { user })
    const end = await process_.exited
    return { end, stderr: process_.stderr(), stdout: process_.stdout() }
  }
  const whole = await read(['companies', 'contacts'])
  t.equal(whole.end, 1)
  t.match(whole.stderr, /The folder \S+closed is not for this user to write to \(EACCES\).*set TMPDIR/)
  t.match(whole.stdout, /"internal_message":"spool_failed"/)
  t.match(whole.stdout, /"name":"contacts"[^\n]*"COMPLETE"/)
  const without = await read(['contacts'])
  t.equal(without.end, 0)
  t.notMatch(without.stderr, 'TMPDIR')
})

t.test('a service goes on when its stdout cannot be written to', onRealRedis, async (t) => {
  const command = 'exec "$0" "$1" --api > /dev/full'
  const environment = { PORT: '0', DATA_DIR: join(root, 'mute') }
  const service = runProcess(t, 'sh', ['-c', command, process.execPath, compiledFile(serve)], environment)
  await service.untilLine(/Server listening at/)
  t.equal(await service.end('SIGTERM'), 0)
  t.notMatch(service.stderr(), 'ENOSPC')
})
