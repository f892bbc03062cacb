import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { JobStore } from '../../store/jobs/job-store.ts'
import { usualReaderLeaseMs } from '../../store/jobs/reader-leases.ts'

/** Two renewals may fail before the lease runs out. */
const renewMs = usualReaderLeaseMs / 3

/** While Redis is away: how often we try to say that a reader was cut off, and how many times. */
const awaitRetry = { times: 600, everyMs: 1000 }

/** How a message stream ended. */
export type StreamEnd = 'complete' | 'client-left' | 'cut'

/** Shows that somebody reads a job that lives only as long as it is read. */
interface ReaderLease {
  /** Called once, when the stream is over: decides what happens to the job. */
  release(end: StreamEnd): Promise<void>
}

interface LeaseOptions {
  jobs: JobStore
  jobId: number
  clock: Clock
  log: FastifyBaseLogger
  /** Aborts when the process shuts down. Then open reports are given up, and the job is left to its grace period. */
  closing: AbortSignal
}

/** Resolves once the first lease is written, so that it is there before the client sees the stream's headers. */
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

  /** A failed renewal does not cut the reader off: if Redis is lost, the stream ends by itself. */
  async function renew(): Promise<void> {
    await jobs.renewReaderLease(jobId, readerId).catch((error: Error) => {
      log.warn({ jobId, reason: error.message }, 'reader lease not renewed')
    })
  }

  return {
    async release(end) {
      over.abort()
      // A renewal that is still on its way would bring back a dropped lease.
      await renewing
      if (end === 'client-left') {
        const graceLeftMs = await jobs.dropReaderLease(jobId, readerId).catch((error: Error) => {
          log.warn({ jobId, reason: error.message }, 'reader lease not dropped; it runs out by itself')
          return 0
        })
        if (graceLeftMs > 0) void endAfterGrace(options, graceLeftMs)
      }
      if (end === 'cut') await awaitReader(options, readerId)
    },
  }
}

/** The time by which Redis's clock may be behind ours when the grace is over, ms. */
const graceMarginMs = 50

/**
 * Ends the job as soon as its grace is over, if nobody has come. If this process ends before, or Redis is away at that
 * moment, the reconciler does it.
 */
async function endAfterGrace({ jobs, jobId, clock, log, closing }: LeaseOptions, graceLeftMs: number): Promise<void> {
  for (let leftMs = graceLeftMs; leftMs > 0; ) {
    try {
      await clock.sleep(leftMs + graceMarginMs, closing)
    } catch {
      return
    }
    leftMs = await jobs.endIfAbandoned(jobId).catch((error: Error) => {
      log.warn({ jobId, reason: error.message }, 'a job that nobody reads is not ended yet')
      return 0
    })
  }
}

/**
 * The service itself cut the reader off, so the job waits for the reader to return. If Redis was the cause, this is tried
 * until Redis is back.
 */
async function awaitReader({ jobs, jobId, clock, log, closing }: LeaseOptions, readerId: string): Promise<void> {
  const cutAt = clock.monotonic()
  for (let attempt = 1; attempt <= awaitRetry.times; attempt++) {
    try {
      await jobs.awaitReader(jobId, readerId, clock.monotonic() - cutAt)
      return
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown'
      log.warn({ jobId, attempt, reason }, 'that a reader was cut off is not stored yet')
      if (closing.aborted) return
      await clock.sleep(awaitRetry.everyMs, closing).catch(() => undefined)
    }
  }
}
