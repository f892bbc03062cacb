import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../clock.ts'
import type { JobStore } from '../store/job-store.ts'

/** A third of the lease's 15 s: two renewals may fail before it runs out. */
const renewMs = 5000

/** How long an orderly close keeps trying to detach the job while Redis is away, and how often. */
const detachRetry = { times: 600, everyMs: 1000 }

/** How a message stream came to its end. */
export type StreamEnd = 'complete' | 'client-left' | 'cut'

/** The proof that somebody reads a job that lives only as long as it is read. */
export interface ReaderLease {
  /** To be called once, when the stream is over; says what becomes of the job. */
  release(end: StreamEnd): Promise<void>
}

interface LeaseOptions {
  jobs: JobStore
  jobId: number
  clock: Clock
  log: FastifyBaseLogger
  /** The process shuts down: a job that cannot be detached now is left to its grace. */
  closing: AbortSignal
}

/** Resolves once the first lease is written, so that whoever sees the stream's headers can count on it. */
export async function holdReaderLease(options: LeaseOptions): Promise<ReaderLease> {
  const { jobs, jobId, clock, log } = options
  const readerId = randomUUID()
  const over = new AbortController()
  await renew()
  const renewing = keepRenewing()

  async function keepRenewing(): Promise<void> {
    while (!over.signal.aborted) {
      await clock.sleep(renewMs, over.signal).catch(() => undefined)
      if (!over.signal.aborted) await renew()
    }
  }

  /** A renewal that fails is no reason to cut the reader; a lost Redis cuts it by itself. */
  async function renew(): Promise<void> {
    await jobs.renewReaderLease(jobId, readerId).catch((error: Error) => {
      log.warn({ jobId, reason: error.message }, 'reader lease not renewed')
    })
  }

  return {
    async release(end) {
      over.abort()
      // A renewal still on its way would bring a dropped lease back to life.
      await renewing
      if (end === 'client-left') {
        await jobs.dropReaderLease(jobId, readerId).catch((error: Error) => {
          log.warn({ jobId, reason: error.message }, 'reader lease not dropped; it runs out by itself')
        })
      }
      if (end === 'cut') await detach(options)
    },
  }
}

/** The reader did not want to go, so its job goes on; when Redis was the reason for the cut, this has to wait for it. */
async function detach({ jobs, jobId, clock, log, closing }: LeaseOptions): Promise<void> {
  for (let attempt = 1; attempt <= detachRetry.times; attempt++) {
    try {
      await jobs.detach(jobId)
      return
    } catch (error) {
      log.warn({ jobId, attempt, reason: error instanceof Error ? error.message : 'unknown' }, 'job not detached yet')
      if (closing.aborted) return
      await clock.sleep(detachRetry.everyMs, closing).catch(() => undefined)
    }
  }
}
