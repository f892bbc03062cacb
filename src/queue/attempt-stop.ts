import { Rest } from '../sync/contract/rest.ts'

/** Why a running attempt is stopped from outside. This text is sent through BullMQ's `cancelJob`. */
export type StopCause = 'cancelled' | 'shutdown' | 'lock-lost'

/** The reason of an attempt's signal. */
export class AttemptStop extends Error {
  override name = 'AttemptStop'
  readonly stopCause: StopCause

  constructor(stopCause: StopCause) {
    super(`the attempt was stopped: ${stopCause}`)
    this.stopCause = stopCause
  }
}

/** The text of a rest that is sent through BullMQ's `cancelJob`. */
export function restText(restMs: number): string {
  return `rest ${Math.max(0, Math.ceil(restMs))}`
}

/** BullMQ's signal, whose reason is plain text, as one whose reason is an `AttemptStop` or a `Rest`. */
export function stopSignal(signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController()
  const stop = () => controller.abort(stopOf(signal?.reason))
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  return controller.signal
}

/** Any other reason from BullMQ counts as a lost lock: the attempt then writes nothing more. */
function stopOf(reason: unknown): AttemptStop | Rest {
  const [, restMs] = /^rest (\d+)$/.exec(String(reason)) ?? []
  if (restMs !== undefined) return new Rest(Number(restMs))
  return new AttemptStop(reason === 'cancelled' || reason === 'shutdown' ? reason : 'lock-lost')
}
