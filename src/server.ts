import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import closeWithGrace from 'close-with-grace'
import { destination, type Logger } from 'pino'
import { buildApp } from './app.ts'
import { systemClock } from './clock.ts'
import { type Config, ConfigError, readConfig, readSearchPath } from './config.ts'
import { reportOf } from './error-report.ts'
import { createLogger } from './logger.ts'
import { type Phase, shutDown } from './queue/lifecycle.ts'
import { createRedisConnections, type RedisConnections, untilReady } from './queue/redis.ts'
import { checkRedis } from './queue/redis-check.ts'
import { RedisNotFoundError } from './queue/redis-program.ts'
import { openRedisSource } from './queue/redis-source.ts'
import { DataDirInUseError } from './queue/service-file.ts'
import { createSyncQueue } from './queue/sync-queue.ts'
import { startWorkerRole } from './queue/worker-role.ts'
import { storeAnswer } from './store/availability.ts'
import { readOrCreateKeyFile } from './store/key-file.ts'
import { createConnectionStore } from './store/redis-connections.ts'
import { createJobStore } from './store/redis-job-store.ts'
import { createMessageLogReader } from './store/redis-message-log.ts'
import { retentionOf } from './store/retention.ts'
import { createScrollLease } from './store/scroll-lease.ts'
import type { EncryptionKey } from './store/sealing.ts'
import { createWakeUps } from './store/wake-ups.ts'
import { createEngine } from './sync/engine.ts'
import { createFileSpool } from './sync/file-spool.ts'

/** What every role is made of. */
interface Service {
  config: Config
  keys: readonly EncryptionKey[]
  connections: RedisConnections
  logger: Logger
}

/** The service cannot start as it was asked to; the message says what to do. */
class StartError extends Error {
  override name = 'StartError'
}

const clock = systemClock
/** How long a Redis may take to come up, ms. */
const redisStartMs = 30_000
/** Longest orderly end, ms; above the sum of the phases' limits. */
const shutdownMs = 40_000

/**
 * Runs the service until a signal ends it: `serve [--api] [--worker]`, both unless told. Problems of its own making are
 * told on stderr in one message; the exit code is then 1, or 2 for wrong arguments.
 */
export async function serve(args: string[]): Promise<void> {
  try {
    const roles = parseRoles(args)
    const config = readConfig()
    await run(config, roles, createLogger(config.logLevel, destination({ dest: 2, sync: true })))
  } catch (error) {
    if (!isForOperators(error)) throw error
    process.stderr.write(`intercom-sync: ${error.message}\n`)
    process.exitCode = error instanceof UsageError ? 2 : 1
  }
}

async function run(config: Config, roles: Roles, logger: Logger): Promise<void> {
  const phases: Phase[] = []
  const end = () =>
    shutDown(phases, clock, (phase, problem) => logger.warn({ phase, ...reportOf(problem) }, 'shutdown'))
  let redisDied = false
  const closer = closeWithGrace({ delay: shutdownMs, logger }, async ({ signal, err }) => {
    logger.info({ signal, ...(err && { err }) }, 'shutting down')
    await end()
    if (redisDied) throw new StartError('the embedded Redis is gone')
  })
  try {
    // Phases stand in the order in which they run: what is started last is ended first.
    const source = await openRedisSource({ config, mayJoin: !roles.api, searchPath: readSearchPath(), clock, logger })
    phases.unshift({ name: 'end Redis', timeoutMs: 15_000, run: source.stop })
    void source.died.then((message) => {
      redisDied = true
      logger.fatal(message)
      closer.close()
    })
    const connections = createRedisConnections(source.address, createConnectionLog(logger))
    phases.unshift({ name: 'close connections', timeoutMs: 1000, run: connections.close })
    if (source.provided) await inspectRedis(connections, logger)

    const keys = config.encryptionKeys.length > 0 ? config.encryptionKeys : await readOrCreateKeyFile(config.dataDir)
    const service = { config, keys, connections, logger }
    if (roles.worker) phases.unshift(startWorker(service))
    if (roles.api) phases.unshift(await startApi(service))
  } catch (error) {
    closer.uninstall()
    await end()
    throw error
  }
}

