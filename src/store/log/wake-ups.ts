import { isJobStatus, type JobStatus } from '../job.ts'
import { jobIdOfChannel, type StoreClient } from '../keys.ts'

/**
 * `changed`: the job's log or status has changed, or may have changed unnoticed. `lost`: the connection to Redis was
 * lost.
 */
export type LogWakeUp = { kind: 'changed'; status?: JobStatus } | { kind: 'lost' }

/** Wake-ups for every job, from the only Pub/Sub client of this process. */
export interface WakeUps {
  listen(jobId: number, listener: (wakeUp: LogWakeUp) => void): () => void
}

/**
 * @param subscriber a client used for nothing else, with `autoResubscribe` off. This code subscribes again itself,
 * because messages published in between reached nobody, so listeners must be woken afterwards
 */
export function createWakeUps(subscriber: StoreClient): WakeUps {
  const listeners = new Map<number, Set<(wakeUp: LogWakeUp) => void>>()
  let subscribed = false

  const tellAll = (wakeUp: LogWakeUp) => {
    for (const ofJob of listeners.values()) for (const listener of [...ofJob]) listener(wakeUp)
  }
  const subscribe = async () => {
    try {
      await subscriber.psubscribe(subscriber.keyspace.changedPattern)
      subscribed = true
      tellAll({ kind: 'changed' })
    } catch {
      // The client has lost Redis again: listeners know by 'close', and 'ready' comes again.
    }
  }

  subscriber.on('pmessage', (_pattern: string, channel: string, status: string) => {
    const ofJob = listeners.get(jobIdOfChannel(channel))
    // A status that this version does not know may mean anything, so the listener checks.
    const wakeUp: LogWakeUp = { kind: 'changed', ...(isJobStatus(status) && { status }) }
    if (ofJob) for (const listener of [...ofJob]) listener(wakeUp)
  })
  subscriber.on('ready', subscribe)
  subscriber.on('close', () => {
    subscribed = false
    tellAll({ kind: 'lost' })
  })
  if (subscriber.status === 'ready') void subscribe()

  return {
    listen(jobId, listener) {
      const ofJob = listeners.get(jobId) ?? new Set()
      listeners.set(jobId, ofJob.add(listener))
      // Events before the subscription works would be missed. So the listener is woken at once, or once it works.
      if (!subscribed && subscriber.status !== 'ready')
        queueMicrotask(() => ofJob.has(listener) && listener({ kind: 'lost' }))
      return () => {
        ofJob.delete(listener)
        if (ofJob.size === 0 && listeners.get(jobId) === ofJob) listeners.delete(jobId)
      }
    },
  }
}
