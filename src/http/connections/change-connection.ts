import { CodedError } from '../../errors.ts'
import { digestOfJson } from '../../json/digest.ts'
import type { Access } from '../../store/connections/access.ts'
import type { ConnectionCheck } from '../../store/connections/connection-check.ts'
import {
  type Connection,
  type ConnectionSettings,
  connectionExists,
  type PutSchedule,
  type WantedConnection,
} from '../../store/connections/connection-store.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { AskIntercom } from '../requests/ask-intercom.ts'
import type { AskedWebhooks } from '../webhooks/webhook-body.ts'
import { checkSettings } from './check-settings.ts'

/** What a body asks for, read. */
export interface AskedConnection extends AskedWebhooks {
  settings: ConnectionSettings
  schedule: PutSchedule
}

/** Whose connection a call is about, and how carefully it is to be changed. */
interface ChangeOptions {
  tenant: string
  connectionId: string
  /** Whether Intercom is asked first. */
  validate: boolean
  /** Whether it begins anew, with whatever workspace the token leads to. @defaultValue false */
  resetState?: boolean
  /** Whether a connection of this id must not be there yet. @defaultValue false */
  mustBeNew?: boolean
  /** How the token was got. @defaultValue as it is with the same token, else it was given */
  access?: Access
  /** Aborts when the caller leaves, and when the service closes. */
  signal: AbortSignal
}

type ChangeDependencies = Pick<RouteDependencies, 'connections' | 'clock'> & { askIntercom: AskIntercom }

/** A connection that a call has changed. */
interface ChangedConnection {
  connection: Connection
  change: 'created' | 'changed' | 'unchanged'
  /** What its jobs will stumble over, for people. */
  warnings: string[]
  /** Secrets of webhooks that were made now, by their addresses. */
  made: ReadonlyMap<string, string>
}

/**
 * Makes or changes a connection. Intercom is asked about settings that are not stored already; nothing is stored unless it
 * accepts them.
 *
 * @param read reads what is asked for; it is called again if the connection is changed meanwhile
 * @throws CodedError `check_failed`, `intercom_unavailable`, `workspace_changed`, `connection_busy`, `connection_exists`; what `read` throws
 */
export async function changeConnection(
  dependencies: ChangeDependencies,
  options: ChangeOptions,
  read: (stored: Connection | undefined) => Promise<AskedConnection>,
): Promise<ChangedConnection> {
  const { connections } = dependencies
  const check = createCheckOnce(dependencies, options)
  let made: ChangedConnection['made'] = new Map()
  const { connection, before } = await connections.change(
    options.tenant,
    options.connectionId,
    async (stored): Promise<WantedConnection> => {
      if (options.mustBeNew && stored) throw connectionExists(options.connectionId)
      const { made: madeNow, ...asked } = await read(stored)
      made = madeNow
      const isStored = stored?.settings && digestOfJson(stored.settings) === digestOfJson(asked.settings)
      const checked = isStored ? stored.check : await check(asked.settings)
      const { resetState = false, mustBeNew, access } = options
      const whose = { resetState, workspaceId: checked?.workspaceId }
      return { ...asked, check: checked, access, whose, ...(mustBeNew && { mustBeNew }) }
    },
  )
  return {
    connection,
    change: before ? changeBetween(before, connection) : 'created',
    warnings: warningsOf(connection),
    made,
  }
}

/** Asks about the same settings once, however often they are read. */
function createCheckOnce(
  { askIntercom, clock }: ChangeDependencies,
  { validate, signal }: ChangeOptions,
): (settings: ConnectionSettings) => Promise<ConnectionCheck | undefined> {
  let last: { digest: string; check: ConnectionCheck } | undefined
  return async (settings) => {
    if (!validate) return undefined
    const digest = digestOfJson(settings)
    if (last?.digest !== digest) last = { digest, check: await requireAccepted(settings, askIntercom, clock, signal) }
    return last.check
  }
}

/** @throws CodedError `check_failed` with what the check says */
export async function requireAccepted(
  settings: ConnectionSettings,
  askIntercom: AskIntercom,
  clock: RouteDependencies['clock'],
  signal: AbortSignal,
): Promise<ConnectionCheck> {
  const check = await checkSettings(settings, { askIntercom, now: clock.now }, signal)
  if (check.status === 'failed')
    throw new CodedError('check_failed', `${check.message} Nothing was stored; validate=false stores it unchecked.`)
  return check
}

const declaredWarning =
  'The operator declares this connection in CONNECTIONS_FILE: what the file says comes back when the service starts, or ' +
  'is told to read the file again. Change it there'

/** What is to be said to whoever changes a connection. */
export function warningsOf({ check, isDeclared }: Connection): string[] {
  return [...(check?.warnings ?? []), ...(isDeclared ? [declaredWarning] : [])]
}

/** What cannot be read counts as changed. */
function changeBetween(before: Connection, after: Connection): 'changed' | 'unchanged' {
  if (!before.settings || !after.settings) return 'changed'
  const isSame = digestOfJson(saidPartOf(before)) === digestOfJson(saidPartOf(after))
  return isSame ? 'unchanged' : 'changed'
}

/** What a client can say of a connection. */
function saidPartOf({ settings, runs, webhooks }: Connection): object {
  const { sync, refresh, ack, isPaused } = runs?.record ?? {}
  const fullRefresh = refresh && { schedule: refresh.schedule, streams: refresh.streams }
  return { settings, schedule: sync?.schedule, fullRefresh, ack, isPaused, webhooks }
}
