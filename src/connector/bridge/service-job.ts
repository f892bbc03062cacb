import type { Clock } from '../../clock.ts'
import { CodedError, type ErrorCode } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { Patience } from './patience.ts'
import type { PrintedLog } from './printed-log.ts'
import type { ServiceClient } from './service-client.ts'
import { mayPass, strangerError } from './service-failures.ts'

/** A job as its end is judged; other members of it are of no matter here. */
export interface EndedJob {
  status: 'succeeded' | 'failed' | 'cancelled'
  messageCount: number
  /** Why it did not succeed, in words. */
  failureMessage?: string
}

export interface JobRequest {
  body: object
  /** The same for every try of the same request. */
  idempotencyKey: string
  /** It takes the place of a job that may need a moment to end. */
  follows: boolean
}

export interface JobDependencies {
  client: ServiceClient
  printed: PrintedLog
  patience: Patience
  clock: Clock
  signal: AbortSignal
}

/** Silence after which the service sends a sign of life, s. Most proxies cut what is silent for a minute. */
const heartbeatSeconds = 15
/** Seconds for which a job goes on when its bridge has died without a word. */
const graceSeconds = 30
/** How long an end may wait for its job to be known and cancelled, ms each: the signal itself ends it after 5 s. */
const partingMs = 2000

const lostCodes: readonly ErrorCode[] = ['log_gone', 'log_rewound', 'job_not_found', 'offset_out_of_range']

/**
 * Runs a job at the service and prints its messages. Whatever ends this before the job has ended cancels the job.
 *
 * @returns undefined when messages that are still to be printed are lost
 * @throws CodedError; the signal's reason
 */
export async function runServiceJob(request: JobRequest, dependencies: JobDependencies): Promise<EndedJob | undefined> {
  const { client, printed, clock, signal } = dependencies
  printed.beginJob()
  const over = new AbortController()
  let cancelled: Promise<unknown> | undefined
  try {
    const jobId = await startJob(request, dependencies)
    const cancel = () => {
      cancelled ??= cancelJob(client, jobId, clock)
    }
    signal.addEventListener('abort', cancel, { signal: over.signal })
    if (signal.aborted) cancel()
    try {
      return await followJob(jobId, dependencies)
    } catch (error) {
      cancel()
      throw error
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CodedError && lostCodes.includes(error.code)) return undefined
    throw error
  } finally {
    over.abort()
    await cancelled
  }
}

/**
 * A live request, so that the service cancels a job nobody reads any more; but the messages are asked for again by
 * themselves, since only that call has heartbeats. A repeat after a broken answer leads to the same job by its key.
 */
async function startJob(
  { body, idempotencyKey, follows }: JobRequest,
  { client, patience, clock, signal }: JobDependencies,
): Promise<number> {
  for (;;) {
    signal.throwIfAborted()
    // Somebody who wants the end gets the job first: it could not be cancelled otherwise.
    const parting = delayAbort(signal, clock)
    try {
      const { headers, leave } = await client.listen({
        method: 'POST',
        path: `/v1/jobs?grace=${graceSeconds}`,
        headers: { 'idempotency-key': idempotencyKey },
        body,
        signal: parting.signal,
      })
      leave()
      const jobId = Number(/\/v1\/jobs\/(\d{1,15})$/.exec(headers.get('location') ?? '')?.[1])
      if (!Number.isInteger(jobId)) throw strangerError('it does not name the job it started')
      patience.restore()
      return jobId
    } catch (error) {
      signal.throwIfAborted()
      const isBusyStill = follows && error instanceof CodedError && error.code === 'connection_busy'
      if (!mayPass(error) && !isBusyStill) throw error
      await patience.afterFailure(error)
    } finally {
      parting.release()
    }
  }
}

/** A signal that aborts a little later than another. */
function delayAbort(signal: AbortSignal, clock: Clock): { signal: AbortSignal; release(): void } {
  const delayed = new AbortController()
  const over = new AbortController()
  const begin = () =>
    clock.sleep(partingMs, over.signal).then(
      () => delayed.abort(signal.reason),
      () => undefined,
    )
  if (signal.aborted) void begin()
  else signal.addEventListener('abort', begin, { signal: over.signal })
  return { signal: delayed.signal, release: () => over.abort() }
}

/** Prints all messages of a job, however often the connection breaks. */
async function followJob(jobId: number, dependencies: JobDependencies): Promise<EndedJob> {
  const { client, printed, patience, signal } = dependencies
  let epoch = ''
  for (;;) {
    signal.throwIfAborted()
    try {
      const since = printed.held > 0 ? `&epoch=${encodeURIComponent(epoch)}` : ''
      const path = `/v1/jobs/${jobId}/messages?after=${printed.held}&heartbeat=${heartbeatSeconds}${since}`
      const { headers, pieces } = await client.listen({ method: 'GET', path })
      patience.reached()
      epoch = headers.get('log-epoch') ?? ''
      for await (const piece of pieces) if (await printed.take(piece)) patience.restore()
      const job = readEnded(await client.ask({ method: 'GET', path: `/v1/jobs/${jobId}` }))
      if (job && job.messageCount === printed.held) return job
      // Something in between has made a cut look like an end.
      throw new CodedError('service_unavailable', 'The messages of the service at service_url break off')
    } catch (error) {
      signal.throwIfAborted()
      printed.dropPart()
      if (!mayPass(error)) throw error
      await patience.afterFailure(error)
    }
  }
}

/** A job that cannot be cancelled now has lost its reader, and the service cancels it by itself. */
async function cancelJob(client: ServiceClient, jobId: number, clock: Clock): Promise<void> {
  const late = delayAbort(AbortSignal.abort(), clock)
  await client.ask({ method: 'DELETE', path: `/v1/jobs/${jobId}`, signal: late.signal }).catch(() => undefined)
  late.release()
}

function readEnded(job: unknown): EndedJob | undefined {
  if (!isObject(job) || typeof job.messageCount !== 'number') throw strangerError('it does not answer with a job')
  const { status, messageCount, failure } = job
  if (status !== 'succeeded' && status !== 'failed' && status !== 'cancelled') return undefined
  const failureMessage = isObject(failure) && typeof failure.message === 'string' ? failure.message : undefined
  return { status, messageCount, ...(failureMessage !== undefined && { failureMessage }) }
}
