import type { Clock } from '../clock.ts'

/** How often it is looked, ms: the kernel tells nobody when a parent dies. */
const lookEveryMs = 250

/**
 * Resolves when the process that started this one is gone, also when it was killed; rejects with the signal's reason.
 * A process without its parent is given to another one.
 */
export async function untilParentGone(clock: Clock, signal: AbortSignal): Promise<void> {
  const parent = process.ppid
  while (process.ppid === parent) await clock.sleep(lookEveryMs, signal)
}
