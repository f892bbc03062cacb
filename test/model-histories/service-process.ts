/** An API or a worker whose minutes pass in seconds, and whose clock can be put forward. Argument: `ProcessSettings`, JSON. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { createScrollLease } from '../../src/store/limits/scroll-lease.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { startApp } from '../support/app.ts'
import { connectTo } from '../support/redis.ts'
import { fastLocks, openService } from '../support/worker.ts'
import { type LeapingTime, leapingClock } from './leaping-clock.ts'

export interface ProcessSettings {
  role: 'api' | 'worker'
  /** Of Redis. */
  socket: string
  /** Names and keys (hex); the first one seals. */
  keys: [kid: string, key: string][]
  /** Of Intercom. */
  baseUrl: string
  /** Of the API. */
  port: number
  time: LeapingTime
  tenant: string
  apiKey: string
}

const settings = JSON.parse(process.argv[2] ?? '') as ProcessSettings
const closers: (() => unknown)[] = []
const teardown = (close: () => unknown) => void closers.unshift(close)
const clock = leapingClock(settings.time)
const keys = settings.keys.map(([kid, key]) => encryptionKey(kid, Buffer.from(key, 'hex')))
const redis = connectTo(settings.socket)
const service = openService(redis, teardown, { keys, clock })
if (settings.role === 'worker')
  service.startWorker(
    createEngine({
      clock,
      random: Math.random,
      baseUrl: settings.baseUrl,
      budgetStore: createRedisBudgetStore({ ...service, createId: randomUUID }),
      createSpool: createFileSpool,
      scrollLeaseOf: (token) => createScrollLease({ ...service, createId: randomUUID }, token),
    }),
    fastLocks,
  )
else
  await startApp({ teardown }, redis, {
    clock,
    keys,
    enqueue: service.queue.enqueue,
    port: settings.port,
    intercomBaseUrl: settings.baseUrl,
    limits: { requestsPerMinute: 1_000_000 },
    apiKeys: [{ tenant: settings.tenant, digest: digestKey(settings.apiKey) }],
  })
process.stdout.write('ready\n')
await once(process, 'SIGTERM')
for (const close of closers) await close()
process.exit(0)
