/**
 * A worker as a separate process that runs the real engine. Its locks are so short that its death is noticed soon.
 *
 * Arguments: socket of Redis, encryption key (hex), address of Intercom.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { systemClock } from '../../src/clock.ts'
import { createRedisBudgetStore } from '../../src/store/limits/redis-budget-store.ts'
import { createScrollLease } from '../../src/store/limits/scroll-lease.ts'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { createEngine } from '../../src/sync/engine.ts'
import { createFileSpool } from '../../src/sync/pages/file-spool.ts'
import { connectTo } from './redis.ts'
import { openService } from './worker.ts'

const [socket = '', key = '', baseUrl = ''] = process.argv.slice(2)
const closers: (() => unknown)[] = []
const service = openService(connectTo(socket), (close) => closers.push(close), {
  keys: [encryptionKey('test', Buffer.from(key, 'hex'))],
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
)
process.stdout.write('started\n')
await once(process, 'SIGTERM')
for (const close of closers) await close()
process.exit(0)
