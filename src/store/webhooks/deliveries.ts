import type { Clock } from '../../clock.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import { testEvent } from '../../webhooks/events.ts'
import { deliveryIdOf, type Webhook, webhookPlaceOf } from '../../webhooks/webhook.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import type { EncryptionKey } from '../secrets/sealing.ts'
import { addDeliveriesScript, changeDeliveryScript } from './deliveries.lua.ts'
import { type DeliveryRecord, deliveriesKeptMs, mostDeliveries, readDeliveryRecord } from './delivery-record.ts'
import type { ConnectionEvent } from './events.ts'
import { type Owner, sealMessage } from './webhook-seal.ts'

export interface DeliveryDependencies {
  redis: StoreClient
  keys: readonly EncryptionKey[]
  clock: Clock
}

/** A delivery that is to be tried. */
export interface DueDelivery extends Owner {
  deliveryId: string
  place: string
  /** Ms since the epoch. */
  dueAt: number
}

/** An event and what its webhooks are told of it. */
interface EventToDeliver {
  event: ConnectionEvent
  /** What tells it from all other events. */
  cause: readonly (string | number)[]
  bodyFor: (webhook: Webhook) => string
  /** As it stands in the list of events; absent for an event that was never there. */
  eventEntry?: string
}

/** Keys go a little later than what they hold. */
const keysKeptMs = deliveriesKeptMs + 86_400_000

/**
 * Makes a delivery for each webhook that wants an event, in one step with taking the event from the list of events.
 *
 * @returns them; none when somebody else has made them, or the connection is gone
 */
export async function addDeliveries(
  { redis, keys, clock }: DeliveryDependencies,
  owner: Owner,
  webhooks: readonly Webhook[],
  { event, cause, bodyFor, eventEntry }: EventToDeliver,
): Promise<DueDelivery[]> {
  const { tenant, connectionId } = owner
  const now = clock.now()
  const wanting = webhooks.filter(({ events }) => event.type === testEvent || events.includes(event.type))
  const made = wanting.map((webhook) => {
    const place = webhookPlaceOf(tenant, connectionId, webhook.url)
    const id = deliveryIdOf(cause, place)
    const record: DeliveryRecord = {
      event: event.type,
      ...(event.jobId !== undefined && { jobId: event.jobId }),
      place,
      createdAt: now,
      status: 'pending',
      attempts: 0,
      tries: 0,
      dueAt: now,
      sealed: sealMessage(keys, owner, id, { url: webhook.url, body: bodyFor(webhook) }),
    }
    return { id, place, record: JSON.stringify(record) }
  })
  const old = (await listOld(redis, owner, made.length, now)).map((id) => ({ id, place: '', record: '' }))
  const outcome = await runScript(redis, addDeliveriesScript, {
    keys: {
      connectionKey: redis.keyspace.connection(tenant, connectionId, 'record'),
      eventsKey: redis.keyspace.events,
      ...deliveryKeysOf(redis, owner),
    },
    args: { eventEntry, now, owner: prefixOf(owner), keptMs: keysKeptMs },
    entries: [...old, ...made],
  })
  return outcome === 'DONE' ? made.map(({ id, place }) => ({ ...owner, deliveryId: id, place, dueAt: now })) : []
}

/** Deliveries are looked at in such a number, the oldest first, for those that give way. */
const looked = 50

/** The deliveries that give way to so many new ones: those that are too old, and those that are too many. */
async function listOld(redis: StoreClient, owner: Owner, added: number, now: number): Promise<string[]> {
  const { tenant, connectionId } = owner
  const orderKey = redis.keyspace.connection(tenant, connectionId, 'delivery-order')
  const [count, ids] = await storeAnswer(
    Promise.all([redis.zcard(orderKey), redis.zrange(orderKey, '0', String(looked - 1))]),
  )
  if (ids.length === 0) return []
  const records = await readRecords(redis, owner, ids)
  const isTooOld = (record: DeliveryRecord | undefined) => !record || now - record.createdAt > deliveriesKeptMs
  const old = records.filter(({ record }) => isTooOld(record))
  const surplus = Math.max(0, count - old.length + added - mostDeliveries)
  const isPending = (record: DeliveryRecord | undefined) => record?.status === 'pending'
  const others = records.filter(({ record }) => !isTooOld(record))
  const inTurn = [
    ...others.filter(({ record }) => !isPending(record)),
    ...others.filter(({ record }) => isPending(record)),
  ]
  return [...old, ...inTurn.slice(0, surplus)].map(({ deliveryId }) => deliveryId)
}

