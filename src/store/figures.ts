import type { Clock } from '../clock.ts'
import { isValid, NumberText } from '../stored/stored-data.ts'
import { storeAnswer } from './availability.ts'
import type { StoreClient } from './keys.ts'

/** The totals over all jobs that have not ended. */
interface JobFigures {
  pending: number
  running: number
  incomplete: number
  /** Age of the oldest pending job, ms; 0 when no job is pending. */
  oldestPendingMs: number
  /** Bytes of their logs in Redis. */
  logBytes: number
  /** Bytes of the largest of their logs. */
  largestLogBytes: number
}

/** Memory of Redis in bytes; `max` is 0 where it has no limit, `machine` where its machine does not say what it has. */
export interface MemoryFigures {
  used: number
  max: number
  machine: number
}

/** So many records are requested at a time, so that Redis can serve others in between. */
const recordsPerRead = 500

/** Counts the jobs that have not ended. @throws CodedError `store_unavailable`, or the signal's reason */
export async function readJobFigures(redis: StoreClient, clock: Clock, signal: AbortSignal): Promise<JobFigures> {
  const figures = { pending: 0, running: 0, incomplete: 0, oldestPendingMs: 0, logBytes: 0, largestLogBytes: 0 }
  const members = await storeAnswer(redis.zrange(redis.keyspace.liveJobs, '0', '-1'))
  const ids = members.map(Number).filter(Number.isSafeInteger)
  for (let start = 0; start < ids.length; start += recordsPerRead) {
    signal.throwIfAborted()
    const reads = ids
      .slice(start, start + recordsPerRead)
      .map((id) => redis.hmget(redis.keyspace.job(id, 'record'), 'status', 'createdAt', 'blobBytes'))
    for (const [status, createdAt, blobBytes] of await storeAnswer(Promise.all(reads))) {
      // An ended job leaves the set a moment after its end; a new one comes to it a moment before its record.
      if (status !== 'pending' && status !== 'running' && status !== 'incomplete') continue
      figures[status]++
      const age = clock.now() - numberOr(clock.now(), createdAt)
      if (status === 'pending') figures.oldestPendingMs = Math.max(figures.oldestPendingMs, age)
      const bytes = numberOr(0, blobBytes)
      figures.logBytes += bytes
      figures.largestLogBytes = Math.max(figures.largestLogBytes, bytes)
    }
  }
  return figures
}

/** One damaged record must not make the total unknown. */
function numberOr(fallback: number, text: string | null | undefined): number {
  return isValid(NumberText, text) ? Number(text) : fallback
}

/** @throws CodedError `store_unavailable` */
export async function readMemoryFigures(redis: StoreClient): Promise<MemoryFigures> {
  const info = await storeAnswer(redis.info('memory'))
  const field = (name: string) => Number(info.match(new RegExp(`^${name}:(\\d+)`, 'm'))?.[1] ?? 0)
  return { used: field('used_memory'), max: field('maxmemory'), machine: field('total_system_memory') }
}
