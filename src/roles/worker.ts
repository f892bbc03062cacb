import { randomUUID } from 'node:crypto'
import { reportOf } from '../error-report.ts'
import { toJobBody } from '../http/bodies/job-body.ts'
import { countExchanges } from '../intercom/observer.ts'
import type { Phase } from '../process/lifecycle.ts'
import { countAttempts } from '../queue/attempt-observer.ts'
import { observeDueTimes } from '../queue/due/due-log.ts'
import { createJobLog } from '../queue/watch/job-log.ts'
import { observeDeliveries } from '../queue/webhooks/delivery-log.ts'
import { startWorkerRole } from '../queue/worker-role.ts'
import { createRedisErrorLog } from '../redis/redis-error-log.ts'
import { createRedisBudgetStore } from '../store/limits/redis-budget-store.ts'
import { createScrollLease } from '../store/limits/scroll-lease.ts'
import { retentionOf } from '../store/log/retention.ts'
import { createEngine } from '../sync/engine.ts'
import { createFileSpool } from '../sync/pages/file-spool.ts'
import { tryToSpool } from '../sync/pages/spool-trial.ts'
import { connectDirectly } from '../webhooks/connect.ts'
import { createReceivers } from '../webhooks/receivers.ts'
import { resolveWithSystem } from '../webhooks/resolve.ts'
import type { RoleDependencies } from './service.ts'

/** Runs jobs. */
export async function startWorker(service: RoleDependencies): Promise<Phase> {
  const { config, keys, clients, clock, logger, metrics, onJobEnded, segments } = service
  const { intercomBaseUrl: baseUrl, proxies } = config
  const unspooled = await tryToSpool(createFileSpool)
  if (unspooled !== undefined) logger.warn(`${unspooled}. Until then jobs cannot read companies`)
  const redis = clients.connect('waitForever')
  const role = startWorkerRole({
    redis,
    subscriber: clients.connect('subscriber'),
    keys,
    clock,
    retention: retentionOf(config.jobRetentionMs),
    logLimitBytes: config.logLimitBytes,
    ...segments,
    concurrency: config.workerConcurrency,
    startSync: createEngine({
      clock,
      random: Math.random,
      ...(baseUrl && { baseUrl }),
      proxies,
      createSpool: createFileSpool,
      scrollLeaseOf: (token) => createScrollLease({ redis, clock, createId: randomUUID }, token),
      observe: countExchanges(metrics),
      logLimitBytes: config.logLimitBytes,
      budgetStore: createRedisBudgetStore({ redis, keys, clock, createId: randomUUID }),
    }),
    observe: countAttempts(metrics),
    jobLog: createJobLog(logger),
    onJobEnded,
    onDue: observeDueTimes(metrics, logger),
    delivery: {
      receivers: createReceivers({ allowed: config.webhookAllow, resolve: resolveWithSystem }),
      connect: connectDirectly,
      proxies,
      random: Math.random,
      publicUrl: config.publicUrl,
      showJob: toJobBody,
      onTried: observeDeliveries(metrics, logger),
    },
    onReconciled: () => metrics.set('intercom_sync_last_reconciled_timestamp_seconds', [{}, clock.now() / 1000]),
    onSignInNeeded: (connection) =>
      logger.warn(
        connection,
        'Intercom accepts the access token of this connection no more: nothing begins by itself until somebody signs in',
      ),
    createId: randomUUID,
    reportError: (error, { jobId, fence }, request) =>
      logger.warn({ jobId, attempt: fence, error: reportOf(error, request?.config) }, 'attempt failed'),
    onError: createRedisErrorLog(logger, clock),
  })
  metrics.set('intercom_sync_worker_concurrency', [{}, config.workerConcurrency])
  logger.info({ concurrency: config.workerConcurrency }, 'worker started')
  return { name: 'hand jobs over', timeoutMs: 10_000, run: role.handOver }
}
