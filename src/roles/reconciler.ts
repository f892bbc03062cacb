import type { Phase } from '../process/lifecycle.ts'
import { startReconcilerRole } from '../queue/reconciler-role.ts'
import { createRedisErrorLog } from '../redis/redis-error-log.ts'
import { retentionOf } from '../store/log/retention.ts'
import type { RoleDependencies } from './service.ts'

/** Only for a process without a worker: there may be no worker anywhere that would run a reconciler. */
export function startReconciler({ config, keys, clients, clock, logger, onJobEnded }: RoleDependencies): Phase {
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
