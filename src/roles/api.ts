import { randomUUID } from 'node:crypto'
import { buildApp } from '../app.ts'
import { createAskIntercom } from '../http/requests/ask-intercom.ts'
import { startNotice } from '../http/service/start-notice.ts'
import type { Phase } from '../process/lifecycle.ts'
import { listenOn } from '../process/listen.ts'
import { redisStartMs } from '../process/start-checks.ts'
import { createDueQueue } from '../queue/due/due-queue.ts'
import { collectFigures } from '../queue/figures.ts'
import { createSyncQueue } from '../queue/sync-queue.ts'
import { createDeliveryQueue } from '../queue/webhooks/delivery-queue.ts'
import { untilReady } from '../redis/redis.ts'
import { createRedisErrorLog } from '../redis/redis-error-log.ts'
import { announceAddress } from '../redis/service-file.ts'
import { signInSetupOf } from '../settings/oauth.ts'
import type { JobEnd } from '../store/attempts/job-end.ts'
import { createConnectionStore } from '../store/connections/redis-connections.ts'
import { createJobStore } from '../store/jobs/redis-job-store.ts'
import { createRedisBudgetStore } from '../store/limits/redis-budget-store.ts'
import { createMessageLogReader } from '../store/log/redis-message-log.ts'
import { retentionOf } from '../store/log/retention.ts'
import { createWakeUps } from '../store/log/wake-ups.ts'
import { createRecordReader } from '../store/records/record-reader.ts'
import { createSignInStore } from '../store/sign-ins/sign-in-store.ts'
import { createDeliveryStore } from '../store/webhooks/delivery-store.ts'
import { createReceivers } from '../webhooks/receivers.ts'
import { resolveWithSystem } from '../webhooks/resolve.ts'
import { type DeclaredConnections, type DeclaredDependencies, followConnectionsFile } from './declared-connections.ts'
import { checkReadiness } from './readiness.ts'
import type { RoleDependencies } from './service.ts'

/** Answers callers. @param sockets of theirs that may be open */
export async function startApi(service: RoleDependencies, sockets: number): Promise<Phase> {
  const { config, keys, clients, clock, logger, metrics, storage, ownsDataDir, onJobEnded, inspectAgain, segments } =
    service
  const redis = clients.connect('failFast')
  const subscriber = clients.connect('subscriber')
  const late = AbortSignal.timeout(redisStartMs)
  await Promise.all([untilReady(redis, late), untilReady(subscriber, late)])

  const onRedisError = createRedisErrorLog(logger, clock)
  const queue = createSyncQueue(redis, onRedisError)
  const due = createDueQueue(redis, onRedisError)
  const sending = createDeliveryQueue(redis, clock, onRedisError)
  const store = {
    redis,
    keys,
    clock,
    retention: retentionOf(config.jobRetentionMs),
    wakeUps: createWakeUps(subscriber),
    onJobEnded(end: JobEnd) {
      onJobEnded(end)
      if (end.connectionId !== undefined) sending.announce().catch(onRedisError)
    },
    segmentReader: segments.segmentReader,
  }
  const metricsElsewhere = config.metricsPort !== undefined
  // Without keys all callers are on this machine, and may read every connection.
  const namesConnections = config.apiKeys.length === 0
  if (!metricsElsewhere) collectFigures({ metrics, redis, queue, clock, namesConnections })
  const budgetStore = createRedisBudgetStore({ redis, keys, clock, createId: randomUUID, whenAway: 'alone' })
  const connections = createConnectionStore({ ...store, followSchedule: due.follow })
  const receivers = createReceivers({ allowed: config.webhookAllow, resolve: resolveWithSystem })
  const askIntercom = createAskIntercom({ ...config, clock, metrics, budgetStore })
  const declared = await followDeclared(config, { connections, askIntercom, receivers, clock, logger })
  const closing = new AbortController()
  const app = await buildApp({
    config: {
      apiKeys: config.apiKeys,
      intercomBaseUrl: config.intercomBaseUrl,
      proxies: config.proxies,
      metricsElsewhere,
      scheduleMinIntervalMs: config.scheduleMinIntervalMs,
      front: config,
      oauth: config.oauth,
      limits: { sockets, stalledReaderMs: config.stalledReaderMs },
    },
    budgetStore,
    jobs: createJobStore({ ...store, enqueue: queue.enqueue, dequeue: queue.dequeue, isHeld: queue.isHeld }),
    connections,
    deliveries: createDeliveryStore({
      ...store,
      createId: randomUUID,
      publicUrl: config.publicUrl,
      wake: sending.wake,
    }),
    receivers,
    messages: createMessageLogReader(store),
    records: createRecordReader(store),
    signIns: createSignInStore(store),
    clock,
    logger,
    metrics,
    ready: () => checkReadiness(redis, keys, inspectAgain),
    closing: closing.signal,
  })
  const address = await listenOn(app, { host: config.host, port: config.port, setting: 'PORT' })
  if (ownsDataDir) await announceAddress(config.dataDir, address)
  process.stdout.write(noticeOf(config, address, storage))
  return {
    name: 'close the API',
    timeoutMs: 8000,
    async run() {
      closing.abort()
      declared?.end()
      await app.close()
      await Promise.all([queue.close(), due.close(), sending.close()])
    },
  }
}

/** What people see who have started it. */
function noticeOf({ oauth, publicUrl, apiKeys }: RoleDependencies['config'], address: string, storage: string): string {
  const needsKey = apiKeys.length > 0
  const signsIn = !('missing' in signInSetupOf({ oauth, publicUrl, hasApiKeys: needsKey }))
  return startNotice({ address, publicUrl, needsKey, signsIn, storage })
}

/** The operator's file of connections, if there is one. @throws StartError when it cannot be applied */
async function followDeclared(
  { connectionsFile: path, apiKeys, scheduleMinIntervalMs }: RoleDependencies['config'],
  dependencies: Omit<DeclaredDependencies, 'path' | 'tenants' | 'scheduleMinIntervalMs'>,
): Promise<DeclaredConnections | undefined> {
  if (path === undefined) return undefined
  const tenants = apiKeys.map(({ tenant }) => tenant)
  return followConnectionsFile({ ...dependencies, path, tenants, scheduleMinIntervalMs })
}
