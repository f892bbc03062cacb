import type { Clock } from '../../clock.ts'
import { CodedError } from '../../errors.ts'
import { type EndedJob, isEnding, readEnded } from './ended-job.ts'
import type { JobDependencies } from './job-dependencies.ts'
import { mayPass, strangerError } from './service/service-failures.ts'

export interface JobRequest {
  body: object
  /** The same for every try of the same request. */
  idempotencyKey: string
}

/** A job at the service. */
export interface StartedJob {
  jobId: number
  /** By it the job is told from another one that has got its id. */
  epoch: string
}

/** Where a job is told of and cancelled: by its epoch no other one that has got its id. */
export function pathOf({ jobId, epoch }: StartedJob): string {
  return `/v1/jobs/${jobId}?epoch=${encodeURIComponent(epoch)}`
}

/**
 * Seconds for which a job goes on when nobody reads it: longer than the bridge tries to reach the service, and shorter
 * than the next attempt waits for its turn.
 */
const graceSeconds = 90
/** Seconds for which the service is asked to wait for the end of a job that is being cancelled. */
const endingWaitSeconds = 10
/** How long an end may wait for its job to be known and cancelled, ms each: the signal itself ends it after 5 s. */
export const partingMs = 2000

/**
 * A job for the request. A repeat of it after a broken answer leads to the same job by its key, and so does a process
 * that a platform starts a second time. What that one finds ended without success was cut off with the process before:
 * it takes another key, which the process after it finds in the same way.
 */
export async function startJob(
  { body, idempotencyKey }: JobRequest,
  dependencies: JobDependencies,
): Promise<StartedJob> {
  for (let cutOff = 0; ; cutOff++) {
    const key = cutOff === 0 ? idempotencyKey : `${idempotencyKey}-${cutOff}`
    const { isOlder, ...job } = await insist(dependencies, () => postJob(body, key, dependencies))
    if (!isOlder) return job
    const ended = await insist(dependencies, () => endOf(job, dependencies))
    if (!ended || ended.status === 'succeeded') return job
  }
}

/** How a job has ended; one that is being cancelled is waited for. Undefined for one that goes on. */
async function endOf(started: StartedJob, { client, signal }: JobDependencies): Promise<EndedJob | undefined> {
  for (let wait = ''; ; wait = `&wait=${endingWaitSeconds}`) {
    signal.throwIfAborted()
    const job = await client.ask({ method: 'GET', path: pathOf(started) + wait })
    const ended = readEnded(job)
    if (ended || !isEnding(job)) return ended
  }
}

/** Tries until there is an answer, as long as it may come: also while another job has the connection. */
async function insist<Answer>(
  { patience, turn, signal }: JobDependencies,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    signal.throwIfAborted()
    try {
      const answer = await ask()
      patience.restore()
      turn.restore()
      return answer
    } catch (error) {
      signal.throwIfAborted()
      const isBusy = error instanceof CodedError && error.code === 'connection_busy'
      if (!isBusy && !mayPass(error)) throw error
      // The service has been reached: only failures in a row count.
      if (isBusy) patience.restore()
      // A job whose bridge was killed keeps its connection until its grace is over.
      await (isBusy ? turn : patience).afterFailure(error)
    }
  }
}

/**
 * A live request, so that the service cancels a job nobody reads any more; but the messages are asked for again by
 * themselves, since only that call has heartbeats.
 */
async function postJob(
  body: object,
  key: string,
  { client, clock, signal }: JobDependencies,
): Promise<StartedJob & { isOlder: boolean }> {
  // Somebody who wants the end gets the job first: it could not be cancelled otherwise.
  const parting = delayAbort(signal, clock, partingMs)
  try {
    const { headers, leave } = await client.listen({
      method: 'POST',
      path: `/v1/jobs?grace=${graceSeconds}`,
      headers: { 'idempotency-key': key },
      body,
      signal: parting.signal,
    })
    leave()
    const jobId = Number(/\/v1\/jobs\/(\d{1,15})$/.exec(headers.get('location') ?? '')?.[1])
    const epoch = headers.get('log-epoch')
    if (!Number.isInteger(jobId) || !epoch) throw strangerError('it does not name the job it started')
    return { jobId, epoch, isOlder: headers.get('idempotent-replayed') === 'true' }
  } finally {
    parting.release()
  }
}

/** A signal that aborts so much later than another. */
export function delayAbort(
  signal: AbortSignal,
  clock: Clock,
  delayMs: number,
): { signal: AbortSignal; release(): void } {
  const delayed = new AbortController()
  const over = new AbortController()
  const begin = () =>
    clock.sleep(delayMs, over.signal).then(
      () => delayed.abort(signal.reason),
      () => undefined,
    )
  if (signal.aborted) void begin()
  else signal.addEventListener('abort', begin, { signal: over.signal })
  return { signal: delayed.signal, release: () => over.abort() }
}
