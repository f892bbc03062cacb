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
export interface BridgeJob {
  jobId: number
  /** The epoch distinguishes the job from another one that has been given its id. */
  epoch: string
}

/**
 * The path to read and cancel a job, or of one of its parts. The epoch in it excludes another job that has been given its
 * id.
 */
export function pathOf({ jobId, epoch }: BridgeJob, part: '' | '/ack' = ''): string {
  return `/v1/jobs/${jobId}${part}?epoch=${encodeURIComponent(epoch)}`
}

/**
 * For so many seconds a job continues when nobody reads it: longer than the bridge tries to reach the service, and
 * shorter than the next attempt waits for its turn.
 */
const graceSeconds = 90
/** For so many seconds the service is asked to wait for the end of a job that is being cancelled. */
const endingWaitSeconds = 10
/**
 * How long an interrupted process may wait to learn its job's id, and then to cancel the job, ms each. The signal ends
 * the process after 5 s anyway.
 */
export const partingMs = 2000

/**
 * Starts a job for the request. If the request is repeated after a broken answer, its key leads to the same job. The
 * same happens in a process that a platform starts a second time. If that process finds that the job ended without
 * success, the job was cut off together with the process before. Then it takes another key, which the process after it
 * finds in the same way.
 */
export async function startBridgeJob(
  { body, idempotencyKey }: JobRequest,
  dependencies: JobDependencies,
): Promise<BridgeJob> {
  for (let cutOff = 0; ; cutOff++) {
    const key = cutOff === 0 ? idempotencyKey : `${idempotencyKey}-${cutOff}`
    const { isOlder, ...job } = await insist(dependencies, () => postJob(body, key, dependencies))
    if (!isOlder) return job
    const ended = await insist(dependencies, () => endOf(job, dependencies))
    if (!ended || ended.status === 'succeeded') return job
  }
}

/** How a job has ended. Waits for a job that is being cancelled. Undefined for a job that continues. */
async function endOf(started: BridgeJob, { client, signal }: JobDependencies): Promise<EndedJob | undefined> {
  for (let wait = ''; ; wait = `&wait=${endingWaitSeconds}`) {
    signal.throwIfAborted()
    const job = await client.ask({ method: 'GET', path: pathOf(started) + wait })
    const ended = readEnded(job)
    if (ended || !isEnding(job)) return ended
  }
}

/** Tries until there is an answer, as long as one may come, even while another job uses the connection. */
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
      // The service was reached, and only failures in a row count.
      if (isBusy) patience.restore()
      // A job whose bridge was killed keeps its connection until its grace is over.
      await (isBusy ? turn : patience).afterFailure(error)
    }
  }
}

/**
 * Makes a live request, so that the service cancels a job that nobody reads any more. The messages are requested
 * separately, from wherever the last try broke off. Services of 0.1 know `heartbeat` only there.
 */
async function postJob(
  body: object,
  key: string,
  { client, clock, signal }: JobDependencies,
): Promise<BridgeJob & { isOlder: boolean }> {
  // If the process is interrupted, it waits for the job's id first, because it could not cancel the job otherwise.
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

/** A signal that aborts this much later than another. */
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
