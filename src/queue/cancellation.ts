import type { Redis } from 'ioredis'
import { sharedKeys } from '../store/keys.ts'

/**
 * Hears of every wish to cancel a job. BullMQ can stop a job only inside the process that has it, so the wish is published
 * to all of them. What is missed while Redis is away the reconciler repeats.
 *
 * @param subscriber a connection used for nothing else, with `autoResubscribe` off
 */
export function listenForCancels(subscriber: Redis, onCancel: (jobId: number) => void): void {
  const subscribe = async () => {
    try {
      await subscriber.subscribe(sharedKeys.cancelChannel)
    } catch {
      // The connection broke again; 'ready' comes again.
    }
  }
  subscriber.on('message', (_channel: string, jobId: string) => onCancel(Number(jobId)))
  subscriber.on('ready', subscribe)
  if (subscriber.status === 'ready') void subscribe()
}
