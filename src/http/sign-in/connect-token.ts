import type { SourceConfig } from '../../airbyte/source-config.ts'
import { CodedError } from '../../errors.ts'
import { readWorkspace } from '../../intercom/endpoints/workspace.ts'
import { isObject } from '../../json-object.ts'
import type { Connection, ConnectionSettings, PutSchedule } from '../../store/connections/connection-store.ts'
import type { SignIn, SignInProblem, Wanted } from '../../store/sign-ins/sign-in.ts'
import { describeRefusal, findMissingPermissions } from '../../streams/refusals.ts'
import { parseSyncRequest } from '../../sync/contract/sync-request.ts'
import { newConnectionBody } from '../bodies/connection-schemas.ts'
import { uncheckedPayloads } from '../bodies/payload-schemas.ts'
import { readConnectionBody } from '../connections/read-connection-body.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { AskIntercom } from '../requests/ask-intercom.ts'
import { bodyReader } from '../requests/validation.ts'

export interface ConnectDependencies extends Pick<RouteDependencies, 'connections' | 'scheduleMinIntervalMs'> {
  askIntercom: AskIntercom
}

/** A person waits for a page. */
const limits = { deadlineMs: 20_000, tries: 1 }

const readBody = bodyReader(newConnectionBody, uncheckedPayloads)

/**
 * Gives a connection the token that somebody has signed in for, or makes it.
 *
 * @returns what it cannot read
 * @throws CodedError `workspace_changed`, `connection_busy`, `token_invalid`, `intercom_unavailable`, `invalid_request`
 */
export async function connectToken(
  dependencies: ConnectDependencies,
  { tenant, connectionId }: SignIn,
  wanted: Wanted,
  accessToken: string,
  signal: AbortSignal,
): Promise<SignInProblem | undefined> {
  const { connections, askIntercom } = dependencies
  const before = await readBefore(connections, tenant, connectionId)
  const asked = (stored: ConnectionSettings | undefined) =>
    askedConnection(connectionId, wanted, accessToken, stored, dependencies.scheduleMinIntervalMs)
  const { settings, schedule = scheduleOf(before) } = asked(before?.settings)
  const { config } = settings
  const { id } = await askIntercom(signal, config, (client) => readWorkspace(client, config.api_version), limits)
  const whose = { resetState: wanted.resetState, ...(id !== undefined && { workspaceId: id }) }
  await connections.edit(tenant, connectionId, (stored) => asked(stored).settings, schedule, whose)
  return lacksOf(settings, askIntercom, signal)
}

/** Checks what a connection is to be before anybody signs in. @throws CodedError `invalid_request` */
export function askedConnection(
  connectionId: string,
  { connection, region }: Wanted,
  accessToken: string,
  stored: ConnectionSettings | undefined,
  shortestMs: number,
): { settings: ConnectionSettings; schedule?: PutSchedule } {
  const signedIn = { ...(region !== undefined && { region }), access_token: accessToken }
  if (connection) {
    const config = { ...(isObject(connection.config) ? connection.config : {}), ...signedIn }
    return readConnectionBody(connectionId, readBody({ ...connection, config }), stored?.config, shortestMs)
  }
  const { states: _, ...settings } = parseSyncRequest({ config: { ...stored?.config, ...signedIn } })
  return { settings: stored ? { ...stored, config: settings.config } : settings }
}

async function readBefore(
  connections: ConnectDependencies['connections'],
  tenant: string,
  connectionId: string,
): Promise<Connection | undefined> {
  try {
    return await connections.read(tenant, connectionId)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'connection_not_found') return undefined
    throw error
  }
}

/** It stays as it is, and so does a pause. */
function scheduleOf(before: Connection | undefined): PutSchedule {
  const { sync, refresh, ack = 'client' } = before?.runs?.record ?? {}
  return {
    schedule: sync?.schedule ?? { type: 'manual' },
    ack,
    ...(refresh && { fullRefresh: { schedule: refresh.schedule, streams: refresh.streams } }),
  }
}

/** Streams that the token may not read; nothing when Intercom does not tell. */
async function lacksOf(
  { config, catalog }: { config: SourceConfig; catalog: ConnectionSettings['catalog'] },
  askIntercom: AskIntercom,
  signal: AbortSignal,
): Promise<SignInProblem | undefined> {
  const names = catalog.streams.map(({ stream }) => stream.name)
  try {
    const refusals = await askIntercom(
      signal,
      config,
      (client) => findMissingPermissions(client, names, config.api_version, client.pause),
      limits,
    )
    if (refusals.length === 0) return undefined
    const message = `${refusals.map(describeRefusal).join('; ')}. Then sign in again: a token has the permissions that its app had when it was given.`
    return { code: 'scope_missing', message }
  } catch (error) {
    if (error instanceof CodedError || signal.aborted) return undefined
    throw error
  }
}
