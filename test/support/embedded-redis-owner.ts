/** A process that owns an embedded Redis, for tests in which such a process dies. Argument: DATA_DIR. */
import { systemClock } from '../../src/clock.ts'
import { startEmbeddedRedis } from '../../src/queue/embedded-redis.ts'

const [dataDir = ''] = process.argv.slice(2)
const redis = await startEmbeddedRedis({ dataDir, searchPath: process.env.PATH ?? '', clock: systemClock })
process.once('SIGTERM', () => redis.stop().then(() => process.exit(0)))
// Nothing else keeps the process alive.
setInterval(() => undefined, 1000)
process.stdout.write(`${JSON.stringify({ socket: redis.socket, pid: redis.pid })}\n`)
