import { markIfAbandoned } from '../attempts/abandoned-job.ts'
import { awaitReaderScript, dropReaderScript, renewReaderScript } from '../attempts/readers.lua.ts'
import type { Keyspace } from '../keys.ts'
import { runScript } from '../script.ts'
import type { JobStoreDependencies } from './dependencies.ts'
import type { JobStore } from './job-store.ts'
import { requestEnd } from './request-end.ts'

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

/** The leases of the readers of jobs that live as long as somebody reads them. */
export function createReaderLeases(
  dependencies: JobStoreDependencies,
): Pick<JobStore, 'renewReaderLease' | 'dropReaderLease' | 'endIfAbandoned' | 'awaitReader'> {
  const { redis, clock, readerLeaseMs } = dependencies
  return {
    async renewReaderLease(jobId, readerId) {
      const args = { readerId, leaseMs: readerLeaseMs, awaitedPrefix }
      await runScript(redis, renewReaderScript, { keys: readerKeys(redis.keyspace, jobId), args })
    },
    async dropReaderLease(jobId, readerId) {
      const [outcome, graceLeftMs] = await runScript(redis, dropReaderScript, {
        keys: readerKeys(redis.keyspace, jobId),
        args: { readerId },
      })
      if (outcome === 'ABANDONED') await requestEnd(dependencies, jobId, 'abandoned')
      return graceLeftMs
    },
    async endIfAbandoned(jobId) {
      const { reason, leftMs } = await markIfAbandoned(redis, clock, jobId)
      if (reason) await requestEnd(dependencies, jobId, reason)
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
