/**
 * A worker as a separate process, for tests in which workers die. It runs `countingSync`.
 *
 * Arguments: socket of Redis, encryption key (hex), number of commits, number of the commit to hang before (or -1).
 */
import { once } from 'node:events'
import { encryptionKey } from '../../src/store/secrets/sealing.ts'
import { connectTo } from './redis.ts'
import { countingSync, fastLocks, openService, untilAborted } from './worker.ts'

const [socket = '', key = '', commits = '', hangBefore = '-1'] = process.argv.slice(2)
const closers: (() => unknown)[] = []
const service = openService(connectTo(socket), (close) => closers.push(close), {
  keys: [encryptionKey('test', Buffer.from(key, 'hex'))],
})
service.startWorker(
  countingSync(Number(commits), async (number, signal) => {
    if (number === Number(hangBefore)) {
      process.stdout.write('hanging\n')
      await untilAborted(signal)
    }
    // One turn of the event loop for each commit, as an answer from the network would take.
    await new Promise(setImmediate)
  }),
  fastLocks,
)
const asked = once(process, 'SIGTERM')
process.stdout.write('started\n')
await asked
for (const close of closers) await close()
process.exit(0)
