/** A process that owns an embedded Redis, for tests in which such a process dies. Argument: DATA_DIR. */
import { systemClock } from '../../src/clock.ts'
import { startEmbeddedRedis } from '../../src/redis/embedded-redis.ts'
import { findRedisProgram } from '../../src/redis/redis-program.ts'

const [dataDir = ''] = process.argv.slice(2)
const program = await findRedisProgram(process.env.PATH ?? '')
const redis = await startEmbeddedRedis({ dataDir, program, clock: systemClock })
process.once('SIGTERM', () => redis.stop().then(() => process.exit(0)))
// Nothing else keeps the process alive.
setInterval(() => undefined, 1000)
process.stdout.write(`${JSON.stringify({ socket: redis.socket, pid: redis.pid })}\n`)
