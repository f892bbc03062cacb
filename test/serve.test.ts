import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { findFreePort } from './support/free-port.ts'
import { runCompiled, runProcess, runShell, type Teardown } from './support/processes.ts'
import { provideRedis, serveOnRedis } from './support/provided-redis.ts'
import { onRealRedis, startRedis } from './support/redis.ts'

/** The service as `intercom-sync serve` runs it, on a port of its own. */
async function serve(t: Teardown, environment: Record<string, string> = {}, args: string[] = []) {
  const dataDir = environment.DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'intercom-sync-data-')))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const service = runCompiled(t, 'test/support/serve-process.js', args, {
    PORT: '0',
    ...environment,
    DATA_DIR: dataDir,
  })
  return { service, dataDir }
}

async function addressOf(service: ReturnType<typeof runCompiled>): Promise<string> {
  const line = await service.untilLine(/^intercom-sync listens on/)
  return line.split(' ').at(-1) ?? ''
}

/** An Intercom that takes the token which the printed lines name. */
async function simulatedIntercom(t: Teardown): Promise<{ INTERCOM_BASE_URL: string }> {
  const flags = ['--port', '0', '--contacts', '1', '--token', 'YOUR_INTERCOM_TOKEN']
  const simulator = runCompiled(t, 'simulator/main.js', flags)
  const { listening } = JSON.parse(await simulator.untilLine(/listening/)) as { listening: string }
  return { INTERCOM_BASE_URL: listening }
}

/** The command in the lines that the service prints at its start. */
function commandIn(notice: string): string {
  return notice.slice(notice.indexOf('curl'))
}

