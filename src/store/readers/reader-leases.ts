import type { Clock } from '../../clock.ts'
import { markIfAbandoned } from '../attempts/abandoned-job.ts'
import type { CancelReason } from '../job-record.ts'
import type { Keyspace, StoreClient } from '../keys.ts'
import { runScript } from '../script.ts'
import { awaitReaderScript, dropReaderScript, renewReaderScript } from './readers.lua.ts'

/** The leases of the readers of jobs that live as long as somebody reads them. */
export interface ReaderLeases {
  /** How often a reader renews its lease, ms: two renewals may fail before the lease runs out. */
  readonly renewEveryMs: number
  /** Reports that a reader is there, until its lease runs out. */
  renewReaderLease(jobId: number, readerId: string): Promise<void>
  /**
   * The client hung up: `graceMs` starts at once unless another reader is there.
   *
   * @returns ms until the job is abandoned if nobody comes; 0 if it does not depend on readers, or is abandoned now
   */
  dropReaderLease(jobId: number, readerId: string): Promise<number>
  /**
   * Requests the end of a job whose readers have been gone for longer than its grace.
   *
   * @returns ms until it can be told, because Redis has just started and readers may come back; otherwise 0
   */
  endIfAbandoned(jobId: number): Promise<number>
  /**
   * The service itself cut the reader off (it closes, or had lost Redis) that long ago. The reader has two minutes to
   * return.
   */
  awaitReader(jobId: number, readerId: string, sinceCutMs: number): Promise<void>
}

interface ReaderLeaseDependencies {
  redis: StoreClient
  clock: Clock
  readerLeaseMs: number
  /** Requests the end of a job that nobody reads any more. */
  endAbandoned: (jobId: number, reason: CancelReason) => Promise<unknown>
}

/** How long a reader's lease lasts unless it is renewed, ms. */
export const usualReaderLeaseMs = 15_000

/** The service cut a reader off: the reader has this long to come back before `grace` begins. */
const readerAwaitedMs = 120_000
/** The id of an awaited reader begins with this. */
const awaitedPrefix = 'awaited:'

/** The keys of a job's record and of its readers. */
export const readerKeys = (keyspace: Keyspace, jobId: number) => ({
  recordKey: keyspace.job(jobId, 'record'),
  readersKey: keyspace.job(jobId, 'readers'),
})

export function createReaderLeases(dependencies: ReaderLeaseDependencies): ReaderLeases {
  const { redis, clock, readerLeaseMs, endAbandoned } = dependencies
  return {
    renewEveryMs: readerLeaseMs / 3,
    async renewReaderLease(jobId, readerId) {
      const args = { readerId, leaseMs: readerLeaseMs, awaitedPrefix }
      await runScript(redis, renewReaderScript, { keys: readerKeys(redis.keyspace, jobId), args })
    },
    async dropReaderLease(jobId, readerId) {
      const [outcome, graceLeftMs] = await runScript(redis, dropReaderScript, {
        keys: readerKeys(redis.keyspace, jobId),
        args: { readerId },
      })
      if (outcome === 'ABANDONED') await endAbandoned(jobId, 'abandoned')
      return graceLeftMs
    },
    async endIfAbandoned(jobId) {
      const { reason, leftMs } = await markIfAbandoned(redis, clock, jobId)
      if (reason) await endAbandoned(jobId, reason)
      return leftMs
    },
    async awaitReader(jobId, readerId, sinceCutMs) {
      const args = {
        readerId,
        awaitedId: awaitedPrefix + readerId,
        awaitedMs: readerAwaitedMs,
        sinceCutMs: Math.ceil(sinceCutMs),
      }
      await runScript(redis, awaitReaderScript, { keys: readerKeys(redis.keyspace, jobId), args })
    },
  }
}
