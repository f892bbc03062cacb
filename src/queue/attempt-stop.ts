/** Why a running attempt is stopped from outside. */
export type StopCause = 'cancelled' | 'shutdown' | 'lock-lost'

/** The reason of an attempt's signal; the other one is a `Rest`. */
export class AttemptStop extends Error {
  override name = 'AttemptStop'
  readonly stopCause: StopCause

  constructor(stopCause: StopCause) {
    super(`the attempt was stopped: ${stopCause}`)
    this.stopCause = stopCause
  }
}
