/**
 * API and worker as one process whose minutes pass in seconds, so that leases and patience run out within a test.
 *
 * Arguments: socket of Redis, folder for long logs, encryption key (hex), address of Intercom, port, speed, when time began
 * to run faster (ms since the epoch), then the API keys, `tenant:key` each.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { createScrollLease } from '../../src/store/limits/scroll-lease.ts'
import { digestKey } from '../../src/store/secrets/api-key.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { startApp } from '../support/app.ts'
import { armProcess } from '../support/failpoints.ts'
import { openFillableDisk } from '../support/faulty-disk.ts'
import { connectTo } from '../support/redis.ts'
import { openService } from '../support/worker.ts'
import { segmentFolder } from './segment-files.ts'
import { sharedClock } from './shared-clock.ts'

/** Logs of sixty contacts are several times as long. */
const windowBytes = 4000

const [socket = '', root = '', key = '', baseUrl = '', port = '', speed = '', began = '', ...apiKeys] =
  process.argv.slice(2)
armProcess(process.env)
const closers: (() => unknown)[] = []
const teardown = (close: () => unknown) => void closers.unshift(close)
const clock = sharedClock({ began: Number(began), speed: Number(speed) })
const keys = [encryptionKey('test', Buffer.from(key, 'hex'))]
const redis = connectTo(socket)
const segments = { root, folder: segmentFolder, windowBytes, disk: openFillableDisk(root) }
const service = openService(redis, teardown, { keys, clock, segments })
service.startWorker(
  createEngine({
    clock,
    random: Math.random,
    baseUrl,
    budgetStore: createRedisBudgetStore({ ...service, createId: randomUUID }),
    createSpool: createFileSpool,
    scrollLeaseOf: (token) => createScrollLease({ ...service, createId: randomUUID }, token),
  }),
)
await startApp({ teardown }, redis, {
  clock,
  keys,
  segments,
  enqueue: service.queue.enqueue,
  port: Number(port),
  intercomBaseUrl: baseUrl,
  limits: { requestsPerMinute: 1_000_000 },
  apiKeys: apiKeys.map((entry) => {
    const [tenant = '', secret = ''] = entry.split(':')
    return { tenant, digest: digestKey(secret) }
  }),
})
process.stdout.write('listening\n')
await once(process, 'SIGTERM')
for (const close of closers) await close()
process.exit(0)