/** A delivery as it stands in Redis. */
export interface KeptDelivery {
  deliveryId: string
  text: string
  /** Undefined when it cannot be read. */
  record?: DeliveryRecord | undefined
}

/** Those of these deliveries that are there. */
export async function readRecords(
  redis: StoreClient,
  { tenant, connectionId }: Owner,
  ids: readonly string[],
): Promise<KeptDelivery[]> {
  if (ids.length === 0) return []
  const texts = await storeAnswer(redis.hmget(redis.keyspace.connection(tenant, connectionId, 'deliveries'), ...ids))
  return ids.flatMap((deliveryId, place) => {
    const text = texts[place]
    return typeof text === 'string' ? [{ deliveryId, text, record: soundRecord(deliveryId, text) }] : []
  })
}

/** One that is damaged must not keep the others from being sent and shown. */
function soundRecord(deliveryId: string, text: string): DeliveryRecord | undefined {
  try {
    return readDeliveryRecord(deliveryId, text)
  } catch (error) {
    if (error instanceof StoredDataError) return undefined
    throw error
  }
}

/** The delivery that a webhook is to be told next, of those that are due; undefined when none is. */
export async function readNextDue(
  redis: StoreClient,
  owner: Owner,
  place: string,
  now: number,
): Promise<KeptDelivery | undefined> {
  const dueKey = redis.keyspace.connection(owner.tenant, owner.connectionId, 'due-deliveries')
  const members = await storeAnswer(redis.zrangebyscore(dueKey, 0, now))
  for (const member of members.filter((one) => one.startsWith(`${place}:`))) {
    const [kept] = await readRecords(redis, owner, [member.split(':')[2] ?? ''])
    if (kept?.record?.status === 'pending') return kept
    // What a later version has written is for that.
    if (!kept || kept.record) await storeAnswer(redis.zrem(dueKey, member))
  }
  return undefined
}

/** Writes a delivery anew. @returns false when it is not as it was read, or is gone */
export async function changeDelivery(
  { redis, clock }: Pick<DeliveryDependencies, 'redis' | 'clock'>,
  owner: Owner,
  { deliveryId, text }: KeptDelivery,
  record: DeliveryRecord,
): Promise<boolean> {
  const outcome = await runScript(redis, changeDeliveryScript, {
    keys: deliveryKeysOf(redis, owner),
    args: {
      id: deliveryId,
      place: record.place,
      expected: text,
      record: JSON.stringify(record),
      dueAt: record.dueAt,
      hasFailed: record.status === 'failed',
      now: clock.now(),
      owner: prefixOf(owner),
      keptMs: keysKeptMs,
    },
  })
  return outcome === 'DONE'
}

/** The keys in which scripts find the deliveries of a connection. */
export function deliveryKeysOf({ keyspace }: Pick<StoreClient, 'keyspace'>, { tenant, connectionId }: Owner) {
  return {
    deliveriesKey: keyspace.connection(tenant, connectionId, 'deliveries'),
    orderKey: keyspace.connection(tenant, connectionId, 'delivery-order'),
    dueKey: keyspace.connection(tenant, connectionId, 'due-deliveries'),
    pendingKey: keyspace.pendingDeliveries,
    failedKey: keyspace.failedDeliveries,
  }
}

/** What stands before the id of a delivery where those of all connections are. */
export function prefixOf({ tenant, connectionId }: Owner): string {
  return `${tenant}:${connectionId}:`
}
