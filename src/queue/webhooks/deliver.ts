import { storeAnswer } from '../../store/availability.ts'
import {
  changeDelivery,
  type DeliveryDependencies,
  type DueDelivery,
  type KeptDelivery,
  readNextDue,
  readRecords,
} from '../../store/webhooks/deliveries.ts'
import { holdDeliveryLease, releaseDeliveryLease } from '../../store/webhooks/delivery-lease.ts'
import type { DeliveryRecord } from '../../store/webhooks/delivery-record.ts'
import { type Owner, openMessage, openWebhooks } from '../../store/webhooks/webhook-seal.ts'
import { nextTryAt } from '../../webhooks/retries.ts'
import { type SendDependencies, type SendOutcome, sendMessage } from '../../webhooks/send.ts'
import { standardHeaders } from '../../webhooks/signature.ts'
import { webhookPlaceOf } from '../../webhooks/webhook.ts'
import type { HostLimit } from './host-limit.ts'

/** What became of a try. `failed`: it was the last one. */
type TryOutcome = 'delivered' | 'retried' | 'failed'

/** A try of a delivery, for the log. Its address is not told: it may be a secret. */
export interface DeliveryTry extends Owner {
  deliveryId: string
  event: string
  outcome: TryOutcome
  failure?: string | undefined
}

export interface DeliverDependencies extends DeliveryDependencies, SendDependencies {
  random: () => number
  createId: () => string
  hostTurns: HostLimit
  /** Has a delivery tried again at its time. */
  wake: (deliveries: readonly DueDelivery[]) => Promise<void>
  /** Is told of every try. @defaultValue nobody is */
  onTried?: (tried: DeliveryTry) => void
}

/** What one webhook of a connection is told. */
type WebhookPlace = Omit<DueDelivery, 'deliveryId' | 'dueAt'>

/**
 * Sends a webhook everything that is due, one after the other, in the order in which it came to be due. One that fails is
 * tried again later, and does not hold up the others. Any number of processes may do it at the same time: one does.
 *
 * @returns false when another process is at it, or too much is under way to the same host: come back
 * @throws the signal's reason
 */
export async function deliverDue(
  dependencies: DeliverDependencies,
  { place, ...owner }: WebhookPlace,
  signal: AbortSignal,
): Promise<boolean> {
  const { redis, clock, createId } = dependencies
  const holder = createId()
  if (!(await holdDeliveryLease(redis, place, holder))) return false
  try {
    for (;;) {
      const kept = await readNextDue(redis, owner, place, clock.now())
      if (!kept?.record) return true
      // Somebody else may have taken over while this process was held up.
      if (!(await holdDeliveryLease(redis, place, holder))) return false
      if (!(await deliver(dependencies, owner, kept, kept.record, signal))) return false
    }
  } finally {
    await releaseDeliveryLease(redis, place, holder)
  }
}

/** Tries a delivery once. @returns false when its host has too many turns already */
async function deliver(
  dependencies: DeliverDependencies,
  owner: Owner,
  kept: KeptDelivery,
  record: DeliveryRecord,
  signal: AbortSignal,
): Promise<boolean> {
  const { clock, hostTurns } = dependencies
  const { deliveryId } = kept
  const { url, body } = openMessage(dependencies.keys, owner, deliveryId, record.sealed)
  const webhook = (await readWebhooks(dependencies, owner)).find(
    (one) => webhookPlaceOf(owner.tenant, owner.connectionId, one.url) === record.place,
  )
  const startedAt = clock.now()
  if (!webhook) {
    await note(dependencies, owner, kept, startedAt, { failure: 'is no webhook of the connection any more' }, true)
    return true
  }
  const host = new URL(url).host
  if (!hostTurns.take(host)) return false
  try {
    const headers = standardHeaders({ deliveryId, body }, webhook.secret, startedAt)
    const outcome = await sendMessage(dependencies, { url, body, headers }, signal)
    await note(dependencies, owner, kept, startedAt, outcome, outcome.statusCode === 410)
    return true
  } finally {
    hostTurns.giveBack(host)
  }
}

async function readWebhooks({ redis, keys }: DeliverDependencies, owner: Owner) {
  const key = redis.keyspace.connection(owner.tenant, owner.connectionId, 'record')
  const sealed = await storeAnswer(redis.hget(key, 'webhooks'))
  return sealed === null ? [] : openWebhooks(keys, owner, sealed)
}

/** Writes down what became of a try, whatever has changed about the delivery meanwhile. */
async function note(
  dependencies: DeliverDependencies,
  owner: Owner,
  sent: KeptDelivery,
  startedAt: number,
  outcome: SendOutcome,
  isLast: boolean,
): Promise<void> {
  const { redis, clock, random, wake, onTried } = dependencies
  const { deliveryId } = sent
  for (let kept: KeptDelivery | undefined = sent; kept?.record; ) {
    const { dueAt: _, failure: __, lastStatusCode: ___, ...before } = kept.record
    const { since = startedAt } = before
    const tries = before.tries + 1
    const next =
      outcome.failure === undefined || isLast
        ? undefined
        : nextTryAt({ since, count: tries }, clock.now(), outcome.retryAfterMs, random())
    const status = outcome.failure === undefined ? 'delivered' : next === undefined ? 'failed' : 'pending'
    const record: DeliveryRecord = {
      ...before,
      status,
      attempts: before.attempts + 1,
      tries,
      since,
      lastAttemptAt: startedAt,
      ...(outcome.statusCode !== undefined && { lastStatusCode: outcome.statusCode }),
      ...(outcome.failure !== undefined && { failure: outcome.failure }),
      ...(next !== undefined && { dueAt: next }),
    }
    if (await changeDelivery(dependencies, owner, kept, record)) {
      const tried = status === 'pending' ? 'retried' : status
      onTried?.({ ...owner, deliveryId, event: record.event, outcome: tried, failure: outcome.failure })
      if (next !== undefined) await wake([{ ...owner, deliveryId, place: record.place, dueAt: next }])
      return
    }
    const [now]: KeptDelivery[] = await readRecords(redis, owner, [deliveryId])
    kept = now
  }
}