t.test('it starts with nothing given, says where it listens, and ends in order', async (t) => {
  const { service, dataDir } = await serve(t)
  const address = await addressOf(service)
  t.match(address, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal((await fetch(`${address}/health/ready`)).status, 200)
  t.equal((await stat(join(dataDir, 'keys.json'))).mode & 0o777, 0o600)
  t.equal(await service.end('SIGTERM'), 0)
  t.ok(service.stdout().startsWith(`intercom-sync listens on ${address}\n`))
})

t.test('a second signal ends it at once, whatever it still waits for', onRealRedis, async (t) => {
  const redis = await provideRedis(t)
  const { process: service } = await serveOnRedis(t, { REDIS_URL: `redis://127.0.0.1:${redis.port}` })
  redis.process.kill('SIGSTOP')
  service.child.kill('SIGTERM')
  await service.untilLine(/shutting down/)
  // An orderly end, which would wait for Redis, has the code 0.
  t.equal(await service.end('SIGTERM'), 1)
  t.match(service.stderr(), /second SIGTERM/)
})

t.test('at its start it tells how to call it, with a line that works as it is printed', onRealRedis, async (t) => {
  const { service, dataDir } = await serve(t, await simulatedIntercom(t))
  await service.untilLine(/-d '/)
  const notice = service.stdout()
  t.ok(notice.split('\n').length - 1 <= 8, 'a few lines')
  const [, docs = ''] = /docs +(\S+)/.exec(notice) ?? []
  t.equal((await fetch(docs)).status, 200)
  t.match(notice, /keys +none needed: only this machine can reach it/)
  t.match(notice, `data  ${dataDir}, in a Redis of its own`)
  const check = await runShell(t, commandIn(notice))
  t.match(JSON.parse(check), { type: 'CONNECTION_STATUS', connectionStatus: { status: 'SUCCEEDED' } })
})

t.test(
  'where keys are needed it says so, and shows neither them nor the password of its Redis',
  onRealRedis,
  async (t) => {
    const port = await findFreePort()
    const password = 'r'.repeat(32)
    const key = 'k'.repeat(32)
    await startRedis(t, ['--port', String(port), '--bind', '127.0.0.1', '--requirepass', password])
    const environment = {
      ...(await simulatedIntercom(t)),
      REDIS_URL: `redis://:${password}@127.0.0.1:${port}/2`,
      API_KEYS: `acme:${key}`,
      ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
    }
    const { service: api } = await serve(t, environment, ['--api'])
    await api.untilLine(/-d '/)
    t.match(api.stdout(), /keys +every call under \/v1 needs "Authorization: Bearer <API key>"/)
    t.match(api.stdout(), `data  the Redis at redis://127.0.0.1:${port}/2\n`)
    const check = await runShell(t, commandIn(api.stdout()).replace('YOUR_API_KEY', key))
    t.match(JSON.parse(check), { connectionStatus: { status: 'SUCCEEDED' } })

    const { service: worker } = await serve(t, environment, ['--worker'])
    await worker.untilLine(/works on/)
    t.equal(worker.stdout(), `intercom-sync works on the Redis at redis://127.0.0.1:${port}/2\n`)
    // Each has a folder of its own, so a log cannot leave Redis.
    await api.untilLine(/DATA_DIR .* is not the one of the other processes: .* LOG_LIMIT_BYTES/)
    for (const text of [api.stdout(), worker.stdout()]) t.notOk(text.includes(password) || text.includes(key))
  },
)

t.test('one process may serve the API and another one work, on one folder', async (t) => {
  const { service: api, dataDir } = await serve(t, {}, ['--api'])
  await addressOf(api)
  const { service: worker } = await serve(t, { DATA_DIR: dataDir }, ['--worker'])
  await worker.untilLine(/using the embedded Redis of a running service/)
  await worker.untilLine(/worker started/)
  const { service: second } = await serve(t, { DATA_DIR: dataDir })
  t.equal(await second.exited, 1)
  t.match(second.stderr(), /DATA_DIR .* is in use/)
  t.equal(await worker.end('SIGTERM'), 0)
  t.equal(await api.end('SIGTERM'), 0)
})

t.test('a worker alone waits for its service, and never takes the folder itself', async (t) => {
  const { service: early, dataDir } = await serve(t, {}, ['--worker'])
  t.equal(await early.exited, 1)
  t.match(early.stderr(), /DATA_DIR .* is not in use by a running service.*start "serve" or "serve --api"/s)
  const { service: waiting } = await serve(t, { DATA_DIR: dataDir }, ['--worker'])
  const { service: api } = await serve(t, { DATA_DIR: dataDir }, ['--api'])
  await waiting.untilLine(/worker started/)
  t.equal(await waiting.end('SIGTERM'), 0)
  t.equal(await api.end('SIGTERM'), 0)
})

t.test('a worker whose service was killed, and has come back, ends instead of waiting for the old one', async (t) => {
  const { service: api, dataDir } = await serve(t, {}, ['--api'])
  await addressOf(api)
  const { service: worker } = await serve(t, { DATA_DIR: dataDir }, ['--worker'])
  await worker.untilLine(/worker started/)
  await api.end('SIGKILL')
  const { service: next } = await serve(t, { DATA_DIR: dataDir }, ['--api'])
  await addressOf(next)
  t.equal(await worker.exited, 1)
  t.match(worker.stderr(), /whose Redis this worker used, has ended: start the worker again/)
  t.equal(await next.end('SIGTERM'), 0)
})

t.test('keys that every user of the machine can reach are refused, those of a group told', async (t) => {
  const { service: first, dataDir } = await serve(t)
  await addressOf(first)
  t.equal(await first.end('SIGTERM'), 0)
  const path = join(dataDir, 'keys.json')
  for (const mode of [0o604, 0o602]) {
    await chmod(path, mode)
    const { service } = await serve(t, { DATA_DIR: dataDir })
    t.equal(await service.exited, 1)
    t.match(service.stderr(), `chmod 600 ${path}`)
  }
  await chmod(path, 0o640)
  await chmod(dataDir, 0o770)
  const { service } = await serve(t, { DATA_DIR: dataDir })
  await addressOf(service)
  t.match(service.stderr(), /keys\.json is open to its group/)
  t.match(service.stderr(), /DATA_DIR .* can be written by others/)
  t.equal(await service.end('SIGTERM'), 0)
})

t.test('a file of keys that is damaged is told without a stack trace, and without what is in it', async (t) => {
  const { service: first, dataDir } = await serve(t)
  await addressOf(first)
  t.equal(await first.end('SIGTERM'), 0)
  const path = join(dataDir, 'keys.json')
  for (const text of [
    '',
    '{"keys": "c2VjcmV0"',
    '{"keys": []}',
    '{"keys": [{"id": "k1", "key": "c2VjcmV0"}]}',
    'null',
  ]) {
    await writeFile(path, text)
    const { service } = await serve(t, { DATA_DIR: dataDir })
    t.equal(await service.exited, 1)
    t.match(service.stderr(), /intercom-sync: .*keys\.json is damaged: .*Restore it from a copy/)
    t.notMatch(service.stderr(), /\n\s+at |c2VjcmV0/)
  }
})

t.test('a configuration that cannot work is told without a stack trace', async (t) => {
  const { service } = await serve(t, { PORT: 'http', HOST: '0.0.0.0' })
  t.equal(await service.exited, 1)
  t.match(service.stderr(), /PORT is "http".*API_KEYS is needed/s)
  t.notMatch(service.stderr(), /\n\s+at /)
})

t.test('a port that is taken is told, and Redis does not stay behind', async (t) => {
  const { service: first } = await serve(t)
  const port = new URL(await addressOf(first)).port
  const { service } = await serve(t, { PORT: port })
  t.equal(await service.exited, 1)
  t.match(service.stderr(), `127.0.0.1:${port} is taken by another program: set PORT to another port, or to 0`)
  const { service: elsewhere } = await serve(t, { METRICS_PORT: port })
  t.equal(await elsewhere.exited, 1)
  t.match(elsewhere.stderr(), `127.0.0.1:${port} is taken by another program: set METRICS_PORT`)
})

t.test('an address that is not of this machine is told with the variable to set', async (t) => {
  const keys = { API_KEYS: `acme:${'k'.repeat(32)}`, ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}` }
  const { service } = await serve(t, { HOST: '192.0.2.1', ...keys })
  t.equal(await service.exited, 1)
  t.match(service.stderr(), /192\.0\.2\.1:0 is no address of this machine: set HOST/)
  t.notMatch(service.stderr(), /\n\s+at /)
})

t.test('a Redis that would lose jobs is refused', onRealRedis, async (t) => {
  const port = await findFreePort()
  await startRedis(t, ['--maxmemory-policy', 'allkeys-lru', '--port', String(port), '--bind', '127.0.0.1'])
  const { service } = await serve(t, {
    REDIS_URL: `redis://127.0.0.1:${port}`,
    API_KEYS: `acme:${'k'.repeat(32)}`,
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
  })
  t.equal(await service.exited, 1)
  t.match(service.stderr(), /noeviction/)
})

t.test('a database that its Redis does not have is refused', onRealRedis, async (t) => {
  const port = await findFreePort()
  await startRedis(t, ['--databases', '4', '--port', String(port), '--bind', '127.0.0.1'])
  for (const path of ['/4', '?db=4']) {
    const { service } = await serve(t, {
      REDIS_URL: `redis://127.0.0.1:${port}${path}`,
      API_KEYS: `acme:${'k'.repeat(32)}`,
      ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
    })
    t.equal(await service.exited, 1, path)
    t.match(service.stderr(), /REDIS_URL: database 4 of the Redis cannot be used/, path)
  }
})

t.test('the command line knows its commands', async (t) => {
  const bin = join(process.cwd(), 'bin', 'intercom-sync')
  const run = async (...args: string[]) => {
    const process = runProcess(t, bin, args)
    return { code: await process.exited, stdout: process.stdout(), stderr: process.stderr() }
  }
  t.match(await run('--help'), { code: 0, stdout: /serve \[--api\] \[--worker\]/ })
  t.match(await run(), { code: 2, stderr: /usage/ })
  t.match(await run('frobnicate'), { code: 2, stderr: /no command "frobnicate"/ })
  t.match(await run('toString'), { code: 2, stderr: /no command "toString"/ })
})
