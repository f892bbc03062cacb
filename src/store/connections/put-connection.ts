import type { Clock } from '../../clock.ts'
import type { Schedule } from '../../schedules/schedule.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { scheduledName } from '../schedules/scheduled-connections.ts'
import { runScript } from '../script.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { openSettings, sealSettings } from './connection-seal.ts'
import type { ConnectionSettings, PutSchedule } from './connection-store.ts'
import { putConnectionScript } from './connections.lua.ts'

interface PutDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
}

interface Owner {
  tenant: string
  connectionId: string
}

/** Makes a connection or replaces its settings and its schedule, whatever they were. Returns whether it is new. */
export async function putConnection(
  dependencies: PutDependencies,
  owner: Owner,
  settings: ConnectionSettings,
  schedule: PutSchedule,
): Promise<boolean> {
  return (await writeSettings(dependencies, owner, settings, schedule, undefined)) === 'CREATED'
}

/**
 * Makes new settings out of those that are stored. If somebody replaces them meanwhile, it begins again with the newer
 * ones, so that no secret comes back that has just been replaced.
 *
 * @param edit is given undefined for a connection that does not exist
 * @returns whether the connection is new
 * @throws CodedError `seal_broken`, `data_unreadable`; what `edit` throws
 */
export async function editConnection(
  dependencies: PutDependencies,
  owner: Owner,
  edit: (stored: ConnectionSettings | undefined) => ConnectionSettings,
  schedule: PutSchedule,
): Promise<boolean> {
  const { redis, keys } = dependencies
  for (;;) {
    const sealed = await storeAnswer(
      redis.hget(redis.keyspace.connection(owner.tenant, owner.connectionId, 'record'), 'settings'),
    )
    const stored = sealed === null ? undefined : openSettings(keys, owner, sealed)
    const outcome = await writeSettings(dependencies, owner, edit(stored), schedule, sealed ?? undefined)
    if (outcome !== 'CHANGED') return outcome === 'CREATED'
  }
}

/** @param expected the sealed settings that must still be there; undefined = any, or none */
function writeSettings(
  { redis, keys, clock }: PutDependencies,
  owner: Owner,
  settings: ConnectionSettings,
  { schedule, ack, fullRefresh, isPaused }: PutSchedule,
  expected: string | undefined,
): Promise<'CREATED' | 'REPLACED' | 'CHANGED'> {
  const { tenant, connectionId } = owner
  return runScript(redis, putConnectionScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
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
    },
  })
}

/** A schedule that is put again has the same text, and so changes nothing. */
function inOrder(schedule: Schedule): Schedule {
  if (schedule.type === 'cron') return { type: 'cron', cron: schedule.cron, timeZone: schedule.timeZone }
  return schedule.type === 'interval' ? { type: 'interval', every: schedule.every } : { type: 'manual' }
}
