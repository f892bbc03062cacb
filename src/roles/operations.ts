import { buildOperationsApp } from '../http/service/operations-app.ts'
import type { Phase } from '../process/lifecycle.ts'
import { listenOn } from '../process/listen.ts'
import { redisStartMs } from '../process/start-checks.ts'
import { collectFigures } from '../queue/figures.ts'
import { createSyncQueue } from '../queue/sync-queue.ts'
import { untilReady } from '../redis/redis.ts'
import { createRedisErrorLog } from '../redis/redis-error-log.ts'
import { checkReadiness } from './readiness.ts'
import type { RoleDependencies } from './service.ts'

/** Answers operators on a separate port, in every role. */
export async function startOperations(service: RoleDependencies, closing: AbortSignal): Promise<Phase> {
  const { config, keys, clients, clock, logger, metrics, inspectAgain } = service
  const redis = clients.connect('failFast')
  await untilReady(redis, AbortSignal.timeout(redisStartMs))
  const queue = createSyncQueue(redis, createRedisErrorLog(logger, clock))
  collectFigures({ metrics, redis, queue, clock, namesConnections: true })
  const app = await buildOperationsApp({
    metrics,
    clock,
    logger,
    closing,
    ready: () => checkReadiness(redis, keys, inspectAgain),
    front: config,
    needsKey: config.apiKeys.length > 0,
  })
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
