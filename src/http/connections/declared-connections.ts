import type { ConnectionsFile } from '../../connections-file/connections-file.ts'
import { CodedError } from '../../errors.ts'
import type { Connection, ConnectionStore, WantedConnection } from '../../store/connections/connection-store.ts'
import { isConnectionId } from '../bodies/list-schemas.ts'
import { invalidRequest } from '../requests/validation.ts'
import type { AskedConnection } from './change-connection.ts'
import { changesBetween, type MemberChange } from './connection-diff.ts'
import { documentOf } from './connection-document.ts'
import { type BodyDependencies, parseConnectionBody, readConnectionBody } from './read-connection-body.ts'

/** What applying a file has done to one connection. */
interface AppliedConnection {
  connectionId: string
  change: 'created' | 'changed' | 'unchanged'
  /** Secrets are masked. */
  changes: MemberChange[]
}

/**
 * Makes the connections of a file what it says, all of them or, if one of them is not valid, none. Intercom is not asked.
 * Those that only an earlier version of the file named stay as they are, and are no longer declared.
 *
 * @throws CodedError `invalid_request` with file, line and member; `store_unavailable`
 */
export async function applyDeclared(
  connections: ConnectionStore,
  tenant: string,
  file: ConnectionsFile,
  dependencies: BodyDependencies,
): Promise<AppliedConnection[]> {
  const asked = await readAll(connections, tenant, file, dependencies)
  const applied: AppliedConnection[] = []
  for (const [connectionId, one] of asked) {
    const stored = await connections.find(tenant, connectionId)
    const changes = changesOf(stored, one)
    const isSame = changes.length === 0 && stored?.problem === undefined
    if (!isSame || !stored?.isDeclared)
      await connections.change(tenant, connectionId, async (now) => wantedOf(now, one))
    applied.push({ connectionId, change: stored ? (isSame ? 'unchanged' : 'changed') : 'created', changes })
  }
  await connections.keepDeclared(tenant, new Set(asked.keys()))
  return applied
}

const wrongId = 'is no id of a connection: use letters, digits, - and _, 64 at most'

/** @throws CodedError `invalid_request` with the faults of all connections */
async function readAll(
  connections: ConnectionStore,
  tenant: string,
  file: ConnectionsFile,
  dependencies: BodyDependencies,
): Promise<Map<string, AskedConnection>> {
  const asked = new Map<string, AskedConnection>()
  const errors: CodedError[] = []
  for (const { connectionId, body } of file.connections)
    try {
      if (!isConnectionId(connectionId)) throw invalidRequest([{ pointer: '', detail: wrongId }])
      // Of what is stored only the secrets of webhooks count that the file leaves out.
      const webhooks = (await connections.find(tenant, connectionId))?.webhooks ?? []
      asked.set(
        connectionId,
        await readConnectionBody(connectionId, parseConnectionBody(body), { webhooks }, dependencies),
      )
    } catch (error) {
      if (!(error instanceof CodedError) || error.code !== 'invalid_request') throw error
      errors.push(file.faultOf(connectionId, error.faults))
    }
  if (errors.length > 0) throw new CodedError('invalid_request', errors.map(({ message }) => message).join('; '))
  return asked
}

/** What a body would change of a connection. */
export function changesOf(
  stored: Connection | undefined,
  { settings, schedule, webhooks }: AskedConnection,
): MemberChange[] {
  const before = stored?.settings && documentOf(stored)
  const { isPaused = before?.paused ?? false, ...runs } = schedule
  return changesBetween(before, { ...settings, ...runs, paused: isPaused, webhooks })
}

/** What a check has said stays as long as it is about the same settings. */
function wantedOf(stored: Connection | undefined, asked: AskedConnection): WantedConnection {
  const isChecked = stored?.settings && changesOf(stored, asked).every(isOfSchedule)
  const { settings, schedule, webhooks } = asked
  return { settings, schedule, webhooks, isDeclared: true, ...(isChecked && { check: stored.check }) }
}

function isOfSchedule({ pointer }: MemberChange): boolean {
  return !/^\/(config|streams|onMissingPermission)(\/|$)/.test(pointer)
}
