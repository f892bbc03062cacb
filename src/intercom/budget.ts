import type { Clock } from '../clock.ts'

/** What Intercom's rate limit still allows one access token in this 10-second window. */
export interface Budget {
  placeholder?: never
}

/** A budget kept in this process's memory; one per access token and process. */
export function createBudget(_options: { clock: Clock; random: () => number }): Budget {
  throw new Error('not yet')
}
