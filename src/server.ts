import { randomUUID } from 'node:crypto'
import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { buildApp } from './app.ts'
import { systemClock } from './clock.ts'
import { exitCodes } from './command-line/exit-code.ts'
import { UsageError } from './command-line/usage-error.ts'
import { type Config, readConfig, readSearchPath } from './config.ts'
import { reportOf } from './error-report.ts'
import { buildOperationsApp } from './http/service/operations-app.ts'
import { startNotice } from './http/service/start-notice.ts'
import { countExchanges } from './intercom/observer.ts'
import { openStderr } from './log/stderr.ts'
import { createLogger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { type Phase, shutDown } from './process/lifecycle.ts'
import { listenOn } from './process/listen.ts'
import { untilParentGone } from './process/parent-watch.ts'
import { parseRoles, type Roles } from './process/roles.ts'
import { inspectRedis, isForOperators, openKeys, redisStartMs, StartError } from './process/start-checks.ts'
import { countAttempts, countEndedJobs } from './queue/attempt-observer.ts'
import { collectFigures } from './queue/figures.ts'
import { startReconcilerRole } from './queue/reconciler-role.ts'
import { createSyncQueue } from './queue/sync-queue.ts'
import { createJobLog, logEndedJobs } from './queue/watch/job-log.ts'
import { startWorkerRole } from './queue/worker-role.ts'
import { createRedisClients, type RedisClients, untilReady } from './redis/redis.ts'
import { createRedisErrorLog } from './redis/redis-error-log.ts'
import { openRedisSource } from './redis/redis-source.ts'
import { announceAddress } from './redis/service-file.ts'
import type { EndObserver } from './store/attempts/job-end.ts'
import { createConnectionStore } from './store/connections/redis-connections.ts'
import { createJobStore } from './store/jobs/redis-job-store.ts'
import { createRedisBudgetStore } from './store/limits/redis-budget-store.ts'
import { createScrollLease } from './store/limits/scroll-lease.ts'
import { createMessageLogReader } from './store/log/redis-message-log.ts'
import { retentionOf } from './store/log/retention.ts'
import { createWakeUps } from './store/log/wake-ups.ts'
import { checkKeys } from './store/secrets/key-canaries.ts'
import type { EncryptionKey } from './store/secrets/sealing.ts'
import { createEngine } from './sync/engine.ts'
import { createFileSpool } from './sync/pages/file-spool.ts'

/** Everything that every role needs. */
interface Service {
  config: Config
  keys: readonly EncryptionKey[]
  clients: RedisClients
  logger: Logger
  metrics: Metrics
  /** Describes in words which Redis is used. */
  storage: string
  /** Whether the Redis is the process's own, so that `DATA_DIR/service.json` is, too. */
  ownsDataDir: boolean
  onJobEnded: EndObserver
}

const clock = systemClock
/** The longest orderly shutdown, ms; above the sum of the phases' limits. */
const shutdownMs = 40_000

/**
 * Runs the service until a signal ends it: `serve [--api] [--worker] [--with-parent]`. Problems that it finds itself
 * are reported on stderr in one message; the exit code is then 1, or 2 for wrong arguments.
 */
export async function serve(args: string[]): Promise<void> {
  try {
    const roles = parseRoles(args)
    const config = readConfig()
    await run(config, roles, createLogger(config.logLevel, openStderr()))
  } catch (error) {
    if (!isForWhoeverStartsIt(error)) throw error
    process.stderr.write(`intercom-sync: ${error.message}\n`)
    process.exitCode = error instanceof UsageError ? exitCodes.usage : exitCodes.failed
  }
}

async function run(config: Config, roles: Roles, logger: Logger): Promise<void> {
  const phases: Phase[] = []
  const ending = new AbortController()
  const end = () => {
    ending.abort()
    return shutDown(phases, clock, (phase, problem) => logger.warn({ phase, ...reportOf(problem) }, 'shutdown'))
  }
  let redisDied: string | undefined
  const closer = closeWithGrace({ delay: shutdownMs, logger }, async ({ signal, err }) => {
    logger.info({ signal, ...(err && { err }) }, 'shutting down')
    await end()
    if (redisDied !== undefined) throw new StartError(redisDied)
  })
  if (roles.withParent) {
    untilParentGone(clock, ending.signal).then(
      () => closer.close(),
      () => undefined,
    )
  }
  try {
    // The phases are in the order in which they run: the part started last is stopped first.
    const source = await openRedisSource({ config, joins: !roles.api, searchPath: readSearchPath(), clock, logger })
    phases.unshift({ name: 'end Redis', timeoutMs: 15_000, run: source.stop })
    void source.died.then((message) => {
      redisDied = message
      logger.fatal(message)
      closer.close()
    })
    const clients = createRedisClients(source.address, createRedisErrorLog(logger, clock))
    phases.unshift({ name: 'close connections', timeoutMs: 1000, run: clients.close })
    if (source.origin === 'provided') await inspectRedis(clients, source, logger)

    const keys = await openKeys(config, source, { clients, clock, logger })
    const metrics = createMetrics({ ofProcess: true })
    const ownsDataDir = source.origin === 'own'
    const onJobEnded = observeEndedJobs(metrics, logger)
    const storage = source.description
    const service = { config, keys, clients, logger, metrics, storage, ownsDataDir, onJobEnded }
    if (config.metricsPort !== undefined) phases.unshift(await startOperations(service, ending.signal))
    if (roles.worker) phases.unshift(startWorker(service))
    else phases.unshift(startReconciler(service))
    if (roles.api) phases.unshift(await startApi(service))
    else process.stdout.write(`intercom-sync works on ${source.description}\n`)
  } catch (error) {
    closer.uninstall()
    await end()
    throw error
  }
}

/** Answers operators on a separate port, in every role. */
async function startOperations(service: Service, closing: AbortSignal): Promise<Phase> {
  const { config, keys, clients, logger, metrics } = service
  const redis = clients.connect('failFast')
  await untilReady(redis, AbortSignal.timeout(redisStartMs))
  const queue = createSyncQueue(redis, createRedisErrorLog(logger, clock))
  collectFigures({ metrics, redis, queue, clock })
  const app = await buildOperationsApp({ metrics, clock, logger, closing, ready: () => checkKeys(redis, keys) })
  const address = await listenOn(app, { host: config.host, port: config.metricsPort ?? 0, setting: 'METRICS_PORT' })
  logger.info({ address }, 'metrics and health are answered')
  return {
    name: 'close the metrics port',
    timeoutMs: 1000,
    async run() {
      await app.close()
      await queue.close()
    },
  }
}

async function startApi(service: Service): Promise<Phase> {
  const { config, keys, clients, logger, metrics, storage, ownsDataDir, onJobEnded } = service
  const redis = clients.connect('failFast')
  const subscriber = clients.connect('subscriber')
  const late = AbortSignal.timeout(redisStartMs)
  await Promise.all([untilReady(redis, late), untilReady(subscriber, late)])

  const queue = createSyncQueue(redis, createRedisErrorLog(logger, clock))
  const store = {
    redis,
    keys,
    clock,
    retention: retentionOf(config.jobRetentionMs),
    wakeUps: createWakeUps(subscriber),
    onJobEnded,
  }
  const metricsElsewhere = config.metricsPort !== undefined
  if (!metricsElsewhere) collectFigures({ metrics, redis, queue, clock })
  const closing = new AbortController()
  const app = await buildApp({
    config: { apiKeys: config.apiKeys, intercomBaseUrl: config.intercomBaseUrl, metricsElsewhere },
    jobs: createJobStore({ ...store, enqueue: queue.enqueue, isHeld: queue.isHeld }),
    connections: createConnectionStore(store),
    messages: createMessageLogReader(store),
    clock,
    logger,
    metrics,
    ready: () => checkKeys(redis, keys),
    closing: closing.signal,
  })
  const address = await listenOn(app, { host: config.host, port: config.port, setting: 'PORT' })
  if (ownsDataDir) await announceAddress(config.dataDir, address)
  process.stdout.write(startNotice({ address, needsKey: config.apiKeys.length > 0, storage }))
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

/** Only for a process without a worker: there may be no worker anywhere that would run a reconciler. */
function startReconciler({ config, keys, clients, logger, onJobEnded }: Service): Phase {
  const reconciler = startReconcilerRole({
    redis: clients.connect('waitForever'),
    keys,
    clock,
    retention: retentionOf(config.jobRetentionMs),
    logLimitBytes: config.logLimitBytes,
    onJobEnded,
    onError: createRedisErrorLog(logger, clock),
  })
  return { name: 'end the reconciler', timeoutMs: 2000, run: reconciler.end }
}

function startWorker({ config, keys, clients, logger, metrics, onJobEnded }: Service): Phase {
  const { intercomBaseUrl: baseUrl } = config
  const redis = clients.connect('waitForever')
  const role = startWorkerRole({
    redis,
    subscriber: clients.connect('subscriber'),
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
      observe: countExchanges(metrics),
      budgetStore: createRedisBudgetStore({ redis, keys, clock, createId: randomUUID }),
    }),
    observe: countAttempts(metrics),
    jobLog: createJobLog(logger),
    onJobEnded,
    onReconciled: () => metrics.set('intercom_sync_last_reconciled_timestamp_seconds', [{}, clock.now() / 1000]),
    createId: randomUUID,
    reportError: (error, { jobId, fence }, request) =>
      logger.warn({ jobId, attempt: fence, error: reportOf(error, request?.config) }, 'attempt failed'),
    onError: createRedisErrorLog(logger, clock),
  })
  metrics.set('intercom_sync_worker_concurrency', [{}, config.workerConcurrency])
  logger.info({ concurrency: config.workerConcurrency }, 'worker started')
  return { name: 'hand jobs over', timeoutMs: 10_000, run: role.handOver }
}

function observeEndedJobs(metrics: Metrics, logger: Logger): EndObserver {
  const observers = [countEndedJobs(metrics), logEndedJobs(logger)]
  return (end) => {
    for (const observe of observers) observe(end)
  }
}

function isForWhoeverStartsIt(error: unknown): error is Error {
  return error instanceof UsageError || isForOperators(error)
}
