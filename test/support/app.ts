import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { type AppDependencies, buildApp } from '../../src/app.ts'
import { type Clock, systemClock } from '../../src/clock.ts'
import { createMetrics } from '../../src/metrics.ts'
import { untilReady } from '../../src/redis/redis.ts'
import { createConnectionStore } from '../../src/store/connections/redis-connections.ts'
import type { JobStore } from '../../src/store/jobs/job-store.ts'
import { createJobStore } from '../../src/store/jobs/redis-job-store.ts'
import type { MessageLogReader } from '../../src/store/log/message-log.ts'
import { createMessageLogReader } from '../../src/store/log/redis-message-log.ts'
import { createRecordReader } from '../../src/store/records/record-reader.ts'
import type { EncryptionKey } from '../../src/store/secrets/sealing.ts'
import { createSignInStore } from '../../src/store/sign-ins/sign-in-store.ts'
import { createDeliveryStore } from '../../src/store/webhooks/delivery-store.ts'
import type { StreamProgress } from '../../src/sync/contract/commit.ts'
import { createAllowList } from '../../src/webhooks/allow-list.ts'
import { createReceivers } from '../../src/webhooks/receivers.ts'
import { watchResponses } from './documented-responses.ts'
import type { Teardown } from './processes.ts'
import type { RedisAccess } from './redis.ts'
import { commitOf, commitTo, openStore, syncRequest, type TestSegments, type TestStore } from './store.ts'
import { refuseToken } from './token-leaks.ts'

/** The API on a port of its own, on the real store, with the same connection profile as in the service. */
export interface TestApp {
  app: FastifyInstance
  port: number
  url: string
  store: TestStore
  jobs: JobStore
  /** Lines the service has logged. */
  logged: string[]
  closing: AbortController
  fetch(path: string, options?: RequestInit): Promise<Response>
  /** A pending job of the default tenant, which callers without a key belong to. */
  createJob(options?: { graceMs?: number; tenant?: string }): Promise<number>
  /** Starts a worker's attempt at a job and returns the worker's steps. */
  work(jobId: number): Promise<TestWorker>
}

export interface TestWorker {
  /** One commit of `records` RECORDs and a STATE. @param status of the stream @defaultValue `RUNNING` */
  commit(records: number, status?: StreamProgress['status']): Promise<void>
  end(status?: 'succeeded' | 'failed'): Promise<void>
}

export interface AppOptions extends Partial<Omit<AppDependencies, 'config'>>, Partial<AppDependencies['config']> {
  wrapMessages?: (messages: MessageLogReader) => MessageLogReader
  retentionMs?: number
  /** @defaultValue the whole log stays in Redis */
  segments?: TestSegments
  clock?: Clock
  /** @defaultValue a new key */
  keys?: readonly EncryptionKey[]
  /** @defaultValue jobs wait until the test begins an attempt by hand */
  enqueue?: (jobId: number) => Promise<void>
  /** @defaultValue nothing */
  dequeue?: (jobId: number) => Promise<void>
  /** @defaultValue as in the service */
  readerLeaseMs?: number
  /** @defaultValue any free one */
  port?: number
}

export async function startApp(t: Teardown, server: RedisAccess, options: AppOptions = {}): Promise<TestApp> {
  const {
    apiKeys = [],
    // Nobody answers there, so that no test asks the real Intercom.
    intercomBaseUrl = 'http://127.0.0.1:9',
    metricsElsewhere = false,
    front = {},
    metrics = createMetrics(),
    wrapMessages = (same) => same,
    clock = systemClock,
    retentionMs = 3_600_000,
    keys,
    enqueue = async () => undefined,
    dequeue = async () => undefined,
    readerLeaseMs,
  } = options
  // A machine that is busy with other tests must not look like an overloaded service. A test about overload sets a
  // limit.
  const limits = { eventLoopDelayMs: 0, ...options.limits }
  const { segments } = options
  const store = openStore(server, { retentionMs, clock, ...(keys && { keys }), ...(segments && { segments }) })
  const redis = server.connect('failFast')
  await untilReady(redis, AbortSignal.timeout(5000))
  const jobs = createJobStore({
    ...store,
    redis,
    enqueue,
    dequeue,
    ...(readerLeaseMs !== undefined && { readerLeaseMs }),
  })
  const logged: string[] = []
  const closing = new AbortController()
  const app = await buildApp({
    config: { apiKeys, limits, intercomBaseUrl, metricsElsewhere, front, oauth: options.oauth },
    jobs,
    connections: createConnectionStore({ ...store, redis }),
    deliveries: createDeliveryStore({ ...store, redis, createId: randomUUID, wake: async () => undefined }),
    // No test asks the real DNS.
    receivers: options.receivers ?? createReceivers({ allowed: createAllowList([]), resolve: async () => [] }),
    signIns: createSignInStore({ ...store, redis }),
    messages: wrapMessages(createMessageLogReader({ ...store, redis })),
    records: createRecordReader({ ...store, redis }),
    clock,
    logger: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
    metrics,
    ready: async () => void (await redis.ping()),
    closing: closing.signal,
    ...(options.ready && { ready: options.ready }),
    ...(options.records && { records: options.records }),
    ...(options.budgetStore && { budgetStore: options.budgetStore }),
  })
  watchResponses(app)
  t.teardown(async () => {
    app.server.closeAllConnections()
    await app.close()
    refuseToken('the log', logged.join(''))
  })
  await app.listen({ port: options.port ?? 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  return {
    app,
    port,
    url,
    store,
    jobs,
    logged,
    closing,
    fetch: (path, init) => fetch(url + path, init),
    async createJob({ graceMs, tenant = 'default' } = {}) {
      const job = await store.jobs.create({
        tenant,
        request: syncRequest(),
        ...(graceMs !== undefined && { graceMs }),
      })
      return job.jobId
    },
    work: (jobId) => beginWork(store, jobId),
  }
}

async function beginWork(store: TestStore, jobId: number): Promise<TestWorker> {
  const begun = await store.attempts.begin({ jobId, fence: 1, attemptId: 'a' }, 'start', 'epoch-of-a-test')
  if (typeof begun === 'string') throw new Error(`the attempt did not begin: ${begun}`)
  let attempt = begun
  let commits = 0
  let rowsSynced = 0
  const progress = (status: StreamProgress['status']) => [{ streamName: 'contacts', status, rowsSynced }]
  return {
    async commit(records, status = 'RUNNING') {
      commits++
      const commit = commitOf(rowsSynced + 1, records)
      rowsSynced += records
      attempt = await commitTo(store, attempt, `1-${commits}`, { ...commit, streams: progress(status) })
    },
    async end(status = 'failed') {
      await store.attempts.end(jobId, 1, { status })
    },
  }
}
