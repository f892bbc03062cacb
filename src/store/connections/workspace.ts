import type { StreamStates } from '../../airbyte/state/stream-states.ts'
import { workspaceOf } from '../../sync/state/workspace.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import type { ConnectionName } from '../schedules/scheduled-connections.ts'
import { readConnectionStates } from './connection-states.ts'

/**
 * The workspace that a connection's data is of: as its jobs have noted, else as its states say, which earlier versions
 * have left. Undefined while nobody knows.
 */
export async function readWorkspaceId(
  redis: StoreClient,
  { tenant, connectionId }: ConnectionName,
): Promise<string | undefined> {
  const noted = await storeAnswer(redis.hget(redis.keyspace.connection(tenant, connectionId, 'record'), 'workspace'))
  return noted ?? workspaceIn(await readConnectionStates(redis, tenant, connectionId))
}

/** The workspace that states are of, as far as one of them says so. */
export function workspaceIn(states: StreamStates): string | undefined {
  for (const state of Object.values(states)) {
    const workspaceId = workspaceOf(state)
    if (workspaceId !== undefined) return workspaceId
  }
  return undefined
}
