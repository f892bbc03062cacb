import { existsSync, watch } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { buildSimulator } from '../simulator/app.ts'
import { checkMessages } from '../simulator/oracle/check-messages.ts'
import { findRedisProgram } from '../src/redis/redis-program.ts'
import { barePath, installPackage } from './support/installed-package.ts'
import { runProcess, type Teardown, type TestProcess } from './support/processes.ts'
import { onRealRedis } from './support/redis.ts'
import { syncLive } from './support/whole-service.ts'

const config = { access_token: 'simulator-token' }
const streams = ['contacts', 'tags']

async function folderFor(t: Teardown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function simulate(t: Teardown) {
  const simulator = buildSimulator({ contacts: 300, rateLimitPerWindow: 100_000 })
  const url = await simulator.app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => simulator.app.close())
  return { simulator, url }
}

async function urlOf(service: TestProcess): Promise<string> {
  return (await service.untilLine(/^intercom-sync listens on/)).split(' ').at(-1) ?? ''
}

/** What the set-up step leaves, made of the Redis that the tests run on. */
async function placeCopy(root: string): Promise<void> {
  const { command } = await findRedisProgram(process.env.PATH ?? '')
  const copies = join(root, '.cache', 'redis', 'bin')
  await mkdir(copies, { recursive: true })
  await writeFile(join(copies, 'redis-server'), `#!/bin/sh\nexec "${command[0]}" "$@"\n`, { mode: 0o755 })
}

/** Resolves once a process has given its folder up. */
function untilGivenUp(dataDir: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (existsSync(join(dataDir, 'service.json'))) return
      watcher.close()
      resolve()
    }
    const watcher = watch(dataDir, look)
    look()
  })
}

t.test('installed on a machine without any Redis, it says what to do', async (t) => {
  const root = await installPackage(t)
  const environment = { PATH: await barePath(t), DATA_DIR: await folderFor(t), PORT: '0' }
  const service = runProcess(t, process.execPath, [join(root, 'bin', 'intercom-sync'), 'serve'], environment)
  t.equal(await service.exited, 1)
  t.match(
    service.stderr(),
    /^intercom-sync: No redis-server or valkey-server on the PATH.*apt-get install redis-server.*REDIS_URL.*js-redis-server/,
  )
  t.notMatch(service.stderr(), /\n\s+at /)
})

t.test('a copy that the set-up step has unpacked is taken where the PATH has no server', onRealRedis, async (t) => {
  const root = await installPackage(t, { extra: ['js-redis-server'] })
  await placeCopy(root)
  const environment = { PATH: await barePath(t), DATA_DIR: await folderFor(t), PORT: '0' }
  const service = runProcess(t, process.execPath, [join(root, 'bin', 'intercom-sync'), 'serve'], environment)
  await service.untilLine(/in a Redis of its own/)
  t.notMatch(service.stderr(), /"level":40/)
  t.equal(await service.end('SIGTERM'), 0)
})

t.test('with js-redis-server beside it a job runs in memory, and one line warns of that', async (t) => {
  const { simulator, url: INTERCOM_BASE_URL } = await simulate(t)
  const root = await installPackage(t, { extra: ['js-redis-server'] })
  const dataDir = await folderFor(t)
  const environment = { PATH: await barePath(t), DATA_DIR: dataDir, PORT: '0', INTERCOM_BASE_URL }
  const service = runProcess(t, process.execPath, [join(root, 'bin', 'intercom-sync'), 'serve'], environment)
  const { messages } = await syncLive(await urlOf(service), { config, streams })
  const report = await checkMessages([messages], simulator.workspace.truth(), { expectStreams: streams })
  t.same(report.faults, [])
  t.equal(report.streams.contacts?.setHash, report.streams.contacts?.truthHash)
  t.equal(await service.end('SIGTERM'), 0)
  const warnings = service
    .stderr()
    .split('\n')
    .filter((line) => line.includes('"level":40'))
  t.equal(warnings.length, 1)
  t.match(warnings[0], /slow.*LOST when this process ends.*redis-server.*REDIS_URL/)
  t.notOk(existsSync(join(dataDir, 'service.json')))
})

t.test('npm is killed: no Redis is left, and the next start has jobs, logs and connections', onRealRedis, async (t) => {
  const { url: INTERCOM_BASE_URL } = await simulate(t)
  // `exec`: the shell that npm starts gives its place to the service, whose parent then is npm.
  const root = await installPackage(t, { scripts: { start: 'exec node bin/intercom-sync serve --with-parent' } })
  await placeCopy(root)
  const dataDir = await folderFor(t)
  const environment = { DATA_DIR: dataDir, PORT: '0', INTERCOM_BASE_URL, HOME: root }
  const start = async () => {
    const asked = performance.now()
    const npm = runProcess(t, 'npm', ['--prefix', root, 'start'], environment)
    const url = await urlOf(npm)
    t.ok(performance.now() - asked < 30_000, 'ten times what is promised, for slow machines')
    return { npm, url }
  }
  const read = async (url: string, path: string) => (await fetch(url + path)).text()

  const first = await start()
  const json = { 'content-type': 'application/json' }
  await fetch(`${first.url}/v1/connections/main`, {
    method: 'PUT',
    headers: json,
    body: JSON.stringify({ config, streams }),
  })
  const { path } = await syncLive(first.url, { config, streams })
  const paths = [path, `${path}/messages`, '/v1/connections/main']
  const before = await Promise.all(paths.map((path) => read(first.url, path)))
  t.match(before, [/"status":"succeeded"/, /"type":"RECORD"/, /"connectionId":"main"/])
  const { socket } = JSON.parse(await readFile(join(dataDir, 'service.json'), 'utf8')) as { socket: string }
  await first.npm.end('SIGKILL')
  await untilGivenUp(dataDir)
  t.notOk(existsSync(socket))

  const second = await start()
  t.same(await Promise.all(paths.map((path) => read(second.url, path))), before)
  second.npm.child.kill('SIGKILL')
  await untilGivenUp(dataDir)
})
