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

/** BullMQ's signal, whose reason is plain text, as one whose reason is an `AttemptStop`. */
export function stopSignal(signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController()
  const stop = () => controller.abort(new AttemptStop(stopCauseOf(signal?.reason)))
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  return controller.signal
}

/** Any other reason from BullMQ counts as a lost lock: the attempt then writes nothing more. */
function stopCauseOf(reason: unknown): StopCause {
  return reason === 'cancelled' || reason === 'shutdown' ? reason : 'lock-lost'
}
