import { isEndRequested } from '../store/jobs/request-end.ts'
import type { StoreClient } from '../store/keys.ts'

interface CancellationDependencies {
  /** Waits for ever. */
  redis: StoreClient
  /** Used for nothing else, with `autoResubscribe` off. */
  subscriber: StoreClient
  onError: (error: unknown) => void
}

/**
 * Listens for requests to cancel a job. BullMQ can stop a job only inside the process that has it, so each request is
 * published to all processes. The reconciler repeats those that are missed while Redis is away.
 *
 * A message is only a hint: Pub/Sub knows no databases, so the message may be about another service's job with the same
 * id. What counts is the record of the job in the own database.
 */
export function listenForCancels(
  { redis, subscriber, onError }: CancellationDependencies,
  onCancel: (jobId: number) => void,
): void {
  const subscribe = async () => {
    try {
      await subscriber.subscribe(subscriber.keyspace.cancelChannel)
    } catch {
      // The client has lost Redis again; 'ready' comes again.
    }
  }
  const hear = async (jobId: number) => {
    if (await isEndRequested(redis, jobId)) onCancel(jobId)
  }
  subscriber.on('message', (_channel: string, jobId: string) => void hear(Number(jobId)).catch(onError))
  subscriber.on('ready', subscribe)
  if (subscriber.status === 'ready') void subscribe()
}
