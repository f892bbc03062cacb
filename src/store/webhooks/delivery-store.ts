import { CodedError } from '../../errors.ts'
import { testEvent } from '../../webhooks/events.ts'
import { webhookBodyOf } from '../../webhooks/message.ts'
import { storeAnswer } from '../availability.ts'
import type { ListPage, ListPageRequest } from '../page.ts'
import { SealBrokenError } from '../secrets/sealing.ts'
import {
  addDeliveries,
  changeDelivery,
  type DeliveryDependencies,
  type DueDelivery,
  type KeptDelivery,
  readRecords,
} from './deliveries.ts'
import { type DeliveryRecord, type DeliveryStatus, deliveriesKeptMs } from './delivery-record.ts'
import { type Owner, openMessage, openWebhooks } from './webhook-seal.ts'

/** A delivery as callers see it. Times are ms since the epoch. */
export interface Delivery extends Omit<DeliveryRecord, 'sealed' | 'place' | 'tries' | 'since'> {
  deliveryId: string
  /** Absent when the key that sealed it is gone. */
  url?: string
}

/**
 * The deliveries of connections, as the API needs them. Each belongs to a tenant. Every call rejects with
 * `connection_not_found` where there is no such connection, and with `store_unavailable` when Redis is down.
 */
export interface DeliveryStore {
  /** Newest first. */
  list(tenant: string, connectionId: string, request: DeliveryListRequest): Promise<ListPage<Delivery>>
  /** Has it tried once more, now, and after that as if it were new. @throws CodedError `delivery_not_found` */
  retry(tenant: string, connectionId: string, deliveryId: string): Promise<Delivery>
  /** Tells every webhook of a connection that this is a test. */
  test(tenant: string, connectionId: string): Promise<Delivery[]>
}

interface DeliveryListRequest extends ListPageRequest {
  status?: DeliveryStatus
}

interface DeliveryStoreDependencies extends DeliveryDependencies {
  createId: () => string
  /** Where callers find the service. @defaultValue links are paths */
  publicUrl?: string | undefined
  /** Has deliveries tried that are due. */
  wake: (deliveries: readonly DueDelivery[]) => Promise<void>
}

export function createDeliveryStore(dependencies: DeliveryStoreDependencies): DeliveryStore {
  const { redis, keys, clock } = dependencies
  const show = (owner: Owner, kept: KeptDelivery) => toDelivery(dependencies, owner, kept)
  return {
    async list(tenant, connectionId, { limit, cursor, status }) {
      const owner = { tenant, connectionId }
      await refuseUnknown(dependencies, owner)
      const orderKey = redis.keyspace.connection(tenant, connectionId, 'delivery-order')
      const from = cursor === undefined ? '+inf' : `(${cursor}`
      const ids = await storeAnswer(redis.zrevrangebyscore(orderKey, from, '-inf'))
      const oldest = clock.now() - deliveriesKeptMs
      const kept = (await readRecords(redis, owner, ids)).filter(
        ({ record }) => record && record.createdAt >= oldest && (!status || record.status === status),
      )
      const shown = kept.slice(0, limit)
      const last = kept.length > limit ? shown.at(-1) : undefined
      const next = last && (await storeAnswer(redis.zscore(orderKey, last.deliveryId)))
      return { items: shown.flatMap((one) => show(owner, one)), ...(next && { next }) }
    },
    async retry(tenant, connectionId, deliveryId) {
      const owner = { tenant, connectionId }
      await refuseUnknown(dependencies, owner)
      for (;;) {
        const [kept] = await readRecords(redis, owner, [deliveryId])
        if (!kept?.record) throw new CodedError('delivery_not_found')
        const { since: _, ...before } = kept.record
        const dueAt = clock.now()
        const record: DeliveryRecord = { ...before, status: 'pending', tries: 0, dueAt }
        if (!(await changeDelivery(dependencies, owner, kept, record))) continue
        await storeAnswer(dependencies.wake([{ ...owner, deliveryId, place: record.place, dueAt }]))
        const [shown] = show(owner, { ...kept, record })
        if (!shown) throw new CodedError('delivery_not_found')
        return shown
      }
    },
    async test(tenant, connectionId) {
      const owner = { tenant, connectionId }
      const sealed = await refuseUnknown(dependencies, owner)
      const webhooks = sealed === null ? [] : openWebhooks(keys, owner, sealed)
      const event = { type: testEvent, at: clock.now(), ...owner }
      const made = await addDeliveries(dependencies, owner, webhooks, {
        event,
        cause: [testEvent, dependencies.createId()],
        bodyFor: ({ format }) => webhookBodyOf(event, format, undefined, dependencies.publicUrl),
      })
      await storeAnswer(dependencies.wake(made))
      const ids = made.map(({ deliveryId }) => deliveryId)
      return (await readRecords(redis, owner, ids)).flatMap((one) => show(owner, one))
    },
  }
}

/** @returns the connection's webhooks, sealed; null for none @throws CodedError `connection_not_found` */
async function refuseUnknown({ redis }: DeliveryDependencies, { tenant, connectionId }: Owner): Promise<string | null> {
  const key = redis.keyspace.connection(tenant, connectionId, 'record')
  const [createdAt = null, sealed = null] = await storeAnswer(redis.hmget(key, 'createdAt', 'webhooks'))
  if (createdAt === null) throw new CodedError('connection_not_found')
  return sealed
}

function toDelivery({ keys }: DeliveryDependencies, owner: Owner, { deliveryId, record }: KeptDelivery): Delivery[] {
  if (!record) return []
  const { sealed, place: _, tries: __, since: ___, ...shown } = record
  try {
    return [{ deliveryId, ...shown, url: openMessage(keys, owner, deliveryId, sealed).url }]
  } catch (error) {
    if (error instanceof SealBrokenError) return [{ deliveryId, ...shown }]
    throw error
  }
}
