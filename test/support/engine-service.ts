import { randomUUID } from 'node:crypto'
import { systemClock } from '../../src/clock.ts'
import { createSyncQueue } from '../../src/queue/sync-queue.ts'
import { startWorkerRole, type WorkerRoleOptions } from '../../src/queue/worker-role.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { type AppOptions, startApp, type TestApp } from './app.ts'
import type { Teardown } from './processes.ts'
import type { RedisAccess } from './redis.ts'
import { steadyLocks } from './worker.ts'

interface EngineServiceOptions extends AppOptions, Pick<WorkerRoleOptions, 'onSignInNeeded'> {
  intercomUrl: string
}

/** The API with a worker that reads Intercom, in this process. */
export async function startEngineService(
  t: Teardown,
  redis: RedisAccess,
  { intercomUrl, clock = systemClock, onSignInNeeded, ...options }: EngineServiceOptions,
): Promise<TestApp> {
  const queue = createSyncQueue(redis.connect(), () => undefined)
  t.teardown(() => queue.close())
  const app = await startApp(t, redis, { intercomBaseUrl: intercomUrl, clock, enqueue: queue.enqueue, ...options })
  const worker = startWorkerRole({
    ...app.store,
    redis: redis.connect(),
    subscriber: redis.connect('subscriber'),
    concurrency: 2,
    logLimitBytes: 64 * 1024 * 1024,
    timing: steadyLocks,
    startSync: createEngine({
      clock,
      random: Math.random,
      baseUrl: intercomUrl,
      createSpool: createFileSpool,
      scrollLeaseOf: () => ({ hold: (_signal, work) => work() }),
    }),
    createId: randomUUID,
    ...(onSignInNeeded && { onSignInNeeded }),
    reportError: () => undefined,
    onError: () => undefined,
  })
  t.teardown(() => worker.handOver())
  return app
}
