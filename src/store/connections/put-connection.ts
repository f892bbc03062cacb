import { createHash } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Schedule } from '../../schedules/schedule.ts'
import { connectionOfOtherWorkspace } from '../../streams/other-workspace.ts'
import type { StoreClient } from '../keys.ts'
import { scheduledName } from '../schedules/scheduled-connections.ts'
import { runScript } from '../script.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { deliveryKeysOf, prefixOf } from '../webhooks/deliveries.ts'
import { sealWebhooks } from '../webhooks/webhook-seal.ts'
import { type Access, accessToText } from './access.ts'
import { checkToText } from './connection-check.ts'
import { findStored, type StoredConnection } from './connection-record.ts'
import { sealSettings } from './connection-seal.ts'
import {
  type Connection,
  connectionBusy,
  connectionExists,
  noSchedule,
  type WantedConnection,
} from './connection-store.ts'
import { putConnectionScript, saidFields } from './connections.lua.ts'
import { readWorkspaceId } from './workspace.ts'

interface PutDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
}

interface Owner {
  tenant: string
  connectionId: string
}

/** How a connection is written. */
interface WriteRules {
  /** What must still be stored. @defaultValue anything, or nothing */
  expected?: Pick<StoredConnection, 'sealed' | 'said'> | undefined
  /** @defaultValue false */
  mustBeNew?: boolean
  /** Sealed settings that have the same access token. @defaultValue none has */
  sameToken?: string | undefined
}

/** What people want, and how the connection gets its access token. */
type Written = Omit<WantedConnection, 'access'> & {
  /** Undefined when nobody knows. */
  access: Access | undefined
}

/** Makes a connection or replaces it, whatever it was. Returns whether it is new. */
export async function putConnection(
  dependencies: PutDependencies,
  owner: Owner,
  wanted: WantedConnection,
): Promise<boolean> {
  return (await write(dependencies, owner, { access: 'token', ...wanted }, {})) === 'CREATED'
}

/** Makes a connection. @throws CodedError `connection_exists` */
export async function addConnection(
  dependencies: PutDependencies,
  owner: Owner,
  wanted: WantedConnection,
): Promise<void> {
  const outcome = await write(dependencies, owner, { access: 'token', ...wanted }, { mustBeNew: true })
  if (outcome === 'EXISTS') throw connectionExists(owner.connectionId)
}

/**
 * Makes a connection out of what is stored. If somebody changes it meanwhile, it begins again with what is newer.
 *
 * @param change is given undefined for a connection that does not exist
 * @returns the connection as it was before, and whether it is new
 * @throws what `change` throws; CodedError `connection_exists` for one that must be new
 */
export async function storeConnection(
  dependencies: PutDependencies,
  owner: Owner,
  change: (stored: Connection | undefined) => Promise<WantedConnection>,
): Promise<{ before: Connection | undefined; created: boolean }> {
  for (;;) {
    const stored = await findStored(dependencies, owner.tenant, owner.connectionId)
    const wanted = await change(stored?.connection)
    const sameToken = withToken(stored, wanted)
    const access = wanted.access ?? (sameToken === undefined ? 'token' : stored?.connection.access)
    const { mustBeNew = false } = wanted
    const outcome = await write(dependencies, owner, { ...wanted, access }, { expected: stored, mustBeNew, sameToken })
    if (outcome === 'EXISTS') throw connectionExists(owner.connectionId)
    if (outcome !== 'CHANGED') return { before: stored?.connection, created: outcome === 'CREATED' }
  }
}

/** What is stored, sealed, if it has the token that is wanted. Of what nobody can read it is not known. */
function withToken(stored: StoredConnection | undefined, { settings }: WantedConnection): string | undefined {
  const isSame = stored?.connection.settings?.config.access_token === settings.config.access_token
  return isSame ? stored?.sealed : undefined
}

async function write(
  { redis, keys, clock }: PutDependencies,
  owner: Owner,
  { settings, schedule: runs = noSchedule, webhooks = [], check, access, isDeclared, whose = {} }: Written,
  { expected, mustBeNew, sameToken }: WriteRules,
): Promise<'CREATED' | 'REPLACED' | 'CHANGED' | 'EXISTS'> {
  const { tenant, connectionId } = owner
  const { schedule, ack, fullRefresh, isPaused } = runs
  const { workspaceId, resetState } = whose
  if (workspaceId !== undefined && !resetState) {
    // The script compares with what the record says. Of older connections only the states say it.
    const known = await readWorkspaceId(redis, owner)
    if (known !== undefined && known !== workspaceId) throw connectionOfOtherWorkspace(known, workspaceId)
  }
  const sealed = sealSettings(keys, owner, settings)
  const [outcome, other = ''] = await runScript(redis, putConnectionScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      statesKey: redis.keyspace.connection(tenant, connectionId, 'states'),
      connectionIndexKey: redis.keyspace.connectionIndex(tenant),
      lastGenerationKey: redis.keyspace.lastGeneration,
      scheduledKey: redis.keyspace.scheduledConnections,
      tellingKey: redis.keyspace.tellingConnections,
      ...deliveryKeysOf(redis, owner),
    },
    args: {
      now: clock.now(),
      connectionId,
      settings: sealed,
      expected: expected?.sealed,
      expectedRest: expected && digestOfSaid(expected.said),
      mustBeNew,
      check: check && checkToText(check, sealed),
      access: access && accessToText(access, sealed),
      declared: isDeclared === undefined ? '' : Number(isDeclared),
      schedule: schedule.type !== 'manual' && JSON.stringify(inOrder(schedule)),
      fullRefresh: fullRefresh && JSON.stringify({ ...fullRefresh, schedule: inOrder(fullRefresh.schedule) }),
      ack,
      paused: isPaused === undefined ? '' : Number(isPaused),
      name: scheduledName(owner),
      webhooks: webhooks.length > 0 && sealWebhooks(keys, owner, webhooks),
      webhookEvents: webhooks.flatMap(({ events }) => events.map((event) => ` ${event} `)).join(''),
      owner: prefixOf(owner),
      workspaceId,
      resetState,
      sameToken,
      ...redis.keyspace.recordAround,
    },
  })
  if (outcome === 'BUSY') throw connectionBusy(Number(other))
  if (outcome === 'OTHER') throw connectionOfOtherWorkspace(other, workspaceId ?? '')
  return outcome
}

/** As `putConnectionScript` makes it. */
function digestOfSaid(said: StoredConnection['said']): string {
  const texts = saidFields.map((name) => said[name] ?? '')
  return createHash('sha1').update(texts.join('\n')).digest('hex')
}

/** A schedule that is put again has the same text, and so changes nothing. */
function inOrder(schedule: Schedule): Schedule {
  if (schedule.type === 'cron') return { type: 'cron', cron: schedule.cron, timeZone: schedule.timeZone }
  return schedule.type === 'interval' ? { type: 'interval', every: schedule.every } : { type: 'manual' }
}
