/** The first looks come so many ms apart: what is waited for happens in other processes, or in Redis. */
const leastPauseMs = 20
const mostPauseMs = 250

/**
 * Resolves once a condition holds. It looks again after a tenth of the time that it has waited: looking more often in a
 * long wait takes the core that those who are waited for need.
 */
export async function untilHolds(condition: () => boolean | Promise<boolean>): Promise<void> {
  const begun = performance.now()
  while (!(await condition())) {
    const pauseMs = Math.min(Math.max((performance.now() - begun) / 10, leastPauseMs), mostPauseMs)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
