import type { Clock } from '../clock.ts'
import { OutputClosedError } from './output.ts'

/** Somebody wants the process to end. */
class InterruptedError extends Error {
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

/** Ends the process for the reason of an abort: by the signal, or with exit code 1 when nobody reads any more. */
export function endAborted(reason: unknown): void {
  // Die by the signal, as if nobody had caught it: callers distinguish this from a similar exit code.
  if (reason instanceof InterruptedError) process.kill(process.pid, reason.signalName)
  process.exitCode = 1
  if (reason instanceof OutputClosedError && !reason.byReader)
    process.stderr.write(`intercom-sync: ${reason.message}\n`)
}
