import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import { checkKeys } from '../store/key-canaries.ts'
import { readKeyFile, readOrCreateKeyFile } from '../store/key-file.ts'
import type { EncryptionKey } from '../store/sealing.ts'
import { type RedisConnections, untilReady } from './redis.ts'
import { checkRedis } from './redis-check.ts'
import type { RedisSource } from './redis-source.ts'

/** The service cannot start as it was asked to; the message says what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** How long a Redis may take to come up, ms. */
export const redisStartMs = 30_000

/** The keys of this process, which fit what is in Redis. @throws StartError, KeysDoNotFitError */
export async function openKeys(
  { encryptionKeys, dataDir }: Config,
  { origin }: RedisSource,
  connections: RedisConnections,
): Promise<readonly EncryptionKey[]> {
  const redis = connections.connect('waitForever')
  await untilReady(redis, AbortSignal.timeout(redisStartMs))
  const ofFile = origin === 'joined' ? readKeyFile : readOrCreateKeyFile
  const keys = encryptionKeys.length > 0 ? encryptionKeys : await ofFile(dataDir)
  if (!keys) {
    throw new StartError(
      `ENCRYPTION_KEYS: the service in DATA_DIR ${dataDir} has made no keys.json, so it was given keys: give this ` +
        'worker the same',
    )
  }
  await checkKeys(redis, keys)
  redis.disconnect()
  return keys
}

/** Tells what is wrong with a Redis that was provided. @throws StartError */
export async function inspectRedis(connections: RedisConnections, logger: Logger): Promise<void> {
  const redis = connections.connect('waitForever')
  try {
    await untilReady(redis, AbortSignal.timeout(redisStartMs))
  } catch {
    throw new StartError(`REDIS_URL: no Redis answered within ${redisStartMs / 1000} s. Is it running, and reachable?`)
  }
  for (const { severity, message } of await checkRedis(redis)) {
    if (severity === 'fault') throw new StartError(message)
    logger.warn(message)
  }
  redis.disconnect()
}
