import { setMaxListeners } from 'node:events'
import { DelayedError, UnrecoverableError, Worker } from 'bullmq'
import { storeAnswer } from '../../store/availability.ts'
import type { StoreClient } from '../../store/keys.ts'
import { readRecords } from '../../store/webhooks/deliveries.ts'
import { tellMissedEnds } from '../../store/webhooks/missed-ends.ts'
import { isValid } from '../../stored/stored-data.ts'
import { type DeliverDependencies, deliverDue } from './deliver.ts'
import {
  createDeliveryQueue,
  type DeliveryQueue,
  DeliveryTick,
  deliveryQueueName,
  deliveryQueueOptions,
} from './delivery-queue.ts'
import { type FanOutDependencies, fanOut } from './fan-out.ts'
import { createHostLimit } from './host-limit.ts'

export interface DeliveryRoleOptions
  extends Omit<DeliverDependencies, 'wake' | 'hostTurns'>,
    Omit<FanOutDependencies, 'wake'> {}

/** The part of a worker that tells the webhooks of connections. */
export interface DeliveryRole {
  /** An event may have come. */
  announced(): void
  end(): Promise<void>
}

/** Messages under way at a time, and of these to one host. */
const messagesAtATime = 50
const messagesPerHost = 10

/** How long a tick waits for its turn, ms. */
const turnMs = 1000

/** How often everything is looked over, ms, and in how many of these looks ends of jobs that left no event are sought. */
const reconcileMs = 15_000
const looksPerSearch = 4

export function startDeliveryRole(options: DeliveryRoleOptions): DeliveryRole {
  const { redis, clock, onError } = options
  const queue = createDeliveryQueue(redis, clock, onError)
  const dependencies = { ...options, hostTurns: createHostLimit(messagesPerHost), wake: queue.wake }
  const closing = new AbortController()
  // Everything that is being sent listens.
  setMaxListeners(0, closing.signal)
  const worker = new Worker(
    deliveryQueueName,
    async (job, token) => {
      const { data } = job
      if (!isValid(DeliveryTick, data)) throw new UnrecoverableError('the tick names no delivery')
      const { tenant, connectionId, place } = data
      if (tenant === undefined || connectionId === undefined || place === undefined) return fanOut(dependencies)
      const isDone = await deliverDue(dependencies, { tenant, connectionId, place }, closing.signal).catch((error) => {
        // Another process goes on with what this one has broken off.
        if (closing.signal.aborted) return false
        throw error
      })
      if (isDone) return
      await job.moveToDelayed(clock.now() + (closing.signal.aborted ? 0 : turnMs), token)
      throw new DelayedError()
    },
    {
      ...deliveryQueueOptions(redis),
      concurrency: messagesAtATime,
      lockDuration: 10_000,
      stalledInterval: 5000,
      // A worker that died has left the tick to others, however often that happens.
      maxStalledCount: 1_000_000_000,
    },
  )
  worker.on('error', onError)
  // What a failed tick has left, the next look over everything sees to.
  worker.on('failed', (_job, error) => {
    if (!closing.signal.aborted) onError(error)
  })
  const reconciling = (async () => {
    for (let looks = 0; !closing.signal.aborted; looks++) {
      if (looks % looksPerSearch === 0) await tellMissedEnds(redis, closing.signal).catch(onError)
      await reconcileDeliveries(dependencies, queue, closing.signal).catch(onError)
      await clock.sleep(reconcileMs, closing.signal).catch(() => undefined)
    }
  })()
  const running = new Set<Promise<void>>()
  return {
    announced() {
      const making = fanOut(dependencies)
        .catch(onError)
        .finally(() => running.delete(making))
      running.add(making)
    },
    async end() {
      closing.abort()
      await worker.close()
      await Promise.all([reconciling, ...running])
      await queue.close()
    },
  }
}

const deliveriesAtATime = 100
/** A tick is late when its delivery should have been tried so long ago, ms. */
const lateMs = 1000

/**
 * Mends what a crash has left: events whose deliveries nobody has made, and deliveries without a tick. Several processes
 * may do it at once.
 */
async function reconcileDeliveries(
  dependencies: FanOutDependencies,
  queue: Pick<DeliveryQueue, 'wake'>,
  signal: AbortSignal,
): Promise<void> {
  const { redis, clock } = dependencies
  await fanOut(dependencies)
  for (let from = 0; !signal.aborted; from += deliveriesAtATime) {
    const members = await storeAnswer(
      redis.zrange(redis.keyspace.pendingDeliveries, String(from), String(from + deliveriesAtATime - 1)),
    )
    await Promise.all(members.map((member) => mend(redis, queue, member, clock.now())))
    if (members.length < deliveriesAtATime) return
  }
}

async function mend(redis: StoreClient, queue: Pick<DeliveryQueue, 'wake'>, member: string, now: number) {
  const [tenant = '', connectionId = '', deliveryId = ''] = member.split(':')
  const owner = { tenant, connectionId }
  const [kept] = await readRecords(redis, owner, [deliveryId])
  if (!kept) {
    // Of a connection that a version which knows no deliveries has removed.
    await storeAnswer(redis.zrem(redis.keyspace.pendingDeliveries, member))
  }
  if (kept?.record?.status !== 'pending') return
  const { dueAt = now, place } = kept.record
  if (now - dueAt >= lateMs) await queue.wake([{ ...owner, deliveryId, place, dueAt }])
}
