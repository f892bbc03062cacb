import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { FolderError } from '../folder-faults.ts'
import { LockError } from '../redis/file-lock.ts'
import { type RedisClients, untilReady } from '../redis/redis.ts'
import { checkRedis } from '../redis/redis-check.ts'
import { RedisNotFoundError } from '../redis/redis-program.ts'
import type { RedisSource } from '../redis/redis-source.ts'
import { DataDirInUseError, NoServiceError } from '../redis/service-file.ts'
import type { Config } from '../settings/config.ts'
import { ConfigError } from '../settings/environment.ts'
import { adoptKeys, checkKeys, KeysDoNotFitError } from '../store/secrets/key-canaries.ts'
import { KeyFileError, keyFileOf, readKeyFile, readOrCreateKeyFile } from '../store/secrets/key-file.ts'
import type { EncryptionKey } from '../store/secrets/sealing.ts'
import { judgeDataDir, judgeKeyFile, type ModeProblem } from './file-modes.ts'

/** The service cannot start as requested; the message says what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** Errors that the operator has to fix. They are shown in one message. */
const operatorErrors = [
  StartError,
  ConfigError,
  RedisNotFoundError,
  DataDirInUseError,
  NoServiceError,
  LockError,
  KeysDoNotFitError,
  KeyFileError,
  FolderError,
] as const

export function isForOperators(error: unknown): error is Error {
  return operatorErrors.some((kind) => error instanceof kind)
}

/** How long a Redis may take to come up, ms. */
export const redisStartMs = 30_000
const keyFileTries = 10
const keyFileEveryMs = 300

/** The keys of this process, which fit the data in Redis. @throws StartError, KeysDoNotFitError */
export async function openKeys(
  { encryptionKeys, dataDir }: Config,
  { origin }: RedisSource,
  { clients, clock, logger }: { clients: RedisClients; clock: Clock; logger: Logger },
): Promise<readonly EncryptionKey[]> {
  const redis = clients.connect('waitForever')
  await untilReady(redis, AbortSignal.timeout(redisStartMs))
  const ofFile = origin === 'joined' ? () => untilKeyFile(dataDir, clock) : () => readOrCreateKeyFile(dataDir)
  const keys = encryptionKeys.length > 0 ? encryptionKeys : await ofFile()
  if (!keys) {
    throw new StartError(
      `ENCRYPTION_KEYS: the service in DATA_DIR ${dataDir} has made no keys.json, so it was given keys: give this ` +
        'worker the same',
    )
  }
  if (encryptionKeys.length === 0) tellModes(await judgeKeyFile(keyFileOf(dataDir)), logger)
  if (origin === 'own') tellModes(await judgeDataDir(dataDir), logger)
  try {
    await checkKeys(redis, keys, 'at its start')
  } catch (error) {
    // If this is the only service on this Redis, it can do no harm to others. It may be needed to remove data that it
    // cannot open.
    if (!(error instanceof KeysDoNotFitError) || origin !== 'own') throw error
    logger.error(`${error.message} It starts, and seals with its own keys from here on.`)
    await adoptKeys(redis, keys)
  }
  redis.disconnect()
  return keys
}

/** @throws StartError */
function tellModes(problems: readonly ModeProblem[], logger: Logger): void {
  for (const { severity, message } of problems) {
    if (severity === 'fault') throw new StartError(message)
    logger.warn(message)
  }
}

/** A service that is just starting can be found a moment before it makes its keys. */
async function untilKeyFile(dataDir: string, clock: Clock): Promise<readonly EncryptionKey[] | undefined> {
  for (let tries = 1; ; tries++) {
    const keys = await readKeyFile(dataDir)
    if (keys || tries === keyFileTries) return keys
    await clock.sleep(keyFileEveryMs)
  }
}

/** Reports problems of a Redis that was provided. @throws StartError */
export async function inspectRedis(clients: RedisClients, source: RedisSource, logger: Logger): Promise<void> {
  const redis = clients.connect('waitForever')
  try {
    await untilReady(redis, AbortSignal.timeout(redisStartMs))
  } catch {
    const where = `${source.description} did not answer within ${redisStartMs / 1000} s`
    throw new StartError(`REDIS_URL: ${where}. Is it running, and reachable?`)
  }
  // If a connection's database is refused, it works on database 0, where somebody else's keys may be.
  const { db = 0 } = redis.options
  if (db !== 0) {
    await redis.select(db).catch((error: Error) => {
      throw new StartError(`REDIS_URL: database ${db} of the Redis cannot be used (${error.message})`)
    })
  }
  for (const { severity, message } of await checkRedis(redis)) {
    if (severity === 'fault') throw new StartError(message)
    logger.warn(message)
  }
  redis.disconnect()
}
