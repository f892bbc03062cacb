import type { Clock } from '../../clock.ts'
import { storeAnswer } from '../availability.ts'
import type { StoreClient } from '../keys.ts'
import { deliveriesKeptMs } from './delivery-record.ts'

/** The deliveries of all connections. */
interface DeliveryFigures {
  pending: number
  /** How long the oldest of them has waited, ms; 0 without one. */
  oldestPendingMs: number
  /** Deliveries that have failed for good, of those that are kept. */
  failed: number
}

/** @throws CodedError `store_unavailable` */
export async function readDeliveryFigures(redis: StoreClient, clock: Clock): Promise<DeliveryFigures> {
  const { pendingDeliveries, failedDeliveries } = redis.keyspace
  const now = clock.now()
  const [pending, [, oldest], failed] = await storeAnswer(
    Promise.all([
      redis.zcard(pendingDeliveries),
      redis.zrange(pendingDeliveries, '0', '0', 'WITHSCORES'),
      redis.zcount(failedDeliveries, now - deliveriesKeptMs, '+inf'),
    ]),
  )
  return { pending, oldestPendingMs: oldest === undefined ? 0 : Math.max(0, now - Number(oldest)), failed }
}
