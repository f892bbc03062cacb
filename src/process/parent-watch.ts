import type { Clock } from '../clock.ts'

/** How often we check, ms, because the kernel notifies nobody when a parent dies. */
const lookEveryMs = 250

/**
 * Resolves when the process that started this one is gone, even if it was killed; rejects with the signal's reason. The
 * kernel gives a process without its parent to another one.
 */
export async function untilParentGone(clock: Clock, signal: AbortSignal): Promise<void> {
  const parent = process.ppid
  while (process.ppid === parent) await clock.sleep(lookEveryMs, signal)
}
