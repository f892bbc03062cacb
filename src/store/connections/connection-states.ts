import type { Redis } from 'ioredis'
import type { StreamStates } from '../../airbyte/state.ts'
import { storeAnswer } from '../availability.ts'
import { connectionKey, recordKeyAround, sharedKeys } from '../keys.ts'
import { runScript } from '../script.ts'
import { setStatesScript } from './states.lua.ts'

/** A connection's acknowledged states; empty for one that is not there. */
export async function readConnectionStates(redis: Redis, tenant: string, connectionId: string): Promise<StreamStates> {
  const states = await storeAnswer(redis.hgetall(connectionKey(tenant, connectionId, 'states')))
  return Object.fromEntries(Object.entries(states).map(([name, state]) => [name, JSON.parse(state)]))
}

/**
 * @param stream the only one to set; undefined = all, those that are left out have no state then
 * @returns the reply of `setStatesScript`
 */
export function writeConnectionStates(
  redis: Redis,
  tenant: string,
  connectionId: string,
  states: StreamStates,
  stream: string | undefined,
): Promise<unknown> {
  return runScript(
    redis,
    setStatesScript,
    [
      connectionKey(tenant, connectionId, 'record'),
      connectionKey(tenant, connectionId, 'states'),
      sharedKeys.lastGeneration,
    ],
    [
      ...recordKeyAround,
      stream ?? '',
      ...Object.entries(states).flatMap(([name, state]) => [name, JSON.stringify(state)]),
    ],
  )
}
