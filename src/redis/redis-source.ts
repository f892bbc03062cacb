import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Config } from '../settings/config.ts'
import { type RedisServer, withoutCredentials } from '../settings/redis.ts'
import type { ServiceFile } from '../stored/service-file.ts'
import { startEmbeddedRedis } from './embedded-redis.ts'
import type { RedisAddress } from './redis.ts'
import { findRedisProgram } from './redis-program.ts'
import { untilOwner, untilOwnerGone } from './service-file.ts'
import { type SnapshotPlace, snapshotName } from './snapshot.ts'

/** The Redis this process works with. */
export interface RedisSource {
  address: RedisAddress
  /** Which Redis it is and where it keeps its data, in words and without credentials. */
  description: string
  /** Whether the operator provided it, so that it must be checked; or whether it belongs to another process. */
  origin: 'provided' | 'joined' | 'own'
  /** Resolves with a description when a Redis of our own ends without being asked to; never for others. */
  died: Promise<string>
  stop(): Promise<void>
}

interface RedisSourceOptions {
  config: Config
  /** Whether this process works beside another one and uses its embedded Redis. Then it never starts its own. */
  joins: boolean
  /** Where to search for servers, as in PATH. */
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
 * `REDIS_URL`, else the embedded Redis of a running service for a worker alone, else one of our own.
 *
 * @throws RedisNotFoundError, DataDirInUseError, NoServiceError
 */
export async function openRedisSource(options: RedisSourceOptions): Promise<RedisSource> {
  const { config, logger } = options
  if (config.redis.server) return provided(config.redis.server)

  if (options.joins) {
    const owner = await untilOwner(config.dataDir, options.clock)
    logger.info({ socket: owner.socket, pid: owner.pid }, 'using the embedded Redis of a running service')
    return joined(owner, options)
  }
  const program = await findRedisProgram(options.searchPath)
  if (!program.keepsData) logger.warn(inMemoryWarning)
  const embedded = await startEmbeddedRedis({ program, dataDir: config.dataDir, clock: options.clock })
  logger.info({ socket: embedded.socket, dataDir: config.dataDir }, 'embedded Redis started')
  tellSnapshot(embedded.snapshot, options)
  const description = program.keepsData
    ? `${config.dataDir}, in a Redis of its own`
    : 'in memory only, because no Redis was found: it is lost when this process ends'
  return {
    address: { socket: embedded.socket },
    description,
    origin: 'own',
    died: embedded.died,
    stop: embedded.stop,
  }
}

/**
 * A worker alone is useless without that service, which comes back on another socket. So it ends, to be started again.
 */
function joined(owner: ServiceFile, { config: { dataDir }, clock }: RedisSourceOptions): RedisSource {
  const ending = new AbortController()
  const gone = untilOwnerGone(dataDir, owner, clock, ending.signal).then(
    () => `the service with process id ${owner.pid}, whose Redis this worker used, has ended: start the worker again`,
    () => never,
  )
  return {
    address: { socket: owner.socket },
    description: `the Redis of the service with process id ${owner.pid}, in ${dataDir}`,
    origin: 'joined',
    died: gone,
    stop: async () => ending.abort(),
  }
}

function tellSnapshot(snapshot: SnapshotPlace, { config: { dataDir }, logger }: RedisSourceOptions): void {
  const file = join(dataDir, 'redis', snapshotName)
  if (snapshot === 'alone') logger.warn(`${file} was restored, and is now called ${snapshotName}.restored`)
  if (snapshot === 'beside-append-only-files') {
    const message =
      `${file} is NOT read, as there are append-only files beside it. To restore it, end the service, move ` +
      'appendonlydir (or appendonly.aof) away, and start it again; else remove the file'
    logger.warn(message)
  }
}

function provided(server: RedisServer): RedisSource {
  const place = withoutCredentials(server.url)
  const description = server.sentinel ? `the Redis at ${place}, by its Sentinels` : `the Redis at ${place}`
  return { address: server, description, origin: 'provided', died: never, stop: nothing }
}
