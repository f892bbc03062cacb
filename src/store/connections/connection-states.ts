import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { parseStoredAsGiven } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import type { ChangeReply } from './connections.lua.ts'
import { setStatesScript } from './states.lua.ts'

/** A connection's acknowledged states; empty when it does not exist. @throws StoredDataError */
export async function readConnectionStates(
  redis: StoreClient,
  tenant: string,
  connectionId: string,
): Promise<StreamStates> {
  const states = await storeAnswer(redis.hgetall(redis.keyspace.connection(tenant, connectionId, 'states')))
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => [name, parseStoredAsGiven(state, `the state of ${name}`)]),
  )
}

/**
 * @param stream the only one to set; undefined = all, and those that are left out then have no state
 * @returns the reply of `setStatesScript`
 */
export function writeConnectionStates(
  redis: StoreClient,
  tenant: string,
  connectionId: string,
  states: StreamStates,
  stream: string | undefined,
): Promise<ChangeReply> {
  return runScript(redis, setStatesScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      statesKey: redis.keyspace.connection(tenant, connectionId, 'states'),
      lastGenerationKey: redis.keyspace.lastGeneration,
    },
    args: { ...redis.keyspace.recordAround, onlyStream: stream },
    entries: Object.entries(states).map(([streamName, state]) => ({ streamName, streamState: JSON.stringify(state) })),
  })
}
