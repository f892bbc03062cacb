import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { findFreePort, runCompiled, runProcess, type Teardown } from './support/processes.ts'
import { startRedis } from './support/redis.ts'

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

t.test('it starts with nothing given, says where it listens, and ends in order', async (t) => {
  const { service, dataDir } = await serve(t)
  const address = await addressOf(service)
  t.match(address, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.equal((await fetch(`${address}/health/ready`)).status, 200)
  t.equal((await stat(join(dataDir, 'keys.json'))).mode & 0o777, 0o600)
  t.equal(await service.end('SIGTERM'), 0)
  t.equal(service.stdout(), `intercom-sync listens on ${address}\n`)
})

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
  t.match(service.stderr(), /EADDRINUSE/)
})

t.test('a Redis that would lose jobs is refused', async (t) => {
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
