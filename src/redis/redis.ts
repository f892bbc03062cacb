import { Redis, type RedisOptions } from 'ioredis'
import type { RedisServer } from '../settings/redis.ts'
import { createKeyspace, defaultPrefix, type StoreClient } from '../store/keys.ts'
import { countOnlyRedisTime } from './answer-limit.ts'
import { endWhileAway } from './disconnection.ts'
import { tellLastRefusal } from './last-refusal.ts'
import { keepToDatabase } from './own-database.ts'

/** Where Redis is: a server that the operator provides, or the path of a unix socket. */
export type RedisAddress = Pick<RedisServer, 'url' | 'tls' | 'sentinel'> | { socket: string }

/** How a client behaves while Redis is down. */
export type ClientProfile = keyof typeof profiles

/** What ioredis does about a reply READONLY: reconnect, and send the command again or not. */
const reconnect = 1
const reconnectAndResend = 2

const profiles = {
  /** For the API: a command answers or rejects within a second, so that callers get a 503 and not a hanging request. */
  failFast: {
    options: { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 800, connectTimeout: 2000 },
    onReplica: reconnect,
  },
  /**
   * For the worker: a command waits until Redis is back and is then sent again. Every script of ours may be sent twice.
   */
  waitForever: { options: { maxRetriesPerRequest: null }, onReplica: reconnectAndResend },
  /** For Pub/Sub: subscriptions are renewed by whoever made them. */
  subscriber: {
    options: { maxRetriesPerRequest: null, autoResubscribe: false, enableOfflineQueue: false },
    onReplica: reconnect,
  },
} as const satisfies Record<string, { options: RedisOptions; onReplica: 1 | 2 }>

const longestReconnectDelayMs = 1000

/** The clients that a process has of one Redis. */
export interface RedisClients {
  connect(profile: ClientProfile): StoreClient
  /** Disconnects every client made here; never waits for a Redis that is away. */
  close(): void
}

interface RedisClientSettings {
  /** What all keys and channels begin with. @defaultValue `intercom-sync` */
  prefix?: string
  /** Whether Redis lets this service use INFO. @defaultValue true */
  allowsInfo?: boolean
}

/** @param onError gets every error of a client; without a listener, ioredis would throw them */
export function createRedisClients(
  address: RedisAddress,
  onError: (error: Error) => void,
  { prefix = defaultPrefix, allowsInfo = true }: RedisClientSettings = {},
): RedisClients {
  const open = new Set<Redis>()
  const keyspace = createKeyspace(prefix)
  return {
    connect(profile) {
      const redis = openRedis(address, profile, allowsInfo)
      redis.on('error', onError)
      open.add(redis)
      return Object.assign(redis, { keyspace })
    },
    close() {
      for (const redis of open) redis.disconnect()
      open.clear()
    },
  }
}

function openRedis(address: RedisAddress, profile: ClientProfile, allowsInfo: boolean): Redis {
  const { options: ofProfile, onReplica } = profiles[profile]
  const options = {
    ...ofProfile,
    ...placeOptions(address),
    // A user of the smallest ACL may not say which library this is, and Redis logs each refusal.
    disableClientInfo: true,
    // Its question is INFO.
    enableReadyCheck: allowsInfo,
    // While Redis reads its data it is asked as often as one that is away, and not after the time that it expects.
    maxLoadingRetryTime: longestReconnectDelayMs,
    retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 10), longestReconnectDelayMs),
    // After a failover the old primary answers READONLY: only a new connection finds the new one.
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? onReplica : false),
  } satisfies RedisOptions
  const redis = 'socket' in address ? new Redis(address.socket, options) : new Redis(address.url, options)
  countOnlyRedisTime(redis)
  return prepared(redis)
}

/** A client, and every copy that BullMQ makes of it, that keeps to its database. */
function prepared(redis: Redis): Redis {
  keepToDatabase(redis)
  tellLastRefusal(redis)
  endWhileAway(redis)
  const duplicate = redis.duplicate.bind(redis)
  // BullMQ names its copies with CLIENT SETNAME, for lists that this service does not ask for.
  redis.duplicate = (override) => prepared(duplicate({ ...override, connectionName: '' }))
  return redis
}

/** TLS, and the Sentinels that know the primary. */
function placeOptions(address: RedisAddress) {
  if ('socket' in address) return {}
  const { tls, sentinel } = address
  return {
    ...(tls && { tls: { ...tls } }),
    ...(sentinel && {
      name: new URL(address.url).hostname,
      sentinels: sentinel.nodes,
      // A primary that hangs keeps its connections. The Sentinels tell when it has been replaced.
      failoverDetector: true,
      ...(sentinel.username && { sentinelUsername: sentinel.username }),
      ...(sentinel.password && { sentinelPassword: sentinel.password }),
      ...(tls && { sentinelTLS: { ...tls }, enableTLSForSentinelMode: true }),
    }),
  }
}

/** Resolves once a client can be used. @throws the signal's reason */
export async function untilReady(redis: Redis, signal: AbortSignal): Promise<void> {
  if (redis.status === 'ready') return
  signal.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const settle = () => {
      redis.off('ready', ready)
      signal.removeEventListener('abort', abort)
    }
    const ready = () => {
      settle()
      resolve()
    }
    const abort = () => {
      settle()
      reject(signal.reason)
    }
    redis.once('ready', ready)
    signal.addEventListener('abort', abort, { once: true })
  })
}

/** BullMQ asks for the version with INFO, and gives up where that is forbidden. */
export function forbidsInfo(redis: Redis): boolean {
  return redis.options.enableReadyCheck === false
}
