import { isObject } from '../../json-object.ts'
import { type Connection, noSchedule } from '../../store/connections/connection-store.ts'
import type { SignIn, SignInProblem, Wanted } from '../../store/sign-ins/sign-in.ts'
import { parseSyncRequest } from '../../sync/contract/sync-request.ts'
import { newConnectionBody } from '../bodies/connection-schemas.ts'
import { uncheckedPayloads } from '../bodies/payload-schemas.ts'
import { type AskedConnection, changeConnection } from '../connections/change-connection.ts'
import { scheduleOf } from '../connections/connection-document.ts'
import { type BodyDependencies, readConnectionBody } from '../connections/read-connection-body.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { AskIntercom } from '../requests/ask-intercom.ts'
import { bodyReader } from '../requests/validation.ts'

export interface ConnectDependencies extends Pick<RouteDependencies, 'connections'>, BodyDependencies {
  askIntercom: AskIntercom
}

const readBody = bodyReader(newConnectionBody, uncheckedPayloads)

/**
 * Gives a connection the token that somebody has signed in for, or makes it.
 *
 * @returns what it cannot read
 * @throws CodedError `workspace_changed`, `connection_busy`, `check_failed`, `intercom_unavailable`, `invalid_request`
 */
export async function connectToken(
  dependencies: ConnectDependencies,
  { tenant, connectionId }: SignIn,
  wanted: Wanted,
  accessToken: string,
  signal: AbortSignal,
): Promise<SignInProblem | undefined> {
  const { resetState } = wanted
  const options = { tenant, connectionId, validate: true, resetState, access: 'oauth', signal } as const
  const { connection } = await changeConnection(dependencies, options, (stored) =>
    askedConnection(connectionId, wanted, accessToken, stored, dependencies),
  )
  const lacks = connection.check?.warnings ?? []
  if (lacks.length === 0) return undefined
  const advice =
    'Sign in again after the app has got a permission: a token keeps those that its app had when it was given'
  return { code: 'scope_missing', message: [...lacks, advice].join('. ') }
}

/** What a connection is to be with a token. @throws CodedError `invalid_request`; the connection's problem */
export async function askedConnection(
  connectionId: string,
  { connection, region }: Wanted,
  accessToken: string,
  stored: Connection | undefined,
  dependencies: BodyDependencies,
): Promise<AskedConnection> {
  const signedIn = { ...(region !== undefined && { region }), access_token: accessToken }
  if (connection) {
    const config = { ...(isObject(connection.config) ? connection.config : {}), ...signedIn }
    const body = readBody({ ...connection, config })
    return readConnectionBody(connectionId, body, stored, dependencies)
  }
  if (stored?.problem) throw stored.problem
  const { states: _, ...settings } = parseSyncRequest({ config: { ...stored?.settings?.config, ...signedIn } })
  return {
    settings: stored?.settings ? { ...stored.settings, config: settings.config } : settings,
    schedule: stored ? scheduleOf(stored) : noSchedule,
    webhooks: [...(stored?.webhooks ?? [])],
    made: new Map(),
  }
}
