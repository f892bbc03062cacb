import type { Clock } from '../../clock.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import { openSettings } from '../connections/connection-seal.ts'
import type { StoreClient } from '../keys.ts'
import type { ConnectionName } from '../schedules/scheduled-connections.ts'
import { runScript } from '../script.ts'
import { type EncryptionKey, SealBrokenError } from '../secrets/sealing.ts'
import { aboutText } from '../webhooks/events.ts'
import { needSignInScript } from './need-sign-in.lua.ts'

interface NeedDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
}

/**
 * Notes that Intercom has confirmed that it accepts an access token no more, if the connection still has that token.
 *
 * @returns whether it was this call that has noted it
 */
export async function needSignIn(
  { redis, keys, clock }: NeedDependencies,
  connection: ConnectionName,
  accessToken: string,
): Promise<boolean> {
  const recordKey = redis.keyspace.connection(connection.tenant, connection.connectionId, 'record')
  for (;;) {
    const sealed = await storeAnswer(redis.hget(recordKey, 'settings'))
    if (sealed === null || !hasToken(keys, connection, sealed, accessToken)) return false
    const now = clock.now()
    const outcome = await runScript(redis, needSignInScript, {
      keys: { recordKey, eventsKey: redis.keyspace.events },
      args: { now, expected: sealed, about: aboutText({ ...connection, at: now }) },
    })
    if (outcome !== 'CHANGED') return outcome === 'NOTED'
  }
}

/** Of settings that nobody can read it is not known. */
function hasToken(
  keys: readonly EncryptionKey[],
  connection: ConnectionName,
  sealed: string,
  accessToken: string,
): boolean {
  try {
    return openSettings(keys, connection, sealed).config.access_token === accessToken
  } catch (error) {
    if (error instanceof SealBrokenError || error instanceof StoredDataError) return false
    throw error
  }
}
