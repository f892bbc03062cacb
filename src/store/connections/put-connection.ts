import type { Clock } from '../../clock.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { openSettings, sealSettings } from './connection-seal.ts'
import type { ConnectionSettings } from './connection-store.ts'
import { putConnectionScript } from './connections.lua.ts'

interface PutDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
}

interface Owner {
  tenant: string
  connectionId: string
}

/** Makes a connection or replaces its settings, whatever they were. Returns whether it is new. */
export async function putConnection(
  dependencies: PutDependencies,
  owner: Owner,
  settings: ConnectionSettings,
): Promise<boolean> {
  return (await writeSettings(dependencies, owner, settings, undefined)) === 'CREATED'
}

/**
 * Makes new settings out of those that are stored. If somebody replaces them meanwhile, it begins again with the newer
 * ones, so that no secret comes back that has just been replaced.
 *
 * @param edit is given undefined for a connection that does not exist
 * @returns whether the connection is new
 * @throws CodedError `seal_broken`, `data_unreadable`; what `edit` throws
 */
export async function editConnection(
  dependencies: PutDependencies,
  owner: Owner,
  edit: (stored: ConnectionSettings | undefined) => ConnectionSettings,
): Promise<boolean> {
  const { redis, keys } = dependencies
  for (;;) {
    const sealed = await storeAnswer(
      redis.hget(redis.keyspace.connection(owner.tenant, owner.connectionId, 'record'), 'settings'),
    )
    const stored = sealed === null ? undefined : openSettings(keys, owner, sealed)
    const outcome = await writeSettings(dependencies, owner, edit(stored), sealed ?? undefined)
    if (outcome !== 'CHANGED') return outcome === 'CREATED'
  }
}

/** @param expected the sealed settings that must still be there; undefined = any, or none */
function writeSettings(
  { redis, keys, clock }: PutDependencies,
  owner: Owner,
  settings: ConnectionSettings,
  expected: string | undefined,
): Promise<'CREATED' | 'REPLACED' | 'CHANGED'> {
  const { tenant, connectionId } = owner
  return runScript(redis, putConnectionScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      connectionIndexKey: redis.keyspace.connectionIndex(tenant),
      lastGenerationKey: redis.keyspace.lastGeneration,
    },
    args: { now: clock.now(), connectionId, settings: sealSettings(keys, owner, settings), expected },
  })
}
