/** Attempts in a row without a committed record after which a job is given up. */
export const maxIdleAttempts = 5

const afterProgressMs = 500
const firstDelayMs = 10_000
const delayFactor = 3
const longestDelayMs = 30 * 60_000

/**
 * How long to wait before the next attempt, ms: hardly after an attempt that committed records, else 10 s, 30 s, 90 s …
 * up to 30 min.
 *
 * @param idleAttempts attempts begun since a record was last committed
 */
export function delayBeforeNextAttempt(idleAttempts: number): number {
  if (idleAttempts === 0) return afterProgressMs
  return Math.min(firstDelayMs * delayFactor ** (idleAttempts - 1), longestDelayMs)
}
