/**
 * Resolves once a condition holds. It looks every 20 ms: what it waits for happens in other processes, or in Redis, and
 * looking without a pause takes the core that they need.
 */
export async function untilHolds(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20))
}
