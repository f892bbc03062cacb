import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../src/clock.ts'
import { startEmbeddedRedis } from '../../src/redis/embedded-redis.ts'
import { findMemoryProgram, findRedisProgram } from '../../src/redis/redis-program.ts'
import { claimDataDir, DataDirInUseError, findOwner } from '../../src/redis/service-file.ts'
import { saveSnapshot } from '../../src/redis/snapshot.ts'
import { createAcceleratedClock } from '../support/accelerated-clock.ts'
import { runCompiled, runProcess, type Teardown } from '../support/processes.ts'
import { connectTo, onRealRedis } from '../support/redis.ts'

const program = await findRedisProgram(process.env.PATH ?? '')

async function dataDirOf(t: Teardown): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'intercom-sync-data-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  return dataDir
}

async function startOwner(t: Teardown, dataDir: string) {
  const owner = runCompiled(t, 'test/support/embedded-redis-owner.js', [dataDir])
  const { socket, pid } = JSON.parse(await owner.untilLine(/^\{/)) as { socket: string; pid: number }
  return { owner, socket, pid }
}

/** A connection that closes when Redis goes: the way to wait for that. */
async function watch(socket: string) {
  const connection = connect(socket)
  await once(connection, 'connect')
  const closed = new Promise((resolve) => connection.once('close', resolve))
  // Which way it goes does not matter.
  connection.on('error', () => undefined)
  connection.resume()
  return { closed }
}

async function set(socket: string, key: string, value: string): Promise<void> {
  const redis = connectTo(socket).connect()
  await redis.set(key, value)
  redis.disconnect()
}

async function get(socket: string, key: string): Promise<string | null> {
  const redis = connectTo(socket).connect()
  const value = await redis.get(key)
  redis.disconnect()
  return value
}

t.test(
  'it keeps jobs: append-only file, no eviction, no port, a socket that only its owner may use',
  onRealRedis,
  async (t) => {
    const dataDir = await dataDirOf(t)
    const redis = await startEmbeddedRedis({ dataDir, program, clock: systemClock })
    const client = connectTo(redis.socket).connect()
    const setting = async (name: string) => (await client.config('GET', name)) as string[]
    t.same(await setting('appendonly'), ['appendonly', 'yes'])
    t.same(await setting('appendfsync'), ['appendfsync', 'everysec'])
    t.same(await setting('maxmemory-policy'), ['maxmemory-policy', 'noeviction'])
    t.same(await setting('port'), ['port', '0'])
    t.equal((await stat(redis.socket)).mode & 0o777, 0o700)
    t.ok(redis.socket.length < 108)
    client.disconnect()
    await redis.stop()
    t.notOk(existsSync(redis.socket))
    t.notOk(existsSync(dirname(redis.socket)), 'nothing is left in the temporary folder')
    t.notOk(existsSync(join(dataDir, 'service.json')))
  },
)

t.test(
  'it goes with its owner, even when that is killed, and what it held is there for the next one',
  onRealRedis,
  async (t) => {
    const dataDir = await dataDirOf(t)
    const first = await startOwner(t, dataDir)
    const { closed } = await watch(first.socket)
    await set(first.socket, 'written', 'just before')
    await first.owner.end('SIGKILL')
    await closed
    const second = await startOwner(t, dataDir)
    t.equal(await get(second.socket, 'written'), 'just before')
    t.notOk(existsSync(dirname(first.socket)), 'nor is anything left in the temporary folder')
    t.equal(await second.owner.end('SIGTERM'), 0)
  },
)

t.test('an interrupt typed into the terminal does not reach it', async (t) => {
  const { pid, owner } = await startOwner(t, await dataDirOf(t))
  const ps = runProcess(t, 'ps', ['-o', 'pgid=', '-p', String(pid)])
  t.equal(Number(await ps.untilLine(/\d/)), pid, 'it leads a process group of its own')
  t.equal(await owner.end('SIGTERM'), 0)
})

t.test('a second owner of the same folder is refused, and told what to do', async (t) => {
  const dataDir = await dataDirOf(t)
  const { owner, socket } = await startOwner(t, dataDir)
  await t.rejects(startEmbeddedRedis({ dataDir, program, clock: systemClock }), {
    name: 'DataDirInUseError',
    message: new RegExp(`process id ${owner.child.pid}.*another DATA_DIR`),
  })
  t.match(await findOwner(dataDir), { pid: owner.child.pid, socket })
  t.equal(await owner.end('SIGTERM'), 0)
  t.equal(await findOwner(dataDir), undefined)
})

t.test('of several that start at once, one becomes the owner', async (t) => {
  const dataDir = await dataDirOf(t)
  await writeFile(join(dataDir, 'service.json'), '{"pid": 999999999, "socket": "/nowhere"}')
  const starts = await Promise.allSettled(
    Array.from({ length: 3 }, () => startEmbeddedRedis({ dataDir, program, clock: systemClock })),
  )
  const started = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []))
  t.equal(started.length, 1)
  for (const redis of started) await redis.stop()
})

