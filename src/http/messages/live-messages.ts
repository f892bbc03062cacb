import type { FastifyReply } from 'fastify'
import { hasEnded, type Job } from '../../store/job.ts'
import type { RouteDependencies } from '../dependencies.ts'
import { writeMessages } from './message-response.ts'
import { type AnnouncedRange, type StreamOptions, streamMessages } from './message-stream.ts'
import { holdReaderLease } from './reader-lease.ts'

interface LiveMessages {
  job: Job
  range: AnnouncedRange
  follow: StreamOptions['follow']
  heartbeatMs: StreamOptions['heartbeatMs']
  signal: AbortSignal
}

/** Answers with the messages of a job. If the job lives by its readers, this answer is one of them. */
export async function sendMessages(
  reply: FastifyReply,
  { job, range, follow, heartbeatMs, signal }: LiveMessages,
  { messages, jobs, clock, closing, limits, metrics, openStreams }: RouteDependencies,
): Promise<void> {
  const { jobId } = job
  const isNeeded = follow && job.graceMs !== undefined && !hasEnded(job)
  const lease = isNeeded ? await holdReaderLease({ jobs, jobId, clock, closing, log: reply.log }) : undefined
  const lines = streamMessages(messages, range, { follow, heartbeatMs, signal, clock })
  metrics.add('intercom_sync_open_message_streams', {})
  const end = await writeMessages(reply, lines, {
    logEpoch: range.epoch,
    finalStatus: range.finalStatus,
    follow,
    clock,
    flushMs: limits.flushMs,
    signal,
  }).finally(() => metrics.add('intercom_sync_open_message_streams', {}, -1))
  if (lease) openStreams.waitFor(lease.release(end))
}
