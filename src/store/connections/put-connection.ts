import type { Clock } from '../../clock.ts'
import type { Schedule } from '../../schedules/schedule.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import type { Webhook } from '../../webhooks/webhook.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { scheduledName } from '../schedules/scheduled-connections.ts'
import { runScript } from '../script.ts'
import { type EncryptionKey, SealBrokenError } from '../secrets/sealing.ts'
import { deliveryKeysOf, prefixOf } from '../webhooks/deliveries.ts'
import { openWebhooks, sealWebhooks } from '../webhooks/webhook-seal.ts'
import { openSettings, sealSettings } from './connection-seal.ts'
import type { ConnectionSettings, EditWebhooks, PutSchedule } from './connection-store.ts'
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

/** What a connection does by itself, and whom it tells. */
interface PutParts {
  schedule: PutSchedule
  /** Absent: nobody. */
  webhooks?: EditWebhooks | undefined
}

/** Makes a connection or replaces it, whatever it was. Returns whether it is new. */
export function putConnection(
  dependencies: PutDependencies,
  owner: Owner,
  { settings, ...parts }: PutParts & { settings: ConnectionSettings },
): Promise<boolean> {
  const put = { settings, expected: undefined }
  return parts.webhooks ? write(dependencies, owner, parts, () => put) : putBlindly(dependencies, owner, parts, put)
}

/**
 * Makes new settings out of those that are stored. If somebody replaces them meanwhile, it begins again with the newer
 * ones, so that no secret comes back that has just been replaced.
 *
 * @param edit is given undefined for a connection that does not exist
 * @returns whether the connection is new
 * @throws CodedError `seal_broken`, `data_unreadable`; what `edit` throws
 */
export function editConnection(
  dependencies: PutDependencies,
  owner: Owner,
  { edit, ...parts }: PutParts & { edit: (stored: ConnectionSettings | undefined) => ConnectionSettings },
): Promise<boolean> {
  return write(dependencies, owner, parts, (sealed) => {
    const stored = sealed === null ? undefined : openSettings(dependencies.keys, owner, sealed)
    return { settings: edit(stored), expected: sealed ?? undefined }
  })
}

interface NewSettings {
  settings: ConnectionSettings
  /** The sealed settings that must still be there; undefined = any, or none. */
  expected: string | undefined
}

/** Whatever is stored. */
async function putBlindly(
  dependencies: PutDependencies,
  owner: Owner,
  { schedule }: PutParts,
  put: NewSettings,
): Promise<boolean> {
  const outcome = await writeOnce(dependencies, owner, { ...put, schedule, webhooks: [], expectedWebhooks: '*' })
  return outcome === 'CREATED'
}

/** Begins again when somebody else has changed what the new settings and webhooks were made from. */
async function write(
  dependencies: PutDependencies,
  owner: Owner,
  { schedule, webhooks: edit = () => [] }: PutParts,
  settingsFrom: (sealed: string | null) => NewSettings,
): Promise<boolean> {
  const { redis, keys } = dependencies
  const recordKey = redis.keyspace.connection(owner.tenant, owner.connectionId, 'record')
  for (;;) {
    const [sealed = null, sealedWebhooks = null] = await storeAnswer(redis.hmget(recordKey, 'settings', 'webhooks'))
    const { settings, expected } = settingsFrom(sealed)
    const webhooks = edit(sealedWebhooks === null ? [] : openIfSound(keys, owner, sealedWebhooks))
    const expectedWebhooks = sealedWebhooks ?? undefined
    const put = { settings, schedule, webhooks, expected, expectedWebhooks }
    const outcome = await writeOnce(dependencies, owner, put)
    if (outcome !== 'CHANGED') return outcome === 'CREATED'
  }
}

/** Webhooks that cannot be read must not keep somebody from replacing them. */
function openIfSound(keys: readonly EncryptionKey[], owner: Owner, sealed: string): Webhook[] {
  try {
    return openWebhooks(keys, owner, sealed)
  } catch (error) {
    if (error instanceof SealBrokenError || error instanceof StoredDataError) return []
    throw error
  }
}

interface WholePut extends NewSettings {
  schedule: PutSchedule
  webhooks: readonly Webhook[]
  expectedWebhooks: string | undefined
}

function writeOnce(
  { redis, keys, clock }: PutDependencies,
  owner: Owner,
  { settings, schedule: parts, webhooks, expected, expectedWebhooks }: WholePut,
): Promise<'CREATED' | 'REPLACED' | 'CHANGED'> {
  const { tenant, connectionId } = owner
  const { schedule, ack, fullRefresh, isPaused } = parts
  return runScript(redis, putConnectionScript, {
    keys: {
      recordKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      connectionIndexKey: redis.keyspace.connectionIndex(tenant),
      lastGenerationKey: redis.keyspace.lastGeneration,
      scheduledKey: redis.keyspace.scheduledConnections,
      tellingKey: redis.keyspace.tellingConnections,
      ...deliveryKeysOf(redis, owner),
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
      name: scheduledName(owner),
      webhooks: webhooks.length > 0 && sealWebhooks(keys, owner, webhooks),
      expectedWebhooks,
      webhookEvents: webhooks.flatMap(({ events }) => events.map((event) => ` ${event} `)).join(''),
      owner: prefixOf(owner),
    },
  })
}

/** A schedule that is put again has the same text, and so changes nothing. */
function inOrder(schedule: Schedule): Schedule {
  if (schedule.type === 'cron') return { type: 'cron', cron: schedule.cron, timeZone: schedule.timeZone }
  return schedule.type === 'interval' ? { type: 'interval', every: schedule.every } : { type: 'manual' }
}
