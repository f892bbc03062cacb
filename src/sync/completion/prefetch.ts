/** The answers that a lane has asked for ahead of their turn, and the memory that they take. */
interface Prefetch {
  /** Whether one more may be asked for. */
  hasRoom(): boolean
  asked(): void
  /** @param bytes of the answer; 0 where there was none */
  came(bytes: number): void
  /** Its turn has come: it is no longer ahead. */
  taken(bytes: number): void
}

/** What one lane may hold. The budget decides how many requests are in flight; this is enough for the slowest answers. */
const MOST_BYTES = 8 * 1024 * 1024
/** A lane's share of what its attempt may hold: others read beside it. */
const SHARE = 1 / 4
/** However large answers are, so many are asked for side by side. */
const FEWEST = 4
/** So many are asked for before the first answer shows how large they are. */
const MOST_UNKNOWN = 16
/** The weight of one answer in the average. */
const WEIGHT = 1 / 16

/** @param attemptBytes what the attempt may hold now */
export function createPrefetch(attemptBytes: () => number): Prefetch {
  let onTheirWay = 0
  let held = 0
  let heldBytes = 0
  let came = 0
  let usualBytes = 0
  return {
    hasRoom() {
      if (onTheirWay + held < FEWEST) return true
      if (came === 0) return onTheirWay < MOST_UNKNOWN
      return heldBytes + onTheirWay * usualBytes < Math.min(MOST_BYTES, SHARE * attemptBytes())
    },
    asked() {
      onTheirWay++
    },
    came(bytes) {
      onTheirWay--
      held++
      heldBytes += bytes
      came++
      usualBytes += Math.max(WEIGHT, 1 / came) * (bytes - usualBytes)
    },
    taken(bytes) {
      held--
      heldBytes -= bytes
    },
  }
}
