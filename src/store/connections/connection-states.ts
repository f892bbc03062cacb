import type { Redis } from 'ioredis'
import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { parseStored } from '../../stored/stored-data.ts'
import { storeAnswer } from '../availability.ts'
import { connectionKey, recordKeyAround, sharedKeys } from '../keys.ts'
import { runScript } from '../script.ts'
import { StreamStateSchema } from '../stored-request.ts'
import type { ChangeReply } from './connections.lua.ts'
import { setStatesScript } from './states.lua.ts'

/** A connection's acknowledged states; empty when it does not exist. @throws StoredDataError */
export async function readConnectionStates(redis: Redis, tenant: string, connectionId: string): Promise<StreamStates> {
  const states = await storeAnswer(redis.hgetall(connectionKey(tenant, connectionId, 'states')))
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => [
      name,
      parseStored(StreamStateSchema, state, `the state of ${name}`),
    ]),
  )
}

/**
 * @param stream the only one to set; undefined = all, and those that are left out then have no state
 * @returns the reply of `setStatesScript`
 */
export function writeConnectionStates(
  redis: Redis,
  tenant: string,
  connectionId: string,
  states: StreamStates,
  stream: string | undefined,
): Promise<ChangeReply> {
  return runScript(redis, setStatesScript, {
    keys: {
      recordKey: connectionKey(tenant, connectionId, 'record'),
      statesKey: connectionKey(tenant, connectionId, 'states'),
      lastGenerationKey: sharedKeys.lastGeneration,
    },
    args: { ...recordKeyAround, onlyStream: stream },
    entries: Object.entries(states).map(([streamName, state]) => ({ streamName, streamState: JSON.stringify(state) })),
  })
}
