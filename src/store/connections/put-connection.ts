import type { Clock } from '../../clock.ts'
import type { Schedule } from '../../schedules/schedule.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import { connectionOfOtherWorkspace } from '../../streams/other-workspace.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { scheduledName } from '../schedules/scheduled-connections.ts'
import { runScript } from '../script.ts'
import { type EncryptionKey, SealBrokenError } from '../secrets/sealing.ts'
import { openSettings, sealSettings } from './connection-seal.ts'
import { type ConnectionSettings, connectionBusy, type PutSchedule, type Whose } from './connection-store.ts'
import { putConnectionScript } from './connections.lua.ts'
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

/** What a connection is given beside its settings. */
interface PutMembers {
  schedule: PutSchedule
  whose: Whose
}

/**
 * Makes a connection or replaces its settings and its schedule, whatever they were. Returns whether it is new.
 *
 * @throws CodedError `workspace_changed`, `connection_busy`
 */
export async function putConnection(
  dependencies: PutDependencies,
  owner: Owner,
  settings: ConnectionSettings,
  members: PutMembers,
): Promise<boolean> {
  const sealed = await readSealed(dependencies, owner)
  const sameToken = tokenIn(dependencies, owner, sealed) === settings.config.access_token ? sealed : undefined
  return (await writeSettings(dependencies, owner, settings, members, { sameToken })) === 'CREATED'
}

/**
 * Makes new settings out of those that are stored. If somebody replaces them meanwhile, it begins again with the newer
 * ones, so that no secret comes back that has just been replaced.
 *
 * @param edit is given undefined for a connection that does not exist
 * @returns whether the connection is new
 * @throws CodedError `seal_broken`, `data_unreadable`, `workspace_changed`, `connection_busy`; what `edit` throws
 */
export async function editConnection(
  dependencies: PutDependencies,
  owner: Owner,
  edit: (stored: ConnectionSettings | undefined) => ConnectionSettings,
  members: PutMembers,
): Promise<boolean> {
  for (;;) {
    const expected = await readSealed(dependencies, owner)
    const stored = expected === undefined ? undefined : openSettings(dependencies.keys, owner, expected)
    const settings = edit(stored)
    const sameToken = stored?.config.access_token === settings.config.access_token ? expected : undefined
    const outcome = await writeSettings(dependencies, owner, settings, members, { expected, sameToken })
    if (outcome !== 'CHANGED') return outcome === 'CREATED'
  }
}

async function readSealed({ redis }: PutDependencies, { tenant, connectionId }: Owner): Promise<string | undefined> {
  const recordKey = redis.keyspace.connection(tenant, connectionId, 'record')
  return (await storeAnswer(redis.hget(recordKey, 'settings'))) ?? undefined
}

/** The access token of stored settings; undefined when there are none, or nobody can read them. */
function tokenIn({ keys }: PutDependencies, owner: Owner, sealed: string | undefined): string | undefined {
  try {
    return sealed === undefined ? undefined : openSettings(keys, owner, sealed).config.access_token
  } catch (error) {
    if (error instanceof SealBrokenError || error instanceof StoredDataError) return undefined
    throw error
  }
}

interface StoredBefore {
  /** The sealed settings that must still be there. @defaultValue any, or none */
  expected?: string | undefined
  /** Sealed settings with the same access token, if they are still there. */
  sameToken: string | undefined
}

async function writeSettings(
  { redis, keys, clock }: PutDependencies,
  owner: Owner,
  settings: ConnectionSettings,
  { schedule: { schedule, ack, fullRefresh, isPaused }, whose: { workspaceId, resetState } }: PutMembers,
  { expected, sameToken }: StoredBefore,
): Promise<'CREATED' | 'REPLACED' | 'CHANGED'> {
  const { tenant, connectionId } = owner
  if (workspaceId !== undefined && !resetState) {
    // The script compares with what the record says. Of older connections only the states say it.
    const known = await readWorkspaceId(redis, owner)
    if (known !== undefined && known !== workspaceId) throw connectionOfOtherWorkspace(known, workspaceId)
  }
  const [outcome, other = ''] = await runScript(redis, putConnectionScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      statesKey: redis.keyspace.connection(tenant, connectionId, 'states'),
      connectionIndexKey: redis.keyspace.connectionIndex(tenant),
      lastGenerationKey: redis.keyspace.lastGeneration,
      scheduledKey: redis.keyspace.scheduledConnections,
    },
    args: {
      now: clock.now(),
      connectionId,
      settings: sealSettings(keys, owner, settings),
      expected,
      schedule: schedule.type !== 'manual' && JSON.stringify(inOrder(schedule)),
      fullRefresh: fullRefresh && JSON.stringify({ ...fullRefresh, schedule: inOrder(fullRefresh.schedule) }),
      ack,
      paused: isPaused === undefined ? '' : Number(isPaused),
      scheduledName: scheduledName(owner),
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

/** A schedule that is put again has the same text, and so changes nothing. */
function inOrder(schedule: Schedule): Schedule {
  if (schedule.type === 'cron') return { type: 'cron', cron: schedule.cron, timeZone: schedule.timeZone }
  return schedule.type === 'interval' ? { type: 'interval', every: schedule.every } : { type: 'manual' }
}
