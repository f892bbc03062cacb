import { connectionOfOtherWorkspace } from '../../streams/other-workspace.ts'
import type { StoreClient } from '../keys.ts'
import type { ConnectionName } from '../schedules/scheduled-connections.ts'
import { runScript } from '../script.ts'
import { noteWorkspaceScript } from './note-workspace.lua.ts'

/**
 * Notes whose data a job reads, for its connection.
 *
 * @throws CodedError `workspace_changed` when the connection is of another workspace
 */
export async function noteWorkspace(
  redis: StoreClient,
  { tenant, connectionId }: ConnectionName,
  jobId: number,
  workspaceId: string,
): Promise<void> {
  const [, known = workspaceId] = await runScript(redis, noteWorkspaceScript, {
    keys: { connectionKey: redis.keyspace.connection(tenant, connectionId, 'record') },
    args: { workspaceId, jobId, ...redis.keyspace.recordAround },
  })
  if (known !== workspaceId) throw connectionOfOtherWorkspace(known, workspaceId)
}
