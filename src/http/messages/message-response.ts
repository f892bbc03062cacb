import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Clock } from '../../clock.ts'
import type { FinalStatus } from '../../store/job.ts'
import { jobStatusHeader, messagesType } from '../bodies/schemas.ts'
import type { MessageReader } from '../readers.ts'
import { addVary, type ContentEncoding } from '../requests/content-encoding.ts'
import { speaksOldHttp } from '../requests/http-version.ts'
import { takeBytes } from './announced-range.ts'
import { compressLines } from './compressed-lines.ts'
import type { StreamEnd } from './reader-lease.ts'

/** How a body is sent. */
export interface BodyForm {
  /** In chunks, if undefined; then only their end is the end of the body. Bytes. */
  length?: number | undefined
  /** If undefined, the lines are sent as they are. */
  encoding?: ContentEncoding | undefined
}

interface ResponseOptions {
  logEpoch: string
  /** How the job had ended before the first message is sent. */
  finalStatus: FinalStatus | undefined
  /** Whether the messages come until the job ends: its status, unknown at first, then follows them in a trailer. */
  follow: boolean
  form: BodyForm
}

interface WriteOptions extends ResponseOptions {
  clock: Clock
  /** Longest wait, in ms, for written data to reach the kernel before a cut. */
  flushMs: number
  /** Aborts when the client has left or the stream must be cut. */
  signal: AbortSignal
  reader: MessageReader
}

/**
 * Writes lines to the client and returns how the stream ended. A complete stream ends the chunked body. A cut stream
 * stops after a whole line and destroys the socket, so every HTTP client can distinguish the two.
 *
 * The response is written here and not by Fastify, because piping would destroy the socket with lines still in its
 * buffer.
 */
export async function writeMessages(
  reply: FastifyReply,
  lines: AsyncGenerator<Buffer, FinalStatus | undefined, undefined>,
  options: WriteOptions,
): Promise<StreamEnd> {
  const response = startResponse(reply, options)
  try {
    const finalStatus = await writeAll(response, toBody(lines, options.form), options)
    if (response.hasHeader('Trailer') && finalStatus) response.addTrailers({ [jobStatusHeader]: finalStatus })
    await finish(response, options)
    return 'complete'
  } catch (error) {
    if (response.destroyed) return 'client-left'
    const reason = options.signal.aborted ? options.signal.reason : error
    reply.log.info({ reason: reason instanceof Error ? reason.message : 'unknown' }, 'message stream cut')
    // A reader that is cut off because it takes nothing would not take the rest either.
    if (!options.reader.signal.aborted) await flush(response, options)
    response.destroy()
    return 'cut'
  }
}

/** Answers HEAD: what GET would say, and no body. */
export function announceMessages(reply: FastifyReply, options: ResponseOptions): void {
  startResponse(reply, options).end()
}

/** The bytes of a body: of a length that was told, or compressed, or the lines as they are. */
function toBody(
  lines: AsyncGenerator<Buffer, FinalStatus | undefined, undefined>,
  { length, encoding }: BodyForm,
): AsyncGenerator<Buffer, FinalStatus | undefined, undefined> {
  if (length !== undefined) return takeBytes(lines, length)
  return encoding ? compressLines(lines, encoding) : lines
}

/** Sends the headers at once: a live job's `Location` must not wait for its first message. */
function startResponse(reply: FastifyReply, { logEpoch, finalStatus, follow, form }: ResponseOptions): ServerResponse {
  addVary(reply, 'Accept-Encoding')
  reply.headers({
    'Content-Type': messagesType,
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
    'Log-Epoch': logEpoch,
    ...(form.length !== undefined && { 'Content-Length': form.length }),
    ...(form.encoding && { 'Content-Encoding': form.encoding }),
    ...(finalStatus && { [jobStatusHeader]: finalStatus }),
    ...(!finalStatus && follow && mayHaveTrailers(reply) && { Trailer: jobStatusHeader }),
  })
  reply.request.dropBody()
  const response = reply.hijack().raw
  // Silence is normal here: the idle timeout of other sockets must not end it.
  response.socket?.setTimeout(0)
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) response.setHeader(name, value)
  }
  response.flushHeaders()
  return response
}

/** Only a chunked body has trailers. Node refuses to announce them elsewhere. */
function mayHaveTrailers({ request }: FastifyReply): boolean {
  return request.method !== 'HEAD' && !speaksOldHttp(request.raw)
}

/** Writes as fast as the client reads; resolves with what the lines return. */
async function writeAll(
  response: ServerResponse,
  lines: AsyncGenerator<Buffer, FinalStatus | undefined, undefined>,
  options: WriteOptions,
): Promise<FinalStatus | undefined> {
  try {
    for (;;) {
      const end = await writeNext(response, lines, options)
      if (end) return end.finalStatus
    }
  } finally {
    await lines.return(undefined)
  }
}

/** Writes the next piece, and forgets it: a loop would hold it while it waits for the piece after it. */
async function writeNext(
  response: ServerResponse,
  lines: AsyncGenerator<Buffer, FinalStatus | undefined, undefined>,
  { reader, signal }: WriteOptions,
): Promise<{ finalStatus: FinalStatus | undefined } | undefined> {
  const step = await lines.next()
  if (step.done) return { finalStatus: step.value }
  if (!response.write(step.value)) await reader.untilTaken(response.writableLength, 'drain', signal)
  return undefined
}

/** Ends the body, and waits until it has left the process: a reader that takes the end only may stall as well. */
async function finish(response: ServerResponse, { reader, signal }: WriteOptions): Promise<void> {
  const bytes = response.writableLength
  response.end()
  if (!response.writableFinished) await reader.untilTaken(bytes, 'finish', signal)
}

/** Resolves when everything written has left the process, the client is gone, or the time is up. */
async function flush(response: ServerResponse, { clock, flushMs }: WriteOptions): Promise<void> {
  const over = new AbortController()
  const written = response.writableEnded
    ? once(response, 'finish', { signal: over.signal }).catch(() => undefined)
    : new Promise<void>((resolve) => response.write('', () => resolve()))
  const closed = once(response, 'close', { signal: over.signal }).catch(() => undefined)
  await Promise.race([written, closed, clock.sleep(flushMs, over.signal).catch(() => undefined)])
  over.abort()
}
