import type { IncomingMessage } from 'node:http'
import type { FastifyReply } from 'fastify'
import { hasEnded, type Job } from '../../store/job.ts'
import type { MessageLogReader } from '../../store/log/message-log.ts'
import type { RouteDependencies } from '../dependencies.ts'
import type { MessageReader } from '../readers.ts'
import { chooseEncoding } from '../requests/content-encoding.ts'
import { closeWhenHalfClosed, refuseHalfClosed } from '../requests/half-closed.ts'
import { refuseOldHttp, speaksOldHttp } from '../requests/http-version.ts'
import { isSmall, measureRange } from './announced-range.ts'
import { announceMessages, type BodyForm, writeMessages } from './message-response.ts'
import { type AnnouncedRange, type StreamOptions, streamMessages } from './message-stream.ts'
import { holdReaderLease } from './reader-lease.ts'

interface LiveMessages {
  job: Job
  range: AnnouncedRange
  follow: StreamOptions['follow']
  heartbeatMs: StreamOptions['heartbeatMs']
  signal: AbortSignal
  reader: MessageReader
}

/**
 * Refuses a request whose connection cannot carry the messages of a job that runs, before anything is made for it.
 *
 * @throws CodedError `http_version_too_old`, `half_closed`
 */
export async function requireLastingConnection(reply: FastifyReply): Promise<void> {
  refuseOldHttp(reply)
  await refuseHalfClosed(reply.request.raw)
}

/** Answers with the messages of a job. If the job lives by its readers, this answer is one of them. */
export async function sendMessages(
  reply: FastifyReply,
  { job, range, follow, heartbeatMs, signal: left, reader }: LiveMessages,
  { messages, jobs, clock, closing, limits, metrics, openStreams }: RouteDependencies,
): Promise<void> {
  const { jobId } = job
  const announced = { logEpoch: range.epoch, finalStatus: range.finalStatus, follow }
  if (reply.request.method === 'HEAD') return announceMessages(reply, { ...announced, form: {} })
  const form = await chooseForm(reply.request.raw, range, messages, reader)
  if (follow && !range.finalStatus) closeWhenHalfClosed(reply.raw)
  const isNeeded = follow && job.graceMs !== undefined && !hasEnded(job)
  const lease = isNeeded ? await holdReaderLease({ jobs, jobId, clock, closing, log: reply.log }) : undefined
  const signal = AbortSignal.any([left, reader.signal])
  const lines = streamMessages(messages, range, { follow, heartbeatMs, signal, clock })
  metrics.add('intercom_sync_open_message_streams', {})
  const end = await writeMessages(reply, lines, {
    ...announced,
    form,
    clock,
    flushMs: limits.flushMs,
    signal,
    reader,
  }).finally(() => metrics.add('intercom_sync_open_message_streams', {}, -1))
  if (lease) openStreams.waitFor(lease.release(end))
}

/** A cut has to be tellable: where there are no chunks by the length, else also by what ends a compressed body. */
async function chooseForm(
  request: IncomingMessage,
  range: AnnouncedRange,
  messages: MessageLogReader,
  { mayBeCompressed }: MessageReader,
): Promise<BodyForm> {
  if (speaksOldHttp(request)) return { length: await measureRange(messages, range) }
  const isWhole = range.finalStatus !== undefined
  return !mayBeCompressed || (isWhole && isSmall(range)) ? {} : { encoding: chooseEncoding(request) }
}
