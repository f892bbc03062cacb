import type { Clock } from '../../clock.ts'

/** Permits of the last grant that are not used yet; given back when they have expired. */
export interface HeldPermits {
  isEmpty(): boolean
  /** Whether there are permits that have expired. */
  isExpired(): boolean
  /** Uses one. @returns the window that it was granted for; undefined when there is no permit */
  use(): number | undefined
  /** Adds the permits that the store has granted. */
  put(grant: { count: number; window: number }): void
  /** Takes all permits out, unused; undefined when there are none. */
  giveBack(): { count: number; window: number } | undefined
  /** How many to ask for next: twice as many as before when the last ones were used up, fewer when some came back. */
  nextBatch(): number
}

interface HeldPermitsOptions {
  clock: Clock
  /** How long they may be held, ms; 0 = as long as it takes. */
  permitLifeMs: number
  /** The most to ask for at a time. */
  mostAtOnce: number
}

export function createHeldPermits({ clock, permitLifeMs, mostAtOnce }: HeldPermitsOptions): HeldPermits {
  let held = { count: 0, window: 0 }
  let until = 0
  let batch = 1
  const isOver = () => permitLifeMs > 0 && clock.monotonic() > until
  return {
    isEmpty: () => held.count === 0,
    isExpired: () => held.count > 0 && isOver(),
    use() {
      if (held.count === 0 || isOver()) return undefined
      held.count--
      return held.window
    },
    put({ count, window }) {
      held = { count, window }
      until = clock.monotonic() + permitLifeMs
    },
    giveBack() {
      if (held.count === 0) return undefined
      const unused = held
      held = { count: 0, window: unused.window }
      batch = Math.max(1, batch - unused.count)
      return unused
    },
    nextBatch() {
      if (held.count === 0) batch = Math.min(mostAtOnce, batch * 2)
      return batch
    },
  }
}