t.test('of many that claim a new folder at once, one has it, each time', async (t) => {
  for (let round = 0; round < 60; round++) {
    const dataDir = await dataDirOf(t)
    const claim = () => claimDataDir(dataDir, { pid: process.pid, socket: `/nowhere/${round}` }, systemClock)
    const claims = await Promise.allSettled([claim(), claim(), claim()])
    const owned = claims.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const refused = claims.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    t.equal(owned.length, 1, `round ${round}`)
    t.ok(refused.every((reason) => reason instanceof DataDirInUseError))
    for (const { release } of owned) await release()
  }
})

t.test('an owner in another container, of whom neither process nor socket can be seen, is one', async (t) => {
  const dataDir = await dataDirOf(t)
  const file = join(dataDir, 'service.json')
  const { owner } = await startOwner(t, dataDir)
  const written = await readFile(file)
  const clock = createAcceleratedClock(Date.now(), 20)
  for (const seen of ['{"pid": 999999999, "socket": "/nowhere"}', undefined]) {
    await (seen === undefined ? rm(file) : writeFile(file, seen))
    const start = startEmbeddedRedis({ dataDir, program, clock })
    await t.rejects(start, { name: 'DataDirInUseError', message: /in another container.*REDIS_URL/ })
    t.equal(await findOwner(dataDir), undefined)
  }
  await writeFile(file, written)
  t.equal(await owner.end('SIGTERM'), 0)
})

t.test('one that ends is waited for, wherever it is', async (t) => {
  const dataDir = await dataDirOf(t)
  const { owner } = await startOwner(t, dataDir)
  await writeFile(join(dataDir, 'service.json'), '{"pid": 999999999, "socket": "/nowhere"}')
  const next = startEmbeddedRedis({ dataDir, program, clock: systemClock })
  await owner.end('SIGKILL')
  await (await next).stop()
})

t.test(
  'a snapshot alone in its folder is restored; beside append-only files it is passed over',
  onRealRedis,
  async (t) => {
    const dataDir = await dataDirOf(t)
    const directory = join(dataDir, 'redis')
    const snapshot = join(directory, 'dump.rdb')
    const start = () => startEmbeddedRedis({ dataDir, program, clock: systemClock })
    const first = await start()
    t.equal(first.snapshot, 'none')
    await set(first.socket, 'written', 'before the copy')
    const client = connectTo(first.socket).connect()
    await saveSnapshot(client, directory, systemClock)
    client.disconnect()
    await set(first.socket, 'written', 'after the copy')
    await first.stop()

    const second = await start()
    t.equal(second.snapshot, 'beside-append-only-files')
    t.equal(await get(second.socket, 'written'), 'after the copy')
    await second.stop()

    const appendOnly = join(directory, 'appendonlydir')
    await rename(appendOnly, `${appendOnly}.away`)
    await copyFile(snapshot, `${snapshot}.copy`)
    const third = await start()
    t.equal(third.snapshot, 'alone')
    t.equal(await get(third.socket, 'written'), 'before the copy')
    t.notOk(existsSync(snapshot))
    await set(third.socket, 'written', 'since then')
    await third.stop()

    // Whatever a restore that was cut off has left, it is begun again.
    await rename(`${snapshot}.copy`, snapshot)
    await rm(join(appendOnly, 'appendonly.aof.manifest'))
    const fourth = await start()
    t.equal(fourth.snapshot, 'alone')
    t.equal(await get(fourth.socket, 'written'), 'before the copy')
    await fourth.stop()
    const fifth = await start()
    t.equal(fifth.snapshot, 'none')
    t.equal(await get(fifth.socket, 'written'), 'before the copy')
    await fifth.stop()
  },
)

