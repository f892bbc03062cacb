import { storeAnswer } from '../../store/availability.ts'
import type { Job } from '../../store/job.ts'
import { jobFromRecord } from '../../store/job-record.ts'
import type { StoreClient } from '../../store/keys.ts'
import { SealBrokenError } from '../../store/secrets/sealing.ts'
import { addDeliveries, type DeliveryDependencies, type DueDelivery } from '../../store/webhooks/deliveries.ts'
import { type ConnectionEvent, dropEvent, parseEvent, readEvents } from '../../store/webhooks/events.ts'
import { openWebhooks } from '../../store/webhooks/webhook-seal.ts'
import { StoredDataError } from '../../stored/stored-data.ts'
import { webhookBodyOf } from '../../webhooks/message.ts'
import { triesLastMs } from '../../webhooks/retries.ts'

export interface FanOutDependencies extends DeliveryDependencies {
  /** A job in the form of the API. */
  showJob: (job: Job, now: number) => object
  /** Where callers find the service. @defaultValue links are paths */
  publicUrl?: string | undefined
  /** Has deliveries tried that are due. */
  wake: (deliveries: readonly DueDelivery[]) => Promise<void>
  /** Gets what keeps an event in the list of events. */
  onError: (error: unknown) => void
}

const entriesAtATime = 100

/**
 * Makes deliveries of all events in the list of events, the oldest first. Any number of processes may do it at the same time: the
 * script that makes the deliveries takes the event.
 */
export async function fanOut(dependencies: FanOutDependencies): Promise<void> {
  const { redis, onError } = dependencies
  for (;;) {
    const texts = await readEvents(redis, entriesAtATime)
    let taken = 0
    for (const text of texts) {
      try {
        await fanOutEntry(dependencies, text)
        taken++
      } catch (error) {
        onError(error)
        if (!(error instanceof StoredDataError) && !(error instanceof SealBrokenError)) throw error
      }
    }
    // What is left waits for the key that opens its connection.
    if (texts.length < entriesAtATime || taken === 0) return
  }
}

async function fanOutEntry(dependencies: FanOutDependencies, text: string): Promise<void> {
  const { redis, keys, clock, publicUrl, wake } = dependencies
  const entry = await readEntry(redis, text)
  if (!entry) return
  const { event } = entry
  const owner = { tenant: event.tenant, connectionId: event.connectionId }
  const connectionKey = redis.keyspace.connection(event.tenant, event.connectionId, 'record')
  const [sealed, failures] = await storeAnswer(redis.hmget(connectionKey, 'webhooks', 'consecutiveFailures'))
  const job = await readJobOf(redis, event)
  const told = {
    type: event.type,
    at: event.at,
    connectionId: event.connectionId,
    ...(job && { job }),
    ...(event.skipped && { skipped: event.skipped }),
    ...(event.type === 'connection.failing' && { consecutiveFailures: Number(failures ?? 0) }),
  }
  const jobBody = job && dependencies.showJob(job, clock.now())
  try {
    const webhooks = sealed ? openWebhooks(keys, owner, sealed) : []
    const made = await addDeliveries(dependencies, owner, webhooks, {
      event,
      cause: causeOf(event),
      bodyFor: ({ format }) => webhookBodyOf(told, format, jobBody, publicUrl),
      eventEntry: text,
    })
    await wake(made)
  } catch (error) {
    // Nobody has brought the key within a day.
    if (error instanceof SealBrokenError && clock.now() - event.at > triesLastMs) await dropEvent(redis, text)
    throw error
  }
}

/** An entry that cannot be read never will be. */
async function readEntry(redis: StoreClient, text: string) {
  try {
    return parseEvent(text)
  } catch (error) {
    if (error instanceof StoredDataError) await dropEvent(redis, text)
    throw error
  }
}

/** The same for one cause, even if Redis has lost that it was told and it comes again. */
function causeOf({ type, tenant, connectionId, jobId, jobCreatedAt, at, skipped }: ConnectionEvent) {
  if (jobId !== undefined) return [type, tenant, connectionId, jobId, jobCreatedAt ?? 0]
  return [type, tenant, connectionId, ...(skipped ? [skipped.kind, skipped.reason, skipped.dueAt] : [at])]
}

/** A damaged record costs the message its job, and nothing else. */
async function readJobOf(redis: StoreClient, { jobId, tenant }: ConnectionEvent): Promise<Job | undefined> {
  if (jobId === undefined) return undefined
  try {
    const job = jobFromRecord(jobId, await storeAnswer(redis.hgetall(redis.keyspace.job(jobId, 'record'))))
    return job?.tenant === tenant ? job : undefined
  } catch (error) {
    if (error instanceof StoredDataError) return undefined
    throw error
  }
}
