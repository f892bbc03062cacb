import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import { FolderError } from '../folder-faults.ts'
import { RedisRefusal } from '../redis/checks/refusal.ts'
import { LockError } from '../redis/file-lock.ts'
import { type RedisClients, untilReady } from '../redis/redis.ts'
import { RedisNotFoundError } from '../redis/redis-program.ts'
import type { RedisSource } from '../redis/redis-source.ts'
import { DataDirInUseError, NoServiceError } from '../redis/service-file.ts'
import type { Config } from '../settings/config.ts'
import { ConfigError } from '../settings/environment.ts'
import { adoptKeys, checkKeys, KeysDoNotFitError } from '../store/secrets/key-canaries.ts'
import { KeyFileError, keyFileOf, readKeyFile, readOrCreateKeyFile } from '../store/secrets/key-file.ts'
import type { EncryptionKey } from '../store/secrets/sealing.ts'
import { judgeDataDir, judgeKeyFile, type ModeProblem } from './file-modes.ts'
import { StartError } from './start-error.ts'

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
  RedisRefusal,
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
