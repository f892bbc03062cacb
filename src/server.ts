import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { systemClock } from './clock.ts'
import { exitCodes } from './command-line/exit-code.ts'
import { UsageError } from './command-line/usage-error.ts'
import { reportOf } from './error-report.ts'
import { keepYoungHeapSmall, letHeapGrow } from './heap/heap-growth.ts'
import { openStderr } from './log/stderr.ts'
import { createLogger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { type Phase, shutDown } from './process/lifecycle.ts'
import { judgeOpenFiles, roomForSockets } from './process/open-files.ts'
import { untilParentGone } from './process/parent-watch.ts'
import { parseRoles, type Roles } from './process/roles.ts'
import { isForOperators, openKeys } from './process/start-checks.ts'
import { StartError } from './process/start-error.ts'
import { countEndedJobs } from './queue/attempt-observer.ts'
import { logEndedJobs } from './queue/watch/job-log.ts'
import { createLaterInspection, inspectRedis } from './redis/checks/inspect.ts'
import { createRedisClients } from './redis/redis.ts'
import { createRedisErrorLog } from './redis/redis-error-log.ts'
import { openRedisSource } from './redis/redis-source.ts'
import { startApi } from './roles/api.ts'
import { startOperations } from './roles/operations.ts'
import { startReconciler } from './roles/reconciler.ts'
import { startSegments } from './roles/segments.ts'
import { startWorker } from './roles/worker.ts'
import { type Config, readConfig, readSearchPath } from './settings/config.ts'
import type { EndObserver } from './store/attempts/job-end.ts'

const clock = systemClock
/** The longest orderly shutdown, ms; above the sum of the phases' limits. */
const shutdownMs = 40_000

/**
 * Runs the service until a signal ends it: `serve [--api] [--worker] [--with-parent]`. Problems that it finds itself
 * are reported on stderr in one message; the exit code is then 1, or 2 for wrong arguments.
 */
export async function serve(args: string[]): Promise<void> {
  // It tells only where the service listens. Whoever reads it may have left, and its disk may be full.
  process.stdout.on('error', () => undefined)
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
  keepYoungHeapSmall()
  if (roles.api) letHeapGrow()
  const phases: Phase[] = []
  const ending = new AbortController()
  const end = () => {
    ending.abort()
    return shutDown(phases, clock, (phase, problem) => logger.warn({ phase, ...reportOf(problem) }, 'shutdown'))
  }
  let redisDied: string | undefined
  // SIGHUP means to read the file again, in every role, so that one may send it to all processes.
  const skip = config.connectionsFile === undefined ? [] : (['SIGHUP'] as const)
  for (const signal of skip) process.on(signal, () => undefined)
  const closer = closeWithGrace({ delay: shutdownMs, logger, skip: [...skip] }, async ({ signal, err }) => {
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
    const fewFiles = await judgeOpenFiles()
    if (fewFiles !== undefined) logger.warn(fewFiles)
    // The phases are in the order in which they run: the part started last is stopped first.
    const source = await openRedisSource({ config, joins: !roles.api, searchPath: readSearchPath(), clock, logger })
    phases.unshift({ name: 'end Redis', timeoutMs: 15_000, run: source.stop })
    void source.died.then((message) => {
      redisDied = message
      logger.fatal(message)
      closer.close()
    })
    const { server, prefix } = config.redis
    const inspected = { ...config, prefix, clock, logger }
    const inspection = server && (await inspectRedis(server, inspected))
    const inspectAgain = server && createLaterInspection(server, inspected)
    const clients = createRedisClients(source.address, createRedisErrorLog(logger, clock), { prefix, ...inspection })
    phases.unshift({ name: 'close connections', timeoutMs: 1000, run: clients.close })

    const keys = await openKeys(config, source, { clients, clock, logger })
    const metrics = createMetrics({ ofProcess: true })
    const ownsDataDir = source.origin === 'own'
    const onJobEnded = observeEndedJobs(metrics, logger)
    const storage = source.description
    const base = { config, keys, clients, clock, logger, metrics, storage, ownsDataDir, onJobEnded, inspectAgain }
    const { phase, ...segments } = await startSegments(base, roles.worker)
    phases.unshift(phase)
    const service = { ...base, segments }
    if (config.metricsPort !== undefined) phases.unshift(await startOperations(service, ending.signal))
    if (roles.worker) phases.unshift(await startWorker(service))
    else phases.unshift(startReconciler(service))
    const sockets = await roomForSockets(roles.worker ? config.workerConcurrency : 0)
    if (roles.api) phases.unshift(await startApi(service, sockets))
    else process.stdout.write(`intercom-sync works on ${source.description}\n`)
  } catch (error) {
    closer.uninstall()
    await end()
    throw error
  }
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
