/**
 * A worker as a separate process that runs the real engine, with failpoints armed. Its locks are so short that its death is
 * noticed soon.
 *
 * Arguments: socket of Redis, encryption key (hex), address of Intercom; where long logs continue, and bytes of a log that
 * stay in Redis (without these two no log is moved).
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { systemClock } from '../../src/clock.ts'
import { unobserved } from '../../src/queue/attempt-observer.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { createScrollLease } from '../../src/store/limits/scroll-lease.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { armProcess } from './failpoints.ts'
import { connectTo } from './redis.ts'
import { fastLocks, openService, silentLog } from './worker.ts'

const [socket = '', key = '', baseUrl = '', root, windowBytes] = process.argv.slice(2)
armProcess(process.env)
const closers: (() => unknown)[] = []
const service = openService(connectTo(socket), (close) => closers.push(close), {
  keys: [encryptionKey('test', Buffer.from(key, 'hex'))],
  ...(root !== undefined && { segments: { root, folder: 'mine', windowBytes: Number(windowBytes) } }),
})
service.startWorker(
  createEngine({
    clock: systemClock,
    random: Math.random,
    baseUrl,
    budgetStore: createRedisBudgetStore({ ...service, createId: randomUUID }),
    createSpool: createFileSpool,
    scrollLeaseOf: (token) => createScrollLease({ ...service, createId: randomUUID }, token),
  }),
  fastLocks,
  unobserved,
  silentLog,
)
process.stdout.write('started\n')
await once(process, 'SIGTERM')
for (const close of closers) await close()
process.exit(0)
