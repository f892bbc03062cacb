import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { startEmbeddedRedis } from './embedded-redis.ts'
import type { RedisAddress } from './redis.ts'
import { findRedisProgram } from './redis-program.ts'
import { findOwner } from './service-file.ts'

/** The Redis this process works with. */
export interface RedisSource {
  address: RedisAddress
  /** Which one it is and where it keeps its data, in words and without credentials. */
  description: string
  /** Whether it was provided by the operator, and so must be checked. */
  provided: boolean
  /** Resolves with a description when a Redis of our own ends without being told to; never for others. */
  died: Promise<string>
  stop(): Promise<void>
}

export interface RedisSourceOptions {
  config: Config
  /** Whether this process may work beside another one on that one's embedded Redis. */
  mayJoin: boolean
  /** Where servers are looked for, as in PATH. */
  searchPath: string
  clock: Clock
  logger: Logger
}

const never = new Promise<string>(() => undefined)
const nothing = async () => undefined

const inMemoryWarning =
  'no Redis server was found, so one in memory is used: it is slow, and jobs, messages and connections are LOST when ' +
  'this process ends. Install redis-server or valkey-server, or set REDIS_URL'

/**
 * `REDIS_URL`, else the embedded Redis of a running service (for a worker alone), else one of our own.
 *
 * @throws RedisNotFoundError, DataDirInUseError
 */
export async function openRedisSource(options: RedisSourceOptions): Promise<RedisSource> {
  const { config, logger } = options
  if (config.redisUrl) return provided(config.redisUrl)

  const owner = options.mayJoin ? await findOwner(config.dataDir) : undefined
  if (owner) {
    logger.info({ socket: owner.socket, pid: owner.pid }, 'using the embedded Redis of a running service')
    const description = `the Redis of the service with process id ${owner.pid}, in ${config.dataDir}`
    return { address: { socket: owner.socket }, description, provided: false, died: never, stop: nothing }
  }
  const program = await findRedisProgram(options.searchPath)
  if (!program.keepsData) logger.warn(inMemoryWarning)
  const embedded = await startEmbeddedRedis({ program, dataDir: config.dataDir, clock: options.clock })
  logger.info({ socket: embedded.socket, dataDir: config.dataDir }, 'embedded Redis started')
  const description = program.keepsData
    ? `${config.dataDir}, in a Redis of its own`
    : 'in memory only, because no Redis was found: it is lost when this process ends'
  return {
    address: { socket: embedded.socket },
    description,
    provided: false,
    died: embedded.died,
    stop: embedded.stop,
  }
}

function provided(url: string): RedisSource {
  const { protocol, host, pathname } = new URL(url)
  const description = `the Redis at ${protocol}//${host}${pathname}`
  return { address: { url }, description, provided: true, died: never, stop: nothing }
}