async function startApi({ config, keys, connections, logger }: Service): Promise<Phase> {
  const redis = connections.connect('failFast')
  const subscriber = connections.connect('subscriber')
  const late = AbortSignal.timeout(redisStartMs)
  await Promise.all([untilReady(redis, late), untilReady(subscriber, late)])

  const queue = createSyncQueue(redis, createConnectionLog(logger))
  const store = {
    redis,
    keys,
    clock,
    retention: retentionOf(config.jobRetentionMs),
    wakeUps: createWakeUps(subscriber),
  }
  const closing = new AbortController()
  const app = await buildApp({
    config,
    jobs: createJobStore({ ...store, enqueue: queue.enqueue }),
    connections: createConnectionStore(store),
    messages: createMessageLogReader(store),
    clock,
    logger,
    ready: async () => void (await storeAnswer(redis.ping())),
    closing: closing.signal,
  })
  const address = await app.listen({ host: config.host, port: config.port })
  process.stdout.write(`intercom-sync listens on ${address}\n`)
  return {
    name: 'close the API',
    timeoutMs: 8000,
    async run() {
      closing.abort()
      await app.close()
      await queue.close()
    },
  }
}

function startWorker({ config, keys, connections, logger }: Service): Phase {
  const { intercomBaseUrl: baseUrl } = config
  const redis = connections.connect('waitForever')
  const role = startWorkerRole({
    redis,
    subscriber: connections.connect('subscriber'),
    keys,
    clock,
    retention: retentionOf(config.jobRetentionMs),
    logLimitBytes: config.logLimitBytes,
    concurrency: config.workerConcurrency,
    startSync: createEngine({
      clock,
      random: Math.random,
      ...(baseUrl && { baseUrl }),
      createSpool: createFileSpool,
      scrollLeaseOf: (token) => createScrollLease({ redis, clock, createId: randomUUID }, token),
    }),
    createId: randomUUID,
    reportError: (error, { jobId, fence }, request) =>
      logger.warn({ jobId, attempt: fence, error: reportOf(error, request?.config) }, 'attempt failed'),
    onError: createConnectionLog(logger),
  })
  logger.info({ concurrency: config.workerConcurrency }, 'worker started')
  return { name: 'hand jobs over', timeoutMs: 10_000, run: role.handOver }
}

async function inspectRedis(connections: RedisConnections, logger: Logger): Promise<void> {
  const redis = connections.connect('waitForever')
  try {
    await untilReady(redis, AbortSignal.timeout(redisStartMs))
  } catch {
    throw new StartError(`REDIS_URL: no Redis answered within ${redisStartMs / 1000} s. Is it running, and reachable?`)
  }
  for (const { severity, message } of await checkRedis(redis)) {
    if (severity === 'fault') throw new StartError(message)
    logger.warn(message)
  }
  redis.disconnect()
}

/** A connection that is away fails many times a second: each text is told once in 10 s. */
function createConnectionLog(logger: Logger): (error: unknown) => void {
  const toldAt = new Map<string, number>()
  return (error) => {
    const report = reportOf(error)
    const last = toldAt.get(report.message) ?? Number.NEGATIVE_INFINITY
    if (clock.monotonic() - last < 10_000) return
    if (toldAt.size > 100) toldAt.clear()
    toldAt.set(report.message, clock.monotonic())
    logger.warn({ error: report }, 'queue or Redis')
  }
}

interface Roles {
  api: boolean
  worker: boolean
}

class UsageError extends StartError {}

/** @throws UsageError */
function parseRoles(args: string[]): Roles {
  try {
    const { values } = parseArgs({ args, options: { api: { type: 'boolean' }, worker: { type: 'boolean' } } })
    const both = !values.api && !values.worker
    return { api: both || values.api === true, worker: both || values.worker === true }
  } catch (error) {
    throw new UsageError(
      `${error instanceof Error ? error.message : error}\nusage: intercom-sync serve [--api] [--worker]`,
    )
  }
}

function isForOperators(error: unknown): error is Error {
  const kinds = [StartError, ConfigError, RedisNotFoundError, DataDirInUseError]
  return (
    kinds.some((kind) => error instanceof kind) ||
    (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
  )
}
