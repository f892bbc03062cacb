import { Queue } from 'bullmq'
import Type, { type Static } from 'typebox'
import type { Clock } from '../../clock.ts'
import { failpoint } from '../../failpoints.ts'
import { forbidsInfo } from '../../redis/redis.ts'
import type { StoreClient } from '../../store/keys.ts'
import type { DueDelivery } from '../../store/webhooks/deliveries.ts'

/** Deliveries have a queue of their own, so that no sync makes them late, and they make no sync late. */
export const deliveryQueueName = 'deliveries'

/** A tick says whose messages are due, and nothing more: Redis says which. One without a place: look into the list of events. */
export const DeliveryTick = Type.Object({
  tenant: Type.Optional(Type.String()),
  connectionId: Type.Optional(Type.String()),
  place: Type.Optional(Type.String()),
})

/** The ticks of deliveries. */
export interface DeliveryQueue {
  /** An event may have come. */
  announce(): Promise<void>
  /** Has deliveries tried at their time. What has its tick already gets no other for that time. */
  wake(deliveries: readonly DueDelivery[]): Promise<void>
  close(): Promise<void>
}

export function deliveryQueueOptions(redis: StoreClient) {
  return {
    connection: redis,
    prefix: redis.keyspace.queuePrefix,
    skipVersionCheck: forbidsInfo(redis),
  }
}

const tickOptions = { removeOnComplete: true, removeOnFail: true }

export function createDeliveryQueue(redis: StoreClient, clock: Clock, onError: (error: Error) => void): DeliveryQueue {
  const queue = new Queue<Static<typeof DeliveryTick>>(deliveryQueueName, {
    ...deliveryQueueOptions(redis),
    streams: { events: { maxLen: 1000 } },
  })
  queue.on('error', onError)
  return {
    announce: async () => void (await failpoint('deliveryAnnounce', () => queue.add('events', {}, tickOptions))),
    async wake(deliveries) {
      const ticks = deliveries.map(({ deliveryId, dueAt, ...data }) => ({
        name: 'delivery',
        data,
        opts: { ...tickOptions, jobId: `${deliveryId}-${dueAt}`, delay: Math.max(0, Math.ceil(dueAt - clock.now())) },
      }))
      if (ticks.length > 0) await failpoint('deliveryWake', () => queue.addBulk(ticks))
    },
    close: () => queue.close(),
  }
}
