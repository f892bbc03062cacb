import { Redis, type RedisOptions } from 'ioredis'
import { countOnlyRedisTime } from './answer-limit.ts'

/** Where Redis is: a URL (`redis://`, `rediss://`), or the path of a unix socket. */
export type RedisAddress = { url: string } | { socket: string }

/** How a client behaves while Redis is down. */
export type ClientProfile = keyof typeof profiles

const profiles = {
  /** For the API: a command answers or rejects within a second, so that callers get a 503 and not a hanging request. */
  failFast: { enableOfflineQueue: false, maxRetriesPerRequest: 0, commandTimeout: 800, connectTimeout: 2000 },
  /**
   * For the worker: a command waits until Redis is back and is then sent again. Every script of ours may be sent twice.
   */
  waitForever: { maxRetriesPerRequest: null },
  /** For Pub/Sub: subscriptions are renewed by whoever made them. */
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: false, enableOfflineQueue: false },
} as const satisfies Record<string, RedisOptions>

const longestReconnectDelayMs = 1000

/** The clients that a process has of one Redis. */
export interface RedisClients {
  connect(profile: ClientProfile): Redis
  /** Disconnects every client made here; never waits for a Redis that is away. */
  close(): void
}

/** @param onError gets every error of a client; without a listener, ioredis would throw them */
export function createRedisClients(address: RedisAddress, onError: (error: Error) => void): RedisClients {
  const open = new Set<Redis>()
  return {
    connect(profile) {
      const redis = openRedis(address, profile)
      redis.on('error', onError)
      open.add(redis)
      return redis
    },
    close() {
      for (const redis of open) redis.disconnect()
      open.clear()
    },
  }
}

function openRedis(address: RedisAddress, profile: ClientProfile): Redis {
  const options = {
    ...profiles[profile],
    retryStrategy: (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 10), longestReconnectDelayMs),
    // After a failover the old primary answers READONLY: only a new connection finds the new one.
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 2 : false),
  } satisfies RedisOptions
  const redis = 'socket' in address ? new Redis(address.socket, options) : new Redis(address.url, options)
  countOnlyRedisTime(redis)
  return redis
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
