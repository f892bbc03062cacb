import type { Redis } from 'ioredis'
import { sharedKeys } from '../store/keys.ts'

/**
 * Listens for requests to cancel a job. BullMQ can stop a job only inside the process that has it, so each request is
 * published to all processes. The reconciler repeats those that are missed while Redis is away.
 *
 * @param subscriber a client used for nothing else, with `autoResubscribe` off
 */
export function listenForCancels(subscriber: Redis, onCancel: (jobId: number) => void): void {
  const subscribe = async () => {
    try {
      await subscriber.subscribe(sharedKeys.cancelChannel)
    } catch {
      // The client has lost Redis again; 'ready' comes again.
    }
  }
  subscriber.on('message', (_channel: string, jobId: string) => onCancel(Number(jobId)))
  subscriber.on('ready', subscribe)
  if (subscriber.status === 'ready') void subscribe()
}