t.test('the file of an owner that is dead, or that is damaged, is taken over', async (t) => {
  for (const content of ['{"pid": 999999999, "socket": "/nowhere"}', 'not JSON', '{}', '']) {
    const dataDir = await dataDirOf(t)
    await writeFile(join(dataDir, 'service.json'), content)
    const redis = await startEmbeddedRedis({ dataDir, program, clock: systemClock })
    t.match(await findOwner(dataDir), { pid: process.pid, socket: redis.socket }, content)
    await redis.stop()
  }
})

t.test('a dead owner is told from a process that was given its id, as each start in a container is', async (t) => {
  const dataDir = await dataDirOf(t)
  const file = join(dataDir, 'service.json')
  const { owner, socket } = await startOwner(t, dataDir)
  const { closed } = await watch(socket)
  await owner.end('SIGKILL')
  await closed
  const left = JSON.parse(await readFile(file, 'utf8')) as object
  await writeFile(file, JSON.stringify({ ...left, pid: process.pid }))
  // Where the kernel does not tell when a process started, only its id can be believed.
  const started = startEmbeddedRedis({ dataDir, program, clock: systemClock })
  if (!existsSync('/proc/self/stat')) return t.rejects(started, { name: 'DataDirInUseError' })
  const redis = await started
  t.match(await findOwner(dataDir), { pid: process.pid, socket: redis.socket })
  await redis.stop()
})

t.test('its death is told', onRealRedis, async (t) => {
  const redis = await startEmbeddedRedis({ dataDir: await dataDirOf(t), program, clock: systemClock })
  const client = connectTo(redis.socket).connect()
  client.shutdown('NOSAVE').catch(() => undefined)
  t.match(await redis.died, /embedded Redis ended/)
  client.disconnect()
  await redis.stop()
})

t.test('a Redis that cannot start says why', onRealRedis, async (t) => {
  const dataDir = await dataDirOf(t)
  const redis = await startEmbeddedRedis({ dataDir, program, clock: systemClock })
  await redis.stop()
  const manifest = join(dataDir, 'redis', 'appendonlydir', 'appendonly.aof.manifest')
  await writeFile(manifest, 'nonsense')
  await t.rejects(startEmbeddedRedis({ dataDir, program, clock: systemClock }), {
    message: /last words:.*manifest/is,
  })
  t.equal(await findOwner(dataDir), undefined)
})

t.test('redis-server is taken before valkey-server, and the first folder of the PATH counts', async (t) => {
  const [first, second] = [await dataDirOf(t), await dataDirOf(t)]
  const place = (folder: string, name: string) =>
    writeFile(join(folder, name), '', { mode: 0o755 }).then(() => join(folder, name))
  const searchPath = ['/nowhere', '', first, second].join(delimiter)
  const valkey = await place(first, 'valkey-server')
  t.same(await findRedisProgram(searchPath), { command: [valkey], keepsData: true })
  const redis = await place(second, 'redis-server')
  t.same(await findRedisProgram(searchPath), { command: [redis], keepsData: true })
  const nearer = await place(first, 'redis-server')
  t.same(await findRedisProgram(searchPath), { command: [nearer], keepsData: true })
  await chmod(nearer, 0o644)
  t.same(
    await findRedisProgram(searchPath),
    { command: [redis], keepsData: true },
    'one that cannot be run does not count',
  )
})

t.test('the one in memory is a child like the others: a socket of its owner alone, and gone when told', async (t) => {
  const inMemory = findMemoryProgram()
  if (inMemory === undefined) throw new Error('js-redis-server is not installed')
  const redis = await startEmbeddedRedis({ dataDir: await dataDirOf(t), program: inMemory, clock: systemClock })
  await set(redis.socket, 'written', 'for now')
  t.equal(await get(redis.socket, 'written'), 'for now')
  t.equal((await stat(redis.socket)).mode & 0o777, 0o700)
  await redis.stop()
  t.notOk(existsSync(dirname(redis.socket)))
})
