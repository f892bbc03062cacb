import type { Clock } from '../../clock.ts'
import type { Outcome } from './outcome.ts'

/** What Intercom has said about its rate limit. */
export interface RateLimit {
  /** Requests in a window of 10 s. */
  limit: number
  /** How many of them are left. */
  remaining: number
  /** When the next window begins, ms since the epoch, in whole seconds. */
  resetsAt: number
}

/** Remembers what the latest answer has said. */
interface LatestLimit {
  learn(outcome: Outcome): void
  present(): RateLimit | undefined
}

/** A window lasts ten seconds. An answer that tells of another one further away tells of none, ms. */
const furthestMs = 60_000

/** Answers overtake one another: within a window the smallest figure is the latest, and no window comes back. */
export function createLatestLimit(clock: Pick<Clock, 'now'>): LatestLimit {
  let latest: RateLimit | undefined
  return {
    learn({ limit, remaining, msToReset }) {
      if (limit === undefined || remaining === undefined || msToReset === undefined) return
      if (Math.abs(msToReset) > furthestMs) return
      const resetsAt = Math.round((clock.now() + msToReset) / 1000) * 1000
      const isOlder =
        latest !== undefined &&
        (resetsAt < latest.resetsAt || (resetsAt === latest.resetsAt && remaining >= latest.remaining))
      if (!isOlder) latest = { limit: Math.floor(limit), remaining: Math.max(0, Math.floor(remaining)), resetsAt }
    },
    present: () => latest,
  }
}
