import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type ClientProfile, createRedisClients, untilReady } from '../../src/redis/redis.ts'
import { findRedisProgram } from '../../src/redis/redis-program.ts'
import type { StoreClient } from '../../src/store/keys.ts'
import type { Teardown } from './processes.ts'
import { refuseTokenBelow } from './token-leaks.ts'

/** The program that a service started here would use. */
const program = await findRedisProgram(process.env.PATH ?? '')

/**
 * Second argument of a test that a Redis in memory cannot run: it needs the append-only file, a setting, or the speed
 * of the real Redis. If a server is found, no test is left out.
 */
export const onRealRedis = { skip: program.keepsData ? false : 'it needs redis-server or valkey-server' } as const

/** Connections to a test's Redis. */
export interface RedisAccess {
  connect(profile?: ClientProfile): StoreClient
}

/** A Redis of its own for one test file. */
export interface TestRedis extends RedisAccess {
  socket: string
  directory: string
  process: ChildProcess
  /** Ends the server with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>
  /** Makes the server write its data to its disk and end. */
  endInOrder(): Promise<void>
  /** Starts the server again with the data on its disk. */
  restart(): Promise<void>
}

/** Starts a fresh Redis on a unix socket; everything it leaves is removed when the test ends. */
export async function startRedis(t: Teardown, settings: string[] = []): Promise<TestRedis> {
  const directory = await mkdtemp(join(tmpdir(), 'intercom-sync-test-'))
  const socket = join(directory, 'redis.sock')
  const clients = createRedisClients({ socket }, () => undefined)
  const start = () => startServer(socket, directory, settings)
  const redis: TestRedis = {
    socket,
    directory,
    process: await start(),
    connect: (profile = 'waitForever') => clients.connect(profile),
    async kill() {
      await end(redis.process)
    },
    async endInOrder() {
      const gone = once(redis.process, 'exit')
      const connection = clients.connect('failFast')
      if (connection.status !== 'ready') await once(connection, 'ready')
      // The connection breaks instead of answering.
      await connection.shutdown('SAVE').catch(() => undefined)
      connection.disconnect()
      await gone
    },
    async restart() {
      redis.process = await start()
    },
  }
  t.teardown(async () => {
    if (isRunning(redis.process)) await save(clients)
    clients.close()
    await end(redis.process)
    try {
      await refuseTokenBelow(directory)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
  return redis
}

/**
 * Saves what Redis holds of a job.
 *
 * @returns brings it back, and nothing else of the job, in one step: what a failover to a replica that lags does
 */
export async function saveJob(redis: StoreClient, jobId: number): Promise<() => Promise<void>> {
  const namesOf = () => redis.keys(`intercom-sync:{job:${jobId}}:*`)
  const saved = await Promise.all((await namesOf()).map(async (name) => [name, await redis.dumpBuffer(name)] as const))
  return async () => {
    const change = redis.multi().del(...(await namesOf()))
    for (const [name, value] of saved) if (value) change.restore(name, 0, value)
    for (const [error] of (await change.exec()) ?? []) if (error) throw error
  }
}

/** Connections to the Redis of another process. */
export function connectTo(socket: string): RedisAccess {
  const clients = createRedisClients({ socket }, () => undefined)
  return { connect: (profile = 'waitForever') => clients.connect(profile) }
}

async function startServer(socket: string, directory: string, settings: string[]): Promise<ChildProcess> {
  const base = [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--dir',
    directory,
    '--save',
    '',
    '--appendonly',
    'no',
    '--rdbcompression',
    'no',
  ]
  const [command, ...first] = program.command
  const server = spawn(command, [...first, ...base, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: server.stdout })
  for await (const line of lines) {
    if (/ready to accept connections/i.test(line)) break
  }
  server.stdout.resume()
  endWithTest(server)
  return server
}

/** A test that is killed cannot clean up, so a shell waits for the pipe to close and then ends the server. */
function endWithTest(server: ChildProcess): void {
  const script = 'while read -r line; do :; done; kill -KILL "$1"'
  const watcher = spawn('sh', ['-c', script, 'sh', String(server.pid)], { stdio: ['pipe', 'ignore', 'ignore'] })
  server.once('exit', () => watcher.kill('SIGKILL'))
  watcher.stdin.on('error', () => undefined)
}

/** Writes what Redis holds to its disk, unless it stands still. */
async function save(clients: ReturnType<typeof createRedisClients>): Promise<void> {
  const redis = clients.connect('failFast')
  await untilReady(redis, AbortSignal.timeout(2000))
    .then(() => redis.save())
    .catch(() => undefined)
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null

async function end(server: ChildProcess): Promise<void> {
  if (!isRunning(server)) return
  const gone = once(server, 'exit')
  server.kill('SIGKILL')
  await gone
}
