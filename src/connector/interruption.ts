import type { Clock } from '../clock.ts'

/** Somebody wants the process to end. */
export class InterruptedError extends Error {
  override name = 'InterruptedError'
  readonly signalName: NodeJS.Signals

  constructor(signalName: NodeJS.Signals) {
    super(`ended by ${signalName}`)
    this.signalName = signalName
  }
}

/** How long a reader may take for the line that is being written, ms. Some callers kill the process after 10 s. */
const GRACE_MS = 5000

/**
 * Turns the first SIGTERM or SIGINT into an abort, so that the line being written is completed. The second signal, or
 * the end of the grace period, ends the process at once.
 *
 * @returns a function that lets signals end the process again
 */
export function abortOnSignals(controller: AbortController, clock: Clock): () => void {
  const interrupt = (name: NodeJS.Signals) => {
    release()
    controller.abort(new InterruptedError(name))
    void clock.sleep(GRACE_MS).then(() => process.kill(process.pid, name))
  }
  const release = () => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.off(name, interrupt)
  }
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, interrupt)
  return release
}
